/*
 * xelix_bench - Xelix's page bitmaps and kmalloc, as ratios to floors that were measured in the same run.
 *
 *   pages    its floor sets and clears the bits of each run, at the same places, and nothing else: VanaOS's stream of runs
 *            at 30, 70 and 95 % of 25,600 pages
 *   kmalloc  its floor is a segregated free list without coalescing, told the size when it takes a block back. Sizes of
 *            16 to 2048 bytes, the first word of each written
 *
 * Exit status 1 if a figure is not reached.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kernel/hw.h>

/* The C library has two of these, too. */
#define valloc  xelix_valloc
#define pvalloc xelix_pvalloc

#include "bench.h"
#include "config.h"
#include "mem/kmalloc.h"
#include "mem/valloc.h"

#include "heap_stream.h" /* last: VanaOS's words for its statuses are macros, Xelix's are not */

#define ROUNDS 11
#define STEPS  200000

/* ---- what kmalloc wants of the kernel below it: one run of pages ---- */

struct vm_ctx vm_kernel;
static unsigned char *arena;

void *pvalloc(uint32_t pages, struct vm_ctx *context)
{
    (void)pages;
    (void)context;
    return (void *)(uintptr_t)XELIX_KERNEL_SPACE;
}

void *vm_ptr(uint32_t address)
{
    return arena + (address - XELIX_KERNEL_SPACE);
}

void hw_putchar(char c)
{
    putchar(c);
}

/* ---- runs of pages ---- */

#define PAGES 25600u

struct pages_bench {
    const struct stream *stream;
    struct mem_page_alloc_ctx ctx;
    void *bitmap, *index;
};

/* Page 0 is reserved, so block n of the stream is page n + 1. */
static void replay_pages(struct pages_bench *it, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct step *const step = &it->stream->steps[i];

        if (!step->blocks)
            (void)mem_page_free(&it->ctx, step->start + 1, step->length);
        else if (mem_page_alloc(&it->ctx, step->blocks) != step->start + 1)
            abort(); /* not the stream's placement */
    }
}

static void prepare_pages(void *state)
{
    struct pages_bench *const it = state;

    mem_page_alloc_new(&it->ctx, it->bitmap);
    mem_page_reserve(&it->ctx, PAGES + 1, XELIX_PAGES - PAGES - 1);
    mem_page_alloc_index(&it->ctx, it->index);
    replay_pages(it, 0, it->stream->warm_up);
}

static size_t run_pages(void *state)
{
    struct pages_bench *const it = state;

    replay_pages(it, it->stream->warm_up, it->stream->warm_up + STEPS);
    return STEPS;
}

static size_t run_bits(void *state)
{
    struct pages_bench *const it = state;

    for (const struct step *step = it->stream->steps + it->stream->warm_up, *end = step + STEPS; step < end;
         step++)
        (step->blocks ? bitmap_set : bitmap_clear)(&it->ctx.bitmap, step->start + 1, step->length);
    return STEPS;
}

static int measure_pages(unsigned percent)
{
    struct stream stream;
    struct pages_bench it = {
        .stream = &stream, .bitmap = malloc(XELIX_BITMAP_BYTES), .index = malloc(XELIX_INDEX_BYTES)};
    struct bench_alternative both[] = {
        {"bits written only", prepare_pages, run_bits, &it, 0, 0},
        {"pages", prepare_pages, run_pages, &it, 0, 0},
    };
    char what[80];

    assert(it.bitmap && it.index);
    stream_make(&stream, PAGES, percent, STEPS);
    bench_compare(both, 2, ROUNDS);
    printf("pages at %u %%: bits %.1f ns, runs %.1f ns\n", percent, both[0].nanoseconds, both[1].nanoseconds);
    snprintf(what, sizeof what, "runs of pages, %u %% taken, to the bits written", percent);
    stream_drop(&stream);
    free(it.bitmap);
    free(it.index);
    return bench_report(what, both[1].nanoseconds / both[0].nanoseconds, 5);
}

/* ---- bytes ---- */

#define SLOTS    8192u
#define SIZE_MIN 16u
#define SIZE_END 2049u
#define CLASSES  (SIZE_END / 8 + 1)

struct byte_step {
    uint16_t slot, size; /* size 0: free */
};

#define WARM_UP STEPS /* steps that are not timed: after them, most sizes have been asked for before */

static struct byte_step byte_steps[WARM_UP + STEPS];
static void *slots[SLOTS], *glibc_slots[SLOTS];
static uint16_t sizes[SLOTS];

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void make_byte_steps(void)
{
    static bool taken[SLOTS];
    uint32_t seed = 1;

    for (size_t i = 0; i < WARM_UP + STEPS; i++) {
        const uint16_t slot = (uint16_t)(dice(&seed) % SLOTS);

        byte_steps[i] = (struct byte_step){
            slot, taken[slot] ? 0 : (uint16_t)(SIZE_MIN + dice(&seed) % (SIZE_END - SIZE_MIN))};
        taken[slot] = !taken[slot];
    }
}

