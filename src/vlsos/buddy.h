/*
 * buddy.h - the mechanism of the buddy allocator: blocks of 4 KiB, 8 KiB, ... 4 MiB, each aligned to its size. The
 * one of the kernel is in pages.h.
 *
 * A block of order k has 2^k frames. It is half of a block of order k + 1; the other half is its buddy, and their
 * addresses differ in one bit. Two buddies that are both free are one free block of the next order, always.
 *
 *      order 2   |       0       |       4       |     a free block of order 2 at frame 4, taken blocks of
 *      order 1   |   0   |   2   |  .    |  .    |     order 1 at 0 and of order 0 at 2, a free one of order
 *      order 0   | . | . | 2 | 3 | . | . | . | . |     0 at 3
 *
 * All that the allocator knows stands outside of the blocks, so that it never touches what it hands out: for each
 * order the set of its free blocks (lib/bit_tree.h), and for each frame one byte that says which block was handed
 * out there. It deals in physical addresses.
 *
 * Placement: the lowest order that has a free block large enough, and the lowest block of that order.
 * A request and a release take one step for each order at most, each of three words.
 *
 * Errors: VLSOS_EINVAL, and nothing changed, for what is not a block handed out. Not thread-safe.
 */
#ifndef VLSOS_BUDDY_H
#define VLSOS_BUDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/bit_tree.h"
#include "status.h"

#define BUDDY_FRAME_SHIFT 12u
#define BUDDY_FRAME_SIZE  (1u << BUDDY_FRAME_SHIFT)
#define BUDDY_ORDERS      11u /* 0: 4 KiB .. 10: 4 MiB */
#define BUDDY_TOP_ORDER   (BUDDY_ORDERS - 1u)
#define BUDDY_TOP_SIZE    (BUDDY_FRAME_SIZE << BUDDY_TOP_ORDER)
#define BUDDY_NONE        UINT32_MAX /* no block: no block starts there */

struct buddy_order {
    struct bit_tree free; /* by number of block: frame >> order */
    uint32_t free_blocks;
    uint32_t taken_blocks;
    uint64_t allocations; /* so far, as the rest */
    uint64_t failures;
    uint64_t splits; /* of a block of this order */
    uint64_t merges; /* into a block of this order */
};

struct buddy {
    uint32_t origin; /* address of frame 0: the start of the region, rounded down to BUDDY_TOP_SIZE */
    uint32_t start;  /* the region */
    uint32_t end;    /* exclusive */
    uint8_t *taken;  /* for each frame: 1 + order of the block that was handed out there, or 0 */
    uint32_t orders; /* bit k: a block of order k is free */
    uint32_t free_frames;
    uint32_t calls_until_failure; /* 0: none was ordered */
    struct buddy_order order[BUDDY_ORDERS];
};

struct buddy_region {
    uint32_t start; /* physical, a multiple of the frame size */
    uint32_t size;  /* likewise, more than 0; it touches at most 256 blocks of the top order, below 4 GiB */
};

/*
 * Bytes of bookkeeping for a region of so many bytes, wherever it starts: a constant expression for a constant. The
 * region is taken to be as many blocks of the top order as it can touch.
 */
#define BUDDY_FRAMES(size) (((size) / BUDDY_TOP_SIZE + 2u) << BUDDY_TOP_ORDER)
#define BUDDY_BYTES(size)                                                                                    \
    ((size_t)BUDDY_FRAMES(size) +                                                                            \
     (2 * (size_t)BIT_TREE_WORDS(BUDDY_FRAMES(size)) + 4 * (size_t)BUDDY_ORDERS) * sizeof(uint64_t))

/*
 * An allocator with all of the region free. The bookkeeping takes memory of BUDDY_BYTES(region->size), aligned
 * for uint64_t, that stays its own. VLSOS_EINVAL, and nothing done, for a region that is none; VLSOS_ENOMEM if bytes
 * are fewer.
 */
int buddy_create(struct buddy *buddy, const struct buddy_region *region, void *memory, size_t bytes);

/* A block of 2^order frames: its address, or BUDDY_NONE if none is free, if order is none, or if this failure was
 * ordered. */
uint32_t buddy_alloc(struct buddy *buddy, unsigned order);

/* Give back a block of 2^order frames that buddy_alloc() gave for that order. */
int buddy_free(struct buddy *buddy, uint32_t address, unsigned order);

/* The order of the block handed out at this address, or -1 if none was. */
int buddy_order_at(const struct buddy *buddy, uint32_t address);

/* Whether the frame at this address is part of a free block. */
bool buddy_is_free(const struct buddy *buddy, uint32_t address);

/* The least order whose blocks hold so many bytes, size > 0; BUDDY_ORDERS if none does. */
unsigned buddy_order_for(uint64_t size);

/* The highest order of which a block is free, or -1. */
int buddy_highest_order(const struct buddy *buddy);

/*
 * What was done to the books so far. An entry is a block of an order's set: scanned when it is searched for or asked
 * about, written when it goes in or out. A question is one word of 8 bytes, a search two, a change two read and written;
 * the byte of the frame is written, and read too when a block comes back.
 */
struct buddy_work {
    uint64_t scanned, written, bytes;
};
void buddy_measure(const struct buddy *buddy, struct buddy_work *work);

/* Fail the n-th allocation from now, 1 being the next, and that one only; 0 takes the order back. */
void buddy_fail_at(struct buddy *buddy, uint32_t n);

/* The first broken invariant in words, with the address it is about, or NULL. The words last until the next
 * call. */
const char *buddy_check(const struct buddy *buddy);

#endif
