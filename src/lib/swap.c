#include <kernel/x86.h>

#include "vm.h"

static bool is_slot(const struct vm *vm, uint32_t copy)
{
    return copy < vm->slots.count;
}

/* ---- frames and their copies ---- */

void swap_forget_copy(struct vm *vm, uint32_t number)
{
    struct frame *const frame = &vm->frames.table[number];

    if (is_slot(vm, frame->copy))
        slots_forget_frame(&vm->slots, frame->copy);
    frame->copy = FRAME_UNSAVED;
}

void swap_note_dirty(struct vm *vm, uint32_t number, uint64_t entry)
{
    if (entry & PTE_D)
        swap_forget_copy(vm, number);
}

static void give_back(struct vm *vm, uint32_t number)
{
    swap_forget_copy(vm, number);
    frames_remove(&vm->frames, number);
    vm->source.give(vm->source.context, frames_address(&vm->frames, number));
}

void swap_release(struct vm *vm, uint32_t number)
{
    if (--vm->frames.table[number].references == 0)
        give_back(vm, number);
}

/* ---- taking ---- */

enum vm_status swap_take_frame(struct vm *vm, uint32_t *frame)
{
    enum vm_status status = VM_OK;

    while (status == VM_OK && (*frame = vm->source.take(vm->source.context)) == 0)
        status = swap_evict(vm);
    return status;
}

enum vm_status swap_take_page(struct vm *vm, uint32_t *frame)
{
    enum vm_status status = VM_OK;

    while (status == VM_OK && vm->frames.used >= vm->frames.limit)
        status = swap_evict(vm);
    return status == VM_OK ? swap_take_frame(vm, frame) : status;
}

static uint32_t take_table(void *context)
{
    struct vm *const vm = context;
    uint32_t frame = 0;

    vm->table_status = swap_take_frame(vm, &frame);
    if (vm->table_status != VM_OK)
        return 0;
    vm->tables_taken++;
    vm->counts.tables_made++;
    return frame;
}

static void give_table(void *context, uint32_t frame)
{
    struct vm *const vm = context;

    vm->tables_taken--;
    vm->source.give(vm->source.context, frame);
}

/* What is in the way of a table, other than memory, is an entry that no user's range has. */
struct table_source swap_table_source(struct vm *vm)
{
    vm->table_status = VM_BAD_RANGE;
    return (struct table_source){take_table, give_table, vm};
}

/* ---- eviction ---- */

static bool test_and_clear_accessed(void *context, uint32_t number)
{
    struct vm *const vm = context;
    struct frame *const frame = &vm->frames.table[number];
    struct mapper mapper = {0};
    bool accessed = frame->accessed != 0;

    frame->accessed = 0;
    while (vm_next_mapper(vm, number, &mapper)) {
        if (!(mapper.entry & PTE_A))
            continue;
        accessed = true;
        space_set_entry(vm, mapper.space, frame->linear, mapper.entry & ~(uint64_t)PTE_A);
    }
    return accessed;
}

/* Its bytes stand elsewhere too. */
static bool is_saved(struct vm *vm, uint32_t number)
{
    struct mapper mapper = {0};

    while (vm_next_mapper(vm, number, &mapper))
        swap_note_dirty(vm, number, mapper.entry);
    return vm->frames.table[number].copy != FRAME_UNSAVED;
}

/* Bytes that stand nowhere else go to a slot. */
static enum vm_status save(struct vm *vm, uint32_t number)
{
    const uint32_t slot = slots_take(&vm->slots, number);

    if (slot == SLOTS_NONE)
        return VM_STORE_FULL;
    if (!store_write(&vm->store, slot, hw_ptr(frames_address(&vm->frames, number)))) {
        slots_release(&vm->slots, slot);
        return VM_STORE_FAILED;
    }
    vm->frames.table[number].copy = slot;
    vm->counts.write_backs++;
    return VM_OK;
}

