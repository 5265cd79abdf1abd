#include "heap_stream.h"

#include <assert.h>
#include <stdlib.h>

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % limit);
}

/* What kernels ask for: mostly one page, some small runs, few longer ones. */
static uint32_t random_blocks(void)
{
    const uint32_t kind = random_below(10);

    if (kind < 6)
        return 1;
    return kind < 9 ? 2 + random_below(3) : 5 + random_below(12);
}

void table_heap_make(struct table_heap *it, size_t total)
{
    const size_t bytes = RUNS_BYTES(total);

    it->table.total = total;
    it->table.entries = aligned_alloc(64, (total + 63) / 64 * 64);
    it->index_memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert(it->table.entries && it->index_memory);
    heap_create(&it->heap, table_heap_block(0), table_heap_block(total), &it->table);
    table_heap_index_again(it);
}

void table_heap_index_again(struct table_heap *it)
{
    heap_attach_index(&it->heap, &it->index, it->index_memory, RUNS_BYTES(it->table.total));
}

void table_heap_drop(struct table_heap *it)
{
    free(it->table.entries);
    free(it->index_memory);
}

/* The slots that are taken now, so that a random one is found at once. */
struct maker {
    struct table_heap heap;
    struct stream *stream;
    struct step *live;
    size_t live_count;
    uint32_t *free_slots;
    size_t free_count;
    size_t used;
};

static void add_free(struct maker *maker)
{
    const size_t victim = random_below((uint32_t)maker->live_count);
    struct step step = maker->live[victim];

    maker->live[victim] = maker->live[--maker->live_count];
    maker->free_slots[maker->free_count++] = step.slot;
    maker->used -= step.blocks;
    heap_mark_blocks_free(&maker->heap.heap, (int)step.start);
    step.blocks = 0;
    maker->stream->steps[maker->stream->count++] = step;
}

static bool add_allocation(struct maker *maker, uint32_t blocks)
{
    const int start = heap_get_start_block(&maker->heap.heap, blocks);
    struct step step = {.blocks = blocks, .start = (uint32_t)start, .length = blocks};

    if (start < 0)
        return false;
    heap_mark_blocks_taken(&maker->heap.heap, start, (int)blocks);
    step.slot = maker->free_slots[--maker->free_count];
    maker->live[maker->live_count++] = step;
    maker->used += blocks;
    maker->stream->steps[maker->stream->count++] = step;
    return true;
}

static void make_room_and_allocate(struct maker *maker, size_t wanted)
{
    const uint32_t blocks = random_blocks();

    while (maker->used + blocks > wanted)
        add_free(maker);
    if (!add_allocation(maker, blocks))
        (void)add_allocation(maker, 1);
}

void stream_make(struct stream *stream, size_t total, unsigned percent, size_t steps)
{
    struct maker maker = {.stream = stream};
    const size_t wanted = total * percent / 100;

    *stream = (struct stream){.total = total};
    stream->steps = calloc(total * 4 + steps + 4096, sizeof *stream->steps);
    maker.live = calloc(total, sizeof *maker.live);
    maker.free_slots = calloc(total, sizeof *maker.free_slots);
    assert(stream->steps && maker.live && maker.free_slots);
    for (size_t i = 0; i < total; i++)
        maker.free_slots[maker.free_count++] = (uint32_t)(total - 1 - i);
    table_heap_make(&maker.heap, total);

    while (stream->count < total) /* long enough to be as fragmented as it gets */
        make_room_and_allocate(&maker, wanted);
    stream->warm_up = stream->count;
    while (stream->count < stream->warm_up + steps)
        make_room_and_allocate(&maker, wanted);

    table_heap_drop(&maker.heap);
    free(maker.live);
    free(maker.free_slots);
}

void stream_drop(struct stream *stream)
{
    free(stream->steps);
}
