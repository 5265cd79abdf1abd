/*
 * jslk_bench - JSLK's heap and its frames, as ratios to floors that were measured in the same run.
 *
 *   heap    its floor is a segregated free list without coalescing, for sizes of 16 to 2048 bytes. The document's index
 *           of holes is an ordered array: what it costs is said, for heaps with few and with many blocks, by the entries
 *           that each operation read and moved, and by the time of the array alone. There is no figure to reach: entries
 *           that have to be moved are more the more holes there are
 *   frames  their floor sets and clears the frame's bit, at the same places, and nothing else, at 30, 70 and 95 %
 *           occupancy of 16 MiB
 *
 * Exit status 1 if a figure is not reached.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "jslk/heap.h"
#include "jslk/kmalloc.h"
#include "jslk/pmm.h"
#include "jslk/reach.h"
#include "jslk/status.h"
#include "kernel/hw.h"

#define ROUNDS 11
#define STEPS  50000

static uint8_t memory[64u << 20];

/* ---- the kernel's memory is the array above ---- */

void *hw_ptr(uint32_t linear)
{
    return memory + linear;
}

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    (void)index;
    (void)range;
    return false;
}

void *reach_run(uint32_t address, uint32_t *bytes)
{
    *bytes = 0u - address;
    return memory + address;
}

uint64_t reach_words;

uint32_t word_at(uint32_t address)
{
    reach_words++;
    return *(const uint32_t *)(const void *)(memory + address);
}

void set_word_at(uint32_t address, uint32_t value)
{
    reach_words++;
    *(uint32_t *)(void *)(memory + address) = value;
}

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* ---- heap ---- */

#define AREA           0x00100000u
#define MOST_BLOCKS    10000u
#define SIZE_IN_HEADER 8u /* heap.h has the picture */
#define CLASS          16u
#define CLASSES        (2048u / CLASS + 1)

struct heap_bench {
    unsigned blocks; /* handed out at any time */
    heap_t heap;
    uint32_t held[MOST_BLOCKS], size[MOST_BLOCKS];
    uint32_t stacks[CLASSES]; /* the floor's free blocks: the first word of each is the next one */
    uint32_t top;             /* of the floor's memory handed out so far */
    uint64_t scanned, written;
};

static uint32_t any_size(uint32_t *seed)
{
    return 16 + dice(seed) % 2033;
}

static uint32_t heap_take(struct heap_bench *it, uint32_t size)
{
    return heap_alloc(&it->heap, size, 0);
}

static void heap_give(struct heap_bench *it, uint32_t address, uint32_t size)
{
    (void)size;
    if (heap_free(&it->heap, address) != JSLK_OK)
        abort();
}

__attribute__((noinline)) static uint32_t floor_take(struct heap_bench *it, uint32_t size)
{
    const uint32_t kind = (size + CLASS - 1) / CLASS;
    const uint32_t block = it->stacks[kind];

    if (block) {
        it->stacks[kind] = *(const uint32_t *)(const void *)(memory + block);
        return block;
    }
    it->top += kind * CLASS;
    return it->top - kind * CLASS;
}

__attribute__((noinline)) static void floor_give(struct heap_bench *it, uint32_t address, uint32_t size)
{
    const uint32_t kind = (size + CLASS - 1) / CLASS;

    *(uint32_t *)(void *)(memory + address) = it->stacks[kind];
    it->stacks[kind] = address;
}

static int no_more(const heap_t *heap, uint32_t start, uint32_t end, bool contiguous)
{
    (void)heap;
    (void)start;
    (void)end;
    (void)contiguous;
    return JSLK_NO_MEMORY;
}

static void keep_all(const heap_t *heap, uint32_t start, uint32_t end)
{
    (void)heap;
    (void)start;
    (void)end;
}

static const struct heap_pages pages = {no_more, keep_all, NULL};

/* Blocks handed out and replaced until holes are as many as they become. */
static void fill(struct heap_bench *it, uint32_t (*take)(struct heap_bench *, uint32_t),
                 void (*give)(struct heap_bench *, uint32_t, uint32_t))
{
    uint32_t seed = 1;

    for (unsigned i = 0; i < 5 * it->blocks; i++) {
        const unsigned at = i < it->blocks ? i : dice(&seed) % it->blocks;

        if (i >= it->blocks)
            give(it, it->held[at], it->size[at]);
        it->size[at] = any_size(&seed);
        it->held[at] = take(it, it->size[at]);
        if (!it->held[at])
            abort();
    }
}

static void prepare_heap(void *state)
{
    struct heap_bench *const it = state;
    const struct heap_area area = {.start = AREA,
                                   .end = sizeof memory,
                                   .max = sizeof memory,
                                   .index_size = 0x20000,
                                   .min_size = sizeof memory};

    if (createHeap(&it->heap, &area, &pages) != JSLK_OK)
        abort();
    fill(it, heap_take, heap_give);
    it->heap.index.scanned = it->heap.index.written = 0;
}

static void prepare_floor(void *state)
{
    struct heap_bench *const it = state;

    memset(it->stacks, 0, sizeof it->stacks);
    it->top = AREA;
    fill(it, floor_take, floor_give);
}

