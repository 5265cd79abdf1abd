#include "buddy.h"

#define NO_FRAME UINT32_MAX

/* ---- making one ---- */

static uint32_t tops_spanned(const struct buddy_region *region)
{
    const uint32_t first = region->start / BUDDY_TOP_SIZE;

    return (region->start + region->size - 1) / BUDDY_TOP_SIZE - first + 1;
}

static bool is_region(const struct buddy_region *region)
{
    return region->start % BUDDY_FRAME_SIZE == 0 && region->size % BUDDY_FRAME_SIZE == 0 &&
           region->size > 0 && region->size <= UINT32_MAX - region->start &&
           tops_spanned(region) <= BIT_TREE_MOST >> BUDDY_TOP_ORDER;
}

static uint32_t frames_spanned(const struct buddy *buddy)
{
    return tops_spanned(&(struct buddy_region){buddy->start, buddy->end - buddy->start}) << BUDDY_TOP_ORDER;
}

static void place_tables(struct buddy *buddy, void *memory)
{
    const uint32_t frames = frames_spanned(buddy);
    uint64_t *words = memory;

    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        words += bit_tree_create(&buddy->order[order].free, frames >> order, words);
    buddy->taken = (uint8_t *)words;
    for (uint32_t frame = 0; frame < frames; frame++)
        buddy->taken[frame] = 0;
}

static void add_free(struct buddy *buddy, unsigned order, uint32_t block)
{
    struct buddy_order *const at = &buddy->order[order];

    bit_tree_add(&at->free, block);
    at->free_blocks++;
    buddy->orders |= 1u << order;
}

static void remove_free(struct buddy *buddy, unsigned order, uint32_t block)
{
    struct buddy_order *const at = &buddy->order[order];

    bit_tree_remove(&at->free, block);
    at->free_blocks--;
    buddy->orders &= ~((uint32_t)bit_tree_is_empty(&at->free) << order);
}

/* The greatest block that may start at this frame and ends at or before the other. */
static unsigned order_that_fits(uint32_t frame, uint32_t end)
{
    unsigned order = 0;

    while (order < BUDDY_TOP_ORDER && frame % (2u << order) == 0 && frame + (2u << order) <= end)
        order++;
    return order;
}

static void free_all(struct buddy *buddy)
{
    const uint32_t end = (buddy->end - buddy->origin) >> BUDDY_FRAME_SHIFT;
    uint32_t frame = (buddy->start - buddy->origin) >> BUDDY_FRAME_SHIFT;

    buddy->free_frames = end - frame;
    while (frame < end) {
        const unsigned order = order_that_fits(frame, end);

        add_free(buddy, order, frame >> order);
        frame += 1u << order;
    }
}

int buddy_create(struct buddy *buddy, const struct buddy_region *region, void *memory, size_t bytes)
{
    if (!is_region(region) || (uintptr_t)memory % sizeof(uint64_t) != 0)
        return VLSOS_EINVAL;
    if (bytes < BUDDY_BYTES(region->size))
        return VLSOS_ENOMEM;
    *buddy = (struct buddy){.origin = region->start & ~(BUDDY_TOP_SIZE - 1u),
                            .start = region->start,
                            .end = region->start + region->size};
    place_tables(buddy, memory);
    free_all(buddy);
    return VLSOS_OK;
}

/* ---- taking ---- */

static uint32_t address_of(const struct buddy *buddy, uint32_t frame)
{
    return buddy->origin + (frame << BUDDY_FRAME_SHIFT);
}

static bool must_fail(struct buddy *buddy)
{
    return buddy->calls_until_failure > 0 && --buddy->calls_until_failure == 0;
}

/* The first block of this order in a free block of a higher one; the other halves stay free. */
static uint32_t split_down(struct buddy *buddy, unsigned from, unsigned order)
{
    uint32_t block = bit_tree_lowest(&buddy->order[from].free);

    remove_free(buddy, from, block);
    while (from > order) {
        buddy->order[from].splits++;
        from--;
        block *= 2;
        add_free(buddy, from, block + 1);
    }
    return block;
}

