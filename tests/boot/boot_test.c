#include "boot_compare.h"
#include "boot_random.h"
#include "kms_test.h"

#include <stdlib.h>

#include "../../src/boot/x86/boot.h"

#define RANDOM_OPERATIONS 1500u

/* Worked out by hand: blocks of 4 KiB from 16 MiB on, 1026 for a directory, first fit. */
static const char story[] = {
#include "story.inc"
};

static void need_metal(void)
{
    const char *const missing = boot_missing();

    if (missing)
        kms_skip(missing);
}

static void the_story_is_told(void **state)
{
    struct boot_run metal;

    (void)state;
    need_metal();
    boot_run_metal(NULL, 0, &metal);
    assert_string_equal(metal.lines, story);
    boot_run_free(&metal);
}

static void compare(enum kms_guest_mode mode, const struct replay_op *ops, uint32_t count)
{
    struct boot_run hosted;
    struct boot_run metal;

    need_metal();
    boot_run_hosted(mode, ops, count, &hosted);
    boot_run_metal(ops, count, &metal);
    boot_compare_lines(&hosted, &metal);
    boot_compare_heap_tables(&hosted, &metal);
    boot_compare_tables(&hosted, &metal, mode == KMS_GUEST_WINDOW);
    boot_run_free(&hosted);
    boot_run_free(&metal);
}

static void compare_random(enum kms_guest_mode mode, uint32_t seed)
{
    struct replay_op *const ops = calloc(RANDOM_OPERATIONS, sizeof *ops);

    assert_non_null(ops);
    boot_random_operations(seed, ops, RANDOM_OPERATIONS);
    compare(mode, ops, RANDOM_OPERATIONS);
    free(ops);
}

static void story_direct(void **state)
{
    (void)state;
    compare(KMS_GUEST_DIRECT, boot_story, boot_story_length);
}

static void story_in_the_window(void **state)
{
    (void)state;
    compare(KMS_GUEST_WINDOW, boot_story, boot_story_length);
}

static void random_direct(void **state)
{
    (void)state;
    compare_random(KMS_GUEST_DIRECT, 1);
}

static void random_in_the_window(void **state)
{
    (void)state;
    for (uint32_t seed = 2; seed < 5; seed++)
        compare_random(KMS_GUEST_WINDOW, seed);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("vana.elf boots in QEMU and tells its story on the serial port", the_story_is_told),
    KMS_TEST("the story hosted in direct mode is the story on the metal", story_direct),
    KMS_TEST("the story hosted in the window leaves the metal's tables, A and D included",
             story_in_the_window),
    KMS_TEST("random operations hosted in direct mode do what they do on the metal", random_direct),
    KMS_TEST("random operations in the window leave the metal's tables, A and D included",
             random_in_the_window),
};
KMS_TESTS(boot, tests)
