#include "heap.h"

#include "../lib/bits.h"

#define ENTRY_SINGLE (HEAP_BLOCK_TABLE_ENTRY_TAKEN | HEAP_BLOCK_IS_FIRST)
#define ENTRY_MIDDLE (HEAP_BLOCK_TABLE_ENTRY_TAKEN | HEAP_BLOCK_HAS_NEXT)

/*
 * Eight entries of the table in one word, the lowest block in the lowest byte: chains are short, and a loop
 * over their bytes costs more in mispredicted ends than in work.
 */
typedef uint64_t __attribute__((may_alias, aligned(1))) eight_entries;

#define EIGHT         sizeof(eight_entries)
#define EVERY_ENTRY   0x0101010101010101u
#define ALL_FREE      (EVERY_ENTRY * HEAP_BLOCK_TABLE_ENTRY_FREE)
#define ALL_MIDDLE    (EVERY_ENTRY * ENTRY_MIDDLE)
#define ALL_HAVE_NEXT (EVERY_ENTRY * HEAP_BLOCK_HAS_NEXT)

static bool is_aligned(const void *address)
{
    return (uintptr_t)address % VANA_HEAP_BLOCK_SIZE == 0;
}

static bool is_free(HEAP_BLOCK_TABLE_ENTRY entry)
{
    return (entry & HEAP_BLOCK_TABLE_ENTRY_TYPE) == HEAP_BLOCK_TABLE_ENTRY_FREE;
}

static size_t blocks_between(const void *ptr, const void *end)
{
    return ((uintptr_t)end - (uintptr_t)ptr) / VANA_HEAP_BLOCK_SIZE;
}

static bool is_valid_area(const void *ptr, const void *end, const struct heap_table *table)
{
    return is_aligned(ptr) && is_aligned(end) && (uintptr_t)ptr <= (uintptr_t)end &&
           table->total <= HEAP_MAX_BLOCKS && table->total == blocks_between(ptr, end);
}

int heap_create(struct heap *heap, void *ptr, void *end, struct heap_table *table)
{
    if (!heap || !ptr || !table || !table->entries || !is_valid_area(ptr, end, table))
        return -EINVARG;

    for (size_t i = 0; i < table->total; i++)
        table->entries[i] = HEAP_BLOCK_TABLE_ENTRY_FREE;
    *heap = (struct heap){.table = table, .saddr = ptr};
    return VANA_ALL_OK;
}

/* Blocks that are free from start on, counted up to limit. */
static size_t free_run(const struct heap *heap, size_t start, size_t limit)
{
    size_t length = 0;

    while (length < limit && is_free(heap->table->entries[start + length]))
        length++;
    return length;
}

int heap_attach_index(struct heap *heap, struct runs *index, void *memory, size_t bytes)
{
    const size_t total = heap->table->total;
    size_t length;

    heap->index = NULL;
    if (!runs_create(index, total, memory, bytes))
        return -EINVARG;
    for (size_t start = 0; start < total; start += length + 1) {
        length = free_run(heap, start, total - start);
        if (length)
            runs_give(index, start, length);
    }
    heap->index = index;
    return VANA_ALL_OK;
}

void *heap_block_to_address(const struct heap *heap, int block)
{
    return (char *)heap->saddr + (size_t)block * VANA_HEAP_BLOCK_SIZE;
}

int heap_address_to_block(const struct heap *heap, const void *address)
{
    const size_t block = ((uintptr_t)address - (uintptr_t)heap->saddr) / VANA_HEAP_BLOCK_SIZE;

    return block < heap->table->total ? (int)block : -EINVARG;
}

static int scan_start_block(struct heap *heap, size_t total_blocks)
{
    size_t start = 0;

    while (total_blocks <= heap->table->total - start) {
        const size_t length = free_run(heap, start, total_blocks);

        heap->work.entries_scanned += length < total_blocks ? length + 1 : length;
        if (length == total_blocks)
            return (int)start;
        start += length + 1;
        if (start > heap->table->total)
            break;
    }
    return -ENOMEM;
}

static int look_up_start_block(struct heap *heap, size_t total_blocks)
{
    const size_t start = runs_find(heap->index, total_blocks);

    heap->work.entries_scanned += heap->index->depth;
    return start == RUNS_NONE ? -ENOMEM : (int)start;
}

int heap_get_start_block(struct heap *heap, size_t total_blocks)
{
    if (total_blocks == 0)
        return -ENOMEM;
    return heap->index ? look_up_start_block(heap, total_blocks) : scan_start_block(heap, total_blocks);
}

static bool is_run_free(const struct heap *heap, size_t start, size_t length)
{
    return start < heap->table->total && length <= heap->table->total - start &&
           free_run(heap, start, length) == length;
}

static eight_entries first_entries(size_t count)
{
    return ~(eight_entries)0 >> 8 * (EIGHT - count);
}

/* The entries of a chain of up to eight blocks. */
static eight_entries short_chain(size_t length)
{
    const eight_entries last = (eight_entries)HEAP_BLOCK_HAS_NEXT << 8 * (length - 1);

    return ((ALL_MIDDLE ^ last) | HEAP_BLOCK_IS_FIRST) & first_entries(length);
}

