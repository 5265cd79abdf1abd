#include "heap.h"

#include <kernel/x86.h>

#include "heap_block.h"
#include "reach.h"
#include "status.h"

/* ---- the index ---- */

static uint32_t number_of(heap_t *heap, uint32_t hole)
{
    return find_ordered_array(block_size(hole), hole, &heap->index);
}

uint32_t heap_largest_hole(heap_t *heap)
{
    return heap->index.size ? block_size(lookup_ordered_array(heap->index.size - 1, &heap->index)) : 0;
}

static void add_hole(heap_t *heap, uint32_t block, uint32_t size)
{
    make_block(block, size, true);
    insert_ordered_array(block, &heap->index);
}

/* The hole with this number in the index is another block now, or has another size. */
static void change_hole(heap_t *heap, uint32_t number, uint32_t block, uint32_t size)
{
    make_block(block, size, true);
    reorder_ordered_array(number, block, &heap->index);
}

/* ---- making a heap ---- */

static bool is_area(const struct heap_area *area)
{
    const uint32_t borders =
        area->start | area->end | area->max | area->min_size | area->index_size * HEAP_UNIT;

    return (borders & PAGE_OFFSET) == 0 && area->start < area->end && area->end <= area->max &&
           area->index_size > 1 && area->index_size < (area->end - area->start) / HEAP_UNIT;
}

int createHeap(heap_t *heap, const struct heap_area *area, const struct heap_pages *pages)
{
    const uint32_t start = area->start + area->index_size * HEAP_UNIT;

    if (!is_area(area))
        return JSLK_INVALID;
    *heap = (heap_t){.start = start,
                     .end = area->end,
                     .max = area->max,
                     .min_size = area->min_size < area->end - start ? area->min_size : area->end - start,
                     .supervisor = area->supervisor,
                     .readonly = area->readonly,
                     .pages = pages};
    place_ordered_array(&heap->index, area->start, area->index_size, block_size);
    add_hole(heap, heap->start, heap->end - heap->start);
    return JSLK_OK;
}

/* ---- finding room ---- */

struct wanted {
    uint32_t size; /* of the block */
    uint32_t data; /* bytes of it that were asked for */
    uint32_t how;
};

/*
 * The lowest place for a block at or behind `hole` whose data is not below `data`: aligned as wanted, and with nothing
 * before it or a whole hole. May lie beyond the end of the hole, and wraps for a hole at the end of all addresses.
 */
static uint32_t place_block(const struct wanted *wanted, uint32_t hole, uint32_t data)
{
    uint32_t block = data > hole + HEAP_HEADER ? data - HEAP_HEADER : hole;

    if (block > hole && block - hole < HEAP_OVERHEAD)
        block = hole + HEAP_OVERHEAD;
    if (!(wanted->how & HEAP_PAGE_ALIGNED))
        return block;
    block = ((block + HEAP_HEADER + PAGE_OFFSET) & PAGE_FRAME) - HEAP_HEADER;
    return block > hole && block - hole < HEAP_OVERHEAD ? block + PAGE_SIZE : block;
}

/* Where in this hole the block goes; 0 if it does not fit. */
static uint32_t place_in(const heap_t *heap, const struct wanted *wanted, uint32_t hole)
{
    const uint64_t end = (uint64_t)hole + block_size(hole);
    uint32_t data = hole;

    for (;;) {
        const uint32_t block = place_block(wanted, hole, data);
        const uint32_t data_end = block + HEAP_HEADER + wanted->data;

        if (block < hole || (uint64_t)block + wanted->size > end)
            return 0;
        if (!(wanted->how & HEAP_CONTIGUOUS))
            return block;
        data = heap->pages->break_after(block + HEAP_HEADER, data_end);
        if (data == data_end)
            return block;
    }
}

struct fit {
    uint32_t number; /* of the hole in the index */
    uint32_t block;  /* 0: none */
};

