#include "heap_worst.h"

#include "bench.h"
#include "heap_stream.h"

#define ROUNDS  11
#define REPEATS 100000

static size_t ask_for_two(void *state)
{
    struct table_heap *const it = state;

    for (size_t i = 0; i < REPEATS; i++)
        bench_keep(heap_malloc(&it->heap, 2 * BLOCK));
    return REPEATS;
}

/* The only hole, or the lowest, taken and given back. */
static size_t take_and_give(void *state)
{
    struct table_heap *const it = state;

    for (size_t i = 0; i < REPEATS; i++)
        heap_free(&it->heap, heap_malloc(&it->heap, BLOCK));
    return 2 * (size_t)REPEATS;
}

static void fill(struct table_heap *it, size_t total)
{
    table_heap_make(it, total);
    while (heap_malloc(&it->heap, BLOCK))
        continue;
}

static void make_full(struct table_heap *it, size_t total)
{
    fill(it, total);
}

static void make_last_free(struct table_heap *it, size_t total)
{
    fill(it, total);
    heap_free(&it->heap, table_heap_block(total - 1));
}

static void make_comb(struct table_heap *it, size_t total)
{
    fill(it, total);
    for (size_t block = 1; block < total; block += 2)
        heap_free(&it->heap, table_heap_block(block));
}

static const struct worst {
    const char *what;
    void (*make)(struct table_heap *it, size_t total);
    size_t (*run)(void *state);
} worsts[] = {
    {"full table, nothing to be had: large table to small", make_full, ask_for_two},
    {"full table but for its last block: large table to small", make_last_free, take_and_give},
    {"comb of one-block holes, two asked for: large table to small", make_comb, ask_for_two},
    {"comb of one-block holes, one asked for: large table to small", make_comb, take_and_give},
};

static int report_one(const struct worst *worst, size_t small, size_t large)
{
    struct table_heap heaps[2];
    struct bench_alternative alternatives[2] = {{"small", NULL, worst->run, &heaps[0], 0, 0},
                                                {"large", NULL, worst->run, &heaps[1], 0, 0}};

    worst->make(&heaps[0], small);
    worst->make(&heaps[1], large);
    bench_compare(alternatives, 2, ROUNDS);
    table_heap_drop(&heaps[0]);
    table_heap_drop(&heaps[1]);
    return bench_report(worst->what, alternatives[1].nanoseconds / alternatives[0].nanoseconds, 1.25);
}

int heap_worst_report(size_t small, size_t large)
{
    int missed = 0;

    for (size_t i = 0; i < sizeof worsts / sizeof worsts[0]; i++)
        missed += report_one(&worsts[i], small, large);
    return missed;
}
