#include "guest.h"

#include <kernel/x86.h>
#include <stdbool.h>

#include "../lib/fits.h"
#include "config.h"
#include "fail.h"
#include "kernel.h"
#include "kmalloc.h"
#include "paging.h"
#include "pmm.h"
#include "reach.h"
#include "status.h"

#define UNIT 4u

/* ---- the heap ---- */

static void zero(uint32_t address, uint32_t size)
{
    while (size > 0) {
        uint32_t bytes;
        uint8_t *const to = reach_run(address, &bytes);

        if (bytes > size)
            bytes = size;
        for (uint32_t i = 0; i < bytes; i++)
            to[i] = 0;
        address += bytes;
        size -= bytes;
    }
}

static guest_addr guest_alloc(uint64_t size, uint32_t flags)
{
    const uint32_t address = fits(size) ? kmalloc_int((uint32_t)size, (flags & GUEST_ALIGNED) != 0, 0) : 0;

    if (address && flags & GUEST_ZEROED)
        zero(address, (uint32_t)size);
    return address;
}

static int guest_free(guest_addr address)
{
    return fits(address) ? kfree((uint32_t)address) : JSLK_INVALID;
}

/* Bytes by which frames that are free let the heap grow. */
static uint32_t growth(void)
{
    return getFreeFrames() << PAGE_SHIFT;
}

/* The heap as far as it may grow, which stays the same while it does. */
static int guest_heap_info(struct guest_heap_info *info)
{
    const uint32_t largest = heap_largest_hole(&kheap);
    const uint32_t at_end = heap_hole_at_end(&kheap) + growth();
    const uint32_t room = at_end > largest ? at_end : largest;

    *info = (struct guest_heap_info){
        .start = kheap.start,
        .size = kheap.end - kheap.start + growth(),
        .unit = UNIT,
        .used_units = kheap.used / UNIT,
        .longest_free_units = room > HEAP_OVERHEAD ? (room - HEAP_OVERHEAD) / UNIT : 0,
    };
    return JSLK_OK;
}

/* The block that holds an address of the heap. A tool that draws the heap asks for one word after the other, so the walk
 * goes on where it was, unless the heap has changed. */
static uint32_t block_of(uint32_t address)
{
    static uint32_t block, blocks, used;
    static uint64_t written;
    const bool changed = blocks != kheap.blocks || used != kheap.used || written != kheap.index.written;

    if (changed || block < kheap.start || block > address)
        block = kheap.start;
    blocks = kheap.blocks;
    used = kheap.used;
    written = kheap.index.written;
    while (block + block_size(block) <= address)
        block += block_size(block);
    return block;
}

static int guest_heap_unit(guest_addr address)
{
    uint32_t block;

    if (address < kheap.start || address - kheap.start >= JSLK_MEMORY_SIZE)
        return JSLK_INVALID;
    if (address >= kheap.end)
        return 0;
    block = block_of((uint32_t)address);
    if (block_is_hole(block))
        return 0;
    return ((uint32_t)address - block) / UNIT == HEAP_HEADER / UNIT ? 1 : 2;
}

/* ---- paging ---- */

static int guest_map(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights)
{
    const uint32_t bits = (rights & GUEST_WRITE ? PAGE_WRITEABLE : 0) | (rights & GUEST_USER ? PAGE_USER : 0);

    if (!fits(linear) || !fits(physical) || rights & ~(GUEST_WRITE | GUEST_USER))
        return JSLK_INVALID;
    return paging_map(&(struct mapping){(uint32_t)linear, (uint32_t)physical, pages, bits});
}

static int guest_unmap(guest_addr linear, uint32_t pages)
{
    return fits(linear) ? paging_unmap((uint32_t)linear, pages) : JSLK_INVALID;
}

static int guest_physical(guest_addr linear, guest_addr *physical)
{
    uint32_t found = 0;
    const int status = fits(linear) ? paging_physical((uint32_t)linear, &found) : JSLK_INVALID;

    if (status == JSLK_OK)
        *physical = found;
    return status;
}

/* ---- everything else ---- */

static void guest_work(struct guest_work *work)
{
    work->entries_scanned = kheap.index.scanned;
    work->entries_written = kheap.index.written;
    work->bytes_touched = kheap.touched;
    work->tables_made = paging_tables_made();
}

const struct guest_ops jslk_guest = {
    .abi = GUEST_ABI,
    .name = "jslk",
    .title = "JSLK: placement memory, then a heap with an ordered index of holes, in the first 16 MiB",
    .ram_size = JSLK_MEMORY_SIZE,
    .boot = kernel_main,
    .alloc = guest_alloc,
    .free = guest_free,
    .heap_info = guest_heap_info,
    .heap_unit = guest_heap_unit,
    .map = guest_map,
    .unmap = guest_unmap,
    .physical = guest_physical,
    .take_fault = kernel_take_fault,
    .fail_allocation = fail_at,
    .check = kernel_check,
    .status_name = jslk_status_name,
    .work = guest_work,
};
