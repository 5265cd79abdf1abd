#include "boot_compare.h"
#include "jslk_random.h"
#include "kms_test.h"

#include <stdlib.h>

#include "config.h"
#include "paging.h"

#define RANDOM_OPERATIONS 1500u
#define BITMAP_BYTES      512u
#define BITMAPS           (JSLK_PLACEMENT_START + PAGE_SIZE)
#define TABLES_END        0x0020b000u /* GDT, bitmaps, directory, 5 tables, and the page after them */

static const struct boot_range host_memory = {0x00100000, 0x00200000};

/* The access byte of the code descriptor: QEMU's far jump does not set its accessed bit, as a processor's does. */
#define CODE_ACCESS (JSLK_PLACEMENT_START + 8 + 5)

/* The GDT, the bitmap of frames taken, and all that the heap ever had, its index, headers and footers included. */
static const struct boot_range same[] = {
    {JSLK_PLACEMENT_START, CODE_ACCESS},
    {CODE_ACCESS + 1, JSLK_PLACEMENT_START + 24},
    {BITMAPS + BITMAP_BYTES, BITMAPS + 2 * BITMAP_BYTES},
    {TABLES_END, JSLK_MEMORY_SIZE},
};

static void find_directory(struct boot_run *run)
{
    run->directories[run->directory_count++] = kernel_directory->physicalAddr;
}

static const struct boot_subject jslk = {
    .host_memory = &host_memory,
    .host_memory_count = 1,
    .same = same,
    .same_count = sizeof same / sizeof same[0],
    .find_tables = find_directory,
};

/* Worked out by hand: headers of 12 bytes, footers of 8, the first block at 0xc0080000. */
static const char story[] = {
#include "story.inc"
};

static void the_story_is_told(void **state)
{
    (void)state;
    boot_tells(story);
}

static void compare_random(enum kms_guest_mode mode, uint32_t seed)
{
    struct replay_op *const ops = calloc(RANDOM_OPERATIONS, sizeof *ops);

    assert_non_null(ops);
    jslk_random_operations(seed, ops, RANDOM_OPERATIONS);
    boot_compare(&(struct boot_hosted){&jslk, mode, ops, RANDOM_OPERATIONS});
    free(ops);
}

static void story_direct(void **state)
{
    (void)state;
    boot_compare_story(&jslk, KMS_GUEST_DIRECT);
}

static void story_in_the_window(void **state)
{
    (void)state;
    boot_compare_story(&jslk, KMS_GUEST_WINDOW);
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
    KMS_TEST("jslk.elf boots in QEMU and tells its story on the serial port", the_story_is_told),
    KMS_TEST("the story hosted in direct mode leaves the metal's heap and tables", story_direct),
    KMS_TEST("the story hosted in the window leaves the metal's heap and tables, A and D included",
             story_in_the_window),
    KMS_TEST("random operations hosted in direct mode do what they do on the metal", random_direct),
    KMS_TEST("random operations in the window leave the metal's heap and tables, A and D included",
             random_in_the_window),
};
KMS_TESTS(jslk_boot, tests)
