/*
 * vlsos_bench - VlsOs's buddy and slab allocators, as ratios to floors that were measured in the same run.
 *
 *   buddy  its floor writes the byte of each block that is handed out or taken back, at the same places, and nothing
 *          else: a stream of all orders over 256 MiB at 30, 70 and 95 % occupancy
 *   slab   its floor is a segregated free list without coalescing: one stack of free objects for each size class,
 *          told the size when it takes one back. Sizes of 16 to 2048 bytes, the first word of each written
 *
 * Exit status 1 if a figure is not reached.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "kernel/hw.h"
#include "support/hw_plain.h"
#include "vlsos/buddy.h"
#include "vlsos/kmem.h"
#include "vlsos/memory.h"
#include "vlsos/pages.h"

#define ROUNDS 11
#define STEPS  200000

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* ---- buddy ---- */

#define REGION      (256u << 20)
#define FRAMES      (REGION >> BUDDY_FRAME_SHIFT)
#define BUDDY_SLOTS FRAMES

struct buddy_step {
    uint32_t address; /* where the block is */
    uint8_t order;
    bool take;
};

struct buddy_bench {
    struct buddy buddy, warm;
    void *memory, *warm_memory;
    struct buddy_step *steps;
};

/* Order 0 half of the time, order 1 a quarter, and so on. */
static unsigned any_order(uint32_t *seed)
{
    const unsigned order = (unsigned)__builtin_ctz(dice(seed) | 1u << BUDDY_TOP_ORDER);

    return order;
}

struct live {
    uint32_t address;
    unsigned order;
};

static struct live live[BUDDY_SLOTS];
static size_t live_count;

static void take_one(struct buddy_bench *it, unsigned order, struct buddy_step *step)
{
    const uint32_t address = buddy_alloc(&it->buddy, order);

    if (address == BUDDY_NONE)
        return;
    live[live_count++] = (struct live){address, order};
    *step = (struct buddy_step){address, (uint8_t)order, true};
}

static void give_one(struct buddy_bench *it, uint32_t *seed, struct buddy_step *step)
{
    const size_t at = dice(seed) % live_count;

    *step = (struct buddy_step){live[at].address, (uint8_t)live[at].order, false};
    (void)buddy_free(&it->buddy, live[at].address, live[at].order);
    live[at] = live[--live_count];
}

static bool is_below(const struct buddy_bench *it, unsigned percent)
{
    return FRAMES - it->buddy.free_frames < FRAMES / 100 * percent;
}

/* One step that keeps the occupancy; what cannot be had is not a step. */
static void make_step(struct buddy_bench *it, unsigned percent, uint32_t *seed, struct buddy_step *step)
{
    step->address = BUDDY_NONE;
    while (step->address == BUDDY_NONE) {
        if (is_below(it, percent))
            take_one(it, any_order(seed), step);
        else
            give_one(it, seed, step);
        if (step->address == BUDDY_NONE)
            give_one(it, seed, step);
    }
}

static void copy_buddy(struct buddy *to, void *memory, const struct buddy *from, const void *from_memory)
{
    const ptrdiff_t moved = (char *)memory - (const char *)from_memory;

    memcpy(memory, from_memory, BUDDY_BYTES(REGION));
    *to = *from;
    to->taken += moved;
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        to->order[order].free.middle += moved / (ptrdiff_t)sizeof(uint64_t);
        to->order[order].free.bottom += moved / (ptrdiff_t)sizeof(uint64_t);
    }
}

static void prepare_buddy(void *state)
{
    struct buddy_bench *const it = state;

    copy_buddy(&it->buddy, it->memory, &it->warm, it->warm_memory);
}

static size_t run_buddy(void *state)
{
    struct buddy_bench *const it = state;

    for (const struct buddy_step *step = it->steps; step < it->steps + STEPS; step++) {
        if (step->take) {
            if (buddy_alloc(&it->buddy, step->order) != step->address)
                abort(); /* not the stream that was made */
        } else {
            (void)buddy_free(&it->buddy, step->address, step->order);
        }
    }
    return STEPS;
}

/* The floor is called as the allocator is. */
__attribute__((noinline)) static uint32_t floor_alloc(struct buddy *buddy, const struct buddy_step *step)
{
    buddy->taken[(step->address - buddy->origin) >> BUDDY_FRAME_SHIFT] = (uint8_t)(step->order + 1);
    return step->address;
}

__attribute__((noinline)) static int floor_free(struct buddy *buddy, uint32_t address)
{
    buddy->taken[(address - buddy->origin) >> BUDDY_FRAME_SHIFT] = 0;
    return VLSOS_OK;
}

static size_t run_buddy_floor(void *state)
{
    struct buddy_bench *const it = state;

    for (const struct buddy_step *step = it->steps; step < it->steps + STEPS; step++) {
        if (step->take) {
            if (floor_alloc(&it->buddy, step) != step->address)
                abort();
        } else {
            (void)floor_free(&it->buddy, step->address);
        }
    }
    return STEPS;
}

static void make_stream(struct buddy_bench *it, unsigned percent)
{
    uint32_t seed = percent;
    struct buddy_step step;

    (void)buddy_create(&it->buddy, &(struct buddy_region){BUDDY_TOP_SIZE, REGION}, it->memory,
                       BUDDY_BYTES(REGION));
    live_count = 0;
    for (unsigned i = 0; i < 4 * STEPS; i++)
        make_step(it, percent, &seed, &step);
    copy_buddy(&it->warm, it->warm_memory, &it->buddy, it->memory);
    for (unsigned i = 0; i < STEPS; i++)
        make_step(it, percent, &seed, &it->steps[i]);
}

