/* kmalloc_bins.c - the lists of free blocks. */
#include "kmalloc_block.h"

#define LOOKS_IN_BIN 4u /* before a larger block is divided */

void bins_put(uint32_t block, uint32_t room)
{
    const unsigned bin = bin_of(room);
    const uint32_t head = kmalloc_arena.bins[bin];

    block_write(block, room, KMALLOC_FREE);
    kmalloc_write(block_link(block), head);
    kmalloc_write(block_back_link(block), 0);
    if (head)
        kmalloc_write(block_back_link(head), block);
    kmalloc_arena.bins[bin] = block;
    kmalloc_arena.bin_map[bin / 64] |= UINT64_C(1) << bin % 64;
}

void bins_remove(uint32_t block)
{
    const unsigned bin = bin_of(block_room(block));
    const uint32_t next = kmalloc_get(block_link(block));
    const uint32_t before = kmalloc_get(block_back_link(block));

    if (next)
        kmalloc_write(block_back_link(next), before);
    if (before)
        kmalloc_write(block_link(before), next);
    else
        kmalloc_arena.bins[bin] = next;
    if (!kmalloc_arena.bins[bin])
        kmalloc_arena.bin_map[bin / 64] &= ~(UINT64_C(1) << bin % 64);
}

void bins_join(uint32_t block, uint32_t room)
{
    const uint32_t next = block + KMALLOC_ENDS + room;

    if (next < KMALLOC_END && block_is(next, KMALLOC_FREE)) {
        room += KMALLOC_ENDS + block_room(next);
        bins_remove(next);
    }
    if (block > KMALLOC_FIRST) {
        const uint32_t before = block_before(block);

        if (block_fits(before) && block_is(before, KMALLOC_FREE) && block_next(before) == block) {
            kmalloc_write(block + 4, KMALLOC_FREE ^ block); /* no header of a used block stays behind */
            bins_remove(before);
            room += KMALLOC_ENDS + block_room(before);
            block = before;
        }
    }
    bins_put(block, room);
}

/* ---- finding ---- */

/* A block of this bin that is long enough, among so many; 0: none. */
static uint32_t look_in_bin(unsigned bin, uint32_t room, uint32_t looks)
{
    uint32_t block = kmalloc_arena.bins[bin];

    for (; block && looks > 0; looks--) {
        kmalloc_arena.work.scanned++;
        if (block_room(block) >= room)
            return block;
        block = kmalloc_get(block_link(block));
    }
    return 0;
}

/* Any block of a higher bin is long enough. */
static uint32_t look_above(unsigned bin)
{
    uint64_t map = bin % 64 == 63 ? 0 : kmalloc_arena.bin_map[bin / 64] & UINT64_MAX << (bin % 64 + 1);

    for (unsigned word = bin / 64;;) {
        if (map)
            return kmalloc_arena.bins[word * 64 + lowest_bit(map)];
        if (++word == KMALLOC_BINS / 64)
            return 0;
        map = kmalloc_arena.bin_map[word];
    }
}

uint32_t bins_find(uint32_t room)
{
    const unsigned bin = bin_of(room);
    uint32_t block = look_in_bin(bin, room, LOOKS_IN_BIN);

    if (!block)
        block = look_above(bin);
    return block ? block : look_in_bin(bin, room, UINT32_MAX);
}
