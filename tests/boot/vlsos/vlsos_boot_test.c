#include "boot_compare.h"
#include "kms_test.h"

#include <kernel/hw.h>
#include <stdlib.h>

#include "config.h"
#include "paging.h"
#include "vlsos_random.h"

#define RANDOM_OPERATIONS 1500u

static const struct boot_range host_memory[] = {
    {VLSOS_TEXT, HEAP_START},
};

/* The tags of the pages, and behind them the buddy allocator's sets. */
static const struct boot_range frame_table = {VLSOS_FRAME_TABLE, VLSOS_POOL};

static void find_directories(struct boot_run *run)
{
    run->directories[run->directory_count++] = hw_read_cr3();
}

static const struct boot_subject vlsos = {
    .host_memory = host_memory,
    .host_memory_count = sizeof host_memory / sizeof host_memory[0],
    .same = &frame_table,
    .same_count = 1,
    .ram_size = BOOT_LOADER_RAM,
    .pae = true,
    .find_directories = find_directories,
};

/* Worked out by hand: the tables take the first pages from 0x00400000, the lowest block of the least order follows. */
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
    vlsos_random_operations(seed, ops, RANDOM_OPERATIONS);
    boot_compare(&(struct boot_hosted){&vlsos, mode, ops, RANDOM_OPERATIONS});
    free(ops);
}

static void story_direct(void **state)
{
    (void)state;
    boot_compare_story(&vlsos, KMS_GUEST_DIRECT);
}

static void story_in_the_window(void **state)
{
    (void)state;
    boot_compare_story(&vlsos, KMS_GUEST_WINDOW);
}

static void random_direct(void **state)
{
    (void)state;
    compare_random(KMS_GUEST_DIRECT, 1);
}

static void random_in_the_window(void **state)
{
    (void)state;
    for (uint32_t seed = 2; seed < 4; seed++)
        compare_random(KMS_GUEST_WINDOW, seed);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("vlsos.elf boots in QEMU and tells its story on the serial port", the_story_is_told),
    KMS_TEST("the story hosted in direct mode is the story on the metal", story_direct),
    KMS_TEST("the story hosted in the window leaves the metal's tables, A and D included",
             story_in_the_window),
    KMS_TEST("random operations hosted in direct mode do what they do on the metal", random_direct),
    KMS_TEST("random operations in the window leave the metal's tables, A and D included",
             random_in_the_window),
};
KMS_TESTS(vlsos_boot, tests)
