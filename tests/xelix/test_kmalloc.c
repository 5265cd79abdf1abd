/*
 * test_kmalloc.c - bytes for the kernel, with canaries and without: the same tests for both builds.
 */
#include "xelix_fixture.h"

#include <string.h>

#include "mem/kmalloc_block.h"

/* What a block for so many bytes takes, worked out by hand: header and footer of 8 bytes, the memory in steps of 8;
 * with canaries 8 bytes for the size and 16 on each side. */
static uint32_t takes(uint32_t size)
{
    return (XELIX_KMALLOC_CANARIES ? (size + 40 + 7) / 8 * 8 : (size + 7) / 8 * 8) + 16;
}

static uint32_t used(void)
{
    return kmalloc_get_stats().used;
}

static void blocks_lie_one_behind_the_other(void **state)
{
    unsigned char *const a = kmalloc(10);
    unsigned char *const b = kmalloc(100);
    unsigned char *const c = kmalloc(1);

    (void)state;
    assert_int_equal(b - a, takes(10));
    assert_int_equal(c - b, takes(100));
    assert_int_equal(used(), takes(10) + takes(100) + takes(1));
    assert_int_equal(kmalloc_address(a) % 8, 0);
}

static void memory_is_the_kernels_own(void **state)
{
    unsigned char *const mem = kmalloc(64);

    (void)state;
    memset(mem, 0x5a, 64);
    assert_int_equal(kernel_word(kmalloc_address(mem)), 0x5a5a5a5a);
    assert_ptr_equal(kmalloc_pointer(kmalloc_address(mem)), mem);
    assert_int_equal(kmalloc_address(NULL), 0);
    assert_null(kmalloc_pointer(0));
}

static void no_bytes_and_too_many_are_no_memory(void **state)
{
    (void)state;
    assert_null(kmalloc(0));
    assert_null(kmalloc_a(0));
    assert_null(zmalloc(0));
    for (unsigned i = 0; i < 64; i++) {
        assert_null(kmalloc(SIZE_MAX - i));
        assert_null(kmalloc_a(SIZE_MAX - i));
        assert_null(kmalloc(UINT32_MAX - i));
        assert_null(zmalloc_a(UINT32_MAX - i));
    }
    for (unsigned i = 0; i < 24; i++)
        assert_null(kmalloc(KMALLOC_END - i));
    assert_int_equal(used(), 0);
}

static void the_whole_arena_is_one_block(void **state)
{
    const uint32_t all = KMALLOC_END - 8 - takes(8) + 8;
    void *const mem = kmalloc(all);

    (void)state;
    assert_non_null(mem);
    assert_null(kmalloc(1));
    assert_int_equal(kfree(mem), XELIX_OK);
    assert_null(kmalloc(all + 1));
    assert_int_equal(kmalloc_get_stats().longest, KMALLOC_END - 8);
}

static void zmalloc_clears_what_was_there(void **state)
{
    unsigned char *mem = kmalloc(3000);

    (void)state;
    memset(mem, 0xff, 3000);
    assert_int_equal(kfree(mem), XELIX_OK);
    mem = zmalloc(3000);
    for (unsigned i = 0; i < 3000; i++)
        assert_int_equal(mem[i], 0);
    memset(mem, 0xff, 3000);
    assert_int_equal(kfree(mem), XELIX_OK);
    mem = zmalloc_a(2000);
    for (unsigned i = 0; i < 2000; i++)
        assert_int_equal(mem[i], 0);
}

static void aligned_memory_begins_a_page(void **state)
{
    void *mem[20];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        assert_non_null(kmalloc(24 * i + 1));
        mem[i] = i % 2 ? kmalloc_a(i * 700) : zmalloc_a(i * 700 + 1);
        assert_int_equal(kmalloc_address(mem[i]) % PAGE_SIZE, 0);
        assert_null(kmalloc_check());
    }
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(kfree(mem[(i * 7) % 20]), XELIX_OK);
}

static void what_is_carved_off_is_used(void **state)
{
    unsigned char *const first = kmalloc(8);
    unsigned char *const aligned = kmalloc_a(PAGE_SIZE);
    unsigned char *const next = kmalloc(256);

    (void)state;
    assert_true(first < next && next < aligned);
}

/* ---- joining: blocks beyond the cached sizes ---- */

#define BIG 5000u

