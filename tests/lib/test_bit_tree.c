#include "kms_test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bit_tree.h"

/* Sizes on both sides of each level's borders. */
static const uint32_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 20000, BIT_TREE_MOST};

struct row {
    struct bit_tree tree;
    uint64_t *words;
    bool *in; /* the same set, as an array */
    uint32_t size, count;
};

static void make(struct row *row, uint32_t size)
{
    const size_t words = BIT_TREE_WORDS(size);

    *row = (struct row){.words = malloc((words + 1) * sizeof(uint64_t)), .in = calloc(size, 1), .size = size};
    assert_non_null(row->words);
    assert_non_null(row->in);
    memset(row->words, 0xee, (words + 1) * sizeof(uint64_t));
    assert_int_equal(bit_tree_create(&row->tree, size, row->words), words);
}

static void drop(struct row *row)
{
    assert_int_equal(row->words[BIT_TREE_WORDS(row->size)], 0xeeeeeeeeeeeeeeee);
    free(row->words);
    free(row->in);
}

static void compare(const struct row *row)
{
    uint32_t lowest = 0;

    while (lowest < row->size && !row->in[lowest])
        lowest++;
    assert_int_equal(bit_tree_is_empty(&row->tree), lowest == row->size);
    if (lowest < row->size)
        assert_int_equal(bit_tree_lowest(&row->tree), lowest);
    assert_int_equal(bit_tree_count(&row->tree), row->count);
    assert_int_equal(bit_tree_check(&row->tree), BIT_TREE_NONE);
}

static void toggle(struct row *row, uint32_t number)
{
    assert_int_equal(bit_tree_has(&row->tree, number), row->in[number]);
    if (row->in[number])
        bit_tree_remove(&row->tree, number);
    else
        bit_tree_add(&row->tree, number);
    row->in[number] = !row->in[number];
    row->count += row->in[number] ? 1 : UINT32_MAX;
}

static void a_set_is_what_an_array_says(void **state)
{
    struct row row;
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        make(&row, sizes[i]);
        compare(&row);
        toggle(&row, 0);
        toggle(&row, row.size - 1);
        compare(&row);
        for (unsigned step = 0; step < 60; step++) {
            seed = seed * 1664525u + 1013904223u;
            toggle(&row, (seed >> 8) % row.size);
            compare(&row);
        }
        for (uint32_t number = row.size; number-- > 0;)
            if (row.in[number])
                toggle(&row, number);
        compare(&row);
        drop(&row);
    }
}

static void the_check_names_the_first_number_of_the_wrong_word(void **state)
{
    struct row row;

    (void)state;
    make(&row, 20000);
    bit_tree_add(&row.tree, 700);
    row.tree.bottom[10] = 0; /* numbers 640 to 703 */
    assert_int_equal(bit_tree_check(&row.tree), 640);
    row.tree.bottom[10] = 1;
    row.tree.top = 2; /* the second word of the middle: numbers from 4096 on */
    assert_int_equal(bit_tree_check(&row.tree), 0);
    drop(&row);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a set is what an array says, at every border of its levels", a_set_is_what_an_array_says),
    KMS_TEST("the check names the first number of the wrong word",
             the_check_names_the_first_number_of_the_wrong_word),
};
KMS_TESTS(bit_tree, tests)
