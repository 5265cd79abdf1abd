#include <kernel/x86.h>

#include "vm.h"

/* A space maps the frame, if it does, at the frame's linear address. */
static bool maps(const struct space *space, uint32_t linear, uint32_t physical, uint64_t *value)
{
    const void *const entry = space ? tables_entry(&space->tables, linear) : NULL;

    if (!entry)
        return false;
    *value = entry_read(&space->tables, entry);
    return (*value & PTE_P) && entry_frame(*value) == physical;
}

bool vm_next_mapper(const struct vm *vm, uint32_t number, struct mapper *mapper)
{
    const struct frame *const frame = &vm->frames.table[number];
    const uint32_t physical = frames_address(&vm->frames, number);

    while (mapper->seen < frame->references && mapper->next_space < VM_SPACES) {
        mapper->space = vm->spaces[mapper->next_space++];
        if (maps(mapper->space, frame->linear, physical, &mapper->entry)) {
            mapper->seen++;
            return true;
        }
    }
    return false;
}