static void neighbours_are_joined_on_both_sides(void **state)
{
    void *mem[5];
    uint32_t longest;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        mem[i] = kmalloc(BIG);
    longest = kmalloc_get_stats().longest;
    assert_int_equal(kfree(mem[1]), XELIX_OK);
    assert_int_equal(kfree(mem[3]), XELIX_OK);
    assert_int_equal(kfree(mem[2]), XELIX_OK);
    assert_ptr_equal(kmalloc(3 * BIG), mem[1]);
    assert_int_equal(kmalloc_get_stats().longest, longest);
}

static void everything_freed_is_one_block_again(void **state)
{
    void *mem[200];

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        mem[i] = i % 9 == 8 ? kmalloc_a(1 + i * 37) : kmalloc(1 + i * 37);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(kfree(mem[(i * 77) % 200]), XELIX_OK);
    assert_int_equal(used(), 0);
    assert_int_equal(kmalloc_get_stats().longest, KMALLOC_END - 8);
    assert_non_null(kmalloc(KMALLOC_END - 100));
}

static void a_freed_size_is_found_again_first(void **state)
{
    void *const a = kmalloc(48);
    void *const between = kmalloc(48);
    void *const b = kmalloc(48);

    (void)state;
    assert_non_null(between);
    assert_int_equal(kfree(a), XELIX_OK);
    assert_int_equal(kfree(b), XELIX_OK);
    assert_ptr_equal(kmalloc(48), b);
    assert_ptr_equal(kmalloc(48), a);
}

static uint32_t cached_blocks(void)
{
    uint32_t count = 0;

    for (uint32_t block = KMALLOC_FIRST; block < KMALLOC_END; block = block_next(block))
        count += block_is(block, KMALLOC_CACHED) ? 1 : 0;
    return count;
}

static void kept_blocks_are_joined_when_they_are_needed(void **state)
{
    const uint32_t blocks = KMALLOC_END / takes(1024);
    uint32_t made = 0;

    (void)state;
    while (made < blocks && kmalloc(1024))
        made++;
    assert_null(kmalloc(1024));
    for (uint32_t block = KMALLOC_FIRST; block < KMALLOC_END; block = block_next(block))
        if (block_is(block, KMALLOC_USED))
            assert_int_equal(kfree(kmalloc_arena.memory + block + KMALLOC_HEADER + KMALLOC_FRONT), XELIX_OK);
    assert_int_equal(cached_blocks(), made);
    assert_non_null(kmalloc(KMALLOC_END - 100));
    assert_int_equal(cached_blocks(), 0);
}

/* ---- misuse ---- */

static void pointers_that_were_not_given_are_refused(void **state)
{
    unsigned char *const mem = kmalloc(100);
    unsigned char *const big = kmalloc(BIG);
    unsigned char on_the_stack[8];
    const struct supplies before = supplies();

    (void)state;
    memset(mem, 0, 100);
    memset(big, 0, BIG);
    assert_int_equal(kfree(NULL), XELIX_OK);
    for (unsigned i = 1; i < 100; i++)
        assert_int_equal(kfree(mem + i), -EINVAL);
    for (unsigned i = 1; i < BIG; i++)
        assert_int_equal(kfree(big + i), -EINVAL);
    assert_int_equal(kfree(mem - 8), -EINVAL);
    assert_int_equal(kfree(mem - 16), -EINVAL);
    assert_int_equal(kfree(on_the_stack), -EINVAL);
    assert_int_equal(kfree(kmalloc_arena.memory), -EINVAL);
    assert_int_equal(kfree(kmalloc_arena.memory - 8), -EINVAL);
    assert_int_equal(kfree(kmalloc_arena.memory + KMALLOC_END), -EINVAL);
    assert_int_equal(kfree(kmalloc_arena.memory + KMALLOC_END - 8), -EINVAL);
    assert_int_equal(kfree((void *)(uintptr_t)1), -EINVAL);
    expect_nothing_lost(&before);
}

static void nothing_is_freed_twice(void **state)
{
    void *const small = kmalloc(40);
    void *const a = kmalloc(BIG);
    void *const b = kmalloc(BIG);
    struct supplies before;

    (void)state;
    assert_int_equal(kfree(small), XELIX_OK);
    assert_int_equal(kfree(a), XELIX_OK);
    assert_int_equal(kfree(b), XELIX_OK);
    before = supplies();
    assert_int_equal(kfree(small), -EINVAL);
    assert_int_equal(kfree(a), -EINVAL);
    assert_int_equal(kfree(b), -EINVAL);
    expect_nothing_lost(&before);
    assert_ptr_equal(kmalloc(2 * BIG), a);
    assert_int_equal(kfree(b), -EINVAL);
}

