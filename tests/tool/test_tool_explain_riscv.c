/* explain on logs of RISC-V. Those in tests/data/logs were written by QEMU 7.2 for kernels that write satp with too little
 * mapped, cut after some lines; the others are made here. */
#include "kms_test.h"
#include "run_tool.h"

#include <jansson.h>
#include <string.h>

#define LOGS TEST_DATA "/logs/"
#define SIZE 0x4000u

/* A line of QEMU's log; numbers in hexadecimal. */
#define TRAP(hart, async, cause, epc, tval)                                                                  \
    "riscv_cpu_do_interrupt: hart:" hart ", async:" async ", cause:00000000000000" cause ", epc:0x" epc      \
    ", tval:0x" tval ", desc=whatever\n"
#define FAULT(cause, epc, tval) TRAP("0", "0", cause, epc, tval)
#define ECALL                   TRAP("0", "0", "08", "1000", "0")
#define TIMER                   TRAP("0", "1", "05", "1000", "0")

static void expect_log(const char *log, const char *expected, int status)
{
    tool_file("log", log, strlen(log));
    tool_expect("explain log", expected, "", status);
}

static void a_missing_handler_is_named(void **state)
{
    (void)state;
    tool_expect(
        "explain " LOGS "riscv64-code.log",
        "The log holds 8 traps, 8 of them faults.\n"
        "First came an instruction page fault (cause 12) on hart 0: the instruction at 0x80000068, stval "
        "0x80000068.\n"
        "That is the instruction itself: the code is not mapped, or not executable.\n"
        "Then came an instruction page fault (cause 12) on hart 0: the instruction at 0x80000074, stval "
        "0x80000074.\n"
        "It came 7 times in a row.\n"
        "The handler's own first instruction, at 0x80000074, cannot be fetched: what stvec points to is "
        "not mapped, or not executable.\n"
        "Not mapped when it happened: the code, the handler. Map it in the new tables before writing "
        "satp, or load a satp whose tables have it.\n",
        "", 1);
}

static void a_missing_stack_is_named(void **state)
{
    (void)state;
    tool_expect(
        "explain " LOGS "riscv32-stack.log",
        "The log holds 8 traps, 8 of them faults.\n"
        "First came a store/AMO page fault (cause 15) on hart 0: the instruction at 0x80000090, stval "
        "0x40000ffc.\n"
        "Then came a store/AMO page fault (cause 15) on hart 0: the instruction at 0x8000009c, stval "
        "0x40000900.\n"
        "It came 7 times in a row, each time 0x100 lower: the handler pushes onto a stack that is not "
        "mapped.\n"
        "Not mapped when it happened: the stack. Map it in the new tables before writing satp, or load a "
        "satp whose tables have it.\n",
        "", 1);
}

static void the_last_fault_is_told(void **state)
{
    (void)state;
    expect_log(FAULT("0d", "10b0", "5000") ECALL TIMER FAULT("0d", "10c0", "7000"),
               "The log holds 4 traps, 2 of them faults.\n"
               "Last came a load page fault (cause 13) on hart 0: the instruction at 0x000010c0, stval "
               "0x00007000.\n",
               1);
    expect_log(ECALL TIMER, "The log holds 2 traps, 0 of them faults.\n", 0);
    expect_log(
        FAULT("01", "5000", "5000"),
        "The log holds 1 traps, 1 of them faults.\n"
        "Last came an instruction access fault (cause 1) on hart 0: the instruction at 0x00005000, stval "
        "0x00005000.\n"
        "That is the instruction itself: the code is not mapped, or not executable.\n"
        "Not mapped when it happened: the code. Map it in the new tables before writing satp, or load a "
        "satp whose tables have it.\n",
        1);
}

/* The end of what explain says. */
static void expect_end(const char *log, const char *end)
{
    tool_file("log", log, strlen(log));
    struct tool_run run = tool_run("explain log");
    if (strlen(run.out) < strlen(end) || strcmp(run.out + strlen(run.out) - strlen(end), end) != 0)
        fail_msg("%s", run.out);
    tool_free(&run);
}

