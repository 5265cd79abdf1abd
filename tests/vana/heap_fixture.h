/*
 * heap_fixture.h - a small heap over a table with guard bytes, for tests. Its blocks are addresses only: nothing is
 * behind them, since a heap never touches what it hands out.
 */
#ifndef HEAP_FIXTURE_H
#define HEAP_FIXTURE_H

#include "kms_test.h"
#include "vana/heap.h"

#define BLOCK      ((size_t)VANA_HEAP_BLOCK_SIZE)
#define GUARD      16u
#define GUARD_BYTE 0xeeu

struct heap_fixture {
    struct heap heap;
    struct heap_table table;
    struct runs index;
    char *start;
    uint8_t *entries; /* the table's, with GUARD bytes before and behind */
    void *index_memory;
    size_t total;
};

/* A heap of so many free blocks at 1 MiB, with or without an index. */
struct heap_fixture *heap_fixture_make(size_t total);
struct heap_fixture *heap_fixture_make_indexed(size_t total);

/* Check the heap and the guards, and let go of it. */
void heap_fixture_drop(struct heap_fixture *it);

/* Fail unless the heap is sound and nothing around the table was written. */
void heap_fixture_check(const struct heap_fixture *it);

/* The address of a block, and the number of the block at an address; -1 for NULL. */
void *block_at(const struct heap_fixture *it, size_t block);
long block_of(const struct heap_fixture *it, const void *address);

/* Allocate so many blocks and fail unless they start at the block expected. */
void expect_place(struct heap_fixture *it, size_t blocks, long expected);

#endif