static struct fit find_fit(heap_t *heap, const struct wanted *wanted)
{
    struct fit fit = {find_ordered_array(wanted->size, 1, &heap->index), 0};

    for (; fit.number < heap->index.size; fit.number++) {
        fit.block = place_in(heap, wanted, lookup_ordered_array(fit.number, &heap->index));
        if (fit.block)
            break;
    }
    return fit;
}

/* ---- growing and shrinking ---- */

static uint32_t page_up(uint32_t address)
{
    return (address + PAGE_OFFSET) & PAGE_FRAME;
}

/* Where the heap has to end for this block to fit behind everything else; 0 if it may not. */
static uint32_t wanted_end(const heap_t *heap, const struct wanted *wanted)
{
    const uint32_t hole = last_hole(heap) ? last_hole(heap) : heap->end;
    uint32_t block = place_block(wanted, hole, hole);

    /* New frames may be anywhere: a run of them is for blocks whose data lies in no older one. */
    if (wanted->how & HEAP_CONTIGUOUS && block + HEAP_HEADER < heap->end)
        block = place_block(wanted, hole, heap->end);
    if (block < hole || wanted->size > heap->max - hole || block > heap->max - wanted->size)
        return 0;
    return page_up(block + wanted->size);
}

/* A hole at the end that the block fits in. */
static bool expand(heap_t *heap, const struct wanted *wanted)
{
    const uint32_t hole = last_hole(heap);
    const uint32_t old = heap->end;
    const uint32_t end = wanted_end(heap, wanted);

    if (end == 0 || heap->pages->more(heap, old, end, wanted->how & HEAP_CONTIGUOUS) != JSLK_OK)
        return false;
    heap->end = end;
    if (hole)
        change_hole(heap, number_of(heap, hole), hole, end - hole);
    else
        add_hole(heap, old, end - old);
    return true;
}

/* Give back the pages that the hole at the end covers. */
static void contract(heap_t *heap, uint32_t hole)
{
    const uint32_t number = number_of(heap, hole);
    const uint32_t old = heap->end;
    uint32_t end = page_up(hole);

    if (end < heap->start + heap->min_size)
        end = heap->start + heap->min_size;
    if (end > hole && end - hole < HEAP_OVERHEAD)
        end += PAGE_SIZE;
    if (end >= old)
        return;
    heap->end = end;
    if (end > hole)
        change_hole(heap, number, hole, end - hole);
    else
        remove_ordered_array(number, &heap->index);
    heap->pages->less(heap, end, old);
}

/* ---- handing out ---- */

/* Cut the block out of the hole; what is left before and behind it are holes. */
static void carve(heap_t *heap, const struct wanted *wanted, const struct fit *fit)
{
    const uint32_t hole = lookup_ordered_array(fit->number, &heap->index);
    const uint32_t end = hole + block_size(hole);
    const uint32_t before = fit->block - hole;
    uint32_t size = wanted->size;
    uint32_t behind = end - fit->block - size;

    if (behind < HEAP_OVERHEAD) {
        size += behind;
        behind = 0;
    }
    if (before)
        change_hole(heap, fit->number, hole, before);
    else if (behind)
        change_hole(heap, fit->number, fit->block + size, behind);
    else
        remove_ordered_array(fit->number, &heap->index);
    if (before && behind)
        add_hole(heap, fit->block + size, behind);
    make_block(fit->block, size, false);
    heap->blocks++;
    heap->used += size;
}

static uint32_t hand_out(heap_t *heap, uint32_t size, uint32_t how)
{
    const struct wanted wanted = {((size + HEAP_UNIT - 1) & ~(HEAP_UNIT - 1)) + HEAP_OVERHEAD, size, how};
    struct fit fit;

    /* Each hole has a block before it or is the first: with so many blocks the index never runs out of room. */
    if (size == 0 || size > heap->max - heap->start || heap->blocks + 1 >= heap->index.max_size)
        return 0;
    fit = find_fit(heap, &wanted);
    if (!fit.block && expand(heap, &wanted))
        fit = find_fit(heap, &wanted);
    if (!fit.block)
        return 0;
    carve(heap, &wanted, &fit);
    return fit.block + HEAP_HEADER;
}

