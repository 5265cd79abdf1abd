#include "palloc.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../../lib/memory_map.h"
#include "../config.h"

#define FIRST_PAGE (XELIX_EARLY_END / PAGE_SIZE)

static struct mem_page_alloc_ctx frames;

/* Runs of usable pages behind the kernel's own first ones; end is exclusive. */
static struct run {
    uint32_t first, end;
} runs[MEMORY_MAP_RANGES];
static uint32_t run_count;
static uint32_t run_pages;

/* ---- what RAM there is ---- */

static uint32_t page_below(uint64_t address)
{
    const uint64_t page = address / PAGE_SIZE;

    return page < XELIX_PAGES ? (uint32_t)page : XELIX_PAGES;
}

static void open_run(const struct memory_range *usable)
{
    const uint32_t start = page_below(usable->start);
    const uint32_t first = start > FIRST_PAGE ? start : FIRST_PAGE;
    const uint32_t end = page_below(usable->end);

    if (first >= end || run_count == MEMORY_MAP_RANGES)
        return;
    runs[run_count++] = (struct run){first, end};
    run_pages += end - first;
    mem_page_open(&frames, first, end - first);
}

/* The kernel's own first pages are in one usable run. */
static bool has_room_for_kernel(const struct memory_map *map)
{
    struct memory_range usable;

    return memory_map_next(map, XELIX_KERNEL_ADDRESS, &usable) && usable.start <= XELIX_KERNEL_ADDRESS &&
           usable.end >= XELIX_EARLY_END;
}

int palloc_init(void)
{
    struct memory_map map = {.count = 0};
    struct memory_range usable;

    run_count = 0;
    run_pages = 0;
    if (!memory_map_of_machine(&map) || !has_room_for_kernel(&map))
        return -ENOMEM;
    mem_page_alloc_new(&frames, hw_ptr(XELIX_FRAMES_BITMAP));
    mem_page_reserve(&frames, 0, XELIX_PAGES);
    for (uint64_t from = 0; memory_map_next(&map, from, &usable); from = usable.end)
        open_run(&usable);
    mem_page_alloc_index(&frames, hw_ptr(XELIX_FRAMES_INDEX));
    return XELIX_OK;
}

/* ---- runs of pages ---- */

void *palloc(uint32_t num_pages)
{
    const uint32_t page = mem_must_fail() ? 0 : mem_page_alloc(&frames, num_pages);

    return (void *)((uintptr_t)page * PAGE_SIZE);
}

bool palloc_may_give(uint32_t page_id, uint32_t num_pages)
{
    for (uint32_t i = 0; i < run_count; i++)
        if (page_id >= runs[i].first && page_id < runs[i].end)
            return num_pages > 0 && num_pages <= runs[i].end - page_id;
    return false;
}

int pfree(uint32_t page_id, uint32_t num_pages)
{
    return palloc_may_give(page_id, num_pages) ? mem_page_free(&frames, page_id, num_pages) : -EINVAL;
}

bool palloc_is_taken(uint32_t page_id)
{
    return palloc_may_give(page_id, 1) && mem_page_is_taken(&frames, page_id);
}

struct palloc_usage palloc_stats(void)
{
    const struct mem_page_stats stats = mem_page_alloc_stats(&frames);

    return (struct palloc_usage){.pages = run_pages,
                                 .taken = stats.taken - (XELIX_PAGES - run_pages),
                                 .longest_free = stats.longest_free};
}

const char *palloc_check(void)
{
    return mem_page_alloc_check(&frames);
}
