/*
 * heap.h - the mechanism of the block heap: any heap, over any table. The one of the kernel is in kheap.h.
 *
 * A heap hands out runs of blocks of VANA_HEAP_BLOCK_SIZE bytes. What is free and what is taken stands in a
 * table outside the blocks, one byte for each, so that the heap never touches what it hands out:
 *
 *      7 6 5 4 3 2 1 0
 *     +-+-+-+-+-+-+-+-+    0x00 free                 0xC1 first block of several
 *     |N|F|0 0|  type |    0x41 a block by itself    0x81 one in the middle
 *     +-+-+-+-+-+-+-+-+                              0x01 the last of several
 *      N another block of this run follows; F first block of the run; type 0 free, 1 taken. No other value is
 * legal.
 *
 * Placement is first fit: always the lowest run of free blocks that is long enough. The table is the truth.
 * An index of its free runs may be attached; it makes the search fast and decides nothing differently.
 *
 * Errors: a pointer that this heap has not handed out, or not since it was freed, is -EINVARG; a table that
 * breaks its own format is -EINFORMAT; in both cases nothing is changed. Not thread-safe.
 */
#ifndef VANA_HEAP_H
#define VANA_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/runs.h"
#include "config.h"
#include "status.h"

typedef uint8_t HEAP_BLOCK_TABLE_ENTRY;

#define HEAP_BLOCK_TABLE_ENTRY_FREE  0x00u
#define HEAP_BLOCK_TABLE_ENTRY_TAKEN 0x01u
#define HEAP_BLOCK_TABLE_ENTRY_TYPE  0x0Fu
#define HEAP_BLOCK_IS_FIRST          0x40u
#define HEAP_BLOCK_HAS_NEXT          0x80u

struct heap_table {
    HEAP_BLOCK_TABLE_ENTRY *entries;
    size_t total; /* entries, one for each block; at most HEAP_MAX_BLOCKS */
};

/* A block's number and -ENOMEM share an int. */
#define HEAP_MAX_BLOCKS ((size_t)INT32_MAX)

/* What the heap did to its table, for costs that depend on no clock. */
struct heap_work {
    uint64_t entries_scanned; /* entries read; with an index, nodes of the index searched instead */
    uint64_t entries_written;
};

struct heap {
    struct heap_table *table;
    void *saddr;        /* address of block 0 */
    struct runs *index; /* the free runs of the table, or NULL */
    struct heap_work work;
};

/*
 * Make a heap of the bytes from ptr up to end, with every block free and no index. -EINVARG, and nothing
 * written, unless both are multiples of the block size, end is not below ptr, and table->total is the number
 * of blocks between them.
 */
int heap_create(struct heap *heap, void *ptr, void *end, struct heap_table *table);

/*
 * Attach an index of the table's free runs, built in RUNS_BYTES(table->total) of memory that stay its own.
 * From then on the table changes through these functions only. -EINVARG, and no index, if bytes are fewer.
 */
int heap_attach_index(struct heap *heap, struct runs *index, void *memory, size_t bytes);

/*
 * The lowest run of free blocks that holds size bytes, now taken: its address, or 0 if there is none. The
 * size is rounded up to whole blocks; 0 bytes are no memory: 0, and nothing is taken.
 */
void *heap_malloc(struct heap *heap, size_t size);

/* The same for a number of blocks. */
void *heap_malloc_blocks(struct heap *heap, size_t total_blocks);

/* Free the run that starts at ptr: 0, or a status as said above. */
int heap_release(struct heap *heap, void *ptr);

/* Bytes taken by the run that starts at ptr, whole blocks; 0 if none starts there. */
size_t heap_run_size(const struct heap *heap, const void *ptr);

/* heap_release() for those who do not ask: a pointer that is refused is ignored. */
void heap_free(struct heap *heap, void *ptr);

/* ---- the steps, by number of block ---- */

/* The first block of the lowest run of that many free blocks, which stay free; -ENOMEM if there is none, and
 * for 0. */
int heap_get_start_block(struct heap *heap, size_t total_blocks);

/* Take a run that is free; a run that is not wholly free, or not inside the table, is left alone. */
void heap_mark_blocks_taken(struct heap *heap, int start_block, int total_blocks);

/* Free the run that starts at this block: 0, or a status as said above. */
int heap_mark_blocks_free(struct heap *heap, int start_block);

/* A block's address, and the block that holds an address: -EINVARG if the heap does not reach there. */
void *heap_block_to_address(const struct heap *heap, int block);
int heap_address_to_block(const struct heap *heap, const void *address);

/* ---- looking at it ---- */

struct heap_usage {
    size_t used_blocks;
    size_t longest_free_run; /* in blocks: the most that could be handed out now */
};

/* Count the table. */
void heap_measure(const struct heap *heap, struct heap_usage *usage);

/* The first broken invariant in words, with the number of its block, or NULL. The words last until the next
 * call. */
const char *heap_check(const struct heap *heap);

#endif
