#include "heap_block.h"

#include "reach.h"

#define OFFSET_IS_HOLE 4u
#define OFFSET_SIZE    8u
#define OFFSET_HEADER  4u /* in a footer */

uint32_t block_size(uint32_t block)
{
    return word_at(block + OFFSET_SIZE);
}

bool block_is_hole(uint32_t block)
{
    return word_at(block + OFFSET_IS_HOLE) != 0;
}

void make_block(uint32_t block, uint32_t size, bool is_hole)
{
    const uint32_t footer = block + size - HEAP_FOOTER;

    set_word_at(block, HEAP_MAGIC);
    set_word_at(block + OFFSET_IS_HOLE, is_hole);
    set_word_at(block + OFFSET_SIZE, size);
    set_word_at(footer, HEAP_MAGIC);
    set_word_at(footer + OFFSET_HEADER, block);
}

bool has_header(const heap_t *heap, uint32_t block)
{
    uint32_t size;

    if (block % HEAP_UNIT != 0 || block < heap->start || block >= heap->end ||
        heap->end - block < HEAP_OVERHEAD)
        return false;
    size = block_size(block);
    return word_at(block) == HEAP_MAGIC && size % HEAP_UNIT == 0 && size >= HEAP_OVERHEAD &&
           size <= heap->end - block;
}

bool has_footer(uint32_t block)
{
    const uint32_t footer = block + block_size(block) - HEAP_FOOTER;

    return word_at(footer) == HEAP_MAGIC && word_at(footer + OFFSET_HEADER) == block;
}

bool is_block(const heap_t *heap, uint32_t block)
{
    return has_header(heap, block) && has_footer(block);
}

uint32_t block_before(const heap_t *heap, uint32_t end)
{
    uint32_t block;

    if (word_at(end - HEAP_FOOTER) != HEAP_MAGIC)
        return 0;
    block = word_at(end - HEAP_FOOTER + OFFSET_HEADER);
    return is_block(heap, block) && block + block_size(block) == end ? block : 0;
}

uint32_t last_hole(const heap_t *heap)
{
    const uint32_t block = heap->end > heap->start ? block_before(heap, heap->end) : 0;

    return block && block_is_hole(block) ? block : 0;
}