static void what_is_a_repeat(void **state)
{
    static const char same[] =
        "It came 2 times in a row from the same place: its handler returns without a cure, "
        "or faults itself.\n";
    (void)state;
    expect_end(FAULT("0d", "10b0", "5000") FAULT("0d", "10b0", "5000"), same);
    /* Not with a system call between them, elsewhere, of another kind, on another hart, or upwards as demand paging. */
    expect_end(FAULT("0d", "10b0", "5000") ECALL FAULT("0d", "10b0", "5000"), "stval 0x00005000.\n");
    expect_end(FAULT("0d", "10b0", "5000") FAULT("0d", "10b4", "5000"), "stval 0x00005000.\n");
    expect_end(FAULT("0d", "10b0", "5000") FAULT("0f", "10b0", "5000"), "stval 0x00005000.\n");
    expect_end(FAULT("0d", "10b0", "5000") TRAP("1", "0", "0d", "10b0", "5000"), "stval 0x00005000.\n");
    expect_end(FAULT("0d", "10b0", "5000") FAULT("0d", "10b0", "6000"), "stval 0x00006000.\n");
    expect_end(FAULT("0d", "10b0", "9000") FAULT("0d", "10b0", "7000"), "stval 0x00007000.\n");
    expect_end(FAULT("0d", "10b0", "9000") FAULT("0d", "10b0", "8ff0") FAULT("0d", "10b0", "8f00"),
               "stval 0x00008f00.\n");
}

/* ---- registers, and an image ---- */

static void registers_are_read(void **state)
{
    (void)state;
    tool_expect(
        "explain " LOGS "riscv64-registers.log",
        "A register block at 0x80000074: Sv39, satp 0x8000000000080001, stvec 0x80000074.\n"
        "The last trap into S-mode was an instruction page fault (cause 12) on hart 0: the instruction at "
        "0x80000074, stval 0x80000074.\n"
        "The handler's own first instruction, at 0x80000074, cannot be fetched: what stvec points to is "
        "not mapped, or not executable.\n"
        "Not mapped when it happened: the handler. Map it in the new tables before writing satp, or load "
        "a satp whose tables have it.\n",
        "", 1);
    expect_log(" pc       80000000\n stvec    80000101\n scause   00000000\n satp     00000000\n",
               "A register block at 0x80000000: paging is off, satp 0x00000000, stvec 0x80000101.\n", 0);
    expect_log(" pc       0000000080000000\n satp     a000000000080001\n",
               "A register block at 0x80000000: Sv57, satp 0xa000000000080001, stvec 0x00000000.\n", 0);
    expect_log(" pc       0000000080000000\n satp     0000000000000000\n",
               "A register block at 0x80000000: paging is off, satp 0x00000000, stvec 0x00000000.\n", 0);
    expect_log(
        " scause   000000000000000c\n sepc     0000000000001000\n stval    0000000000001000\n"
        " satp     9000000000080001\n",
        "A register block at 0x00000000: Sv48, satp 0x9000000000080001, stvec 0x00000000.\n"
        "The last trap into S-mode was an instruction page fault (cause 12) on hart 0: the instruction at "
        "0x00001000, stval 0x00001000.\n"
        "That is the instruction itself: the code is not mapped, or not executable.\n"
        "Not mapped when it happened: the code. Map it in the new tables before writing satp, or load a "
        "satp whose tables have it.\n",
        1);
    expect_log(" satp     a000000000080001\n",
               "A register block at 0x00000000: Sv57, satp 0xa000000000080001, stvec 0x00000000.\n", 0);
}

/* 16 KiB from 0x80000000: the root at 0x80001000, whose entry 2 (Sv39: 1 GiB from 0x80000000) is r-x, and entry 512 of
 * Sv32's root at 0x80002000 (4 MiB from 0x80000000) is r-x user. */