static void unmap_everywhere(struct vm *vm, uint32_t number)
{
    const struct frame *const frame = &vm->frames.table[number];
    const bool in_slot = is_slot(vm, frame->copy);
    const uint64_t left = in_slot ? (uint64_t)frame->copy << PAGE_SHIFT | VM_ENTRY_SLOT : 0;
    struct mapper mapper = {0};

    while (vm_next_mapper(vm, number, &mapper)) {
        if (in_slot)
            slots_hold(&vm->slots, frame->copy);
        space_set_entry(vm, mapper.space, frame->linear, left);
    }
}

/* A frame whose bytes cannot be saved stays as it is. */
static enum vm_status evict(struct vm *vm, uint32_t number)
{
    if (!is_saved(vm, number)) {
        const enum vm_status status = save(vm, number);

        if (status != VM_OK)
            return status;
    }
    unmap_everywhere(vm, number);
    give_back(vm, number);
    vm->counts.evictions++;
    return VM_OK;
}

/* The oldest whose bytes also stand elsewhere. */
static uint32_t find_saved(struct vm *vm)
{
    uint32_t number = vm->frames.oldest;

    while (number != FRAMES_NONE && (!frames_may_leave(&vm->frames, number) || !is_saved(vm, number)))
        number = vm->frames.table[number].newer;
    return number;
}

/* If the chosen one cannot be saved, one that need not be makes room. */
enum vm_status swap_evict(struct vm *vm)
{
    const struct replace_accesses accesses = {test_and_clear_accessed, vm};
    uint32_t number = replace_choose(&vm->replace, &vm->frames, &accesses);
    const enum vm_status status = number == FRAMES_NONE ? VM_NO_MEMORY : evict(vm, number);

    if (status == VM_OK || status == VM_NO_MEMORY)
        return status;
    number = find_saved(vm);
    return number == FRAMES_NONE ? status : evict(vm, number);
}

/* ---- coming back ---- */

/* Another space has the bytes in a frame: it is shared, unless it has been written since. */
static bool share_resident(struct vm *vm, struct space *space, const struct area *area, uint32_t linear,
                           uint32_t slot)
{
    const uint32_t number = vm->slots.table[slot].frame;

    if (number == SLOTS_NONE)
        return false;
    vm->frames.table[number].references++;
    space_set_entry(vm, space, linear, vm_entry(vm, area, frames_address(&vm->frames, number), false));
    slots_release(&vm->slots, slot);
    vm->counts.shared_ins++;
    return true;
}

/* The entry's hold on the slot becomes the frame's. */
static void bring(struct vm *vm, struct space *space, const struct area *area, uint32_t linear,
                  uint32_t frame)
{
    const void *const entry = tables_entry(&space->tables, linear);
    const uint32_t slot = entry_frame(entry_read(&space->tables, entry)) >> PAGE_SHIFT;
    const uint32_t number = frames_number(&vm->frames, frame);
    const bool alone = vm->slots.table[slot].holders == 1;

    frames_add(&vm->frames, number, linear, slot);
    vm->slots.table[slot].frame = number;
    space_set_entry(vm, space, linear, vm_entry(vm, area, frame, alone));
    vm->counts.swap_ins++;
}

enum vm_status swap_in(struct vm *vm, struct space *space, const struct area *area, uint32_t linear)
{
    const void *const entry = tables_entry(&space->tables, linear);
    const uint32_t slot = entry_frame(entry_read(&space->tables, entry)) >> PAGE_SHIFT;
    uint32_t frame;
    enum vm_status status;

    if (share_resident(vm, space, area, linear, slot))
        return VM_OK;
    status = swap_take_page(vm, &frame);
    if (status != VM_OK)
        return status;
    if (!store_read(&vm->store, slot, hw_ptr(frame))) {
        vm->source.give(vm->source.context, frame);
        return VM_STORE_FAILED;
    }
    bring(vm, space, area, linear, frame);
    return VM_OK;
}
