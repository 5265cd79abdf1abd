#include <kernel/x86.h>

#include "text.h"
#include "vm.h"

static char words[120];

/* ---- saying it ---- */

static const char *broken_at(const char *what, uint32_t where, const char *how)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, what);
    text_hex(&text, where, 8);
    text_put(&text, how);
    return words;
}

static const char *broken_entry(uint32_t linear, const char *how)
{
    return broken_at("the entry of page ", linear, how);
}

static const char *broken_frame(const struct vm *vm, uint32_t number, const char *how)
{
    return broken_at("frame ", frames_address(&vm->frames, number), how);
}

static const char *broken_slot(uint32_t slot, const char *how)
{
    return broken_at("slot ", slot, how);
}

/* ---- entries ---- */

static bool in_range(const struct vm *vm, uint32_t physical)
{
    return physical >= vm->frames.first && frames_number(&vm->frames, physical) < vm->frames.count;
}

static const char *check_rights(const struct vm *vm, const struct area *area, uint32_t linear, uint64_t entry)
{
    const uint32_t number = frames_number(&vm->frames, entry_frame(entry));
    const struct frame *const frame = &vm->frames.table[number];

    if (!(entry & PTE_US) || (entry & PTE_G))
        return broken_entry(linear, " is not the user's alone");
    if (vm->no_execute && !(area->flags & AREA_EXECUTE) && !(entry & ENTRY_NO_EXECUTE))
        return broken_entry(linear, " lets execute what its area does not");
    if (!(entry & PTE_RW))
        return NULL;
    if (!(area->flags & AREA_WRITE))
        return broken_entry(linear, " lets write what its area does not");
    if (frame->references > 1)
        return broken_entry(linear, " lets write a shared frame");
    if (frame->copy < vm->slots.count && vm->slots.table[frame->copy].holders > 1)
        return broken_entry(linear, " lets write a frame whose slot others need");
    return NULL;
}

static const char *check_present(struct vm *vm, const struct area *area, uint32_t linear, uint64_t entry)
{
    struct frame *frame;

    if (!in_range(vm, entry_frame(entry)))
        return broken_entry(linear, " has a frame that is none of the pages'");
    frame = &vm->frames.table[frames_number(&vm->frames, entry_frame(entry))];
    frame->seen++;
    if (frame->references == 0)
        return broken_entry(linear, " has a frame that is not in use");
    if (frame->linear != linear)
        return broken_entry(linear, " has a frame of another page");
    return check_rights(vm, area, linear, entry);
}

static const char *check_absent(struct vm *vm, uint32_t linear, uint64_t entry)
{
    const uint32_t slot = entry_frame(entry) >> PAGE_SHIFT;

    if (entry == 0)
        return NULL;
    if (!(entry & VM_ENTRY_SLOT) || slot >= vm->slots.count)
        return broken_entry(linear, " is neither a page nor a slot");
    vm->slots.table[slot].seen++;
    return vm->slots.table[slot].holders ? NULL : broken_entry(linear, " names a slot that is free");
}

static const char *check_entry(struct vm *vm, struct space *space, uint32_t linear)
{
    const uint64_t entry = entry_read(&space->tables, tables_entry(&space->tables, linear));
    const struct area *const area = space_area(space, linear);

    if (entry && !area)
        return broken_entry(linear, " lies in no area");
    return entry & PTE_P ? check_present(vm, area, linear, entry) : check_absent(vm, linear, entry);
}

static const char *check_space(struct vm *vm, struct space *space)
{
    const uint32_t end = space->user.end;
    uint32_t linear = tables_next(&space->tables, space->user.start, end);
    const char *broken = NULL;

    while (linear < end && !broken) {
        broken = check_entry(vm, space, linear);
        linear = tables_next(&space->tables, linear + PAGE_SIZE, end);
    }
    return broken;
}

/* ---- frames and slots, once the entries are counted ---- */

static const char *check_frame(struct vm *vm, uint32_t number)
{
    const struct frame *const frame = &vm->frames.table[number];

    if (frame->references != frame->seen)
        return broken_frame(vm, number, " has not as many references as entries map it");
    if (frame->references == 0 || frame->copy == FRAME_ORIGINAL || frame->copy == FRAME_UNSAVED)
        return NULL;
    if (frame->copy >= vm->slots.count || vm->slots.table[frame->copy].frame != number)
        return broken_frame(vm, number, " has a copy in a slot that does not know it");
    vm->slots.table[frame->copy].seen++;
    return NULL;
}

static const char *check_frames(struct vm *vm)
{
    uint32_t used = 0, listed = 0;
    const char *broken = NULL;

    for (uint32_t i = 0; i < vm->frames.count && !broken; i++) {
        broken = check_frame(vm, i);
        used += vm->frames.table[i].references > 0;
    }
    for (uint32_t i = vm->frames.oldest; i != FRAMES_NONE && listed <= used; i = vm->frames.table[i].newer)
        listed++;
    if (!broken && (used != vm->frames.used || used != listed))
        broken = "the frames in use are not those in the list of frames";
    return broken;
}

static const char *check_slots(struct vm *vm)
{
    uint32_t used = 0, free = 0;
    const char *broken = NULL;

    for (uint32_t i = 0; i < vm->slots.count && !broken; i++) {
        if (vm->slots.table[i].holders != vm->slots.table[i].seen)
            broken = broken_slot(i, " has not as many holders as name it");
        used += vm->slots.table[i].holders > 0;
    }
    for (uint32_t i = vm->slots.first_free; i < vm->slots.count && free <= vm->slots.count;
         i = vm->slots.table[i].frame)
        free++;
    if (!broken && (used != vm->slots.used || used + free != vm->slots.count))
        broken = "free and used slots are not all slots";
    return broken;
}

static const char *check_tables(const struct vm *vm)
{
    uint32_t counted = 0;

    for (uint32_t i = 0; i < VM_SPACES; i++)
        if (vm->spaces[i] && !vm->spaces[i]->tables_are_lent)
            counted += tables_count(&vm->spaces[i]->tables, &vm->spaces[i]->user);
    return counted == vm->tables_taken ? NULL
                                       : "the tables of all spaces are not the frames taken for tables";
}

const char *vm_check(struct vm *vm)
{
    const char *broken = NULL;

    for (uint32_t i = 0; i < vm->frames.count; i++)
        vm->frames.table[i].seen = 0;
    for (uint32_t i = 0; i < vm->slots.count; i++)
        vm->slots.table[i].seen = 0;
    for (uint32_t i = 0; i < VM_SPACES && !broken; i++)
        if (vm->spaces[i])
            broken = check_space(vm, vm->spaces[i]);
    if (!broken)
        broken = check_frames(vm);
    if (!broken)
        broken = check_slots(vm);
    return broken ? broken : check_tables(vm);
}
