#include "watch.h"

#include <kernel/sanitize.h>
#include <stddef.h>

#include "reach.h"

/* What follows the first run of a block's memory is marked, and no part of what memcheck knows as a block. */
static void *pool;

/* The part of start .. end that one pointer reaches. */
struct part {
    void *ptr;
    uint32_t bytes;
};

static struct part first_part(uint32_t start, uint32_t end)
{
    struct part part;

    part.ptr = reach_run(start, &part.bytes);
    if (part.bytes > end - start)
        part.bytes = end - start;
    return part;
}

void watch_closed(uint32_t start, uint32_t end)
{
    while (KERNEL_BLOCKS_ARE_WATCHED && start < end) {
        const struct part part = first_part(start, end);

        kernel_mark_closed(part.ptr, part.bytes);
        start += part.bytes;
    }
}

void watch_open(uint32_t start, uint32_t end)
{
    while (KERNEL_BLOCKS_ARE_WATCHED && start < end) {
        const struct part part = first_part(start, end);

        kernel_mark_open(part.ptr, part.bytes);
        start += part.bytes;
    }
}

void watch_heap(uint32_t start, uint32_t end)
{
    if (!KERNEL_BLOCKS_ARE_WATCHED)
        return;
    pool = reach(start);
    kernel_pool_made(pool);
    watch_closed(start, end);
}

void watch_handed_out(uint32_t address, uint32_t size)
{
    if (!KERNEL_BLOCKS_ARE_WATCHED)
        return;
    const struct part part = first_part(address, address + size);

    kernel_block_handed_out(pool, part.ptr, part.bytes);
    watch_open(address + part.bytes, address + size);
}

void watch_taken_back(uint32_t address, uint32_t room)
{
    if (!KERNEL_BLOCKS_ARE_WATCHED)
        return;
    const struct part part = first_part(address, address + room);

    kernel_block_taken_back(pool, part.ptr, part.bytes);
    watch_closed(address + part.bytes, address + room);
}
