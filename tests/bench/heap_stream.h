/*
 * heap_stream.h - what the heap's benchmark does: streams of allocations and frees that hold a heap at an occupancy,
 * made once with the placements that first fit gives them, and heaps to run them on.
 */
#ifndef HEAP_STREAM_H
#define HEAP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "vana/heap.h"

#define BLOCK ((size_t)VANA_HEAP_BLOCK_SIZE)

/* Allocate blocks into a slot, or free the slot if blocks is 0. */
struct step {
    uint32_t slot;
    uint32_t blocks;
    uint32_t start;  /* where first fit puts it, and where a free finds it */
    uint32_t length; /* of the run, in both cases */
};

struct stream {
    size_t total; /* blocks of the heap, and slots */
    struct step *steps;
    size_t warm_up; /* steps that fill the heap, not timed */
    size_t count;
};

/* Steps that fill a heap of so many blocks to so many percent and fragment it, and then so many more. */
void stream_make(struct stream *stream, size_t total, unsigned percent, size_t steps);
void stream_drop(struct stream *stream);

/* A heap with its index. Nothing is behind its blocks: they are never touched. */
struct table_heap {
    struct heap heap;
    struct heap_table table;
    struct runs index;
    void *index_memory;
};

void table_heap_make(struct table_heap *it, size_t total);
void table_heap_drop(struct table_heap *it);

/* Build the index again, after the table was written from outside. */
void table_heap_index_again(struct table_heap *it);

/* The address of a block. */
static inline void *table_heap_block(size_t block)
{
    return (char *)(uintptr_t)0x100000 + block * BLOCK;
}

#endif
