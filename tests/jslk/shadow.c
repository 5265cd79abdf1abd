#include "shadow.h"

#include <string.h>

#define HEADER 12u
#define BOOKS  20u /* header and footer; no hole is smaller */
#define PAGE   4096u

void shadow_begin(struct shadow *shadow, uint32_t start, uint32_t end)
{
    shadow->start = start;
    shadow->end = end;
    shadow->blocks[0] = (struct shadow_block){start, end - start, true};
    shadow->count = 1;
}

static uint32_t block_bytes(const struct shadow_wish *wish)
{
    return (wish->size + 3) / 4 * 4 + BOOKS;
}

/* The first start of a block at or after a hole's, with its data at or after an address: tried word by word. */
static uint64_t first_place(const struct shadow_wish *wish, uint64_t hole, uint64_t least_data)
{
    uint64_t at = hole;

    while ((at != hole && at < hole + BOOKS) || at + HEADER < least_data ||
           (wish->aligned && (at + HEADER) % PAGE != 0))
        at += 4;
    return at;
}

static bool fits(const struct shadow_wish *wish, const struct shadow_block *block)
{
    return block->hole && block->size >= block_bytes(wish) &&
           first_place(wish, block->start, 0) + block_bytes(wish) <= (uint64_t)block->start + block->size;
}

/* Number of the smallest hole that it fits in, the lowest of several; count if there is none. */
static unsigned best(const struct shadow *shadow, const struct shadow_wish *wish)
{
    unsigned found = shadow->count;

    for (unsigned i = 0; i < shadow->count; i++)
        if (fits(wish, &shadow->blocks[i]) &&
            (found == shadow->count || shadow->blocks[i].size < shadow->blocks[found].size))
            found = i;
    return found;
}

static const struct shadow_block *last(const struct shadow *shadow)
{
    return &shadow->blocks[shadow->count - 1];
}

uint32_t shadow_growth(const struct shadow *shadow, const struct shadow_wish *wish)
{
    const bool hole = shadow->count > 0 && last(shadow)->hole;
    const uint64_t from = hole ? last(shadow)->start : shadow->end;
    uint64_t at;

    if (best(shadow, wish) < shadow->count)
        return 0;
    at = first_place(wish, from, 0);
    if (wish->fresh && at + HEADER < shadow->end)
        at = first_place(wish, from, shadow->end);
    return (uint32_t)((at + block_bytes(wish) - shadow->end + PAGE - 1) / PAGE);
}

/* ---- changes ---- */

static void insert(struct shadow *shadow, unsigned i, const struct shadow_block *block)
{
    memmove(&shadow->blocks[i + 1], &shadow->blocks[i], (shadow->count - i) * sizeof *block);
    shadow->blocks[i] = *block;
    shadow->count++;
}

static void drop(struct shadow *shadow, unsigned i)
{
    shadow->count--;
    memmove(&shadow->blocks[i], &shadow->blocks[i + 1], (shadow->count - i) * sizeof shadow->blocks[0]);
}

static void grow(struct shadow *shadow, uint32_t pages)
{
    const struct shadow_block new_pages = {shadow->end, pages * PAGE, true};

    if (shadow->count > 0 && last(shadow)->hole)
        shadow->blocks[shadow->count - 1].size += new_pages.size;
    else
        insert(shadow, shadow->count, &new_pages);
    shadow->end += new_pages.size;
    shadow->frames -= pages;
}

static uint32_t cut(struct shadow *shadow, const struct shadow_wish *wish, unsigned i)
{
    const struct shadow_block hole = shadow->blocks[i];
    const uint32_t at = (uint32_t)first_place(wish, hole.start, 0);
    struct shadow_block block = {at, block_bytes(wish), false};
    const struct shadow_block before = {hole.start, at - hole.start, true};
    struct shadow_block behind = {at + block.size, hole.start + hole.size - at - block.size, true};

    if (behind.size < BOOKS) {
        block.size += behind.size;
        behind.size = 0;
    }
    shadow->blocks[i] = block;
    if (behind.size)
        insert(shadow, i + 1, &behind);
    if (before.size)
        insert(shadow, i, &before);
    return at + HEADER;
}

uint32_t shadow_alloc(struct shadow *shadow, const struct shadow_wish *wish)
{
    uint32_t pages;

    if (wish->size == 0)
        return 0;
    pages = shadow_growth(shadow, wish);
    if (pages > shadow->frames)
        return 0;
    if (pages)
        grow(shadow, pages);
    return cut(shadow, wish, best(shadow, wish));
}

/* The last block has just become a hole. */
static void shrink(struct shadow *shadow)
{
    struct shadow_block *const hole = &shadow->blocks[shadow->count - 1];
    uint32_t end = (hole->start + PAGE - 1) / PAGE * PAGE;

    if (end < shadow->start + shadow->min_size)
        end = shadow->start + shadow->min_size;
    if (end != hole->start && end - hole->start < BOOKS)
        end += PAGE;
    if (end >= shadow->end)
        return;
    shadow->frames += (shadow->end - end) / PAGE;
    shadow->end = end;
    hole->size = end - hole->start;
    if (hole->size == 0)
        shadow->count--;
}

bool shadow_free(struct shadow *shadow, uint32_t address)
{
    unsigned i = 0;

    while (i < shadow->count && shadow->blocks[i].start + HEADER != address)
        i++;
    if (i == shadow->count || shadow->blocks[i].hole)
        return false;
    shadow->blocks[i].hole = true;
    if (i + 1 < shadow->count && shadow->blocks[i + 1].hole) {
        shadow->blocks[i].size += shadow->blocks[i + 1].size;
        drop(shadow, i + 1);
    }
    if (i > 0 && shadow->blocks[i - 1].hole) {
        shadow->blocks[i - 1].size += shadow->blocks[i].size;
        drop(shadow, i--);
    }
    if (i == shadow->count - 1)
        shrink(shadow);
    return true;
}

uint32_t shadow_used(const struct shadow *shadow)
{
    uint32_t used = 0;

    for (unsigned i = 0; i < shadow->count; i++)
        used += shadow->blocks[i].hole ? 0 : shadow->blocks[i].size;
    return used;
}
