/* The binary's other forms: JSON, names, options, logs of other deaths. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE "image --mode 32bit --cr3 0x1000 "
#define DEMO  TEST_DATA "/demo/demo.core.zst --symbols " TEST_DATA "/demo/demo.elf.zst "

static int make_image(void **state)
{
    (void)state;
    tables_32bit_file();
    return 0;
}

/* Arguments, a part of what is printed (on either stream), and the exit status. */
struct row {
    const char *arguments, *part;
    int status;
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tool_run run = tool_run("%s", rows[i].arguments);
        if (!strstr(run.out, rows[i].part) && !strstr(run.err, rows[i].part))
            fail_msg("%s: \"%s\" is not in:\n%s%s", rows[i].arguments, rows[i].part, run.out, run.err);
        if (run.status != rows[i].status)
            fail_msg("%s: status %d", rows[i].arguments, run.status);
        tool_free(&run);
    }
}
#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void json_everywhere(void **state)
{
    static const struct row rows[] = {
        {"walk 0xd0000000 banner 0xffc00000 --json " DEMO, "walks", 1},
        {"walk 0x0000800000000000 --json image --mode 4level --cr3 0x1000", "walks", 1},
        {"translate banner 0xd0000000 --json " DEMO, "translations", 1},
        {"tlb --json " DEMO, "entries", 0},
        {"tlb --json image --cr0 1 --cr3 0", "entries", 0},
        {"mem --json " DEMO, "ranges", 0},
        {"map --json " DEMO, "ranges", 0},
        {"audit --json " IMAGE, "findings", 1},
        {"audit --json " DEMO, "findings", 1},
        {"diff --json --cr3 0x10e000 --cr3 0x10d000 " DEMO, "ranges", 1},
        {"diff --json --cr3 0x1000 --cr3 0x4000 --mode 32bit image", "ranges", 1},
        {"fault 7 --json", "words", 0},
        {"fault 2 --json " DEMO, "walk", 1},
        {"explain " TEST_DATA "/logs/gdt.log --json", "not_mapped", 1},
    };
    (void)state;
    EXPECT_ROWS(rows);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tool_run run = tool_run("%s", rows[i].arguments);
        json_t *json = json_loads(run.out, 0, NULL);
        if (!json || json_integer_value(json_object_get(json, "version")) != 1 ||
            !json_object_get(json, rows[i].part))
            fail_msg("%s: %.200s", rows[i].arguments, run.out);
        json_decref(json);
        tool_free(&run);
    }
}

static void names_everywhere(void **state)
{
    static const struct row rows[] = {
        {"walk banner+4 " DEMO, "0xc0103004 <banner+0x4>", 0},
        {"walk banner+z " DEMO, "is neither an address nor a symbol", 2},
        {"tlb " DEMO, "00000000c0103000: 0000000000103000 -------U- <banner>\n", 0},
        {"mem " DEMO, "ur- <banner>\n", 0},
        {"map " DEMO, "<banner>\n", 0},
        {"audit " DEMO, "0xc0103000-0xc0103fff <banner>", 1},
        {"explain " TEST_DATA "/logs/idt.log --symbols " TEST_DATA "/demo/demo.elf.zst", "First came", 1},
    };
    (void)state;
    EXPECT_ROWS(rows);
}

static void options_and_registers(void **state)
{
    static const struct row rows[] = {
        {"walk 0x1000 image --cr0 0x80000001 --cr3 0x1000 --cr4 0x10 --efer 0", "physical 0x00001000", 0},
        {"walk 0x1000 image --cr3 0x1000 --cr4 0x10", "assuming 32-bit paging", 0},
        {"walk 0x1000 image --cr3 0x1000 --cr4 0x20", "assuming PAE paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x500", "assuming 4-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x500 --cr4 0x1020", "5-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --mode 5level", "5-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --mode pae --maxphyaddr 36", "PAE paging", 1},
        {"walk 0x1000 " IMAGE "--cpl 3", "user read", 0},
        {"walk 0xc0000000 " IMAGE "--cpl 3 --implicit", "implicit supervisor read", 0},
        {"walk 0x1000 " IMAGE "--cr0 0x80010001 --cr4 0x200090", "CR4.SMAP keeps the kernel from touching",
         1},
        {"walk 0x1000 " IMAGE "--cr4 0x200090 --ac", "physical 0x00001000", 0},
        {"walk 0x1000 --fetch " IMAGE "--cr4 0x100090", "CR4.SMEP keeps the kernel from executing", 1},
        {"walk 0x100000000 " IMAGE, "wider than the 32 bits", 0},
        {"walk 0x1000 image --cr0 1 --cr3 0x1000", "paging is off", 0},
        {"walk 0x00400000 " IMAGE, "outside the image", 0},
        {"walk 0x3f000000 " IMAGE, "nearest mapped above: 0xc0000000-0xc01fffff", 1},
        {"walk c0001000 " IMAGE, "0xc0001000, supervisor read", 0},
        {"walk 4096 " IMAGE, "0x00001000, supervisor read", 0},
        {"walk 0x1 " IMAGE "--cpl 4", "--cpl 4: is too large", 2},
        {"walk 0x1 " IMAGE "--cr0 z", "--cr0 z: is not a number", 2},
        {"walk 0x1 " IMAGE "--cr3 1", "--cr3 1: given twice", 2},
        {"walk 0x1 image --mode 3level", "is none of 32bit, pae, 4level, 5level", 2},
        {"walk 0x1 image --cr3 0x1ffffffffffffffff", "is not a number", 2},
        {"walk 0x1 image --low-ram 3Q", "is not a size", 2},
        {"walk 0x1 --image image --low-ram 100 --cr3 0", "must be a multiple of 4096", 2},
        {"walk 0x1 --image image --low-ram 1M --cr3 0x1000 --mode 32bit", "physical 0x00000001", 0},
        {"walk 0x1 --image image@4G --cr3 0x1000", "points outside the image", 2},
        {"walk 0x1 --user --implicit " IMAGE, "--user and --implicit", 2},
        {"tlb " IMAGE "--range 5", "is not a range", 2},
        {"tlb " IMAGE "--range 9-5", "is not a range", 2},
        {"tlb " IMAGE "extra", "not understood", 2},
        {"tlb --core a --core b", "only one core", 2},
        {"tlb --cpu 5 " DEMO, "the image has registers of 1 CPUs", 2},
        {"tlb --symbols image " IMAGE, "is not an ELF file", 2},
        {"tlb --core image --cr3 0", "is not an ELF file", 2},
        {"audit " IMAGE "--kernel-base 0", "kernel-user-readable", 1},
        {"audit " IMAGE "--limit 5", "not everything was looked at", 1},
        {"audit image --cr0 1 --cr3 0", "there are no tables", 2},
        {"diff image --cr3 0x1000 --cr3 0x4000 --cr3 0", "given more than twice", 2},
        {"diff --mode 32bit image --cr3 0x1000 --cr3 0x90000000", "points outside the image", 2},
        {"fault 6 --cr2 0x1000 --image " IMAGE, "now allow this access", 0},
        {"fault 6 --cr2 0xc0000000 --image " IMAGE, "now give error code 0x7", 1},
        {"fault 6 --image " IMAGE, "does not carry CR2", 2},
        {"fault 0x102", "bits 0x100 are not explained", 0},
        {"fault 0x13", "no access is both a write and a fetch", 0},
        {"fault 0x11", "may not be executed", 0},
        {"fault 1", "a user page (SMAP)", 0},
        {"explain", "one log is needed", 2},
        {"explain - </dev/null", "holds neither", 2},
        {"explain .", "is a directory", 2},
        {"explain nothing", "No such file", 2},
        {"help", "usage:", 0},
        {"", "usage:", 2},
    };
    (void)state;
    EXPECT_ROWS(rows);
}