static int make_image(void **state)
{
    static uint8_t image[SIZE];
    (void)state;
    tool_put(image, 0x1000 + 8 * 2, 8, 0x2000004b);
    tool_put(image, 0x2000 + 4 * 512, 4, 0x2000005b);
    tool_file("image", image, sizeof image);
    return 0;
}

static void expect_part(const char *arguments, const char *part, int status)
{
    struct tool_run run = tool_run("%s", arguments);
    if (!strstr(run.out, part) && !strstr(run.err, part))
        fail_msg("%s: %s%s", arguments, run.out, run.err);
    assert_int_equal(run.status, status);
    tool_free(&run);
}

static void an_image_is_walked(void **state)
{
    static const char log[] = FAULT("0f", "80000010", "80000800");
    static const char registers[] = FAULT("0f", "80000010", "80000800") " stvec    0000000040000000\n"
                                                                        " satp     8000000000080001\n";
    (void)state;
    tool_file("store", log, sizeof log - 1);
    tool_file("with", registers, sizeof registers - 1);
    expect_part("explain store image --arch sv39 --satp 0x80001",
                "With the tables of the image (Sv39 paging, satp 0x8000000000080001):\n"
                "  sepc      0x80000010: mapped to 0x80000010 (kernel r-x)\n"
                "  stval     0x80000800: NOT usable: the page of L2[2] is not writable\n"
                "The walk of stval:\n"
                "0x0000000080000800, supervisor write",
                1);
    expect_part("explain store image --arch sv32 --satp 0x80002 --user",
                "  sepc      0x80000010: mapped to 0x80000010 (user r-x)\n"
                "  stval     0x80000800: NOT usable: the page of L1[512] is not writable\n",
                1);
    expect_part("explain with image --arch sv39", "  stvec     0x40000000: NOT usable: L2[1] is not valid\n",
                1);
    expect_part("explain store image", "the log is of RISC-V: give --arch for the image", 2);
    expect_part("explain store image --arch sv39", "give --satp", 2);
    expect_part("explain store image --arch sv39 --satp 0x90000", "points outside the image", 2);
}

/* mstatus of the block says who trapped, and SUM and MXR: the page of Sv32's root is the user's. */
static void mstatus_decides(void **state)
{
#define BLOCK(mstatus)                                                                                       \
    " mstatus  " mstatus                                                                                     \
    "\n stvec    80000000\n sepc     80000010\n scause   0000000d\n stval    80000800\n"                     \
    " satp     80080002\n"
    (void)state;
    tool_file("user", BLOCK("00000000"), strlen(BLOCK("00000000")));
    tool_file("supervisor", BLOCK("00000100"), strlen(BLOCK("00000100")));
    tool_file("sum", BLOCK("00040100"), strlen(BLOCK("00040100")));
    expect_part("explain user image --arch sv32", "  stval     0x80000800: mapped to 0x80000800 (user r-x)\n",
                1);
    expect_part("explain supervisor image --arch sv32", "is a user page, and SUM is clear\n", 1);
    expect_part("explain sum image --arch sv32", "  stval     0x80000800: mapped to 0x80000800 (user r-x)\n",
                1);
}

static void json_holds_the_same(void **state)
{
    json_error_t error;
    (void)state;
    struct tool_run run = tool_run("explain " LOGS "riscv64-code.log --json");
    json_t *json = json_loads(run.out, 0, &error);
    const char *command, *epc, *stval, *part;
    int version, cause, repeats;
    assert_non_null(json);
    assert_int_equal(json_unpack(json, "{si ss si si ss ss s[s]}", "version", &version, "command", &command,
                                 "cause", &cause, "repeats", &repeats, "epc", &epc, "stval", &stval,
                                 "not_mapped", &part),
                     0);
    assert_int_equal(cause, 12);
    assert_int_equal(repeats, 6);
    assert_string_equal(epc, "0x80000068");
    assert_string_equal(part, "code");
    json_decref(json);
    tool_free(&run);
    expect_part("explain " LOGS "riscv32-registers.log --json", "\"cause\": 12", 1);
}

