/*
 * Where the heap puts things, against the naive scan of naive_heap.c: long random streams, every answer and every byte
 * of the table equal.
 */
#include "heap_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "naive_heap.h"

struct stream {
    const char *sentence;
    size_t total;     /* blocks */
    unsigned percent; /* of them taken, about which it hovers */
    uint32_t longest; /* ordinary request */
    uint32_t operations;
    uint32_t compare_each; /* operations between two looks at the whole table */
};

static const struct stream streams[] = {
    {"one word of blocks, half full", 64, 50, 4, 6000, 1},
    {"one word of blocks, nearly full", 64, 95, 3, 6000, 1},
    {"a table that ends inside a word", 100, 70, 8, 6000, 1},
    {"runs across words, nearly empty", 1000, 10, 200, 6000, 1},
    {"runs across words, half full", 1000, 50, 100, 6000, 1},
    {"single blocks, nearly full", 1000, 97, 1, 6000, 1},
    {"two levels of the index, a third full", 25600, 30, 16, 8000, 256},
    {"two levels of the index, two thirds full", 25600, 70, 16, 8000, 256},
    {"two levels of the index, nearly full", 25600, 95, 16, 8000, 256},
    {"very long runs", 25600, 50, 3000, 4000, 256},
    {"runs longer than the index tells apart", 200000, 50, 60000, 300, 50},
};

struct walker {
    struct heap_fixture *it;
    uint8_t *naive; /* the oracle's table */
    size_t *live;   /* first blocks of the runs that are taken */
    size_t live_count;
    size_t used;
    uint64_t random;
};

static uint32_t random_below(struct walker *walker, uint32_t limit)
{
    walker->random = walker->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((walker->random >> 33) % limit);
}

static void allocate(struct walker *walker, size_t blocks)
{
    const long expected = naive_allocate(walker->naive, walker->it->total, blocks);
    const long got = block_of(walker->it, heap_malloc(&walker->it->heap, blocks * BLOCK));

    if (got != expected)
        fail_msg("%zu blocks at %ld, but first fit is %ld", blocks, got, expected);
    if (expected >= 0) {
        walker->live[walker->live_count++] = (size_t)expected;
        walker->used += blocks;
    }
}

static void release(struct walker *walker)
{
    const uint32_t victim = random_below(walker, (uint32_t)walker->live_count);
    const size_t start = walker->live[victim];

    walker->live[victim] = walker->live[--walker->live_count];
    walker->used -= heap_run_size(&walker->it->heap, block_at(walker->it, start)) / BLOCK;
    naive_free(walker->naive, start);
    assert_int_equal(heap_release(&walker->it->heap, block_at(walker->it, start)), 0);
}

/* Mostly short, now and then twice the ordinary longest. */
static size_t some_size(struct walker *walker, uint32_t longest)
{
    const uint32_t kind = random_below(walker, 20);

    if (kind == 0)
        return 1 + random_below(walker, 2 * longest);
    return kind < 10 ? 1 + random_below(walker, longest) : 1 + random_below(walker, longest / 4 + 1);
}

static void operate(struct walker *walker, const struct stream *stream)
{
    const size_t wanted = stream->total * stream->percent / 100;
    const bool is_over = walker->used > wanted;

    if (walker->live_count == 0 || random_below(walker, 8) < (is_over ? 2u : 6u))
        allocate(walker, some_size(walker, stream->longest));
    else
        release(walker);
}

static void compare(const struct walker *walker)
{
    assert_memory_equal(walker->it->entries, walker->naive, walker->it->total);
    heap_fixture_check(walker->it);
}

static void follow(struct heap_fixture *it, const struct stream *stream)
{
    struct walker walker = {.it = it, .random = stream->total + stream->percent};

    walker.naive = calloc(it->total, 1);
    walker.live = calloc(it->total, sizeof *walker.live);
    assert_true(walker.naive && walker.live);
    for (uint32_t i = 0; i < stream->operations; i++) {
        operate(&walker, stream);
        if (i % stream->compare_each == 0)
            compare(&walker);
    }
    compare(&walker);
    free(walker.naive);
    free(walker.live);
}

static void indexed_is_naive(void **state)
{
    const struct stream *const stream = *state;
    struct heap_fixture *const it = heap_fixture_make_indexed(stream->total);

    follow(it, stream);
    heap_fixture_drop(it);
}

static void scanning_is_naive(void **state)
{
    struct stream shorter = *(const struct stream *)*state;
    struct heap_fixture *const it = heap_fixture_make(shorter.total);

    shorter.operations /= 4;
    follow(it, &shorter);
    heap_fixture_drop(it);
}

static const struct CMUnitTest *fill(size_t *count)
{
    enum { STREAMS = sizeof streams / sizeof streams[0] };
    static struct CMUnitTest tests[2 * STREAMS];
    static char names[2 * STREAMS][96];

    for (size_t i = 0; i < STREAMS; i++) {
        snprintf(names[2 * i], sizeof names[0], "indexed placement is naive first fit: %s",
                 streams[i].sentence);
        snprintf(names[2 * i + 1], sizeof names[0], "scanning placement is naive first fit: %s",
                 streams[i].sentence);
        for (size_t k = 0; k < 2; k++)
            tests[2 * i + k] = (struct CMUnitTest){.name = names[2 * i + k],
                                                   .test_func = k ? scanning_is_naive : indexed_is_naive,
                                                   .initial_state = (void *)(uintptr_t)&streams[i]};
    }
    *count = 2 * STREAMS;
    return tests;
}
KMS_TESTS_FILLED(heap_placement, fill)