uint32_t buddy_alloc(struct buddy *buddy, unsigned order)
{
    uint32_t large_enough, frame;

    if (order >= BUDDY_ORDERS)
        return BUDDY_NONE;
    large_enough = buddy->orders >> order << order;
    if (must_fail(buddy) || large_enough == 0) {
        buddy->order[order].failures++;
        return BUDDY_NONE;
    }
    frame = split_down(buddy, (unsigned)__builtin_ctz(large_enough), order) << order;
    buddy->taken[frame] = (uint8_t)(order + 1);
    buddy->free_frames -= 1u << order;
    buddy->order[order].taken_blocks++;
    buddy->order[order].allocations++;
    return address_of(buddy, frame);
}

/* ---- giving back ---- */

static uint32_t frame_at(const struct buddy *buddy, uint32_t address)
{
    if (address < buddy->start || address >= buddy->end || address % BUDDY_FRAME_SIZE != 0)
        return NO_FRAME;
    return (address - buddy->origin) >> BUDDY_FRAME_SHIFT;
}

static void merge_up(struct buddy *buddy, uint32_t block, unsigned order)
{
    while (order < BUDDY_TOP_ORDER && bit_tree_has(&buddy->order[order].free, block ^ 1u)) {
        remove_free(buddy, order, block ^ 1u);
        block /= 2;
        order++;
        buddy->order[order].merges++;
    }
    add_free(buddy, order, block);
}

int buddy_order_at(const struct buddy *buddy, uint32_t address)
{
    const uint32_t frame = frame_at(buddy, address);

    return frame == NO_FRAME ? -1 : buddy->taken[frame] - 1;
}

bool buddy_is_free(const struct buddy *buddy, uint32_t address)
{
    const uint32_t frame = frame_at(buddy, address);
    bool found = false;

    for (unsigned order = 0; order < BUDDY_ORDERS && frame != NO_FRAME && !found; order++)
        found = bit_tree_has(&buddy->order[order].free, frame >> order);
    return found;
}

int buddy_free(struct buddy *buddy, uint32_t address, unsigned order)
{
    const uint32_t frame = frame_at(buddy, address);

    if (order >= BUDDY_ORDERS || frame == NO_FRAME || buddy->taken[frame] != order + 1)
        return VLSOS_EINVAL;
    buddy->taken[frame] = 0;
    buddy->free_frames += 1u << order;
    buddy->order[order].taken_blocks--;
    merge_up(buddy, frame >> order, order);
    return VLSOS_OK;
}

/* ---- questions and orders ---- */

unsigned buddy_order_for(uint64_t size)
{
    unsigned order = 0;

    while (order < BUDDY_ORDERS && size > (uint64_t)BUDDY_FRAME_SIZE << order)
        order++;
    return order;
}

int buddy_highest_order(const struct buddy *buddy)
{
    return buddy->orders ? 31 - __builtin_clz(buddy->orders) : -1;
}

/* A block that comes back asks for its buddy once more than it joins, but for one that has become of the top order. */
void buddy_measure(const struct buddy *buddy, struct buddy_work *work)
{
    const struct buddy_order *const top = &buddy->order[BUDDY_TOP_ORDER];
    const uint64_t word = sizeof(uint64_t);
    uint64_t given = 0, back = 0, splits = 0, merges = 0, asked;

    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        given += buddy->order[order].allocations;
        back += buddy->order[order].allocations - buddy->order[order].taken_blocks;
        splits += buddy->order[order].splits;
        merges += buddy->order[order].merges;
    }
    asked = merges + back - top->merges - (top->allocations - top->taken_blocks);
    work->scanned = given + asked;
    work->written = given + splits + back + merges;
    work->bytes = 2 * word * given + word * asked + 4 * word * work->written + given + 2 * back;
}

void buddy_fail_at(struct buddy *buddy, uint32_t n)
{
    buddy->calls_until_failure = n;
}
