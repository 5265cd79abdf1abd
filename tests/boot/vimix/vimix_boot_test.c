/*
 * VIMIX in QEMU and hosted: the events are the same, and so is every byte of kalloc()'s memory, which holds the free list,
 * all page tables, trapframes and programs.
 */
#include "boot_qemu.h"
#include "boot_suite.h"
#include "kms_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "memlayout.h"
#include "vimix_random.h"

#define CAUSE_ECALL_FROM_U 8u

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

const struct boot_suite boot_suite = {
    .subject = &vimix,
    .story = story,
    .random = vimix_random_operations,
    .window_seeds = 1,
};

/* ---- the traps that the hardware took ---- */

struct traps {
    unsigned calls; /* ECALL from U-mode */
    char faults[512];
};

/* A line of QEMU's log; page faults that a program's load or store meets come from the page of code that it is lent. */
static void take_trap(const char *line, struct traps *traps)
{
    uint64_t epc;
    uint64_t address;
    unsigned hart;
    unsigned cause;
    char fault[80];

    assert_int_equal(
        sscanf(line, "riscv_cpu_do_interrupt: hart:%u, async:0, cause:%x, epc:0x%" SCNx64 ", tval:0x%" SCNx64,
               &hart, &cause, &epc, &address),
        4);
    if (cause == CAUSE_ECALL_FROM_U)
        traps->calls++;
    if (cause != CAUSE_LOAD_PAGE_FAULT && cause != CAUSE_STORE_PAGE_FAULT)
        return;
    assert_int_equal(epc & ~(uint64_t)PAGE_OFFSET, KERNEL_STACK(0) - PAGE_SIZE);
    snprintf(fault, sizeof fault, "hart %u cause %u 0x%" PRIx64 "\n", hart, cause, address);
    assert_true(strlen(traps->faults) + strlen(fault) < sizeof traps->faults);
    strcat(traps->faults, fault);
}

static void read_traps(struct traps *traps)
{
    char command[512];
    char line[256];
    FILE *log;
    int status;

    snprintf(command, sizeof command,
             "timeout -k 5 60 %s -nodefaults -display none -no-reboot -bios none -smp 2 -m 64M -machine virt"
             " -serial null -kernel %s -d int -D /dev/stdout",
             QEMU, BOOT_IMAGE);
    log = popen(command, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log))
        take_trap(line, traps);
    status = pclose(log);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), boot_exit_status(BOOT_EXIT_DONE));
}

/*
 * By hand: one system call for each of the story's syscall and sbrk, two for the heap's first step, and one each time that
 * free() or realloc() asks where the break is. The stack grows, the trapframe is not hart 1's, a program has ended.
 */
static void programs_run_in_user_mode(void **state)
{
    const char expected[] =
#if KERNEL_XLEN == 64
        "hart 0 cause 15 0x3ffffef000\nhart 1 cause 15 0x3fffffe000\nhart 0 cause 13 0x1000\n";
#else
        "hart 0 cause 15 0xfffef000\nhart 1 cause 15 0xffffe000\nhart 0 cause 13 0x1000\n";
#endif
    struct traps traps = {0};

    (void)state;
    if (boot_missing())
        kms_skip(boot_missing());
    read_traps(&traps);
    assert_int_equal(traps.calls, 4 + 2 + 4);
    assert_string_equal(traps.faults, expected);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the story's programs run in U-mode: ECALL and page faults are taken from there",
             programs_run_in_user_mode),
};
KMS_TESTS(vimix_boot, tests)
