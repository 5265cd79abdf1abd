#include <kernel/x86.h>

#include "vm.h"

#define TAKEN_AWAY_BY_CLEARING (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

/* ---- entries ---- */

static bool takes_away(uint64_t old, uint64_t now)
{
    return (old & ~now & TAKEN_AWAY_BY_CLEARING) || (now & ~old & ENTRY_NO_EXECUTE) ||
           entry_frame(old) != entry_frame(now);
}

void space_set_entry(struct vm *vm, struct space *space, uint32_t linear, uint64_t value)
{
    void *const entry = tables_entry(&space->tables, linear);
    const uint64_t old = entry_read(&space->tables, entry);
    const bool may_be_cached = (old & PTE_P) && (old & PTE_A);

    entry_write(&space->tables, entry, value);
    if (may_be_cached && takes_away(old, value) && tables_are_current(&space->tables)) {
        hw_invlpg(linear);
        vm->counts.invalidations++;
    }
}

void space_drop_page(struct vm *vm, struct space *space, uint32_t linear)
{
    const uint64_t old = entry_read(&space->tables, tables_entry(&space->tables, linear));

    space_set_entry(vm, space, linear, 0);
    if (old & PTE_P)
        swap_release(vm, frames_number(&vm->frames, entry_frame(old)));
    else if (old & VM_ENTRY_SLOT)
        slots_release(&vm->slots, entry_frame(old) >> PAGE_SHIFT);
}

static void drop_pages(struct vm *vm, struct space *space, const struct table_range *range)
{
    uint32_t linear = tables_next(&space->tables, range->start, range->end);

    while (linear < range->end) {
        space_drop_page(vm, space, linear);
        linear = tables_next(&space->tables, linear + PAGE_SIZE, range->end);
    }
}

/* ---- spaces ---- */

void vm_init(struct vm *vm, const struct vm_parts *parts)
{
    *vm = (struct vm){
        .source = parts->source, .read_image = parts->read_image, .no_execute = parts->no_execute};
    frames_init(&vm->frames, parts->frames, parts->first_frame, parts->frame_count);
    slots_init(&vm->slots, parts->slots, parts->slot_count);
    store_init(&vm->store);
    replace_init(&vm->replace);
}

static enum vm_status enter(struct vm *vm, struct space *space)
{
    for (uint32_t i = 0; i < VM_SPACES; i++) {
        if (vm->spaces[i])
            continue;
        vm->spaces[i] = space;
        return VM_OK;
    }
    return VM_FULL;
}

static void leave(struct vm *vm, const struct space *space)
{
    for (uint32_t i = 0; i < VM_SPACES; i++)
        if (vm->spaces[i] == space)
            vm->spaces[i] = NULL;
}

enum vm_status space_adopt(struct vm *vm, struct space *space, const struct tables *tables,
                           const struct table_range *user)
{
    *space = (struct space){.tables = *tables, .user = *user, .tables_are_lent = true};
    return enter(vm, space);
}

enum vm_status space_create(struct vm *vm, struct space *space, const struct tables *kernel,
                            const struct table_range *user)
{
    const struct table_source source = swap_table_source(vm);
    enum vm_status status;

    *space = (struct space){.user = *user};
    if (!tables_new(&space->tables, kernel, user, &source))
        return vm->table_status;
    status = enter(vm, space);
    if (status != VM_OK)
        tables_free(&space->tables, user, &source);
    return status;
}

void space_destroy(struct vm *vm, struct space *space)
{
    const struct table_source source = swap_table_source(vm);

    drop_pages(vm, space, &space->user);
    leave(vm, space);
    if (!space->tables_are_lent)
        tables_free(&space->tables, &space->user, &source);
}

/* ---- areas ---- */

struct area *space_area(struct space *space, uint32_t linear)
{
    for (uint32_t i = 0; i < VM_AREAS; i++)
        if (linear < space->areas[i].end && linear >= space->areas[i].start)
            return &space->areas[i];
    return NULL;
}

static const struct area *overlapping(const struct space *space, uint32_t start, uint32_t end)
{
    for (uint32_t i = 0; i < VM_AREAS; i++)
        if (start < space->areas[i].end && end > space->areas[i].start)
            return &space->areas[i];
    return NULL;
}

static bool is_good(const struct space *space, const struct area *area)
{
    return area->start < area->end && area->start >= space->user.start && area->end <= space->user.end &&
           ((area->start | area->end) & PAGE_OFFSET) == 0;
}

enum vm_status space_add_area(struct space *space, const struct area *area)
{
    if (!is_good(space, area))
        return VM_BAD_RANGE;
    if (overlapping(space, area->start, area->end))
        return VM_TAKEN;
    for (uint32_t i = 0; i < VM_AREAS; i++) {
        if (space->areas[i].end)
            continue;
        space->areas[i] = *area;
        space->areas[i].lowest = area->end;
        return VM_OK;
    }
    return VM_FULL;
}

enum vm_status space_remove_area(struct vm *vm, struct space *space, uint32_t start)
{
    struct area *const area = space_area(space, start);

    if (!area || area->start != start)
        return VM_NOT_MAPPED;
    drop_pages(vm, space, &(struct table_range){area->start, area->end});
    area->end = 0;
    return VM_OK;
}

uint32_t space_find_room(struct space *space, const struct table_range *between, uint32_t pages)
{
    uint32_t start = between->start;

    while (pages > 0 && pages <= (between->end - start) / PAGE_SIZE) {
        const struct area *const other = overlapping(space, start, start + pages * PAGE_SIZE);

        if (!other)
            return start;
        if (other->end >= between->end)
            return 0;
        start = other->end;
    }
    return 0;
}
