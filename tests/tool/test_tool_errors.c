/* The binary's mistakes and corners: values at their limits, output that cannot be written, terminals, odd logs. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE   "image --mode 32bit --cr3 0x1000 "
#define SYMBOLS "--symbols " TEST_DATA "/demo/demo.elf.zst "
#define X64     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* ---- values ---- */

static void numbers_at_their_limits(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0X1000 " IMAGE, "physical 0x00001000", 0},
        {"walk 0000000000001000 " IMAGE, "physical 0x00001000", 0}, /* 16 digits: hexadecimal */
        {"walk 00001000 " IMAGE, "physical 0x00001000", 0},         /* 8 digits, too */
        {"walk 0x " IMAGE, "is neither an address nor a symbol", 2},
        {"walk '' " IMAGE, "is neither an address nor a symbol", 2},
        {"walk 18446744073709551616 " IMAGE, "is neither an address nor a symbol", 2},
        {"walk no_such_name " IMAGE SYMBOLS, "is neither an address nor a symbol", 2},
        {"walk " X64 X64 X64 X64 " " IMAGE SYMBOLS, "is neither an address nor a symbol", 2},
        {"translate no_such_name " IMAGE SYMBOLS, "is neither an address nor a symbol", 2},
        {"walk 0x1 " IMAGE "--cr0 0x100000000", "--cr0 0x100000000: is too large", 2},
        {"walk 0x1 image --cr3 z", "--cr3 z: is not a number", 2},
        {"walk 0x1 " IMAGE "--maxphyaddr z", "--maxphyaddr z: is not a number", 2},
        {"walk 0x1 " IMAGE "--maxphyaddr 31", "is not between 32 and 52", 2},
        {"walk 0x1 " IMAGE "--cpu 65536", "--cpu 65536: is too large", 2},
        {"walk 0x1 " IMAGE "--cpu z", "--cpu z: is not a number", 2},
        {"walk 0x1000 " IMAGE "--pkru 0xffffffff --pkrs 0xffffffff", "physical 0x00001000", 0},
        {"tlb " IMAGE "--range 0x1000-z", "is not a range", 2},
        {"tlb " IMAGE "--range z-0x1000", "is not a range", 2},
        {"tlb " IMAGE "--range " X64, "is not a range", 2},
        {"audit " IMAGE "--limit z", "--limit z: is not a number", 2},
        {"audit " IMAGE "--kernel-base z", "--kernel-base z: is not a number", 2},
        {"fault 7 --cr2 z", "--cr2 z: is not a number", 2},
        {"fault z", "one error code is needed", 2},
        {"fault 0x100000000", "one error code is needed", 2},
        {"fault 1 2", "No such file", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void sizes_at_their_limits(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0x1 image --low-ram '' --cr3 0", "is not a size", 2},
        {"walk 0x1 image --low-ram " X64 " --cr3 0", "is not a size", 2},
        {"walk 0x1 image --low-ram 0xffffffffffffT --cr3 0", "is not a size", 2},
        {"walk 0x1 image --low-ram 5G --cr3 0", "must be a multiple of 4096", 2},
        {"walk 0x1 image --low-ram 3G --cr3 0x1000 --mode 32bit", "physical 0x00000001", 0},
        {"walk 0x1 --image nothing --low-ram 3G --cr3 0", "No such file", 2},
        {"walk 0x1 --image image@0x800 --cr3 0", "is not a multiple of 4096", 2},
        {"walk 0x1 --image image@0xfffffffffffff000 --cr3 0", "beyond the 52 bits", 2},
        {"walk 0x1 --image image --image image@0x1000 --cr3 0", "overlaps another one", 2},
        {"walk 0x1 --image image@name --cr3 0", "image@name: No such file", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void options_that_exclude_each_other(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0x1000 --fetch --write " IMAGE, "--write and --fetch", 2},
        {"walk 0x1000 --write --write " IMAGE, "supervisor write", 0},
        {"walk 0x1000 --implicit --user " IMAGE, "--user and --implicit", 2},
        {"walk 0x1000 --user --user " IMAGE, "user read", 0},
        {"walk -h", "usage: kmemsim walk ADDR", 0},
        {"-h", "usage: kmemsim COMMAND", 0},
        {"walk --frob", "no such option", 2},
        {"walk 0x1 --cr3", "needs a value", 2},
        {"walk 0x1 --range 1-2 " IMAGE, "--range is no option of this command", 2},
        {"fault 7 --all", "--all is no option of this command", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void too_many_images(void **state)
{
    char arguments[4096] = "walk 0x1 --cr3 0";
    (void)state;
    for (unsigned i = 0; i < 33; i++)
        strcat(arguments, " --image image");
    tool_expect_rows(&(struct tool_row){arguments, "images", 2}, 1);
}

/* ---- where the output goes ---- */

/* Standard output is a full disk; what the tool says on the other stream is kept for the test. */
#define FULL ">/dev/full 2>said; (status=$?; cat said >&2; exit $status)"

static void a_full_disk_is_no_success(void **state)
{
    static const struct tool_row rows[] = {
        {"tlb " IMAGE FULL, "the output could not be written", 2},
        {"tlb --json " IMAGE FULL, "the output could not be written", 2},
        {"--version " FULL, "the output could not be written", 2},
        {"--help " FULL, "the output could not be written", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

/* Whether what the tool prints on a terminal holds an escape sequence. */
static bool is_colored(const char *environment)
{
    char command[512];
    bool colored = false;
    snprintf(command, sizeof command,
             "cd '%s' && script -qec '%s " KMEMSIM_TOOL " walk 0xd0000000 " IMAGE "' /dev/null </dev/null",
             tool_folder(), environment);
    FILE *terminal = popen(command, "r");
    assert_non_null(terminal);
    for (int c; (c = getc(terminal)) != EOF;)
        colored |= c == '\033';
    pclose(terminal);
    return colored;
}

static void terminals_have_color(void **state)
{
    (void)state;
    if (system("script -qec true /dev/null </dev/null >/dev/null 2>&1") != 0)
        kms_skip("script(1), which makes a terminal, is not installed");
    assert_true(is_colored("TERM=xterm NO_COLOR="));
    assert_true(is_colored("env -u TERM -u NO_COLOR"));
    assert_false(is_colored("TERM=dumb NO_COLOR="));
    assert_false(is_colored("TERM=xterm NO_COLOR=1"));
}

/* ---- commands without paging, and their last lines ---- */

static void nothing_is_listed_without_paging(void **state)
{
    static const struct tool_row rows[] = {
        {"mem image --cr0 1 --cr3 0", "PG disabled", 0},
        {"map image --cr0 1 --cr3 0", "PG disabled", 0},
        {"diff image --cr0 1 --cr3 0 --cr3 0x1000", "PG disabled", 0},
        {"translate 0x1234 image --cr0 1 --cr3 0", "gpa: 0x1234", 0},
        {"translate 0xd0000000 " IMAGE, "Unmapped", 1},
        {"map " IMAGE "--limit 1", "before the end", 1},
        {"diff --mode 32bit image --cr3 0x1000 --cr3 0x1000", "", 0},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

/* 12 pages that are writable, executable and user-accessible above the kernel's base: more than ten of one rule. */
static void long_audits_are_shortened(void **state)
{
    static uint8_t image[0x20000];
    (void)state;
    tool_put(image, 0x1000 + 4 * 768, 4, 0x2000 | 7);
    for (unsigned i = 0; i < 12; i++)
        tool_put(image, 0x2000 + 8 * i, 4, 0x3000 | 7); /* every second page: each is a finding */
    tool_file("many", image, sizeof image);
    static const struct tool_row rows[] = {
        {"audit many --mode 32bit --cr3 0x1000", "(the first 10 shown; --all shows all)", 1},
        {"audit many --mode 32bit --cr3 0x1000 --all", "0xc0016000", 1},
        {"audit many --mode 32bit --cr3 0x1000 --json", "0xc0016000", 1},
    };
    TOOL_EXPECT_ROWS(rows);
    memset(image, 0, sizeof image);
    tool_file("none", image, sizeof image);
    tool_expect_rows(&(struct tool_row){"audit none --mode pae --cr3 0x1000", "0 pages in", 0}, 1);
}

/* Tables of one page that contain themselves; the last entries end the walk in different ways. */
static void entries_of_four_levels_are_said(void **state)
{
#define LONG " keyed --mode 4level --cr3 0"
    static uint8_t image[0x1000];
    static const struct tool_row rows[] = {
        {"walk 0 --user keyed --cr0 0x80010001 --cr4 0x400020 --efer 0xd00 --cr3 0 --pkru 4",
         "protection key 1 forbids it", 1},
        {"walk 0x1000" LONG, "not present (the other bits mean nothing to the CPU)", 1},
        {"walk 0x3000" LONG, "not present\n", 1},
        {"walk 0x0000800000000000" LONG, "not canonical: bits 47 to 63 are not all the same", 1},
        {"walk 0x0100000000000000 keyed --mode 5level --cr3 0",
         "not canonical: bits 56 to 63 are not all the same", 1},
        {"tlb --range 0x2000-0x2fff" LONG, "0000000000002000: 0000000000000000 X----CTUW\n", 0},
    };
    (void)state;
    tool_put(image, 0, 8, UINT64_C(1) << 59 | 0x67); /* protection key 1 */
    tool_put(image, 8, 8, 0x66);
    tool_put(image, 16, 8, UINT64_C(1) << 63 | 0x1f); /* NX, PCD, PWT, U, W, P */
    tool_file("keyed", image, sizeof image);
    TOOL_EXPECT_ROWS(rows);
}

/* Each image has a single page, which is wrong in no way, in one that is noted, or in one that is warned of. */
static void audits_end_in_one_word(void **state)
{
#define AUDITED " --mode 4level --cr3 0x1000"
    static uint8_t image[0x6000];
    static const struct tool_row rows[] = {
        {"audit clean" AUDITED, "1 pages in 4 tables: nothing found\n", 0},
        {"audit noted" AUDITED, "1 pages in 4 tables: notes only\n", 0},
        {"audit warned" AUDITED, "1 pages in 4 tables: warnings\n", 1},
        {"audit clean --limit 3" AUDITED, "not everything was looked at", 1},
        {"audit clean --json --limit 3" AUDITED, "\"complete\": false", 1},
        {"audit clean " SYMBOLS AUDITED, "nothing found\n", 0},
    };
    (void)state;
    for (unsigned table = 0x1000; table < 0x4000; table += 0x1000)
        tool_put(image, table, 8, (table + 0x1000) | 3);
    tool_put(image, 0x4008, 8, UINT64_C(1) << 63 | 0x5003);
    tool_file("clean", image, sizeof image);
    tool_put(image, 0x4008, 8, UINT64_C(1) << 63 | 0xb8003); /* video memory */
    tool_file("noted", image, sizeof image);
    tool_put(image, 0x4008, 8, 0x5003); /* writable and executable */
    tool_file("warned", image, sizeof image);
    TOOL_EXPECT_ROWS(rows);
}

static void counts_that_are_none(void **state)
{
    static const struct tool_row rows[] = {
        {"record --limit 0 -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit '' -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit -1 -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit x -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit 1x -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit 99999999999999999999999 -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit 10000000000000 -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"record --limit ' 1' -o out.kmt -- true", "--limit is a number from 1 to", 2},
        {"run --frames 0 -", "usage: kmemsim run", 2},
        {"run --frames 3x -", "usage: kmemsim run", 2},
        {"run --frames 4294967296 -", "usage: kmemsim run", 2},
        {"record --frob -o out.kmt -- true", "usage: kmemsim record", 2},
        {"record -o out.kmt", "usage: kmemsim record", 2},
        {"record -- true", "usage: kmemsim record", 2},
        {"record --help", "usage: kmemsim record", 0},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("numbers at their limits", numbers_at_their_limits, tables_32bit_setup, NULL),
    KMS_TEST_WITH("sizes and bases at their limits", sizes_at_their_limits, tables_32bit_setup, NULL),
    KMS_TEST_WITH("options that exclude each other", options_that_exclude_each_other, tables_32bit_setup,
                  NULL),
    KMS_TEST_WITH("too many images are refused", too_many_images, tables_32bit_setup, NULL),
    KMS_TEST_WITH("a full disk is no success", a_full_disk_is_no_success, tables_32bit_setup, NULL),
    KMS_TEST_WITH("colour is for terminals that want it", terminals_have_color, tables_32bit_setup, NULL),
    KMS_TEST_WITH("nothing is listed without paging", nothing_is_listed_without_paging, tables_32bit_setup,
                  NULL),
    KMS_TEST("long audits are shortened, and say so", long_audits_are_shortened),
    KMS_TEST("entries of four levels are said in words and letters", entries_of_four_levels_are_said),
    KMS_TEST("an audit ends in one word for what it found", audits_end_in_one_word),
    KMS_TEST("counts that are no counts are refused", counts_that_are_none),
};
KMS_TESTS(tool_errors, tests)
