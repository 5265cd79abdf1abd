/*
 * test_bitmap.c - the row of bits, against hand-counted places and against an array of bytes searched unit by
 * unit.
 */
#include "kms_test.h"

#include <stdio.h>
#include <string.h>

#include "bitmap.h"

#define UNITS 200u /* three words and eight units of a fourth */

struct row {
    struct bitmap bitmap;
    uint64_t words[BITMAP_WORDS(UNITS)];
};

static int setup(void **state)
{
    static struct row row;

    memset(&row, 0xa5, sizeof row);
    bitmap_create(&row.bitmap, UNITS, row.words);
    *state = &row.bitmap;
    return 0;
}

static int teardown(void **state)
{
    const char *const broken = bitmap_check(*state);

    if (broken)
        print_error("%s\n", broken);
    return broken ? -1 : 0;
}

static void everything_is_free_at_first(void **state)
{
    const struct bitmap *const bitmap = *state;

    assert_int_equal(bitmap_count(bitmap), 0);
    assert_int_equal(bitmap_longest(bitmap), UNITS);
    assert_int_equal(bitmap_find(bitmap, 1), 0);
    assert_int_equal(bitmap_find(bitmap, UNITS), 0);
}

static void no_run_is_longer_than_the_row(void **state)
{
    const struct bitmap *const bitmap = *state;

    assert_true(bitmap_find(bitmap, UNITS + 1) == BITMAP_NONE);
    assert_true(bitmap_find(bitmap, SIZE_MAX) == BITMAP_NONE);
}

static void a_full_row_has_no_free_unit(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 0, UNITS);
    assert_int_equal(bitmap_count(bitmap), UNITS);
    assert_int_equal(bitmap_longest(bitmap), 0);
    assert_true(bitmap_find(bitmap, 1) == BITMAP_NONE);
    assert_false(bitmap_any_free(bitmap, 0, UNITS));
}

static void set_and_clear_touch_their_units_only(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 60, 70);
    assert_false(bitmap_get(bitmap, 59));
    assert_true(bitmap_get(bitmap, 60));
    assert_true(bitmap_get(bitmap, 129));
    assert_false(bitmap_get(bitmap, 130));
    bitmap_clear(bitmap, 63, 2);
    assert_true(bitmap_get(bitmap, 62));
    assert_false(bitmap_get(bitmap, 63));
    assert_false(bitmap_get(bitmap, 64));
    assert_true(bitmap_get(bitmap, 65));
    assert_int_equal(bitmap_count(bitmap), 68);
}

static void a_run_may_span_words(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 0, UNITS);
    bitmap_clear(bitmap, 60, 10);
    bitmap_clear(bitmap, 120, 75);
    assert_int_equal(bitmap_find(bitmap, 10), 60);
    assert_int_equal(bitmap_find(bitmap, 11), 120);
    assert_int_equal(bitmap_find(bitmap, 75), 120);
    assert_true(bitmap_find(bitmap, 76) == BITMAP_NONE);
    assert_int_equal(bitmap_longest(bitmap), 75);
}

static void a_run_of_exactly_one_word_is_found_anywhere(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 0, UNITS);
    bitmap_clear(bitmap, 64, 64);
    assert_int_equal(bitmap_find(bitmap, 64), 64);
    bitmap_set(bitmap, 64, 1);
    bitmap_clear(bitmap, 128, 1);
    assert_int_equal(bitmap_find(bitmap, 64), 65);
}

static void the_lowest_run_wins_inside_a_word(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 0, UNITS);
    bitmap_clear(bitmap, 3, 2);
    bitmap_clear(bitmap, 10, 5);
    bitmap_clear(bitmap, 20, 5);
    assert_int_equal(bitmap_find(bitmap, 2), 3);
    assert_int_equal(bitmap_find(bitmap, 3), 10);
    assert_int_equal(bitmap_find(bitmap, 5), 10);
}

static void a_unit_given_back_low_is_found_again(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 0, 150);
    assert_int_equal(bitmap->first_free, 2);
    bitmap_clear(bitmap, 5, 1);
    assert_int_equal(bitmap->first_free, 0);
    assert_int_equal(bitmap_find(bitmap, 1), 5);
}

static void questions_about_a_range_look_at_its_edges(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 50, 100);
    assert_false(bitmap_any_free(bitmap, 50, 100));
    assert_true(bitmap_any_free(bitmap, 49, 101));
    assert_true(bitmap_any_free(bitmap, 50, 101));
    assert_false(bitmap_any_taken(bitmap, 0, 50));
    assert_true(bitmap_any_taken(bitmap, 0, 51));
    assert_true(bitmap_any_taken(bitmap, 149, 51));
    assert_false(bitmap_any_taken(bitmap, 150, 50));
}

