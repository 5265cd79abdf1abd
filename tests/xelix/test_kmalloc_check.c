/*
 * test_kmalloc_check.c - the arena broken by hand, one invariant at a time: what the checker calls it.
 */
#include "xelix_fixture.h"

#include <stdio.h>
#include <string.h>

#include "mem/kmalloc_block.h"

static uint32_t block_of(const void *mem)
{
    return (uint32_t)((const unsigned char *)mem - kmalloc_arena.memory) - KMALLOC_HEADER - KMALLOC_FRONT;
}

static void expect_words(const char *words)
{
    const char *const broken = kmalloc_check();

    fixture_is_broken();
    assert_non_null(broken);
    assert_string_equal(broken, words);
}

static void expect_block(uint32_t block, const char *words)
{
    char expected[128];

    snprintf(expected, sizeof expected, "kmalloc block at 0x%08x: %s", kmalloc_arena.address + block, words);
    expect_words(expected);
}

static void room(void **state)
{
    const uint32_t block = block_of(kmalloc(100));

    (void)state;
    kmalloc_set(block, 12);
    expect_block(block, "its room is not one that fits");
    kmalloc_set(block, KMALLOC_END);
    expect_block(block, "its room is not one that fits");
}

static void footer(void **state)
{
    const uint32_t block = block_of(kmalloc(5000));

    (void)state;
    kmalloc_set(block_footer(block, block_room(block)), 8);
    expect_block(block, "its footer differs from its header");
    assert_int_equal(kfree(kmalloc_arena.memory + block + KMALLOC_HEADER + KMALLOC_FRONT), -EINVAL);
}

static void state_word(void **state)
{
    const uint32_t block = block_of(kmalloc(100));

    (void)state;
    kmalloc_set(block + 4, KMALLOC_USED);
    expect_block(block, "its state is none");
}

static void neighbours(void **state)
{
    void *const a = kmalloc(5000);
    const uint32_t block = block_of(a);

    (void)state;
    kmalloc_set(block + 4, KMALLOC_FREE ^ block);
    expect_block(block, "it and the next block are both free");
}

static void free_lists(void **state)
{
    void *const a = kmalloc(5000);
    void *const between = kmalloc(5000);
    uint32_t block;

    (void)state;
    assert_non_null(between);
    assert_int_equal(kfree(a), XELIX_OK);
    block = block_of(a);
    kmalloc_set(block_back_link(block), 24);
    expect_words("a list of free blocks is broken backwards");
    kmalloc_set(block_back_link(block), 0);
    kmalloc_set(block_link(block), block_of(between));
    expect_words("a list of free blocks holds what is none of its size");
    kmalloc_set(block_link(block), 0);
    kmalloc_arena.bin_map[bin_of(block_room(block)) / 64] ^= UINT64_C(1) << bin_of(block_room(block)) % 64;
    expect_words("the map of the lists of free blocks is wrong");
    kmalloc_arena.bins[bin_of(block_room(block))] = 0;
    expect_words("a free block is in no list");
}

static void cached_lists(void **state)
{
    void *const a = kmalloc(64);
    void *const b = kmalloc(72);
    const uint32_t block = block_of(a);

    (void)state;
    assert_int_equal(kfree(a), XELIX_OK);
    kmalloc_set(block_link(block), block_of(b));
    expect_words("a list of cached blocks holds what is none of its size");
    kmalloc_set(block_link(block), block);
    expect_words("a list of cached blocks goes round");
    kmalloc_arena.caches[block_room(block) / KMALLOC_UNIT] = 0;
    expect_words("a cached block is in no list");
}

static void no_arena(void **state)
{
    (void)state;
    kmalloc_arena.memory = NULL;
    expect_words("kmalloc has no arena");
    assert_null(kmalloc(0));
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("the checker names a block whose room does not fit", room),
    XELIX_TEST("the checker names a block whose footer was overwritten, which kfree refuses", footer),
    XELIX_TEST("the checker names a block that is neither used nor free", state_word),
    XELIX_TEST("the checker names free neighbours", neighbours),
    XELIX_TEST("the checker names what is wrong with a list of free blocks", free_lists),
    XELIX_TEST("the checker names what is wrong with a list of cached blocks", cached_lists),
    XELIX_TEST("the checker names an arena that is not there", no_arena),
};
KMS_TESTS(xelix_kmalloc_check, tests)