/* What others look at, the checker and tools, is no work of the heap's. */
static void count_touched(heap_t *heap, uint64_t words_before)
{
    heap->touched += (reach_words - words_before) * sizeof(uint32_t);
}

uint32_t heap_alloc(heap_t *heap, uint32_t size, uint32_t how)
{
    const uint64_t words_before = reach_words;
    const uint32_t address = hand_out(heap, size, how);

    count_touched(heap, words_before);
    return address;
}

/* ---- taking back ---- */

/* A block beside another one; 0 where the heap begins or ends. */
struct neighbour {
    uint32_t block;
    uint32_t number; /* in the index, if it is a hole */
    bool is_hole;
};

/* False: it is a hole that the index does not know. */
static bool look_at(heap_t *heap, uint32_t block, struct neighbour *neighbour)
{
    *neighbour = (struct neighbour){block, 0, block && block_is_hole(block)};
    if (!neighbour->is_hole)
        return true;
    neighbour->number = number_of(heap, block);
    return neighbour->number < heap->index.size &&
           lookup_ordered_array(neighbour->number, &heap->index) == block;
}

/* False: the books on either side are broken. */
static bool look_beside(heap_t *heap, uint32_t block, struct neighbour *left, struct neighbour *right)
{
    const uint32_t end = block + block_size(block);
    const uint32_t before = block > heap->start ? block_before(heap, block) : 0;

    if (block > heap->start && !before)
        return false;
    if (end < heap->end && !is_block(heap, end))
        return false;
    return look_at(heap, before, left) && look_at(heap, end < heap->end ? end : 0, right);
}

/* A header inside of a hole must not look like one. */
static void forget_header(uint32_t block)
{
    set_word_at(block, 0);
}

/* The block becomes a hole, together with the holes beside it; returns where it begins. */
static uint32_t merge(heap_t *heap, uint32_t block, struct neighbour *left, const struct neighbour *right)
{
    uint32_t size = block_size(block);

    if (right->is_hole) {
        size += block_size(right->block);
        remove_ordered_array(right->number, &heap->index);
        forget_header(right->block);
        left->number -= left->is_hole && right->number < left->number;
    }
    if (!left->is_hole) {
        add_hole(heap, block, size);
        return block;
    }
    forget_header(block);
    change_hole(heap, left->number, left->block, size + block_size(left->block));
    return left->block;
}

static int take_back(heap_t *heap, uint32_t address)
{
    const uint32_t block = address - HEAP_HEADER;
    struct neighbour left;
    struct neighbour right;
    uint32_t hole;

    if (!has_header(heap, block) || block_is_hole(block))
        return JSLK_INVALID;
    if (!has_footer(block) || !look_beside(heap, block, &left, &right))
        return JSLK_CORRUPT;
    heap->blocks--;
    heap->used -= block_size(block);
    hole = merge(heap, block, &left, &right);
    if (hole + block_size(hole) == heap->end)
        contract(heap, hole);
    return JSLK_OK;
}

int heap_free(heap_t *heap, uint32_t address)
{
    const uint64_t words_before = reach_words;
    const int status = take_back(heap, address);

    count_touched(heap, words_before);
    return status;
}

uint32_t heap_room(const heap_t *heap, uint32_t address)
{
    const uint32_t block = address - HEAP_HEADER;

    return is_block(heap, block) && !block_is_hole(block) ? block_size(block) - HEAP_OVERHEAD : 0;
}

uint32_t heap_hole_at_end(const heap_t *heap)
{
    const uint32_t hole = last_hole(heap);

    return hole ? block_size(hole) : 0;
}
