/*
 * test_canary.c - writes beside a block, in the build with canaries: which side, and how far.
 */
#include "xelix_fixture.h"

#include <stdio.h>
#include <string.h>

#include "mem/kmalloc_block.h"

/* Open to the sanitizers: the damage is meant. */
static void scribble(unsigned char *at, size_t bytes)
{
    kernel_mark_known(at, bytes);
    memset(at, 0x77, bytes);
}

static void expect_damage(void *mem, uint32_t before, uint32_t after)
{
    const uint32_t blocks = kmalloc_damage().blocks;

    assert_non_null(kmalloc_check());
    assert_int_equal(kfree(mem), XELIX_OK);
    assert_int_equal(kmalloc_damage().blocks, blocks + 1);
    assert_int_equal(kmalloc_damage().before, before);
    assert_int_equal(kmalloc_damage().after, after);
    assert_null(kmalloc_check());
}

static void one_byte_behind(void **state)
{
    (void)state;
    for (uint32_t size = 1; size < 40; size++) {
        unsigned char *const mem = kmalloc(size);

        scribble(mem + size, 1);
        expect_damage(mem, 0, 1);
    }
}

static void bytes_behind(void **state)
{
    (void)state;
    for (uint32_t bytes = 1; bytes <= KMALLOC_CANARY; bytes++) {
        unsigned char *const mem = kmalloc_a(30);

        scribble(mem + 30, bytes);
        expect_damage(mem, 0, bytes);
    }
}

static void bytes_before(void **state)
{
    (void)state;
    for (uint32_t bytes = 1; bytes <= KMALLOC_CANARY; bytes++) {
        unsigned char *const mem = zmalloc(30);

        scribble(mem - bytes, bytes);
        expect_damage(mem, bytes, 0);
    }
}

static void both_sides(void **state)
{
    unsigned char *const mem = kmalloc(24);

    (void)state;
    scribble(mem - 3, 3);
    scribble(mem + 24, 5);
    expect_damage(mem, 3, 5);
}

static void a_hole_in_the_damage(void **state)
{
    unsigned char *const mem = kmalloc(24);

    (void)state;
    scribble(mem + 24 + 9, 1);
    expect_damage(mem, 0, 10);
}

static void the_checker_says_which_side(void **state)
{
    unsigned char *const mem = kmalloc(24);
    char expected[128];

    (void)state;
    scribble(mem - 1, 1);
    snprintf(expected, sizeof expected, "kmalloc block at 0x%08x: the canary before it was overwritten",
             kmalloc_address(mem) - KMALLOC_FRONT - KMALLOC_HEADER);
    assert_string_equal(kmalloc_check(), expected);
    expect_damage(mem, 1, 0);
}

static void right_uses(void **state)
{
    (void)state;
    for (uint32_t size = 1; size < 3000; size += 61) {
        unsigned char *const mem = kmalloc(size);

        memset(mem, 0x33, size);
        assert_int_equal(kfree(mem), XELIX_OK);
    }
    assert_int_equal(kmalloc_damage().blocks, 0);
}

static void an_underrun_through_the_canary(void **state)
{
    unsigned char *const mem = kmalloc(24);

    (void)state;
    scribble(mem - KMALLOC_CANARY - 8, KMALLOC_CANARY + 8);
    expect_damage(mem, KMALLOC_CANARY + 8, 0);
}

/* ---- what is said on the console ---- */

static char console[256];

static void keep(void *context, char c)
{
    const size_t length = strlen(console);

    (void)context;
    if (length + 1 < sizeof console)
        console[length] = c;
}

static uint32_t damaged;

static void overrun(void *context)
{
    unsigned char *const mem = kmalloc(10);

    (void)context;
    damaged = kmalloc_address(mem);
    scribble(mem + 10, 3);
    scribble(mem - 1, 1);
    (void)kfree(mem);
}

static void the_console_has_it_in_words(void **state)
{
    const struct kms_guest_options options = {
        .kernel = XELIX_MODULE, .mode = KMS_GUEST_DIRECT, .console = keep};
    struct kms_guest *guest = NULL;
    char expected[256];

    (void)state;
    memset(console, 0, sizeof console);
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(kms_guest_call(guest, overrun, NULL, NULL), KMS_GUEST_RETURNED);
    snprintf(expected, sizeof expected,
             "kmalloc: 0x%08x was written to 1 byte before its start\n"
             "kmalloc: 0x%08x was written to 3 bytes behind its end\n",
             damaged, damaged);
    assert_string_equal(console, expected);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("one byte behind a block of any size is seen", one_byte_behind),
    XELIX_TEST("how far a write went behind the end is told", bytes_behind),
    XELIX_TEST("how far a write went before the start is told", bytes_before),
    XELIX_TEST("both sides are told apart", both_sides),
    XELIX_TEST("the farthest byte counts, whatever lies between", a_hole_in_the_damage),
    XELIX_TEST("the checker says which canary, before the block is freed", the_checker_says_which_side),
    XELIX_TEST("right uses leave the canaries whole", right_uses),
    XELIX_TEST("an underrun through the canary into the size is told", an_underrun_through_the_canary),
    KMS_TEST("the console has both sides in words", the_console_has_it_in_words),
};
KMS_TESTS(xelix_canary, tests)
