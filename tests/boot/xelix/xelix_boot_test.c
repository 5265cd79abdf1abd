/*
 * Xelix in QEMU: its story, the same hosted, and the end of a kernel that leaves UL_VISIBLE out of its tasks.
 */
#include "boot_suite.h"
#include "kms_test.h"
#include "xelix_random.h"

#include <kernel/x86.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "tasks/task.h"

/* The image with the section UL_VISIBLE, the boot module, the boot stack; and the kernel's directory and first table, which
 * the image writes to when ring 3 runs without a task. */
static const struct boot_range host_memory = {XELIX_KERNEL_ADDRESS, XELIX_PAGING_AREA + 2 * PAGE_SIZE};

/* The end of RAM differs by what QEMU keeps for its firmware: the bitmap of frames up to there. */
#define SAME_FRAMES 0x7f00u

static const struct boot_range same[] = {
    {XELIX_FRAMES_BITMAP, XELIX_FRAMES_BITMAP + SAME_FRAMES / 8},
    {XELIX_KERNEL_BITMAP, XELIX_KERNEL_BITMAP + XELIX_BITMAP_BYTES},
    {XELIX_EARLY_END, XELIX_EARLY_END + XELIX_ARENA_PAGES *PAGE_SIZE}, /* kmalloc's arena */
};

static void find_tables(struct boot_run *run)
{
    run->directories[run->directory_count++] = vm_kernel.directory;
    for (int id = 0; id < (int)XELIX_MAX_TASKS; id++)
        if (task_get(id))
            run->directories[run->directory_count++] = task_get(id)->ctx.directory;
}

static const struct boot_subject xelix = {
    .host_memory = &host_memory,
    .host_memory_count = 1,
    .same = same,
    .same_count = sizeof same / sizeof same[0],
    .find_tables = find_tables,
};

/* Worked out by hand: blocks of kmalloc's from 0x10000008 on, with 8 bytes before the memory and 8 behind. */
static const char story[] = {
#include "story.inc"
};

const struct boot_suite boot_suite = {
    .subject = &xelix,
    .story = story,
    .random = xelix_random_operations,
    .window_seeds = 3,
};

/* ---- without UL_VISIBLE ---- */

static char *read_file(const char *path)
{
    static char text[65536];
    FILE *const file = fopen(path, "rb");
    size_t size;

    assert_non_null(file);
    size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* QEMU's log tells resets, among them that of a triple fault; with -no-reboot it then ends by itself. */
static void run_blind(const char *serial, const char *log)
{
    char command[512];
    int status;

    snprintf(command, sizeof command,
             "timeout -k 5 60 %s -nodefaults -display none -no-reboot -m 128M -serial file:%s"
             " -device isa-debug-exit,iobase=0xf4,iosize=0x04 -kernel %s -d cpu_reset -D %s",
             QEMU, serial, BLIND_IMAGE, log);
    status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_kernel_without_the_section_dies(void **state)
{
    char serial[] = "/tmp/xelix-serial-XXXXXX";
    char log[] = "/tmp/xelix-log-XXXXXX";

    (void)state;
    if (boot_missing())
        kms_skip(boot_missing());
    close(mkstemp(serial));
    close(mkstemp(log));
    run_blind(serial, log);
    assert_non_null(strstr(read_file(serial), "\n11 switch @0 = ok\n"));
    assert_null(strstr(read_file(serial), "\n12 "));
    assert_non_null(strstr(read_file(log), "Triple fault"));
    unlink(serial);
    unlink(log);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("without UL_VISIBLE the first access of a task's ends in a triple fault",
             a_kernel_without_the_section_dies),
};
KMS_TESTS(xelix_boot, tests)
