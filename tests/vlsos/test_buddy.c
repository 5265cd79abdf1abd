#include "buddy_fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- a region ---- */

static void a_new_region_is_as_few_blocks_as_it_can_be(void **state)
{
    (void)state;
    make(START, 3 * TOP + 12 * FRAME);
    assert_int_equal(free_blocks(10), 3);
    assert_int_equal(free_blocks(3), 1); /* 8 of the 12 frames */
    assert_int_equal(free_blocks(2), 1); /* and 4 */
    assert_int_equal(it->buddy.free_frames, 3 * 1024 + 12);
}

static void blocks_are_aligned_where_the_region_is_not(void **state)
{
    (void)state;
    make(START + 3 * FRAME, 13 * FRAME); /* frames 3..15: 1 of order 0, then 4..7, 8..15 */
    assert_int_equal(free_blocks(0), 1);
    assert_int_equal(free_blocks(2), 1);
    assert_int_equal(free_blocks(3), 1);
    assert_int_equal(take(3), START + 8 * FRAME);
    assert_int_equal(take(0), START + 3 * FRAME);
    assert_int_equal(take(3), BUDDY_NONE);
}

static void every_order_up_to_4_mib_is_aligned_to_its_size(void **state)
{
    (void)state;
    make(START, 8 * TOP);
    for (unsigned order = 0; order <= 10; order++) {
        const uint32_t address = take(order);

        assert_int_not_equal(address, BUDDY_NONE);
        assert_int_equal(address % (FRAME << order), 0);
    }
    check();
}

static void a_region_that_is_none_is_refused(void **state)
{
    static unsigned char memory[BUDDY_BYTES(TOP)] __attribute__((aligned(8)));
    static const struct buddy_region wrong[] = {{START, 0},         {START + 1, FRAME},
                                                {START, FRAME + 1}, {0xfffff000u, 2 * FRAME},
                                                {0xffc00000u, TOP}, {START, 256u * TOP + FRAME}};
    struct buddy buddy = {.start = 77};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(buddy_create(&buddy, &wrong[i], memory, sizeof memory), VLSOS_EINVAL);
    assert_int_equal(buddy_create(&buddy, &(struct buddy_region){START, TOP}, memory + 1, sizeof memory - 1),
                     VLSOS_EINVAL);
    assert_int_equal(buddy_create(&buddy, &(struct buddy_region){START, TOP}, memory, sizeof memory - 1),
                     VLSOS_ENOMEM);
    assert_int_equal(buddy.start, 77);
}

/* ---- splitting and joining ---- */

static void a_split_leaves_the_upper_halves_free(void **state)
{
    (void)state;
    make(START, TOP);
    assert_int_equal(take(0), START);
    for (unsigned order = 0; order < 10; order++)
        assert_int_equal(free_blocks(order), 1);
    assert_int_equal(free_blocks(10), 0);
    assert_int_equal(take(0), START + FRAME); /* the half that fits exactly comes first */
    assert_int_equal(take(9), START + TOP / 2);
}

static void the_smallest_block_that_fits_is_taken_and_the_lowest_of_these(void **state)
{
    (void)state;
    make(START, 2 * TOP);
    assert_int_equal(take(1), START);
    assert_int_equal(take(1), START + 2 * FRAME);
    assert_int_equal(take(1), START + 4 * FRAME);
    assert_int_equal(take(1), START + 6 * FRAME);
    assert_int_equal(give(START + 4 * FRAME, 1), VLSOS_OK);
    assert_int_equal(give(START, 1), VLSOS_OK);
    assert_int_equal(take(0), START);
    assert_int_equal(take(1), START + 4 * FRAME);
}

static void two_free_buddies_are_one_block(void **state)
{
    (void)state;
    make(START, TOP);
    assert_int_equal(take(9), START);
    assert_int_equal(take(9), START + TOP / 2);
    assert_int_equal(give(START, 9), VLSOS_OK);
    assert_int_equal(take(10), BUDDY_NONE);
    assert_int_equal(give(START + TOP / 2, 9), VLSOS_OK);
    assert_int_equal(take(10), START);
}

static void neighbours_that_are_not_buddies_stay_apart(void **state)
{
    (void)state;
    make(START, 4 * FRAME);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(take(0), START + i * FRAME);
    assert_int_equal(give(START + FRAME, 0), VLSOS_OK);
    assert_int_equal(give(START + 2 * FRAME, 0), VLSOS_OK);
    assert_int_equal(take(1), BUDDY_NONE);
    assert_int_equal(free_blocks(0), 2);
}

