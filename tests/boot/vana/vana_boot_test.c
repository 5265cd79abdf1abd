#include "boot_compare.h"
#include "kms_test.h"
#include "vana_random.h"

#include <stdlib.h>

#include "config.h"
#include "layout.h"
#include "task.h"

#define RANDOM_OPERATIONS 1500u

static const struct boot_range host_memory[] = {
    {VANA_KERNEL_ADDRESS, VANA_KERNEL_STACK_TOP},
    {VANA_RING0_STACK, VANA_RING0_STACK_TOP},
};

static const struct boot_range heap_table = {
    VANA_HEAP_TABLE_ADDRESS, VANA_HEAP_TABLE_ADDRESS + VANA_HEAP_SIZE_BYTES / VANA_HEAP_BLOCK_SIZE};

static void find_tables(struct boot_run *run)
{
    kernel_page(); /* the descriptors are the kernel's memory */
    run->directories[run->directory_count++] = kernel_chunk()->directory_entry;
    for (const struct task *task = task_get_head(); task; task = task_get_next(task))
        run->directories[run->directory_count++] = task_chunk(task)->directory_entry;
}

static const struct boot_subject vana = {
    .host_memory = host_memory,
    .host_memory_count = sizeof host_memory / sizeof host_memory[0],
    .same = &heap_table,
    .same_count = 1,
    .find_tables = find_tables,
};

/* Worked out by hand: blocks of 4 KiB from 16 MiB on, 1026 for a directory, first fit. */
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
    vana_random_operations(seed, ops, RANDOM_OPERATIONS);
    boot_compare(&(struct boot_hosted){&vana, mode, ops, RANDOM_OPERATIONS});
    free(ops);
}

static void story_direct(void **state)
{
    (void)state;
    boot_compare_story(&vana, KMS_GUEST_DIRECT);
}

static void story_in_the_window(void **state)
{
    (void)state;
    boot_compare_story(&vana, KMS_GUEST_WINDOW);
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
KMS_TESTS(vana_boot, tests)
