#include "pages.h"

#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "layout.h"
#include "memory.h"

#define FRAME_TABLE_BYTES ((size_t)VLSOS_POOL - VLSOS_FRAME_TABLE)
#define POOL_MOST         (VLSOS_RAM_MOST - VLSOS_POOL)
#define TAG_BYTES         (POOL_MOST / BUDDY_FRAME_SIZE * sizeof(uint16_t))

_Static_assert(BUDDY_BYTES(POOL_MOST) + TAG_BYTES <= FRAME_TABLE_BYTES,
               "the frame table holds the books of all RAM");

struct buddy kernel_pages;
uint16_t *pages_tags; /* at the start of the frame table */
static pages_reclaimer reclaimers[PAGES_RECLAIMERS];

static void *pool(void)
{
    return hw_ptr(VLSOS_POOL);
}

static size_t block_size(unsigned order)
{
    return (size_t)BUDDY_FRAME_SIZE << order;
}

int pages_init(void)
{
    const uint32_t end = layout_end();
    int status;

    kernel_pages = (struct buddy){0};
    for (unsigned i = 0; i < PAGES_RECLAIMERS; i++)
        reclaimers[i] = NULL;
    if (end < VLSOS_RAM_LEAST)
        return VLSOS_ENOMEM;
    pages_tags = hw_ptr(VLSOS_FRAME_TABLE);
    status = buddy_create(&kernel_pages, &(struct buddy_region){VLSOS_POOL, end - VLSOS_POOL},
                          (uint8_t *)pages_tags + TAG_BYTES, FRAME_TABLE_BYTES - TAG_BYTES);
    if (status != VLSOS_OK)
        return status;
    memset(pages_tags, 0, (end - VLSOS_POOL) / BUDDY_FRAME_SIZE * sizeof *pages_tags);
    kernel_pool_opened(pool(), end - VLSOS_POOL);
    return VLSOS_OK;
}

void pages_add_reclaimer(pages_reclaimer reclaimer)
{
    for (unsigned i = 0; i < PAGES_RECLAIMERS; i++)
        if (!reclaimers[i]) {
            reclaimers[i] = reclaimer;
            return;
        }
}

static bool reclaim(void)
{
    bool any = false;

    for (unsigned i = 0; i < PAGES_RECLAIMERS && reclaimers[i] && !any; i++)
        any = reclaimers[i]();
    return any;
}

static bool is_left(unsigned order)
{
    return order >= BUDDY_ORDERS || buddy_highest_order(&kernel_pages) >= (int)order;
}

uint32_t pages_alloc(unsigned order)
{
    uint32_t address;

    while (!is_left(order) && reclaim())
        continue;
    address = buddy_alloc(&kernel_pages, order);

    if (address != PAGES_NONE)
        kernel_block_handed_out(pool(), hw_ptr(address), block_size(order));
    return address;
}

int pages_free(uint32_t address, unsigned order)
{
    const int status = buddy_free(&kernel_pages, address, order);

    if (status != VLSOS_OK)
        return status;
    pages_tag(address, order, PAGES_TAG_NONE);
    kernel_block_taken_back(pool(), hw_ptr(address), block_size(order));
    return VLSOS_OK;
}

void pages_tag(uint32_t address, unsigned order, unsigned tag)
{
    const uint32_t first = (address - VLSOS_POOL) / BUDDY_FRAME_SIZE;

    for (uint32_t i = 0; i < 1u << order; i++)
        pages_tags[first + i] = (uint16_t)tag;
}