static size_t run_heap(void *state)
{
    struct heap_bench *const it = state;
    uint32_t seed = 2;

    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned at = dice(&seed) % it->blocks;

        heap_give(it, it->held[at], it->size[at]);
        it->size[at] = any_size(&seed);
        it->held[at] = heap_take(it, it->size[at]);
    }
    it->scanned = it->heap.index.scanned;
    it->written = it->heap.index.written;
    return 2 * STEPS;
}

/* The index alone: a hole leaves it, and comes back with another size. */
static size_t run_index(void *state)
{
    struct heap_bench *const it = state;
    ordered_array_t *const index = &it->heap.index;
    uint32_t seed = 2;

    for (unsigned i = 0; i < STEPS; i++) {
        const uint32_t number = dice(&seed) % index->size;
        const uint32_t hole = lookup_ordered_array(number, index);

        remove_ordered_array(number, index);
        set_word_at(hole + SIZE_IN_HEADER, any_size(&seed));
        insert_ordered_array(hole, index);
    }
    return STEPS;
}

static size_t run_floor(void *state)
{
    struct heap_bench *const it = state;
    uint32_t seed = 2;

    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned at = dice(&seed) % it->blocks;

        floor_give(it, it->held[at], it->size[at]);
        it->size[at] = any_size(&seed);
        it->held[at] = floor_take(it, it->size[at]);
    }
    return 2 * STEPS;
}

static void bench_heap(unsigned blocks)
{
    static struct heap_bench heap, floor, index;
    struct bench_alternative ways[] = {{"floor", prepare_floor, run_floor, &floor, 0, 0},
                                       {"heap", prepare_heap, run_heap, &heap, 0, 0},
                                       {"index", prepare_heap, run_index, &index, 0, 0}};

    heap.blocks = floor.blocks = index.blocks = blocks;
    bench_compare(ways, 3, ROUNDS);
    printf("heap, %5u blocks, %4u holes: %6.1f ns, floor %4.1f ns, ratio %5.1f; %4.1f index entries read, "
           "%6.1f moved\n",
           blocks, heap.heap.index.size, ways[1].nanoseconds, ways[0].nanoseconds,
           ways[1].nanoseconds / ways[0].nanoseconds, (double)heap.scanned / (2.0 * STEPS),
           (double)heap.written / (2.0 * STEPS));
    printf("  the index alone, a hole that leaves it and comes back with another size: %.1f ns; a block "
           "freed and "
           "one allocated: %.1f ns\n",
           ways[2].nanoseconds, 2 * ways[1].nanoseconds);
}

/* ---- frames ---- */

/* Placement memory of the frame manager's bitmaps. */
uint32_t kmalloc_a(uint32_t sz)
{
    (void)sz;
    return 0x1000;
}

struct frame_bench {
    uint32_t held[PMM_FRAMES], count;
    uint32_t steps[STEPS]; /* which of those held goes back */
    uint64_t words[PMM_FRAMES / 64];
};

static struct frame_bench frames;

static void start_frames(unsigned percent)
{
    struct memory_map map = {.count = 0};
    uint32_t seed = percent;

    (void)memory_map_add_usable(&map, 0, JSLK_MEMORY_SIZE);
    (void)start_pmm(&map);
    frames.count = PMM_FRAMES * percent / 100;
    for (uint32_t i = 0; i < frames.count; i++)
        frames.held[i] = frames_take(1);
    for (unsigned i = 0; i < STEPS; i++)
        frames.steps[i] = dice(&seed) % frames.count;
}

static size_t run_frames(void *state)
{
    (void)state;
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t *const held = &frames.held[frames.steps[i]];

        (void)frame_give(*held);
        *held = frames_take(1);
    }
    return 2 * STEPS;
}

__attribute__((noinline)) static void floor_set(uint32_t frame)
{
    frames.words[frame / 64] |= (uint64_t)1 << frame % 64;
}

__attribute__((noinline)) static void floor_clear(uint32_t frame)
{
    frames.words[frame / 64] &= ~((uint64_t)1 << frame % 64);
}

static size_t run_frame_floor(void *state)
{
    (void)state;
    for (unsigned i = 0; i < STEPS; i++) {
        floor_clear(frames.held[frames.steps[i]]);
        floor_set(frames.held[frames.steps[i]]);
    }
    return 2 * STEPS;
}

static int bench_frames(unsigned percent)
{
    struct bench_alternative ways[] = {{"floor", NULL, run_frame_floor, NULL, 0, 0},
                                       {"frames", NULL, run_frames, NULL, 0, 0}};
    char what[80];

    start_frames(percent);
    bench_compare(ways, 2, ROUNDS);
    snprintf(what, sizeof what, "frames, %u %% taken: %.1f ns, floor %.1f ns", percent, ways[1].nanoseconds,
             ways[0].nanoseconds);
    return bench_report(what, ways[1].nanoseconds / ways[0].nanoseconds, 5.0);
}

int main(void)
{
    static const unsigned occupancies[] = {30, 70, 95};
    static const unsigned blocks[] = {100, 1000, 10000};
    int missed = 0;

    for (unsigned i = 0; i < 3; i++)
        bench_heap(blocks[i]);
    for (unsigned i = 0; i < 3; i++)
        missed += bench_frames(occupancies[i]);
    return missed > 0;
}
