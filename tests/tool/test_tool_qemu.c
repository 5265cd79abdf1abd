/* The tool against QEMU's monitor on tables that guests of our own built, and on their deaths. */
#include "kms_test.h"
#include "monitor.h"
#include "run_tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A guest of ours, halted after it turned paging on, and paused. */
static struct qemu start_guest(const char *kernel)
{
    char ready[128], debugcon[160];
    snprintf(ready, sizeof ready, "%s/ready", tool_folder());
    snprintf(debugcon, sizeof debugcon, "file:%s", ready);
    unlink(ready);
    const char *const arguments[] = {"qemu-system-x86_64", "-cpu",   "max", "-m", "32", "-kernel", kernel,
                                     "-debugcon",          debugcon, NULL};
    if (access(kernel, R_OK) != 0)
        qemu_missing("a compiler of freestanding i386 code (gcc -m32)");
    struct qemu qemu = qemu_start(arguments);
    qemu_wait(&qemu, ready, "R", 20);
    qemu_pause(&qemu);
    return qemu;
}

static void compare_guest(const char *kernel, unsigned oddities)
{
    struct qemu qemu = start_guest(kernel);
    monitor_compare(&qemu, 32, oddities);
    qemu_stop(&qemu);
}

static void expect_monitor(struct qemu *qemu, const char *command, const char *part, bool there)
{
    char *answer = qemu_monitor(qemu, command);
    if ((strstr(answer, part) != NULL) != there)
        fail_msg("%s: %s", command, answer);
    free(answer);
}

/* The table of docs/tool.md, row by row. */
static void oddities(void **state)
{
    char command[256];
    (void)state;
    struct qemu qemu = start_guest(GUEST_ODD);
    expect_monitor(&qemu, "info tlb", "00000000e1000000: 0000000000400000 --P------\n", true);
    expect_monitor(&qemu, "info tlb", "00000000e1400000: 0000000000a00000 --P------\n", true);
    expect_monitor(&qemu, "gva2gpa 0xe1400000", "gpa: ", true);
    snprintf(command, sizeof command, "dump-guest-memory %s/core", tool_folder());
    free(qemu_monitor(&qemu, command));
    qemu_stop(&qemu);
    tool_expect("tlb core --range 0xe1000000-0xe17fffff", "00000000e1000000: 0000000100400000 --P------\n",
                "", 0);
    tool_expect("translate 0xe1400000 core", "Unmapped\n", "", 1);
}

static void compares_32bit(void **state)
{
    (void)state;
    compare_guest(GUEST_32, 0);
}

static void compares_pae(void **state)
{
    (void)state;
    compare_guest(GUEST_36, MONITOR_PAE_NX_IN_ADDRESS);
}

static void compares_4level(void **state)
{
    (void)state;
    compare_guest(GUEST_64, 0);
}

/* ---- explain, live ---- */

static void dies_of(const char *kernel, const char *part)
{
    char command[1024], expected[128];
    if (system("command -v qemu-system-i386 >/dev/null") != 0)
        qemu_missing("qemu-system-i386");
    if (access(kernel, R_OK) != 0)
        qemu_missing("a compiler of freestanding i386 code (gcc -m32)");
    snprintf(
        command, sizeof command,
        "timeout 20 qemu-system-i386 -m 16 -display none -nodefaults -kernel %s -no-reboot -d int,cpu_reset "
        "-D %s/log 2>/dev/null",
        kernel, tool_folder());
    assert_int_equal(system(command), 0);
    struct tool_run run = tool_run("explain log");
    snprintf(expected, sizeof expected,
             "Not mapped when it happened: the %s. Map it in the new tables before setting "
             "CR0.PG.\n",
             part);
    assert_non_null(strstr(run.out, "this is the moment at which CR0.PG was set"));
    assert_non_null(strstr(run.out, expected));
    assert_int_equal(run.status, 1);
    tool_free(&run);
}

static void explains_code(void **state)
{
    (void)state;
    dies_of(TRIPLE_1, "code");
}

static void explains_stack(void **state)
{
    (void)state;
    dies_of(TRIPLE_2, "stack");
}

static void explains_idt(void **state)
{
    (void)state;
    dies_of(TRIPLE_3, "IDT");
}

static void explains_gdt(void **state)
{
    (void)state;
    dies_of(TRIPLE_4, "GDT");
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("tlb, mem and translate are QEMU's to the letter with 32-bit paging", compares_32bit),
    KMS_TEST("tlb, mem and translate are QEMU's to the letter with PAE paging, NX in the frame excepted",
             compares_pae),
    KMS_TEST("tlb, mem and translate are QEMU's to the letter with 4-level paging", compares_4level),
    KMS_TEST("what QEMU's monitor shows otherwise is as documented", oddities),
    KMS_TEST("a live reboot at CR0.PG is explained by the code that is not mapped", explains_code),
    KMS_TEST("a live reboot at CR0.PG is explained by the stack that is not mapped", explains_stack),
    KMS_TEST("a live reboot at CR0.PG is explained by the IDT that is not mapped", explains_idt),
    KMS_TEST("a live reboot at CR0.PG is explained by the GDT that is not mapped", explains_gdt),
};
KMS_TESTS(tool_qemu, tests)
