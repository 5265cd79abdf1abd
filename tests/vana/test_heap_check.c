/* heap_check: each way to break a heap is named, with the block where it shows. */
#include "heap_fixture.h"

#include <string.h>

struct breakage {
    const char *sentence;
    size_t block;  /* whose entry is overwritten */
    uint8_t entry; /* with this */
    const char *words;
};

/* Before: blocks 0-2 one run, 3 by itself, 4 and 5 a run, 6 and up free, 60-63 a run. */
static const struct breakage breakages[] = {
    {"an entry of no legal value", 3, 0x42, "heap block 3: not a legal entry"},
    {"an entry that is free and has a flag", 10, 0x80, "heap block 10: not a legal entry"},
    {"a run cut short by a free block", 1, 0x00, "heap block 1: the run before it is cut short"},
    {"a run cut short by another run", 2, 0x41, "heap block 2: the run before it is cut short"},
    {"a middle without a first", 10, 0x81, "heap block 10: goes on with a run that has no first block"},
    {"a last without a first", 10, 0x01, "heap block 10: goes on with a run that has no first block"},
    {"a first that turned single", 4, 0x41, "heap block 5: goes on with a run that has no first block"},
    {"a run beyond the end", 63, 0x81, "heap block 63: its run goes on beyond the end of the table"},
    {"a block freed behind the index's back", 3, 0x00, "heap block 3: free in the table, taken in the index"},
    {"a block taken behind the index's back", 9, 0x41, "heap block 9: taken in the table, free in the index"},
};

static struct heap_fixture *make_used(void)
{
    struct heap_fixture *const it = heap_fixture_make_indexed(64);

    expect_place(it, 3, 0);
    expect_place(it, 1, 3);
    expect_place(it, 2, 4);
    heap_mark_blocks_taken(&it->heap, 60, 4);
    return it;
}

static void is_named(void **state)
{
    const struct breakage *const breakage = *state;
    struct heap_fixture *const it = make_used();
    const uint8_t before = it->entries[breakage->block];

    it->entries[breakage->block] = breakage->entry;
    assert_string_equal(heap_check(&it->heap), breakage->words);
    it->entries[breakage->block] = before;
    heap_fixture_drop(it);
}

static void sound_heap_is_silent(void **state)
{
    struct heap_fixture *const it = make_used();

    (void)state;
    assert_null(heap_check(&it->heap));
    heap_fixture_drop(it);
}

static void heap_that_was_not_created(void **state)
{
    const struct heap heap = {0};

    (void)state;
    assert_string_equal(heap_check(&heap), "the heap was not created");
}

static void wrong_length_in_index(void **state)
{
    struct heap_fixture *const it = heap_fixture_make_indexed(200);
    uint64_t *lengths;

    (void)state;
    expect_place(it, 70, 0);
    lengths = &it->index.levels[0]->lengths[1];
    *lengths ^= 1;
    assert_string_equal(heap_check(&it->heap), "heap block 64: the index's lengths from here on are wrong");
    *lengths ^= 1;
    heap_fixture_drop(it);
}

static void wrong_end_in_index(void **state)
{
    struct heap_fixture *const it = heap_fixture_make_indexed(200);

    (void)state;
    expect_place(it, 10, 0);
    it->index.spans[3].start--;
    assert_string_equal(heap_check(&it->heap), "heap block 192: the index's lengths from here on are wrong");
    it->index.spans[3].start++;
    heap_fixture_drop(it);
}

static void wrong_lowest_word_in_index(void **state)
{
    struct heap_fixture *const it = heap_fixture_make_indexed(200);

    (void)state;
    expect_place(it, 10, 0);
    it->index.lowest = 2;
    assert_string_equal(heap_check(&it->heap), "heap block 0: the index's lengths from here on are wrong");
    it->index.lowest = 0;
    heap_fixture_drop(it);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a sound heap has nothing to say", sound_heap_is_silent),
    KMS_TEST("a heap that was not created says so", heap_that_was_not_created),
    KMS_TEST("a wrong length in the index is found", wrong_length_in_index),
    KMS_TEST("a wrong end of a run in the index is found", wrong_end_in_index),
    KMS_TEST("a lowest word with free blocks below it is found", wrong_lowest_word_in_index),
};
KMS_TESTS(heap_check, tests)

static const struct CMUnitTest *fill(size_t *count)
{
    enum { BREAKAGES = sizeof breakages / sizeof breakages[0] };
    static struct CMUnitTest rows[BREAKAGES];

    for (size_t i = 0; i < BREAKAGES; i++)
        rows[i] = (struct CMUnitTest){.name = breakages[i].sentence,
                                      .test_func = is_named,
                                      .initial_state = (void *)(uintptr_t)&breakages[i]};
    *count = BREAKAGES;
    return rows;
}
KMS_TESTS_FILLED(heap_breakages, fill)
