#include <kernel/x86.h>

#include "bytes.h"
#include "vm.h"

/* ---- duplication ---- */

/* Both map the frame read-only now; the child's A and D bits begin clear. What is invalidated for that loses its A bit too, to
 * the frame's books: it need not be invalidated once more when the clock clears it. */
static void share_frame(struct vm *vm, struct space *parent, uint32_t linear, void *child_entry)
{
    const uint64_t old = entry_read(&parent->tables, tables_entry(&parent->tables, linear));
    const uint32_t number = frames_number(&vm->frames, entry_frame(old));
    const uint64_t shared = old & ~(uint64_t)(PTE_RW | PTE_D);
    const uint64_t accessed = shared != old ? old & PTE_A : 0;

    swap_note_dirty(vm, number, old);
    vm->frames.table[number].accessed |= (uint32_t)accessed;
    space_set_entry(vm, parent, linear, shared & ~accessed);
    entry_write(&parent->tables, child_entry, shared & ~(uint64_t)PTE_A);
    vm->frames.table[number].references++;
}

/* The slot's frame, if it has one, may be written through its one entry so far, and then differs from the slot. */
static void share_slot(struct vm *vm, uint64_t value, const struct space *child, void *child_entry)
{
    entry_write(&child->tables, child_entry, value);
    slots_hold(&vm->slots, entry_frame(value) >> PAGE_SHIFT);
}

/* The child's entry is made first: that may evict this very page. */
static enum vm_status share_page(struct vm *vm, struct space *parent, struct space *child, uint32_t linear)
{
    const struct table_source source = swap_table_source(vm);
    const uint64_t before = entry_read(&parent->tables, tables_entry(&parent->tables, linear));
    void *const child_entry = before ? tables_make_entry(&child->tables, linear, &source) : NULL;
    uint64_t value;

    if (!before)
        return VM_OK;
    if (!child_entry)
        return vm->table_status;
    value = entry_read(&parent->tables, tables_entry(&parent->tables, linear));
    if (value & PTE_P)
        share_frame(vm, parent, linear, child_entry);
    else if (value & VM_ENTRY_SLOT)
        share_slot(vm, value, child, child_entry);
    return VM_OK;
}

static void undo(struct vm *vm, struct space *child)
{
    for (uint32_t i = 0; i < VM_AREAS; i++)
        if (child->areas[i].end)
            (void)space_remove_area(vm, child, child->areas[i].start);
}

enum vm_status space_duplicate(struct vm *vm, struct space *parent, struct space *child)
{
    const uint32_t end = parent->user.end;
    uint32_t linear = tables_next(&parent->tables, parent->user.start, end);
    enum vm_status status = VM_OK;

    for (uint32_t i = 0; i < VM_AREAS; i++)
        child->areas[i] = parent->areas[i];
    while (linear < end && status == VM_OK) {
        status = share_page(vm, parent, child, linear);
        linear = tables_next(&parent->tables, linear + PAGE_SIZE, end);
    }
    if (status != VM_OK)
        undo(vm, child);
    return status;
}

/* ---- the first write ---- */

/* Nobody shares it any more. What is in a slot stays there for others, but this frame is about to differ from it. */
static void reuse(struct vm *vm, struct space *space, uint32_t linear, uint64_t old)
{
    const uint32_t number = frames_number(&vm->frames, entry_frame(old));
    const uint32_t copy = vm->frames.table[number].copy;

    if (copy < vm->slots.count && vm->slots.table[copy].holders > 1)
        swap_forget_copy(vm, number);
    space_set_entry(vm, space, linear, old | PTE_RW);
    vm->counts.reuses++;
}

static enum vm_status take_beside(struct vm *vm, uint32_t number, uint32_t *frame)
{
    enum vm_status status;

    vm->frames.pinned = number;
    status = swap_take_page(vm, frame);
    vm->frames.pinned = FRAMES_NONE;
    return status;
}

static enum vm_status copy_frame(struct vm *vm, struct space *space, const struct area *area, uint32_t linear)
{
    const uint64_t old = entry_read(&space->tables, tables_entry(&space->tables, linear));
    const uint32_t number = frames_number(&vm->frames, entry_frame(old));
    uint32_t frame;
    const enum vm_status status = take_beside(vm, number, &frame);

    if (status != VM_OK)
        return status;
    bytes_copy(hw_ptr(frame), hw_ptr(entry_frame(old)), PAGE_SIZE);
    frames_add(&vm->frames, frames_number(&vm->frames, frame), linear, FRAME_UNSAVED);
    space_set_entry(vm, space, linear, vm_entry(vm, area, frame, true));
    swap_release(vm, number);
    vm->counts.copies++;
    return VM_OK;
}

enum vm_status cow_break(struct vm *vm, struct space *space, const struct area *area, uint32_t linear)
{
    const uint64_t old = entry_read(&space->tables, tables_entry(&space->tables, linear));
    const uint32_t number = frames_number(&vm->frames, entry_frame(old));

    if (vm->frames.table[number].references > 1)
        return copy_frame(vm, space, area, linear);
    reuse(vm, space, linear, old);
    return VM_OK;
}