static void what_is_all_given_back_is_as_new_in_whatever_order(void **state)
{
    uint32_t blocks[256];

    (void)state;
    make(START, TOP);
    for (unsigned step = 1; step < 256; step += 2) { /* odd steps visit every block */
        for (unsigned i = 0; i < 256; i++)
            blocks[i] = take(2);
        assert_int_equal(take(0), BUDDY_NONE);
        for (unsigned i = 0; i < 256; i++)
            assert_int_equal(give(blocks[i * step % 256], 2), VLSOS_OK);
        assert_int_equal(free_blocks(10), 1);
    }
}

/* ---- misuse ---- */

static void only_what_was_handed_out_is_taken_back(void **state)
{
    uint32_t block;

    (void)state;
    make(START, TOP);
    block = take(3);
    assert_int_equal(take(0), START + 8 * FRAME);
    assert_int_equal(give(block, 2), VLSOS_EINVAL);
    assert_int_equal(give(block, 4), VLSOS_EINVAL);
    assert_int_equal(give(block, BUDDY_ORDERS), VLSOS_EINVAL);
    assert_int_equal(give(block, UINT32_MAX), VLSOS_EINVAL);
    assert_int_equal(give(block + FRAME, 0), VLSOS_EINVAL);
    assert_int_equal(give(block + 4 * FRAME, 2), VLSOS_EINVAL);
    assert_int_equal(give(block + 8, 3), VLSOS_EINVAL);
    assert_int_equal(give(START + 9 * FRAME, 0), VLSOS_EINVAL);
    assert_int_equal(give(START - FRAME, 0), VLSOS_EINVAL);
    assert_int_equal(give(START + TOP, 0), VLSOS_EINVAL);
    assert_int_equal(give(BUDDY_NONE, 0), VLSOS_EINVAL);
    assert_int_equal(it->buddy.free_frames, 1024 - 9);
    assert_int_equal(give(block, 3), VLSOS_OK);
    assert_int_equal(give(block, 3), VLSOS_EINVAL);
}

static void an_order_that_does_not_exist_has_no_memory(void **state)
{
    (void)state;
    make(START, 2 * TOP);
    assert_int_equal(take(BUDDY_ORDERS), BUDDY_NONE);
    assert_int_equal(take(32), BUDDY_NONE);
    assert_int_equal(take(UINT32_MAX), BUDDY_NONE);
}

static void the_failure_that_was_ordered_comes_once_and_loses_nothing(void **state)
{
    (void)state;
    make(START, TOP);
    buddy_fail_at(&it->buddy, 2);
    assert_int_equal(take(0), START);
    assert_int_equal(take(0), BUDDY_NONE);
    assert_int_equal(it->buddy.free_frames, 1023);
    assert_int_equal(take(0), START + FRAME);
    buddy_fail_at(&it->buddy, 1);
    buddy_fail_at(&it->buddy, 0);
    assert_int_equal(take(0), START + 2 * FRAME);
}

/* ---- statistics and questions ---- */

static void statistics_tell_by_order_what_happened(void **state)
{
    const struct buddy_order *order;
    uint32_t block;

    (void)state;
    make(START, TOP);
    order = it->buddy.order;
    block = take(8); /* 10 -> 9 + 9 -> 8 + 8 */
    assert_int_equal(order[10].splits, 1);
    assert_int_equal(order[9].splits, 1);
    assert_int_equal(order[8].splits, 0);
    assert_int_equal(order[8].allocations, 1);
    assert_int_equal(order[8].taken_blocks, 1);
    assert_int_equal(take(10), BUDDY_NONE);
    assert_int_equal(order[10].failures, 1);
    assert_int_equal(give(block, 8), VLSOS_OK);
    assert_int_equal(order[9].merges, 1);
    assert_int_equal(order[10].merges, 1);
    assert_int_equal(order[8].taken_blocks, 0);
    assert_int_equal(order[8].allocations, 1);
}

static void the_order_for_a_size_is_the_least_that_holds_it(void **state)
{
    (void)state;
    assert_int_equal(buddy_order_for(1), 0);
    assert_int_equal(buddy_order_for(4096), 0);
    assert_int_equal(buddy_order_for(4097), 1);
    assert_int_equal(buddy_order_for(8192), 1);
    assert_int_equal(buddy_order_for(TOP), 10);
    assert_int_equal(buddy_order_for(TOP + 1), BUDDY_ORDERS);
    assert_int_equal(buddy_order_for(UINT64_MAX), BUDDY_ORDERS);
}

