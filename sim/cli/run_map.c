#include "operations.h"

struct look {
    const struct guest_ops *ops;
    const struct guest_heap_info *heap;
    struct run_map *map;
};

static void look_at_cell(const struct look *look, unsigned cell)
{
    uint64_t units = look->heap->size / look->heap->unit;
    uint64_t first = cell * look->map->units_per_cell;
    uint64_t end = first + look->map->units_per_cell < units ? first + look->map->units_per_cell : units;
    uint64_t taken = 0;
    if (end <= first)
        return;
    for (uint64_t unit = first; unit < end; unit++)
        taken += look->ops->heap_unit(look->heap->start + unit * look->heap->unit) > 0;
    look->map->taken[cell] = (uint16_t)(taken * 1000 / (end - first));
    look->map->whole[cell] = taken == end - first;
}

static void look_at_all(void *context)
{
    const struct look *look = context;
    for (unsigned cell = 0; cell < look->map->cells; cell++)
        look_at_cell(look, cell);
}

void run_draw_map(struct kms_guest *guest, const struct guest_heap_info *heap, struct run_map *map)
{
    *map = (struct run_map){0};
    struct look look = {.ops = kms_guest_module(guest)->ops, .heap = heap, .map = map};
    uint64_t units = heap->unit ? heap->size / heap->unit : 0;
    if (!look.ops->heap_unit || units == 0)
        return;
    map->units_per_cell = (units + RUN_MAP_CELLS - 1) / RUN_MAP_CELLS;
    map->cells = (unsigned)((units + map->units_per_cell - 1) / map->units_per_cell);
    if (kms_guest_call(guest, look_at_all, &look, NULL) != KMS_GUEST_RETURNED)
        map->cells = 0;
}
