/*
 * heap.h - the mechanism of the heap: any heap in any pages. The one of the kernel is in kmalloc.h.
 *
 * The index of holes comes first, then blocks that tile the rest without a gap. A block is handed out or a hole:
 *
 *   +0             +4         +8        +12                     size-8            size-4
 *   +--------------+----------+---------+-------- ... ----------+-----------------+--------------------+
 *   | magic        | is_hole  | size    | data                  | magic           | address of header  |
 *   +--------------+----------+---------+-------- ... ----------+-----------------+--------------------+
 *      header, 12 bytes                                            footer, 8 bytes
 *
 * Fields are words of 32 bits; size is a multiple of 4 and counts header and footer. Two holes never touch.
 *
 * Best fit: the smallest hole that the block fits in, of several the lowest. What is left of it is a hole if it has room
 * for header and footer, or belongs to the block. If no hole fits, the heap grows by the pages that are missing; if the
 * last block is a hole after heap_free(), the heap shrinks by the pages that this one covers, but not below min_size.
 *
 * Errors are statuses of status.h, and 0 for no memory; in both cases nothing is changed. A header is believed if magic,
 * size, footer and both neighbours agree with it. That is no proof: who writes all of these words into a block's data
 * and frees an address inside of it is not found out before heap_check().
 */
#ifndef JSLK_HEAP_H
#define JSLK_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "ordered_array.h"

#define HEAP_MAGIC    0x123890ABu
#define HEAP_HEADER   12u
#define HEAP_FOOTER   8u
#define HEAP_OVERHEAD (HEAP_HEADER + HEAP_FOOTER) /* and the size of the smallest hole */

/* How a block is asked for. */
#define HEAP_PAGE_ALIGNED 0x1u
#define HEAP_CONTIGUOUS   0x2u /* its data lies in frames that follow each other */

typedef struct heap heap_t;

/* Who gives pages to a heap. Ranges are of whole pages, end exclusive. */
struct heap_pages {
    /* Map frames, in one run if asked; a status, and nothing mapped. */
    int (*more)(const heap_t *heap, uint32_t start, uint32_t end, bool contiguous);
    /* Unmap, and give the frames back. */
    void (*less)(const heap_t *heap, uint32_t start, uint32_t end);
    /* The first page boundary after `start` and before `end` where frames do not follow each other; or end. */
    uint32_t (*break_after)(uint32_t start, uint32_t end);
};

struct heap {
    ordered_array_t index;
    uint32_t start, end; /* of the blocks, as far as pages are mapped */
    uint32_t max;        /* end never goes beyond */
    uint32_t min_size;   /* end - start never shrinks below */
    uint8_t supervisor;  /* for `more`: not for ring 3 */
    uint8_t readonly;    /* for `more`: not writable for ring 3 */
    const struct heap_pages *pages;
    uint32_t blocks, used; /* handed out: how many, and their sizes */
    uint64_t
        touched; /* bytes of index, headers and footers that heap_alloc() and heap_free() read and wrote */
};

/* What a heap is made in; start, end and max are page boundaries, from start to end everything is mapped. */
struct heap_area {
    uint32_t start, end, max;
    uint32_t index_size; /* holes, so that blocks are fewer; a multiple of 1024 */
    uint32_t min_size;   /* a multiple of the page size */
    uint8_t supervisor, readonly;
};

/* JSLK_INVALID, and nothing written: not page boundaries, not in order, or no room for the index and one block. */
int createHeap(heap_t *heap, const struct heap_area *area, const struct heap_pages *pages);

/* size bytes at a multiple of 4, or 0. */
uint32_t heap_alloc(heap_t *heap, uint32_t size, uint32_t how);

/*
 * JSLK_INVALID: no header stands before this address, or a hole's; JSLK_CORRUPT: a header does, but its footer, the footer
 * before it or the header after it is broken: somebody wrote beyond a block.
 */
int heap_free(heap_t *heap, uint32_t address);

/* Bytes that the block at this address has room for; 0 if there is none. */
uint32_t heap_room(const heap_t *heap, uint32_t address);

/* Size of the largest hole; 0 if there is none. */
uint32_t heap_largest_hole(heap_t *heap);

/* Size of the hole that the heap ends with; 0 if it ends with a block. */
uint32_t heap_hole_at_end(const heap_t *heap);

/* ---- walking ---- */

/* A block by its header; heap->start is the first, the one after it stands at its end. */
uint32_t block_size(uint32_t block);
bool block_is_hole(uint32_t block);

/* The first broken invariant in words, or NULL. The words last until the next call. */
const char *heap_check(heap_t *heap);

#endif