/* ---- other logs ---- */

#define BLOCK                                                                                                \
    "RAX=0000000080000011 RBX=0 RCX=0 RDX=0\nRSI=0 RDI=0 RBP=0 RSP=0000000000009000\n"                       \
    "RIP=0000000000001000 RFL=00000002 CPL=0 II=0 A20=1 SMM=0 HLT=0\n"                                       \
    "TR =0028 0000000000007000 00000067 00008900 DPL=0 TSS64-avl\n"                                          \
    "GDT=     0000000000005000 00000017\nIDT=     0000000000006000 00000fff\n"                               \
    "CR0=80000011 CR2=0000000000000000 CR3=0000000000001000 CR4=00000020\nEFER=0000000000000500\n"
#define FIRST(vector, error)                                                                                 \
    "check_exception old: 0xffffffff new 0x" vector "\n     0: v=" vector " e=" error                        \
    " i=0 cpl=0 IP=0008:1000 pc=0000000000001000 SP=0010:9000 CR2=0000000000007004\n" BLOCK

static void expect_log(const char *text, const char *part)
{
    tool_file("log", text, strlen(text));
    expect_rows(&(struct row){"explain log", part, 1}, 1);
}

static void other_deaths(void **state)
{
    (void)state;
    expect_log(FIRST("0e", "0000"), "That address is in the TSS: it is not mapped.");
    expect_log(FIRST("0e", "0003"), "mapped, but not with the rights needed");
    expect_log(FIRST("0d", "0010"), "Its error code names entry 2 of the GDT (selector 0x10).");
    expect_log(FIRST("0d", "0073"), "Its error code names entry 14 of the IDT (selector 0x70), met while");
    expect_log(FIRST("06", "0000"), "First came a invalid opcode #UD (vector 6) at 0x00001000");
    expect_log(FIRST("0e", "0000") FIRST("0e", "0000"), "The same fault came 2 times from the same place");
    expect_log("Triple fault\nTriple fault\n", "The log holds 2 triple faults; this is the first.");
    expect_log(FIRST("0e", "0002") "check_exception old: 0xe new 0xb\n", "raised a segment not present #NP");
    expect_log(
        FIRST("0e", "0002") "check_exception old: 0xe new 0xe\n     1: v=08 e=0000 i=0 cpl=0 pc=1000\n" BLOCK
                            "check_exception old: 0x8 new 0xe\nTriple fault\nCPU Reset (CPU 0)\n"
                            "IDT=     00006000 00000fff\nCR0=80000011 CR2=0000000000006080 CR3=1000 CR4=20\n",
        "Delivering vector 8 raised a page fault at 0x00006080, in the IDT.");
}

static void block_without_paging(void **state)
{
    static const char block[] =
        "EIP=00001000 EFL=2 CPL=3\nCR0=00000011 CR2=00000000 CR3=00000000 CR4=00000000\n";
    (void)state;
    tool_file("block", block, sizeof block - 1);
    expect_rows(&(struct row){"explain block image", "the image is not looked at", 0}, 1);
    expect_rows(&(struct row){"explain block", "paging is off", 0}, 1);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("every command prints valid JSON with a version", json_everywhere, make_image, NULL),
    KMS_TEST("names of symbols appear everywhere", names_everywhere),
    KMS_TEST_WITH("options, registers and their mistakes", options_and_registers, make_image, NULL),
    KMS_TEST("explain knows other deaths", other_deaths),
    KMS_TEST_WITH("a register block without paging is not looked up in an image", block_without_paging,
                  make_image, NULL),
};
KMS_TESTS(tool_forms, tests)
