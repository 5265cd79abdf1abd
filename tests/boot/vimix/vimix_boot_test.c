/*
 * VIMIX in QEMU and hosted: the events are the same, and so is every byte of kalloc()'s memory, which holds the free list,
 * all page tables, trapframes and programs.
 */
#include "boot_compare.h"
#include "kms_test.h"

#include <stdlib.h>

#include "memlayout.h"
#include "vimix_random.h"

#define RANDOM_OPERATIONS 1500u

static const struct boot_range pages = {KERNEL_END, DTB_BASE};
static const struct boot_subject vimix = {.same = &pages, .same_count = 1};

/* Worked out by hand. */
static const char story[] = {
#if KERNEL_XLEN == 64
#include "story64.inc"
#else
#include "story32.inc"
#endif
};

static void the_story_is_told(void **state)
{
    (void)state;
    boot_tells(story);
}

static void the_story_hosted(void **state)
{
    (void)state;
    boot_compare_story(&vimix, KMS_GUEST_DIRECT);
}

static void the_story_in_the_window(void **state)
{
    (void)state;
    boot_compare_story(&vimix, KMS_GUEST_WINDOW);
}

static void compare_random(enum kms_guest_mode mode, uint32_t seed)
{
    struct replay_op *const ops = calloc(RANDOM_OPERATIONS, sizeof *ops);

    assert_non_null(ops);
    vimix_random_operations(seed, ops, RANDOM_OPERATIONS);
    boot_compare(&(struct boot_hosted){&vimix, mode, ops, RANDOM_OPERATIONS});
    free(ops);
}

static void random_operations(void **state)
{
    (void)state;
    compare_random(KMS_GUEST_DIRECT, 1);
}

static void random_in_the_window(void **state)
{
    (void)state;
    compare_random(KMS_GUEST_WINDOW, 2);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the image boots in QEMU and tells its story on the serial port", the_story_is_told),
    KMS_TEST("the story hosted is the story on the metal, and leaves the same memory", the_story_hosted),
    KMS_TEST("the story in the window is the story on the metal, and leaves the same memory",
             the_story_in_the_window),
    KMS_TEST("random operations hosted do what they do on the metal, and leave the same memory",
             random_operations),
    KMS_TEST("random operations in the window do what they do on the metal, and leave the same memory",
             random_in_the_window),
};
KMS_TESTS(vimix_boot, tests)
