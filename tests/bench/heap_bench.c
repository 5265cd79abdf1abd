/*
 * heap_bench - the block heap's rows of the performance goals, as ratios to what was measured in the same run.
 *
 * A stream of allocations and frees is made once, with its placements, and every alternative then does the same
 * stream: the floor writes the table's bytes and nothing else. Exit status 1 if a figure is not reached.
 */
#include <assert.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "heap_stream.h"
#include "heap_worst.h"
#include "vana/naive_heap.h"

#define ROUNDS     11
#define STEPS      100000
#define NAIVE_SCAN 10000000 /* entries that the naive scan may read in a round, about */

struct contestant {
    const struct stream *stream;
    size_t steps; /* of the timed ones */
    struct table_heap heap;
    void **slots;
    HEAP_BLOCK_TABLE_ENTRY *warm_table;
};

/* The floor: every entry of the documented table written once, one by one, and nothing else. */
static void write_chain(HEAP_BLOCK_TABLE_ENTRY *entries, size_t length)
{
    for (size_t i = 0; i < length; i++)
        entries[i] = (HEAP_BLOCK_TABLE_ENTRY)(0x01 | (i == 0 ? 0x40 : 0) | (i + 1 < length ? 0x80 : 0));
}

static void clear_chain(HEAP_BLOCK_TABLE_ENTRY *entries, size_t length)
{
    for (size_t i = 0; i < length; i++)
        entries[i] = 0x00;
}

static void replay_table(const struct stream *stream, HEAP_BLOCK_TABLE_ENTRY *entries, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct step *const step = &stream->steps[i];

        if (step->blocks)
            write_chain(entries + step->start, step->blocks);
        else
            clear_chain(entries + step->start, step->length);
    }
}

static void replay_heap(struct contestant *it, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct step *const step = &it->stream->steps[i];

        if (step->blocks)
            bench_keep(heap_malloc(&it->heap.heap, step->blocks * BLOCK));
        else
            heap_free(&it->heap.heap, table_heap_block(step->start));
    }
}

static void prepare_table(void *state)
{
    struct contestant *const it = state;

    memcpy(it->heap.table.entries, it->warm_table, it->stream->total);
}

static void prepare_heap(void *state)
{
    struct contestant *const it = state;

    prepare_table(it);
    table_heap_index_again(&it->heap);
}

static size_t run_floor(void *state)
{
    struct contestant *const it = state;

    replay_table(it->stream, it->heap.table.entries, it->stream->warm_up, it->stream->warm_up + it->steps);
    return it->steps;
}

static size_t run_heap(void *state)
{
    struct contestant *const it = state;

    replay_heap(it, it->stream->warm_up, it->stream->warm_up + it->steps);
    return it->steps;
}

static size_t run_naive(void *state)
{
    struct contestant *const it = state;
    const struct step *step = it->stream->steps + it->stream->warm_up;

    for (size_t i = 0; i < it->steps; i++, step++) {
        if (step->blocks) {
            const long start = naive_allocate(it->heap.table.entries, it->stream->total, step->blocks);

            if (start != (long)step->start)
                abort(); /* not the placement of the others */
            bench_keep(&start);
        } else {
            naive_free(it->heap.table.entries, step->start);
        }
    }
    return it->steps;
}

static size_t run_glibc(void *state)
{
    struct contestant *const it = state;
    const struct step *step = it->stream->steps + it->stream->warm_up;

    for (size_t i = 0; i < it->steps; i++, step++) {
        if (step->blocks) {
            it->slots[step->slot] = malloc(step->blocks * BLOCK - 16);
        } else {
            free(it->slots[step->slot]);
            it->slots[step->slot] = NULL;
        }
    }
    return it->steps;
}

static void prepare_glibc(void *state)
{
    struct contestant *const it = state;

    for (size_t i = 0; i < it->stream->total; i++) {
        free(it->slots[i]);
        it->slots[i] = NULL;
    }
    for (size_t i = 0; i < it->stream->warm_up; i++) {
        const struct step *const step = &it->stream->steps[i];

        free(it->slots[step->slot]);
        it->slots[step->slot] = step->blocks ? malloc(step->blocks * BLOCK - 16) : NULL;
    }
}

/* ---- one occupancy of one table ---- */

