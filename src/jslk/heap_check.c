#include "heap.h"

#include <stddef.h>

#include "../lib/text.h"
#include "reach.h"

#define UNIT          4u
#define FOOTER_HEADER 4u

/* What a walk over all blocks counts. */
struct count {
    uint32_t blocks, used, holes;
};

static const char *say(const char *what, uint32_t block)
{
    static char words[96];
    struct text text = text_in(words, sizeof words);

    text_put(&text, what);
    text_put(&text, ", block ");
    text_hex(&text, block, 8);
    return words;
}

static const char *check_block(const heap_t *heap, uint32_t block)
{
    uint32_t footer;

    if (word_at(block) != HEAP_MAGIC)
        return say("heap: the magic of a header is gone", block);
    if (block_size(block) < HEAP_OVERHEAD || block_size(block) % UNIT ||
        block_size(block) > heap->end - block)
        return say("heap: a header has a size that cannot be", block);
    if (word_at(block + UNIT) > 1)
        return say("heap: a header is neither a hole's nor a block's", block);
    footer = block + block_size(block) - HEAP_FOOTER;
    if (word_at(footer) != HEAP_MAGIC)
        return say("heap: the magic of a footer is gone", block);
    if (word_at(footer + FOOTER_HEADER) != block)
        return say("heap: a footer names another header", block);
    return NULL;
}

static const char *check_hole(heap_t *heap, uint32_t hole)
{
    const uint32_t number = find_ordered_array(block_size(hole), hole, &heap->index);

    if (number == heap->index.size || lookup_ordered_array(number, &heap->index) != hole)
        return say("heap: a hole is not in the index where it belongs", hole);
    return NULL;
}

static const char *walk(heap_t *heap, struct count *count)
{
    bool after_hole = false;
    const char *broken = NULL;

    for (uint32_t block = heap->start; !broken && block < heap->end; block += block_size(block)) {
        broken = heap->end - block < HEAP_OVERHEAD ? say("heap: no room for a block at the end", block)
                                                   : check_block(heap, block);
        if (broken)
            return broken;
        if (block_is_hole(block)) {
            broken = after_hole ? say("heap: two holes touch", block) : check_hole(heap, block);
            count->holes++;
        } else {
            count->blocks++;
            count->used += block_size(block);
        }
        after_hole = block_is_hole(block);
    }
    return broken;
}

static const char *check_counts(const heap_t *heap, const struct count *count)
{
    if (count->holes != heap->index.size)
        return say("heap: the index has entries that are no holes", heap->start);
    if (count->blocks != heap->blocks || count->used != heap->used)
        return say("heap: the blocks handed out are not those that were counted", heap->start);
    return NULL;
}

static const char *check_order(heap_t *heap)
{
    for (uint32_t i = 1; i < heap->index.size; i++) {
        const uint32_t one = lookup_ordered_array(i - 1, &heap->index);
        const uint32_t next = lookup_ordered_array(i, &heap->index);

        if (block_size(one) > block_size(next) || (block_size(one) == block_size(next) && one >= next))
            return say("heap: the index is not in order", next);
    }
    return NULL;
}

const char *heap_check(heap_t *heap)
{
    struct count count = {0, 0, 0};
    const char *broken;

    if (heap->end > heap->max || heap->end - heap->start < heap->min_size)
        return "heap: its end is not where it may be";
    broken = walk(heap, &count);
    if (!broken)
        broken = check_counts(heap, &count);
    return broken ? broken : check_order(heap);
}