static void the_order_handed_out_at_an_address_can_be_asked(void **state)
{
    (void)state;
    make(START, TOP);
    assert_int_equal(take(3), START);
    assert_int_equal(buddy_order_at(&it->buddy, START), 3);
    assert_int_equal(buddy_order_at(&it->buddy, START + FRAME), -1);
    assert_int_equal(buddy_order_at(&it->buddy, START + 8 * FRAME), -1);
    assert_int_equal(buddy_order_at(&it->buddy, START - FRAME), -1);
    assert_int_equal(buddy_highest_order(&it->buddy), 9);
    assert_int_equal(take(9), START + TOP / 2);
    assert_int_equal(buddy_highest_order(&it->buddy), 8);
    while (take(0) != BUDDY_NONE)
        continue;
    assert_int_equal(buddy_highest_order(&it->buddy), -1);
}

/* ---- what it costs ---- */

static uint64_t bytes_since(uint64_t before)
{
    struct buddy_work work;

    buddy_measure(&it->buddy, &work);
    return work.bytes - before;
}

/*
 * By hand. Into or out of a set: two words of 8 bytes, read and written, 32. A frame of one block of 4 MiB: searched in two
 * words, 16; one block out and ten halves in, 352; its byte, 1. Back: ten buddies asked about, 8 each, and out, 320; one
 * block in, 32; the byte read and written, 2. A second frame splits nothing, and its buddy stays taken.
 */
static void what_is_touched_is_counted(void **state)
{
    uint64_t before;
    uint32_t frame;

    (void)state;
    make(START, TOP);
    frame = buddy_alloc(&it->buddy, 0);
    assert_int_equal(bytes_since(0), 16 + 352 + 1);
    assert_int_equal(buddy_free(&it->buddy, frame, 0), VLSOS_OK);
    assert_int_equal(bytes_since(369), 80 + 320 + 32 + 2);
    (void)buddy_alloc(&it->buddy, 0);
    before = bytes_since(0);
    frame = buddy_alloc(&it->buddy, 0);
    assert_int_equal(bytes_since(before), 16 + 32 + 1);
    assert_int_equal(buddy_free(&it->buddy, frame, 0), VLSOS_OK);
    assert_int_equal(bytes_since(before + 49), 8 + 32 + 2);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("a new region is as few blocks as it can be", a_new_region_is_as_few_blocks_as_it_can_be,
                  NULL, teardown),
    KMS_TEST_WITH("blocks are aligned where the region is not", blocks_are_aligned_where_the_region_is_not,
                  NULL, teardown),
    KMS_TEST_WITH("every order up to 4 MiB is aligned to its size",
                  every_order_up_to_4_mib_is_aligned_to_its_size, NULL, teardown),
    KMS_TEST("a region that is none is refused", a_region_that_is_none_is_refused),
    KMS_TEST_WITH("a split leaves the upper halves free", a_split_leaves_the_upper_halves_free, NULL,
                  teardown),
    KMS_TEST_WITH("the smallest block that fits is taken, and the lowest of these",
                  the_smallest_block_that_fits_is_taken_and_the_lowest_of_these, NULL, teardown),
    KMS_TEST_WITH("what an operation touches is counted", what_is_touched_is_counted, NULL, teardown),
    KMS_TEST_WITH("two free buddies are one block", two_free_buddies_are_one_block, NULL, teardown),
    KMS_TEST_WITH("neighbours that are not buddies stay apart", neighbours_that_are_not_buddies_stay_apart,
                  NULL, teardown),
    KMS_TEST_WITH("what is all given back is as new, in whatever order",
                  what_is_all_given_back_is_as_new_in_whatever_order, NULL, teardown),
    KMS_TEST_WITH("only what was handed out is taken back", only_what_was_handed_out_is_taken_back, NULL,
                  teardown),
    KMS_TEST_WITH("an order that does not exist has no memory", an_order_that_does_not_exist_has_no_memory,
                  NULL, teardown),
    KMS_TEST_WITH("the failure that was ordered comes once and loses nothing",
                  the_failure_that_was_ordered_comes_once_and_loses_nothing, NULL, teardown),
    KMS_TEST_WITH("statistics tell by order what happened", statistics_tell_by_order_what_happened, NULL,
                  teardown),
    KMS_TEST("the order for a size is the least that holds it",
             the_order_for_a_size_is_the_least_that_holds_it),
    KMS_TEST_WITH("the order handed out at an address can be asked",
                  the_order_handed_out_at_an_address_can_be_asked, NULL, teardown),
};
KMS_TESTS(vlsos_buddy, tests)