/* Lines that are cut or of another kind are no traps. */
static void odd_lines_are_left_out(void **state)
{
    (void)state;
    expect_log("riscv_cpu_do_interrupt: hart:x\nriscv_cpu_do_interrupt: hart:0, async:-\n"
               "riscv_cpu_do_interrupt: hart:0, async:0, cause:\n"
               "riscv_cpu_do_interrupt: hart:0, async:0, cause:d, epc:zzz\n"
               "riscv_cpu_do_interrupt: hart:0, async:0, cause:d, epc:0x10, tval\n"
               "xsatp     8000000000080001\n satp\n" TIMER,
               "The log holds 1 traps, 0 of them faults.\n", 0);
    tool_file("log", "riscv_cpu_do_interrupt: hart:x\n", 31);
    expect_part("explain log", "holds neither exceptions of a QEMU log", 2);
}

static void every_cause_has_its_access(void **state)
{
    static const struct {
        const char *cause, *words, *part;
    } rows[] = {
        {"01", "an instruction access fault", "The walk of stval:\n0x0000000080000802, supervisor fetch"},
        {"04", "a load address misaligned", "The walk of stval:\n0x0000000080000802, supervisor read"},
        {"05", "a load access fault", "The walk of stval:\n0x0000000080000802, supervisor read"},
        {"06", "a store/AMO address misaligned", "The walk of stval:\n0x0000000080000802, supervisor write"},
        {"07", "a store/AMO access fault", "The walk of stval:\n0x0000000080000802, supervisor write"},
        {"0c", "an instruction page fault", "The walk of stval:\n0x0000000080000802, supervisor fetch"},
        {"0d", "a load page fault", "The walk of stval:\n0x0000000080000802, supervisor read"},
        {"0f", "a store/AMO page fault", "The walk of stval:\n0x0000000080000802, supervisor write"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char log[256];
        snprintf(log, sizeof log, TRAP("2", "0", "%s", "80000800", "80000802"), rows[i].cause);
        tool_file("log", log, strlen(log));
        expect_part("explain log image --arch sv39 --satp 0x80001", rows[i].words, 1);
        expect_part("explain log image --arch sv39 --satp 0x80001", rows[i].part, 1);
    }
    tool_file("log", TIMER, strlen(TIMER));
    expect_part("explain log image --arch sv39 --satp 0x80001", "With the tables of the image", 0);
    expect_part("explain log --json", "\"cause\": null", 0);
    expect_part("explain " LOGS "riscv32-stack.log image --arch sv32 --satp 0x80002 --json",
                "stval     0x40000ffc: NOT usable: L1[256] is not valid", 1);
}

static void x86_is_x86(void **state)
{
    (void)state;
    expect_part("explain " LOGS "code.log --arch sv39", "is of x86: neither --arch of RISC-V nor --user", 2);
    expect_part("explain " LOGS "code.log --user", "is of x86: neither --arch of RISC-V nor --user", 2);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a handler that is not mapped is named", a_missing_handler_is_named),
    KMS_TEST("a stack that is not mapped is named", a_missing_stack_is_named),
    KMS_TEST("of many faults the last one is told, and no ECALL", the_last_fault_is_told),
    KMS_TEST("the same fault in a row is a repeat, and nothing else", what_is_a_repeat),
    KMS_TEST("registers that QEMU's monitor prints are read", registers_are_read),
    KMS_TEST_WITH("an image is walked by options, or by the registers", an_image_is_walked, make_image, NULL),
    KMS_TEST_WITH("mstatus says who trapped, and SUM", mstatus_decides, make_image, NULL),
    KMS_TEST("--json holds the same", json_holds_the_same),
    KMS_TEST("lines that are cut are no traps", odd_lines_are_left_out),
    KMS_TEST_WITH("every cause has its words and its kind of access", every_cause_has_its_access, make_image,
                  NULL),
    KMS_TEST("a log of x86 stays one", x86_is_x86),
};
KMS_TESTS(tool_explain_riscv, tests)