/* ---- the state of each unit ---- */

static void units_say_what_they_are_part_of(void **state)
{
    const uint32_t start = kmalloc_arena_address();
    void *const a = kmalloc(24);
    void *const b = kmalloc(BIG);
    uint32_t taken = 0;

    (void)state;
    assert_non_null(b);
    assert_int_equal(kmalloc_unit(start), 0);
    assert_int_equal(kmalloc_unit(start + 8), 1);
    assert_int_equal(kmalloc_unit(start + 16), 2);
    assert_int_equal(kmalloc_unit(start + 8 + takes(24) - 1), 2);
    assert_int_equal(kmalloc_unit(start + 8 + takes(24)), 1);
    for (uint32_t i = 0; i < 2 * BIG; i += 8)
        taken += kmalloc_unit(start + i) > 0 ? 8 : 0;
    assert_int_equal(taken, used());
    assert_int_equal(kfree(a), XELIX_OK);
    assert_int_equal(kmalloc_unit(start + 8), 0);
    assert_int_equal(kmalloc_unit(start - 1), -EINVAL);
    assert_int_equal(kmalloc_unit(start + KMALLOC_END), -EINVAL);
}

/* ---- many at once ---- */

#define MANY 300u

static uint32_t roll(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void fill(unsigned char *mem, uint32_t size, unsigned i)
{
    memset(mem, (int)(i + size) & 0xff, size);
}

static void expect_filled(const unsigned char *mem, uint32_t size, unsigned i)
{
    for (uint32_t at = 0; at < size; at++)
        assert_int_equal(mem[at], (i + size) & 0xff);
}

static void blocks_never_meet(void **state)
{
    static unsigned char *mem[MANY];
    static uint32_t sizes[MANY];
    uint32_t seed = 7;

    (void)state;
    memset(mem, 0, sizeof mem);
    for (unsigned step = 0; step < 6000; step++) {
        const unsigned i = roll(&seed) % MANY;

        if (mem[i]) {
            expect_filled(mem[i], sizes[i], i);
            assert_int_equal(kfree(mem[i]), XELIX_OK);
            mem[i] = NULL;
            continue;
        }
        sizes[i] = 1 + roll(&seed) % (roll(&seed) % 8 ? 300 : 9000);
        mem[i] = roll(&seed) % 16 ? kmalloc(sizes[i]) : kmalloc_a(sizes[i]);
        assert_non_null(mem[i]);
        fill(mem[i], sizes[i], i);
        if (step % 100 == 0)
            assert_null(kmalloc_check());
    }
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(kfree(mem[i]), XELIX_OK);
    assert_int_equal(used(), 0);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("blocks lie one behind the other, ends and all", blocks_lie_one_behind_the_other),
    XELIX_TEST("kmalloc's memory is mapped in the kernel", memory_is_the_kernels_own),
    XELIX_TEST("0 bytes, and sizes that would wrap, are no memory", no_bytes_and_too_many_are_no_memory),
    XELIX_TEST("the whole arena can be one block", the_whole_arena_is_one_block),
    XELIX_TEST("zmalloc clears what was there before", zmalloc_clears_what_was_there),
    XELIX_TEST("aligned memory begins a page, and is freed like any other", aligned_memory_begins_a_page),
    XELIX_TEST("what lies before an aligned block is handed out", what_is_carved_off_is_used),
    XELIX_TEST("a freed block joins its neighbours on both sides", neighbours_are_joined_on_both_sides),
    XELIX_TEST("when everything is freed the arena is one block again", everything_freed_is_one_block_again),
    XELIX_TEST("the latest freed block of a size is given first", a_freed_size_is_found_again_first),
    XELIX_TEST("blocks kept for their size are joined when a larger one is asked for",
               kept_blocks_are_joined_when_they_are_needed),
    XELIX_TEST("foreign and interior pointers are refused", pointers_that_were_not_given_are_refused),
    XELIX_TEST("a block is not freed twice", nothing_is_freed_twice),
    XELIX_TEST("each unit of 8 bytes says what it is part of", units_say_what_they_are_part_of),
    XELIX_TEST("blocks never meet", blocks_never_meet),
};
KMS_TESTS(xelix_kmalloc, tests)
