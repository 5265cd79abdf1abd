#include "kms_test.h"

#include <stdlib.h>
#include <string.h>

#include "naive_buddy.h"
#include "vlsos/buddy.h"

#define FRAME ((uint32_t)4096)
#define TOP   (4u << 20)
#define START                                                                                                \
    0x00400000u /* nothing is behind these addresses: an allocator never touches what it hands out */
#define GUARD      64u
#define GUARD_BYTE 0xeeu

struct fixture {
    struct buddy buddy;
    unsigned char *memory;
    size_t bytes;
    bool broken; /* on purpose: the teardown does not check */
};

static struct fixture *it;

static void make(uint32_t start, uint32_t size)
{
    it = calloc(1, sizeof *it);
    assert_non_null(it);
    it->bytes = BUDDY_BYTES(size);
    it->memory = malloc(it->bytes + 2 * GUARD);
    assert_non_null(it->memory);
    memset(it->memory, GUARD_BYTE, it->bytes + 2 * GUARD);
    assert_int_equal(
        buddy_create(&it->buddy, &(struct buddy_region){start, size}, it->memory + GUARD, it->bytes),
        VLSOS_OK);
}

static void check(void)
{
    const char *const broken = buddy_check(&it->buddy);

    assert_string_equal(broken ? broken : "", "");
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(it->memory[i], GUARD_BYTE);
        assert_int_equal(it->memory[GUARD + it->bytes + i], GUARD_BYTE);
    }
}

static int teardown(void **state)
{
    (void)state;
    if (!it)
        return 0;
    if (!it->broken)
        check();
    free(it->memory);
    free(it);
    it = NULL;
    return 0;
}

static uint32_t take(unsigned order)
{
    return buddy_alloc(&it->buddy, order);
}

static int give(uint32_t address, unsigned order)
{
    return buddy_free(&it->buddy, address, order);
}

static uint32_t free_blocks(unsigned order)
{
    return it->buddy.order[order].free_blocks;
}

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
KMS_TESTS(vlsos_buddy, tests)