static void the_next_unit_of_a_kind_is_found(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_set(bitmap, 10, 130);
    assert_int_equal(bitmap_next_taken(bitmap, 0), 10);
    assert_int_equal(bitmap_next_taken(bitmap, 11), 11);
    assert_int_equal(bitmap_next_free(bitmap, 9), 9);
    assert_int_equal(bitmap_next_free(bitmap, 10), 140);
    assert_int_equal(bitmap_next_taken(bitmap, 140), UNITS);
    assert_int_equal(bitmap_next_taken(bitmap, UNITS), UNITS);
    bitmap_set(bitmap, 140, UNITS - 140);
    assert_int_equal(bitmap_next_free(bitmap, 10), UNITS);
}

static void a_row_of_whole_words_has_no_bits_beyond(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap_create(bitmap, 128, bitmap->words);
    bitmap_set(bitmap, 0, 127);
    assert_int_equal(bitmap_find(bitmap, 1), 127);
    assert_int_equal(bitmap_count(bitmap), 127);
}

/* ---- against a search unit by unit ---- */

static size_t slow_find(const uint8_t *taken, size_t count)
{
    for (size_t first = 0; first + count <= UNITS; first++) {
        size_t length = 0;

        while (length < count && !taken[first + length])
            length++;
        if (length == count)
            return first;
    }
    return BITMAP_NONE;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void every_search_agrees_with_a_slow_one(void **state)
{
    struct bitmap *const bitmap = *state;
    uint8_t taken[UNITS] = {0};
    uint32_t seed = 1;

    for (unsigned step = 0; step < 4000; step++) {
        const size_t first = next_random(&seed) % UNITS;
        const size_t room = UNITS - first;
        const size_t count = 1 + next_random(&seed) % (room < 40 ? room : 40);
        const bool take = next_random(&seed) % 2;

        (take ? bitmap_set : bitmap_clear)(bitmap, first, count);
        memset(taken + first, take, count);
        for (size_t length = 1; length <= 80; length += 1 + step % 7)
            assert_true(bitmap_find(bitmap, length) == slow_find(taken, length));
        assert_null(bitmap_check(bitmap));
    }
}

/* ---- the checker ---- */

static void expect_broken(struct bitmap *bitmap, const char *words)
{
    assert_string_equal(bitmap_check(bitmap), words);
    bitmap_create(bitmap, UNITS, bitmap->words);
}

static void the_checker_names_what_is_broken(void **state)
{
    struct bitmap *const bitmap = *state;

    bitmap->words[3] = 0;
    expect_broken(bitmap, "a bit beyond the last unit is clear");
    bitmap->first_free = 1;
    expect_broken(bitmap, "a unit is free below the first free word");
    bitmap->first_free = 5;
    expect_broken(bitmap, "the first free word is beyond the last");
}

#define ROW_TEST(sentence, function) KMS_TEST_WITH(sentence, function, setup, teardown)

static const struct CMUnitTest tests[] = {
    ROW_TEST("everything is free at first", everything_is_free_at_first),
    ROW_TEST("no run is longer than the row", no_run_is_longer_than_the_row),
    ROW_TEST("a full row has no free unit", a_full_row_has_no_free_unit),
    ROW_TEST("set and clear touch their units only", set_and_clear_touch_their_units_only),
    ROW_TEST("a run may span words", a_run_may_span_words),
    ROW_TEST("a run of exactly one word is found anywhere", a_run_of_exactly_one_word_is_found_anywhere),
    ROW_TEST("the lowest run wins inside a word", the_lowest_run_wins_inside_a_word),
    ROW_TEST("a unit given back low is found again", a_unit_given_back_low_is_found_again),
    ROW_TEST("questions about a range look at its edges", questions_about_a_range_look_at_its_edges),
    ROW_TEST("the next free unit, and the next taken one, are found", the_next_unit_of_a_kind_is_found),
    ROW_TEST("a row of whole words has no bits beyond", a_row_of_whole_words_has_no_bits_beyond),
    ROW_TEST("every search agrees with a slow one", every_search_agrees_with_a_slow_one),
    ROW_TEST("the checker names what is broken", the_checker_names_what_is_broken),
};
KMS_TESTS(lib_bitmap, tests)