static int bench_buddy(unsigned percent)
{
    struct buddy_bench it = {.memory = malloc(BUDDY_BYTES(REGION)),
                             .warm_memory = malloc(BUDDY_BYTES(REGION)),
                             .steps = calloc(STEPS, sizeof(struct buddy_step))};
    struct bench_alternative ways[] = {{"floor", prepare_buddy, run_buddy_floor, &it, 0, 0},
                                       {"buddy", prepare_buddy, run_buddy, &it, 0, 0}};
    char what[80];

    make_stream(&it, percent);
    bench_compare(ways, 2, ROUNDS);
    snprintf(what, sizeof what, "buddy, %u %% taken: %.1f ns, floor %.1f ns", percent, ways[1].nanoseconds,
             ways[0].nanoseconds);
    free(it.memory);
    free(it.warm_memory);
    free(it.steps);
    return bench_report(what, ways[1].nanoseconds / ways[0].nanoseconds, 5.0);
}

/* ---- slab ---- */

#define SLOTS 4096

struct slab_step {
    uint16_t slot, size; /* size 0: give it back */
};

struct slab_bench {
    struct slab_step steps[STEPS];
    void *slots[SLOTS];
    uint16_t sizes[SLOTS];
};

static struct slab_bench slab_bench;

static void make_slab_stream(void)
{
    static bool held[SLOTS];
    uint32_t seed = 5;

    for (unsigned i = 0; i < STEPS; i++) {
        const uint16_t slot = (uint16_t)(dice(&seed) % SLOTS);
        const uint16_t size = (uint16_t)(1 + dice(&seed) % (16u << dice(&seed) % 8));

        slab_bench.steps[i] = (struct slab_step){slot, held[slot] ? 0 : size};
        held[slot] = !held[slot];
    }
}

/* The floor's lists: objects that were never taken back come from a heap that only grows. */
struct free_object {
    struct free_object *next;
};

static struct free_object *lists[KMEM_CLASSES];
static char *fresh, *fresh_start;

static unsigned class_of(uint32_t size)
{
    const unsigned bits = 32u - (unsigned)__builtin_clz((size - 1u) | 1u);

    return bits > 4 ? bits - 4 : 0;
}

/* Called, as an allocator is. */
__attribute__((noinline)) static void *list_alloc(uint32_t size)
{
    const unsigned class = class_of(size);
    struct free_object *const object = lists[class];

    if (object) {
        lists[class] = object->next;
        return object;
    }
    fresh += 16u << class;
    return fresh - (16u << class);
}

__attribute__((noinline)) static void list_free(void *ptr, uint32_t size)
{
    struct free_object *const object = ptr;

    object->next = lists[class_of(size)];
    lists[class_of(size)] = object;
}

static void forget_slots(void *state)
{
    (void)state;
    memset(slab_bench.slots, 0, sizeof slab_bench.slots);
}

static void prepare_lists(void *state)
{
    forget_slots(state);
    memset(lists, 0, sizeof lists);
    fresh = fresh_start;
}

static void prepare_slabs(void *state)
{
    forget_slots(state);
    (void)pages_init();
    (void)kmem_init();
}

static size_t run_lists(void *state)
{
    (void)state;
    for (const struct slab_step *step = slab_bench.steps; step < slab_bench.steps + STEPS; step++) {
        void **const slot = &slab_bench.slots[step->slot];

        if (step->size) {
            *slot = list_alloc(step->size);
            *(uint64_t *)*slot = 1;
            slab_bench.sizes[step->slot] = step->size;
        } else {
            list_free(*slot, slab_bench.sizes[step->slot]);
        }
    }
    return STEPS;
}

static size_t run_slabs(void *state)
{
    (void)state;
    for (const struct slab_step *step = slab_bench.steps; step < slab_bench.steps + STEPS; step++) {
        void **const slot = &slab_bench.slots[step->slot];

        if (step->size) {
            *slot = kmem_alloc(step->size);
            *(uint64_t *)*slot = 1;
        } else if (kmem_free(*slot) != VLSOS_OK) {
            abort();
        }
    }
    return STEPS;
}

static int bench_slab(void)
{
    struct bench_alternative ways[] = {{"segregated lists", prepare_lists, run_lists, NULL, 0, 0},
                                       {"slabs", prepare_slabs, run_slabs, NULL, 0, 0}};
    char what[80];

    make_slab_stream();
    fresh_start = malloc(64u << 20);
    memset(fresh_start, 0, 64u << 20);
    bench_compare(ways, 2, ROUNDS);
    snprintf(what, sizeof what, "slab, 16 to 2048 bytes: %.1f ns, floor %.1f ns", ways[1].nanoseconds,
             ways[0].nanoseconds);
    free(fresh_start);
    return bench_report(what, ways[1].nanoseconds / ways[0].nanoseconds, 2.0);
}

int main(void)
{
    int missed = 0;

    missed += bench_buddy(30);
    missed += bench_buddy(70);
    missed += bench_buddy(95);
    missed += bench_slab();
    return missed > 0;
}