/* One stack of free blocks for each size in steps of 8; new ones from the end. Called as the allocator is. */
static void *stacks[CLASSES];
static unsigned char *top;

__attribute__((noinline)) static void *segregated_alloc(size_t size)
{
    const size_t class = (size + 7) / 8;
    void *const block = stacks[class];

    if (block) {
        memcpy(&stacks[class], block, sizeof block);
        return block;
    }
    top += class * 8;
    return top - class * 8;
}

__attribute__((noinline)) static void segregated_free(void *block, size_t size)
{
    memcpy(block, &stacks[(size + 7) / 8], sizeof block);
    stacks[(size + 7) / 8] = block;
}

static void steps_segregated(const struct byte_step *step, const struct byte_step *end)
{
    for (; step < end; step++) {
        if (step->size) {
            slots[step->slot] = segregated_alloc(step->size);
            sizes[step->slot] = step->size;
            *(volatile uint64_t *)slots[step->slot] = 1;
        } else {
            segregated_free(slots[step->slot], sizes[step->slot]);
        }
    }
}

static void steps_kmalloc(const struct byte_step *step, const struct byte_step *end)
{
    for (; step < end; step++) {
        if (step->size) {
            slots[step->slot] = kmalloc(step->size);
            *(volatile uint64_t *)slots[step->slot] = 1;
        } else if (kfree(slots[step->slot]) != XELIX_OK) {
            abort();
        }
    }
}

static void steps_glibc(const struct byte_step *step, const struct byte_step *end)
{
    for (; step < end; step++) {
        if (step->size) {
            glibc_slots[step->slot] = malloc(step->size);
            *(volatile uint64_t *)glibc_slots[step->slot] = 1;
        } else {
            free(glibc_slots[step->slot]);
            glibc_slots[step->slot] = NULL;
        }
    }
}

static void prepare_segregated(void *state)
{
    (void)state;
    memset(stacks, 0, sizeof stacks);
    top = arena;
    steps_segregated(byte_steps, byte_steps + WARM_UP);
}

static size_t run_segregated(void *state)
{
    (void)state;
    steps_segregated(byte_steps + WARM_UP, byte_steps + WARM_UP + STEPS);
    return STEPS;
}

static void prepare_kmalloc(void *state)
{
    (void)state;
    if (kmalloc_init() != XELIX_OK)
        abort();
    steps_kmalloc(byte_steps, byte_steps + WARM_UP);
}

static size_t run_kmalloc(void *state)
{
    (void)state;
    steps_kmalloc(byte_steps + WARM_UP, byte_steps + WARM_UP + STEPS);
    return STEPS;
}

static void prepare_glibc(void *state)
{
    (void)state;
    for (size_t i = 0; i < SLOTS; i++) {
        free(glibc_slots[i]);
        glibc_slots[i] = NULL;
    }
    steps_glibc(byte_steps, byte_steps + WARM_UP);
}

static size_t run_glibc(void *state)
{
    (void)state;
    steps_glibc(byte_steps + WARM_UP, byte_steps + WARM_UP + STEPS);
    return STEPS;
}

static int measure_kmalloc(void)
{
    struct bench_alternative all[] = {
        {"segregated lists", prepare_segregated, run_segregated, NULL, 0, 0},
        {"kmalloc", prepare_kmalloc, run_kmalloc, NULL, 0, 0},
        {"glibc", prepare_glibc, run_glibc, NULL, 0, 0},
    };

    arena = aligned_alloc(4096, (size_t)XELIX_ARENA_PAGES * 4096);
    assert(arena);
    memset(arena, 0, (size_t)XELIX_ARENA_PAGES * 4096);
    make_byte_steps();
    bench_compare(all, 3, ROUNDS);
    printf("16 to 2048 bytes: segregated lists %.1f ns, kmalloc %.1f ns, glibc %.1f ns\n", all[0].nanoseconds,
           all[1].nanoseconds, all[2].nanoseconds);
    free(arena);
    return bench_report("kmalloc, 16 to 2048 bytes, to segregated lists",
                        all[1].nanoseconds / all[0].nanoseconds, 2);
}

int main(void)
{
    int missed = 0;

    missed += measure_pages(30);
    missed += measure_pages(70);
    missed += measure_pages(95);
    missed += measure_kmalloc();
    return missed ? EXIT_FAILURE : EXIT_SUCCESS;
}
