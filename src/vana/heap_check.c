#include "heap.h"

#define ENTRY_SINGLE (HEAP_BLOCK_TABLE_ENTRY_TAKEN | HEAP_BLOCK_IS_FIRST)
#define ENTRY_FIRST  (ENTRY_SINGLE | HEAP_BLOCK_HAS_NEXT)
#define ENTRY_MIDDLE (HEAP_BLOCK_TABLE_ENTRY_TAKEN | HEAP_BLOCK_HAS_NEXT)
#define ENTRY_LAST   HEAP_BLOCK_TABLE_ENTRY_TAKEN

void heap_measure(const struct heap *heap, struct heap_usage *usage)
{
    size_t run = 0;

    *usage = (struct heap_usage){0};
    for (size_t block = 0; block < heap->table->total; block++) {
        const bool is_free = heap->table->entries[block] == HEAP_BLOCK_TABLE_ENTRY_FREE;

        usage->used_blocks += is_free ? 0 : 1;
        run = is_free ? run + 1 : 0;
        if (run > usage->longest_free_run)
            usage->longest_free_run = run;
    }
}

static bool is_legal(HEAP_BLOCK_TABLE_ENTRY entry)
{
    return entry == HEAP_BLOCK_TABLE_ENTRY_FREE || entry == ENTRY_SINGLE || entry == ENTRY_FIRST ||
           entry == ENTRY_MIDDLE || entry == ENTRY_LAST;
}

/* What is wrong with a block's entry, given whether the entry before it said that another block follows. */
static const char *check_entry(HEAP_BLOCK_TABLE_ENTRY entry, bool continues)
{
    const unsigned place = entry & ~HEAP_BLOCK_HAS_NEXT;
    const bool is_continuation = place == ENTRY_LAST;

    if (continues ? is_continuation : entry == HEAP_BLOCK_TABLE_ENTRY_FREE || place == ENTRY_SINGLE)
        return NULL;
    if (!is_legal(entry))
        return "not a legal entry";
    return continues ? "the run before it is cut short" : "goes on with a run that has no first block";
}

static const char *check_index_of_block(const struct heap *heap, size_t block)
{
    const bool is_free = heap->table->entries[block] == HEAP_BLOCK_TABLE_ENTRY_FREE;

    if (!heap->index || runs_is_free(heap->index, block) == is_free)
        return NULL;
    return is_free ? "free in the table, taken in the index" : "taken in the table, free in the index";
}

static const char *check_block(const struct heap *heap, size_t block, bool continues)
{
    const char *const broken = check_entry(heap->table->entries[block], continues);

    return broken ? broken : check_index_of_block(heap, block);
}

static size_t append(char *to, size_t at, size_t room, const char *text)
{
    while (*text && at + 1 < room)
        to[at++] = *text++;
    to[at] = '\0';
    return at;
}

static size_t append_number(char *to, size_t at, size_t room, size_t number)
{
    char digits[24];
    size_t first = sizeof digits - 1;

    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return append(to, at, room, digits + first);
}

static const char *about_block(size_t block, const char *broken)
{
    static char words[96];
    size_t length = append(words, 0, sizeof words, "heap block ");

    length = append_number(words, length, sizeof words, block);
    length = append(words, length, sizeof words, ": ");
    append(words, length, sizeof words, broken);
    return words;
}

static const char *check_index(const struct heap *heap)
{
    const size_t block = heap->index ? runs_check(heap->index) : RUNS_NONE;

    return block == RUNS_NONE ? NULL : about_block(block, "the index's lengths from here on are wrong");
}

const char *heap_check(const struct heap *heap)
{
    bool continues = false;

    if (!heap->table)
        return "the heap was not created";
    for (size_t block = 0; block < heap->table->total; block++) {
        const char *const broken = check_block(heap, block, continues);

        if (broken)
            return about_block(block, broken);
        continues = heap->table->entries[block] & HEAP_BLOCK_HAS_NEXT;
    }
    if (continues)
        return about_block(heap->table->total - 1, "its run goes on beyond the end of the table");
    return check_index(heap);
}
