#include "palloc.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../config.h"

#define FIRST_PAGE (XELIX_EARLY_END / PAGE_SIZE)

static struct mem_page_alloc_ctx frames;
static uint32_t end_page; /* of RAM */

static uint32_t pages_of_ram(void)
{
    const uint64_t pages = hw_ram_size() / PAGE_SIZE;

    return pages < XELIX_PAGES ? (uint32_t)pages : XELIX_PAGES;
}

int palloc_init(void)
{
    end_page = pages_of_ram();
    if (end_page < XELIX_RAM_BYTES / PAGE_SIZE)
        return -ENOMEM;
    mem_page_alloc_new(&frames, hw_ptr(XELIX_FRAMES_BITMAP));
    mem_page_reserve(&frames, 0, FIRST_PAGE);
    if (end_page < XELIX_PAGES)
        mem_page_reserve(&frames, end_page, XELIX_PAGES - end_page);
    mem_page_alloc_index(&frames, hw_ptr(XELIX_FRAMES_INDEX));
    return XELIX_OK;
}

void *palloc(uint32_t num_pages)
{
    const uint32_t page = mem_must_fail() ? 0 : mem_page_alloc(&frames, num_pages);

    return (void *)((uintptr_t)page * PAGE_SIZE);
}

bool palloc_may_give(uint32_t page_id, uint32_t num_pages)
{
    return page_id >= FIRST_PAGE && page_id < end_page && num_pages > 0 && num_pages <= end_page - page_id;
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
    const uint32_t reserved = FIRST_PAGE + (XELIX_PAGES - end_page);

    return (struct palloc_usage){
        .pages = end_page - FIRST_PAGE, .taken = stats.taken - reserved, .longest_free = stats.longest_free};
}

const char *palloc_check(void)
{
    return mem_page_alloc_check(&frames);
}