static bool fits_in_eight(const struct heap_table *table, size_t start, size_t length)
{
    return length <= EIGHT && EIGHT <= table->total - start;
}

static void write_eight(HEAP_BLOCK_TABLE_ENTRY *entries, size_t length, eight_entries value)
{
    eight_entries *const at = (eight_entries *)entries;

    *at = (*at & ~first_entries(length)) | value;
}

static void write_long_chain(HEAP_BLOCK_TABLE_ENTRY *entries, size_t length)
{
    entries[0] = length == 1 ? ENTRY_SINGLE : ENTRY_MIDDLE | HEAP_BLOCK_IS_FIRST;
    for (size_t i = 1; i + 1 < length; i++)
        entries[i] = ENTRY_MIDDLE;
    if (length > 1)
        entries[length - 1] = HEAP_BLOCK_TABLE_ENTRY_TAKEN;
}

static void write_chain(const struct heap_table *table, size_t start, size_t length)
{
    if (fits_in_eight(table, start, length))
        write_eight(table->entries + start, length, short_chain(length));
    else
        write_long_chain(table->entries + start, length);
}

static void clear_chain(const struct heap_table *table, size_t start, size_t length)
{
    if (fits_in_eight(table, start, length))
        write_eight(table->entries + start, length, ALL_FREE);
    else
        for (size_t i = start; i < start + length; i++)
            table->entries[i] = HEAP_BLOCK_TABLE_ENTRY_FREE;
}

/* The length of the chain that starts at this block, or 0 if it does not end as a chain must. */
static size_t long_chain_length(const struct heap_table *table, size_t start)
{
    size_t last = start + 1;

    if (table->entries[start] == ENTRY_SINGLE)
        return 1;
    while (last < table->total && table->entries[last] == ENTRY_MIDDLE)
        last++;
    return last < table->total && table->entries[last] == HEAP_BLOCK_TABLE_ENTRY_TAKEN ? last - start + 1 : 0;
}

static size_t chain_length(const struct heap_table *table, size_t start)
{
    if (EIGHT <= table->total - start) {
        const eight_entries entries = *(const eight_entries *)(table->entries + start);
        const eight_entries ends = ~entries & ALL_HAVE_NEXT;

        if (ends) {
            const size_t length = lowest_bit(ends) / 8 + 1;
            return (entries & first_entries(length)) == short_chain(length) ? length : 0;
        }
    }
    return long_chain_length(table, start);
}

static void take(struct heap *heap, size_t start, size_t length)
{
    write_chain(heap->table, start, length);
    heap->work.entries_written += length;
    if (heap->index)
        runs_take(heap->index, start, length);
}

void heap_mark_blocks_taken(struct heap *heap, int start_block, int total_blocks)
{
    if (start_block >= 0 && total_blocks > 0 && is_run_free(heap, (size_t)start_block, (size_t)total_blocks))
        take(heap, (size_t)start_block, (size_t)total_blocks);
}

void *heap_malloc_blocks(struct heap *heap, size_t total_blocks)
{
    const int start = heap_get_start_block(heap, total_blocks);

    if (start < 0)
        return NULL;
    take(heap, (size_t)start, total_blocks);
    return heap_block_to_address(heap, start);
}

void *heap_malloc(struct heap *heap, size_t size)
{
    const size_t part_of_block = size % VANA_HEAP_BLOCK_SIZE ? 1 : 0;

    return heap_malloc_blocks(heap, size / VANA_HEAP_BLOCK_SIZE + part_of_block);
}

static bool is_first(const struct heap_table *table, int block)
{
    return block >= 0 && (size_t)block < table->total &&
           (table->entries[block] & ~HEAP_BLOCK_HAS_NEXT) == ENTRY_SINGLE;
}

int heap_mark_blocks_free(struct heap *heap, int start_block)
{
    const size_t start = (size_t)start_block;
    size_t length;

    if (!is_first(heap->table, start_block))
        return -EINVARG;
    length = chain_length(heap->table, start);
    if (length == 0)
        return -EINFORMAT;

    clear_chain(heap->table, start, length);
    heap->work.entries_scanned += length;
    heap->work.entries_written += length;
    if (heap->index)
        runs_give(heap->index, start, length);
    return VANA_ALL_OK;
}

/* The number of the block that starts at ptr, or -EINVARG. */
static int block_at(const struct heap *heap, const void *ptr)
{
    return ptr && is_aligned(ptr) ? heap_address_to_block(heap, ptr) : -EINVARG;
}

size_t heap_run_size(const struct heap *heap, const void *ptr)
{
    const int block = block_at(heap, ptr);

    return is_first(heap->table, block) ? chain_length(heap->table, (size_t)block) * VANA_HEAP_BLOCK_SIZE : 0;
}

int heap_release(struct heap *heap, void *ptr)
{
    return heap_mark_blocks_free(heap, block_at(heap, ptr));
}

void heap_free(struct heap *heap, void *ptr)
{
    (void)heap_release(heap, ptr);
}