static void set_up(struct contestant *it, const struct stream *stream, size_t steps)
{
    *it = (struct contestant){.stream = stream, .steps = steps};
    table_heap_make(&it->heap, stream->total);
    it->slots = calloc(stream->total, sizeof *it->slots);
    it->warm_table = calloc(stream->total, 1);
    assert(it->slots && it->warm_table);
    replay_heap(it, 0, stream->warm_up);
    replay_table(stream, it->warm_table, 0, stream->warm_up);
    if (memcmp(it->warm_table, it->heap.table.entries, stream->total) != 0)
        abort();
}

static void tear_down(struct contestant *it)
{
    for (size_t i = 0; i < it->stream->total; i++)
        free(it->slots[i]);
    free(it->slots);
    free(it->warm_table);
    table_heap_drop(&it->heap);
}

enum { FLOOR, HEAP, NAIVE, GLIBC, ALTERNATIVES };

static void measure(size_t total, unsigned percent, double nanoseconds[ALTERNATIVES])
{
    struct stream stream;
    struct contestant contestants[ALTERNATIVES];
    struct bench_alternative alternatives[ALTERNATIVES] = {
        [FLOOR] = {"table writes only", prepare_table, run_floor, NULL, 0, 0},
        [HEAP] = {"the heap", prepare_heap, run_heap, NULL, 0, 0},
        [NAIVE] = {"naive scan", prepare_table, run_naive, NULL, 0, 0},
        [GLIBC] = {"glibc malloc", prepare_glibc, run_glibc, NULL, 0, 0},
    };

    stream_make(&stream, total, percent, STEPS);
    for (int i = 0; i < ALTERNATIVES; i++) {
        set_up(&contestants[i], &stream, i == NAIVE ? NAIVE_SCAN / total : STEPS);
        alternatives[i].state = &contestants[i];
    }
    bench_compare(alternatives, ALTERNATIVES, ROUNDS);
    printf("%9zu %4u %%", total, percent);
    for (int i = 0; i < ALTERNATIVES; i++) {
        nanoseconds[i] = alternatives[i].nanoseconds;
        printf("  %10.1f %8.2f", nanoseconds[i], nanoseconds[i] / nanoseconds[FLOOR]);
        tear_down(&contestants[i]);
    }
    printf("\n");
    stream_drop(&stream);
}

/* ---- the report ---- */

enum { SMALL, MIDDLE, LARGE, TABLES };
enum { LOW, HALF, HIGH, OCCUPANCIES };

static const size_t totals[TABLES] = {25600, 262144, 1048576};
static const unsigned percents[OCCUPANCIES] = {30, 70, 95};

static double times[TABLES][OCCUPANCIES][ALTERNATIVES];

static void measure_all(void)
{
    printf("ns for one operation, and the ratio to the table writes\n\n");
    printf(
        "   blocks  taken       table writes         the heap           naive scan         glibc malloc\n");
    for (int t = 0; t < TABLES; t++) {
        for (int o = 0; o < OCCUPANCIES; o++)
            measure(totals[t], percents[o], times[t][o]);
    }
}

static int report(void)
{
    double(*const small)[ALTERNATIVES] = times[SMALL];
    char what[80];
    int missed = 0;

    printf("\n");
    for (int o = 0; o < OCCUPANCIES; o++) {
        const double ratio = small[o][HEAP] / small[o][FLOOR];

        snprintf(what, sizeof what, "25,600 blocks, %u %%, to the table writes (scalar goal)", percents[o]);
        missed += bench_report(what, ratio, 8);
        snprintf(what, sizeof what, "25,600 blocks, %u %%, to the table writes (with SIMD: 5)", percents[o]);
        (void)bench_report(what, ratio, 5);
        snprintf(what, sizeof what, "1,048,576 blocks to 25,600, %u %%", percents[o]);
        missed += bench_report(what, times[LARGE][o][HEAP] / small[o][HEAP], 2);
    }
    missed += bench_report("25,600 blocks, 95 % to 30 %", small[HIGH][HEAP] / small[LOW][HEAP], 1.1);
    missed += heap_worst_report(totals[SMALL], totals[LARGE]);
    return missed;
}

/* glibc at its best: no system calls on the way. */
static void prepare_malloc(void)
{
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int main(void)
{
    prepare_malloc();
    measure_all();
    return report() ? EXIT_FAILURE : EXIT_SUCCESS;
}
