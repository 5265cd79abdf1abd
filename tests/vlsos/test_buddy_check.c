/* The buddy allocator against another that searches a tree from the top, and its checker against what is broken. */
#include "buddy_fixture.h"

#include <string.h>

#include "naive_buddy.h"

/* ---- against the tree of halves ---- */

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void compare_counts(const struct naive_buddy *naive)
{
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        assert_int_equal(free_blocks(order), naive_count(naive, order, NAIVE_FREE));
        assert_int_equal(it->buddy.order[order].taken_blocks, naive_count(naive, order, NAIVE_TAKEN));
    }
}

static void compare_step(struct naive_buddy *naive, uint32_t *seed)
{
    const unsigned order = dice(seed) % 12 ? dice(seed) % 5 : dice(seed) % BUDDY_ORDERS;

    if (dice(seed) % 2) {
        const long frame = naive_alloc(naive, order);

        assert_int_equal(take(order), frame == NAIVE_NONE ? BUDDY_NONE : START + (uint32_t)frame * FRAME);
    } else {
        const uint32_t frame = dice(seed) % (5u << 10);
        const int expected = naive_free(naive, frame, order) == 0 ? VLSOS_OK : VLSOS_EINVAL;

        assert_int_equal(give(START + frame * FRAME, order), expected);
    }
}

static void every_placement_is_that_of_the_tree_of_halves(void **state)
{
    static struct naive_buddy naive;
    uint32_t seed = 1;

    (void)state;
    make(START + 5 * FRAME, 4 * TOP + 77 * FRAME);
    naive_create(&naive, 5, 5 + 4 * 1024 + 77);
    for (unsigned i = 0; i < 6000; i++) {
        compare_step(&naive, &seed);
        if (i % 500 == 0) {
            check();
            compare_counts(&naive);
        }
    }
    compare_counts(&naive);
}

/* ---- the checker ---- */

static void expect_broken(const char *words)
{
    const char *const broken = buddy_check(&it->buddy);

    it->broken = true;
    assert_non_null(broken);
    if (!strstr(broken, words))
        fail_msg("\"%s\" and not \"%s\"", broken, words);
}

static void the_checker_finds_a_block_that_is_free_and_taken(void **state)
{
    (void)state;
    make(START, TOP);
    it->buddy.taken[0] = 11;
    expect_broken("0x00400000: more than one block starts here");
}

static void the_checker_finds_memory_that_is_lost(void **state)
{
    (void)state;
    make(START, TOP);
    assert_int_equal(take(0), START);
    it->buddy.taken[0] = 0;
    expect_broken("0x00400000: neither free nor taken");
}

static void the_checker_finds_blocks_that_overlap(void **state)
{
    (void)state;
    make(START, TOP);
    assert_int_equal(take(4), START);
    it->buddy.taken[5] = 1;
    expect_broken("0x00405000: two blocks overlap");
}

static void the_checker_finds_buddies_that_were_not_joined(void **state)
{
    (void)state;
    make(START, 2 * FRAME);
    bit_tree_remove(&it->buddy.order[1].free, 0);
    bit_tree_add(&it->buddy.order[0].free, 0);
    bit_tree_add(&it->buddy.order[0].free, 1);
    it->buddy.order[1].free_blocks = 0;
    it->buddy.order[0].free_blocks = 2;
    it->buddy.orders = 1;
    expect_broken("0x00400000: two free buddies are not one block");
}

static void the_checker_finds_counts_that_are_wrong(void **state)
{
    (void)state;
    make(START, TOP);
    it->buddy.free_frames--;
    expect_broken("count of free frames");
    it->buddy.free_frames++;
    it->buddy.order[3].taken_blocks++;
    expect_broken("0x00008000: the count of taken blocks");
    it->buddy.order[3].taken_blocks--;
    it->buddy.order[10].free_blocks++;
    expect_broken("0x00400000: the count of free blocks");
    it->buddy.order[10].free_blocks--;
    it->buddy.orders |= 1;
    expect_broken("the orders that have free blocks");
}

static void the_checker_finds_levels_that_disagree(void **state)
{
    (void)state;
    make(START, 2 * TOP);
    it->buddy.order[0].free.bottom[9] = 1;
    expect_broken("levels of the free set disagree");
}

static void the_checker_finds_a_block_beyond_the_region(void **state)
{
    (void)state;
    make(START, 8 * FRAME);
    it->buddy.taken[20] = 1;
    expect_broken("0x00414000: a block is outside of the region");
    it->buddy.taken[20] = 0;
    assert_int_equal(take(3), START);
    it->buddy.taken[0] = 5;
    expect_broken("0x00400000: a block leaves the region");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("every placement is that of the tree of halves",
                  every_placement_is_that_of_the_tree_of_halves, NULL, teardown),
    KMS_TEST_WITH("the checker finds a block that is free and taken",
                  the_checker_finds_a_block_that_is_free_and_taken, NULL, teardown),
    KMS_TEST_WITH("the checker finds memory that is lost", the_checker_finds_memory_that_is_lost, NULL,
                  teardown),
    KMS_TEST_WITH("the checker finds blocks that overlap", the_checker_finds_blocks_that_overlap, NULL,
                  teardown),
    KMS_TEST_WITH("the checker finds buddies that were not joined",
                  the_checker_finds_buddies_that_were_not_joined, NULL, teardown),
    KMS_TEST_WITH("the checker finds counts that are wrong", the_checker_finds_counts_that_are_wrong, NULL,
                  teardown),
    KMS_TEST_WITH("the checker finds levels that disagree", the_checker_finds_levels_that_disagree, NULL,
                  teardown),
    KMS_TEST_WITH("the checker finds a block beyond the region", the_checker_finds_a_block_beyond_the_region,
                  NULL, teardown),
};
KMS_TESTS(vlsos_buddy_check, tests)
