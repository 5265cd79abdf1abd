#include "boot_suite.h"
#include "kms_test.h"

#include <kernel/hw.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "paging.h"
#include "process.h"
#include "vlsos_processes.h"
#include "vlsos_random.h"
#include "vm_books.h"

#define PROCESS_OPERATIONS 3000u
#define STORE_PAGES        16384u
#define LEAST_KIB          8320u /* the loader reports 128 KiB less */

static const struct boot_range host_memory[] = {
    {VLSOS_TEXT, HEAP_START},
};

/* The tags of the pages, and behind them the buddy allocator's sets. */
static const struct boot_range frame_table = {VLSOS_FRAME_TABLE, VLSOS_POOL};

static struct vm_counts counts; /* of the latest hosted run */

static void add_book(struct boot_run *run, const void *start, size_t size)
{
    const uint32_t linear = hw_linear(start);

    run->books[run->book_count++] = (struct boot_range){linear, linear + (uint32_t)size};
}

/* What virtual memory knows holds no pointers. */
static void add_books(struct boot_run *run)
{
    add_book(run, books.vm.frames.table, books.vm.frames.count * sizeof(struct frame));
    add_book(run, books.vm.slots.table, books.vm.slots.count * sizeof(struct slot));
    add_book(run, books.processes, VLSOS_PROCESSES * sizeof(struct process));
}

static void find_tables(struct boot_run *run)
{
    run->directories[run->directory_count++] = paging_kernel.root;
    if (!books.processes)
        return;
    add_books(run);
    counts = books.vm.counts;
    for (int id = 0; id < VLSOS_PROCESSES && run->directory_count < BOOT_DIRECTORIES; id++)
        if (books.processes[id].lives)
            run->directories[run->directory_count++] = books.processes[id].space.tables.root;
}

static const struct boot_subject vlsos = {
    .host_memory = host_memory,
    .host_memory_count = sizeof host_memory / sizeof host_memory[0],
    .same = &frame_table,
    .same_count = 1,
    .ram_size = BOOT_LOADER_RAM,
    .pae = true,
    .user_pages = true,
    .store_pages = STORE_PAGES,
    .find_tables = find_tables,
};

/* The least RAM that VlsOs boots with. */
static const struct boot_subject least = {
    .host_memory = host_memory,
    .host_memory_count = sizeof host_memory / sizeof host_memory[0],
    .same = &frame_table,
    .same_count = 1,
    .ram_size = VLSOS_RAM_LEAST,
    .pae = true,
    .user_pages = true,
    .store_pages = STORE_PAGES,
    .metal_kib = LEAST_KIB,
    .find_tables = find_tables,
};

/* Worked out by hand: the tables take the first pages from 0x00400000, the lowest block of the least order follows. */
static const char story[] = {
#include "story.inc"
};

const struct boot_suite boot_suite = {
    .subject = &vlsos,
    .story = story,
    .random = vlsos_random_operations,
    .window_seeds = 2,
};

/* ---- processes ---- */

static void compare_processes(enum kms_guest_mode mode, uint32_t seed)
{
    struct replay_op *const ops = calloc(PROCESS_OPERATIONS, sizeof *ops);

    assert_non_null(ops);
    vlsos_random_processes(seed, ops, PROCESS_OPERATIONS);
    boot_compare(&(struct boot_hosted){&vlsos, mode, ops, PROCESS_OPERATIONS});
    free(ops);
    assert_true(counts.evictions > 500 && counts.write_backs > 200 && counts.swap_ins > 200);
    assert_true(counts.copies > 20 && counts.refused > 5);
}

static void processes_direct(void **state)
{
    (void)state;
    compare_processes(KMS_GUEST_DIRECT, 2);
}

static void processes_in_the_window(void **state)
{
    (void)state;
    compare_processes(KMS_GUEST_WINDOW, 7);
}

/* What the hosted run read, line by line; the metal's lines are compared with these. */
static void expect_reads(const char *line)
{
    for (uint32_t n = 0; n < WORKLOAD_START + WORKLOAD_READS; n++)
        line = strchr(line, '\n') + 1;
    for (uint32_t n = 0; n < WORKLOAD_READS; n++) {
        assert_int_equal(strtoul(strstr(line, " = ") + 3, NULL, 16), vlsos_workload_value(n));
        line = strchr(line, '\n') + 1;
    }
}

static void four_times_ram(void **state)
{
    static struct replay_op ops[WORKLOAD_LENGTH];
    const struct boot_hosted hosted = {&least, KMS_GUEST_WINDOW, ops, WORKLOAD_LENGTH};
    struct boot_run run;

    (void)state;
    assert_true((uint64_t)WORKLOAD_PROCESSES * WORKLOAD_PAGES * PAGE_SIZE >= 4 * 1024 * LEAST_KIB);
    vlsos_workload(ops);
    boot_compare(&hosted);
    boot_run_hosted(&hosted, &run);
    expect_reads(run.lines);
    boot_run_free(&run);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("processes that share, swap and fail leave the metal's pages, books and store in direct mode",
             processes_direct),
    KMS_TEST("processes that share, swap and fail leave the metal's tables in the window, A and D included",
             processes_in_the_window),
    KMS_TEST("four processes of more than RAM each keep every byte on the metal, and all tables are the same",
             four_times_ram),
};
KMS_TESTS(vlsos_boot, tests)
