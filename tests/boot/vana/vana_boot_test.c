#include "boot_suite.h"
#include "vana_random.h"

#include "config.h"
#include "layout.h"
#include "task.h"

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

const struct boot_suite boot_suite = {
    .subject = &vana,
    .story = story,
    .random = vana_random_operations,
    .window_seeds = 3,
};
