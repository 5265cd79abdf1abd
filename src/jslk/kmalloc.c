#include "kmalloc.h"

#include <kernel/sanitize.h>
#include <kernel/x86.h>

#include "config.h"
#include "fail.h"
#include "paging.h"
#include "status.h"
#include "watch.h"

#define ALIGNMENT 4u

heap_t kheap;

static bool heap_exists;
static uint32_t placement, placement_end;

/* ---- placement memory ---- */

void placement_init(const struct memory_map *map)
{
    struct memory_range run = {0, 0};

    placement = placement_end = JSLK_PLACEMENT_START;
    while (memory_map_next(map, run.end, &run) && run.start <= JSLK_PLACEMENT_START)
        if (run.end > JSLK_PLACEMENT_START)
            placement_end = run.end < JSLK_MEMORY_SIZE ? (uint32_t)run.end : JSLK_MEMORY_SIZE;
}

uint32_t placement_address(void)
{
    return placement;
}

void placement_end_at(uint32_t end)
{
    if (end < placement_end)
        placement_end = end;
}

static uint32_t round_up(uint32_t number, uint32_t unit)
{
    return (number + unit - 1) & ~(unit - 1);
}

static uint32_t place(uint32_t sz, int align)
{
    const uint32_t start = align ? round_up(placement, PAGE_SIZE) : placement;

    if (start > placement_end || sz > placement_end - start)
        return 0;
    placement = round_up(start + sz, ALIGNMENT);
    return start;
}

/* ---- the heap ---- */

int kheap_init(void)
{
    const struct heap_area area = {
        .start = JSLK_KHEAP_START,
        .end = JSLK_KHEAP_START + JSLK_KHEAP_INITIAL_SIZE,
        .max = JSLK_KHEAP_MAX,
        .index_size = JSLK_HEAP_INDEX_SIZE,
        .min_size = JSLK_HEAP_MIN_SIZE,
        .supervisor = 1,
    };
    const int status = createHeap(&kheap, &area, &paging_heap_pages);

    heap_exists = status == JSLK_OK;
    if (heap_exists)
        watch_heap(kheap.start, kheap.end);
    return status;
}

void kheap_forget(void)
{
    heap_exists = false;
}

static uint32_t take_from_heap(uint32_t sz, uint32_t how)
{
    const uint32_t address = heap_alloc(&kheap, sz, how);

    if (address)
        watch_handed_out(address, sz);
    return address;
}

/* ---- both ---- */

uint32_t kmalloc_int(uint32_t sz, int align, uint32_t *phys)
{
    const uint32_t how = (align ? HEAP_PAGE_ALIGNED : 0) | (phys ? HEAP_CONTIGUOUS : 0);
    uint32_t address;

    if (sz == 0 || must_fail())
        return 0;
    address = heap_exists ? take_from_heap(sz, how) : place(sz, align);
    if (address && phys)
        (void)kmalloc_physical(address, phys);
    return address;
}

uint32_t kmalloc(uint32_t sz)
{
    return kmalloc_int(sz, 0, 0);
}

uint32_t kmalloc_a(uint32_t sz)
{
    return kmalloc_int(sz, 1, 0);
}

uint32_t kmalloc_p(uint32_t sz, uint32_t *phys)
{
    return kmalloc_int(sz, 0, phys);
}

uint32_t kmalloc_ap(uint32_t sz, uint32_t *phys)
{
    return kmalloc_int(sz, 1, phys);
}

int kfree(uint32_t address)
{
    uint32_t room;
    int status;

    if (!heap_exists)
        return JSLK_INVALID;
    room = KERNEL_BLOCKS_ARE_WATCHED ? heap_room(&kheap, address) : 0;
    if (room)
        watch_taken_back(address, room); /* first: its pages may go with it */
    status = heap_free(&kheap, address);
    if (room && status != JSLK_OK)
        watch_handed_out(address, room);
    return status;
}

int kmalloc_physical(uint32_t address, uint32_t *phys)
{
    return paging_physical(address, phys);
}
