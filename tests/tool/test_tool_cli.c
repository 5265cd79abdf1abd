/* The binary, end to end, on tables counted by hand. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE "image --mode 32bit --cr3 0x1000 "
#define NOTE_32                                                                                              \
    "note: assuming 32-bit paging: CR0 0x80010001, CR4 0x90, EFER 0x0 (--mode 32bit|pae|4level|5level or "   \
    "--cr0, --cr4, --efer say otherwise)\n"

/* ---- walk ---- */

static void walk_allows(void **state)
{
    (void)state;
    tool_expect(
        "walk 0x1234 --user --write " IMAGE,
        "0x00001234, user write; 32-bit paging, CR3 0x00001000\n"
        "  PDE[0]     at 0x00001000 = 0x00002027  user rwx  present, writable, user, accessed\n"
        "  PTE[1]     at 0x00002004 = 0x00001067  user rwx  present, writable, user, accessed, dirty\n"
        "physical 0x00001234, 4K page, user rwx\n",
        "", 0);
}

static void walk_names_removal(void **state)
{
    (void)state;
    tool_expect(
        "walk 0xc0001000 --write " IMAGE,
        "0xc0001000, supervisor write; 32-bit paging, CR3 0x00001000\n"
        "  PDE[768]   at 0x00001c00 = 0x00003021  kernel r-x  present, read-only, supervisor, accessed; WU "
        "removed here\n"
        "  PTE[1]     at 0x00003004 = 0x00001163  kernel r-x  present, writable, supervisor, accessed, "
        "dirty, "
        "global\n"
        "page fault, error code 0x3 (P WR): a supervisor-mode write of a page that is present but read-only "
        "(with CR0.WP), or a user page with SMAP\n"
        "  because W (writable) was removed at PDE[768], and CR0.WP makes that bind the kernel too\n",
        "", 1);
}

static void walk_names_neighbours(void **state)
{
    (void)state;
    tool_expect("walk 0x6000 " IMAGE,
                "0x00006000, supervisor read; 32-bit paging, CR3 0x00001000\n"
                "  PDE[0]     at 0x00001000 = 0x00002027  user rwx  present, writable, user, accessed\n"
                "  PTE[6]     at 0x00002018 = 0x00000000  user rwx  not present\n"
                "page fault, error code 0x0 (none): a supervisor-mode read of a page that is not present\n"
                "  because PTE[6] is not present\n"
                "  nearest mapped below: 0x00000000-0x00004fff\n"
                "  nearest mapped above: 0x00400000-0x007fffff\n",
                "", 1);
}

static void walk_knows_recursion(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk 0xfff00004 0xfffffc00 " IMAGE);
    assert_non_null(
        strstr(run.out, "recursive window: PDE[1023] points at its own table; this page holds the PTEs from "
                        "that of 0xc0000000 on\n"));
    assert_non_null(strstr(run.out, "this page holds the PDEs from that of 0x00000000 on\n"));
    assert_int_equal(run.status, 0);
    tool_free(&run);
}

static void walk_suspects_linear(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk 0x01000000 " IMAGE);
    assert_non_null(strstr(run.out,
                           "no answer: PTE[0] cannot be read: the image has nothing at 0xc0003000\n"
                           "  that table's address looks like a linear one: the physical one would be "
                           "0x00003000\n"));
    assert_int_equal(run.status, 1);
    tool_free(&run);
}

static void walk_reserved(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk 0x00c00000 " IMAGE);
    assert_non_null(
        strstr(run.out, "page fault, error code 0x9 (P RSVD): a supervisor-mode read of a page whose entries "
                        "have a reserved bit set\n  because PDE[3] has reserved bits set: 0x200000\n"));
    tool_free(&run);
}

static void walk_noncanonical(void **state)
{
    (void)state;
    tool_expect(
        "walk 0x0000800000000000 image --mode 4level --cr3 0x1000",
        "0x0000800000000000, supervisor read; 4-level paging, CR3 0x0000000000001000\n"
        "general protection (#GP), error code 0: the address is not canonical: bits 47 to 63 are not all the "
        "same\n",
        "", 1);
}

static void walk_json(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk 0xc0001000 --write --json " IMAGE);
    json_t *json = json_loads(run.out, 0, NULL), *walk = json_array_get(json_object_get(json, "walks"), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
    assert_string_equal(json_string_value(json_object_get(walk, "linear")), "0xc0001000");
    assert_string_equal(json_string_value(json_object_get(walk, "physical")), "0x1000");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(walk, "fault"), "error_code")), 3);
    assert_int_equal(json_array_size(json_object_get(walk, "levels")), 2);
    json_decref(json);
    tool_free(&run);
}

/* ---- QEMU's forms ---- */

static void translate_form(void **state)
{
    (void)state;
    tool_expect("translate 0xc0001234 " IMAGE, "gpa: 0x1234\n", "", 0);
    tool_expect("translate 0 0x6000 " IMAGE, "gpa: 0\nUnmapped\n", "", 1);
}

static void tlb_form(void **state)
{
    (void)state;
    tool_expect("tlb --range 0-0xffffff " IMAGE,
                "0000000000000000: 0000000000000000 ---DA--UW\n"
                "0000000000001000: 0000000000001000 ---DA--UW\n"
                "0000000000002000: 0000000000002000 ---DA--UW\n"
                "0000000000003000: 0000000000003000 ---DA--UW\n"
                "0000000000004000: 0000000000004000 -------U-\n"
                "0000000000400000: 0000000000400000 --P-----W\n",
                "", 0);
}

static void mem_form(void **state)
{
    (void)state;
    tool_expect("mem --range 0-0xffbfffff " IMAGE,
                "0000000000000000-0000000000004000 0000000000004000 urw\n"
                "0000000000004000-0000000000005000 0000000000001000 ur-\n"
                "0000000000400000-0000000000800000 0000000000400000 -rw\n"
                "00000000c0000000-00000000c0200000 0000000000200000 -r-\n",
                "", 0);
}

static void map_form(void **state)
{
    (void)state;
    tool_expect("map " IMAGE,
                "0x00000000-0x00003fff    16K -> 0x00000000  user rwx  4 x 4K; identity\n"
                "0x00004000-0x00004fff     4K -> 0x00004000  user r-x  1 x 4K; identity\n"
                "0x00400000-0x007fffff     4M -> 0x00400000  kernel rwx  1 x 4M; identity\n"
                "0xc0000000-0xc01fffff     2M -> 0x00000000  kernel r-x  512 x 4K; physical + 0xc0000000\n"
                "0xffc00000-0xffffffff     4M    recursive window: PDE[1023] points at its own table\n",
                "", 0);
}

static void paging_off(void **state)
{
    (void)state;
    tool_expect("tlb image --cr0 0x11 --cr3 0 --cr4 0 --efer 0", "PG disabled\n", "", 0);
}

/* ---- fault, diff, audit, explain ---- */

static void fault_words(void **state)
{
    (void)state;
    tool_expect("fault 7",
                "error code 0x7: a user-mode write of a page that is present but that user code may not "
                "write\n",
                "", 0);
    tool_expect("fault 0x10",
                "error code 0x10: a supervisor-mode instruction fetch of a page that is not present\n", "",
                0);
    tool_expect(
        "fault 5 --cr2 0xc0001000 --image " IMAGE,
        "error code 0x5: a user-mode read of a page that is present but that user code may not read, at "
        "0xc0001000\n"
        "0xc0001000, user read; 32-bit paging, CR3 0x00001000\n"
        "  PDE[768]   at 0x00001c00 = 0x00003021  kernel r-x  present, read-only, supervisor, accessed; WU "
        "removed here\n"
        "  PTE[1]     at 0x00003004 = 0x00001163  kernel r-x  present, writable, supervisor, accessed, "
        "dirty, "
        "global\n"
        "page fault, error code 0x5 (P US): a user-mode read of a page that is present but that user code "
        "may "
        "not read\n"
        "  because U (user) was removed at PDE[768]\n"
        "the tables of the image give the same fault\n",
        "", 1);
}

static void diff_form(void **state)
{
    (void)state;
    tool_expect(
        "diff --cr3 0x1000 --cr3 0x4000 --mode 32bit image",
        "0x00000000-0x00000fff     4K  other frames: A -> 0x00000000 user rwx, B -> 0x00006000 user rwx\n"
        "0x00001000-0x00001fff     4K  other rights: A user rwx, B kernel rwx -> 0x00001000\n"
        "0x00002000-0x00003fff     8K  equal, by tables of their own: -> 0x00002000 user rwx\n"
        "0x00004000-0x00004fff     4K  only in A: -> 0x00004000 user r-x\n"
        "0x00400000-0x007fffff     4M  only in A: -> 0x00400000 kernel rwx\n"
        "0xc0000000-0xc03fffff     4M  shared: the same tables in both\n"
        "0xffc00000-0xffffffff     4M  each its own recursive window\n",
        "", 1);
    tool_expect("diff --cr3 0x1000 --cr3 0x1000 --mode 32bit image",
                "0x00000000-0xffffffff     4G  shared: the same tables in both\n", "", 0);
}

static void audit_finds(void **state)
{
    static const struct {
        const char *line;
    } expected[] = {
        {"error   reserved-bit         0x00c00000-0x00ffffff PDE[3] at 0x0000100c = 0xa00083, bits "
         "0x200000\n"},
        {"error   table-outside-ram    0x00800000-0x00bfffff PDE[2] at 0x00001008 = 0x10000007\n"},
        {"error   virtual-in-entry     0x01000000-0x013fffff PDE[4] at 0x00001010 = 0xc0003003, physical "
         "would be 0x00003000\n"},
        {"warning page-outside-ram     0x00400000-0x007fffff -> 0x00400000 kernel rwx\n"},
        {"error   table-user-writable  0x00001000-0x00003fff -> 0x00001000 user rwx\n"},
        {"warning alias-rights         0xc0000000-0xc0003fff -> 0x00000000 kernel r-x, but user rwx at "
         "0x00000000\n"},
        {"note    recursive-mapping    0xffc00000-0xffffffff PDE[1023] at 0x00001ffc = 0x1003\n"},
        {"note    no-nx                0x00000000-0xffffffff 5 writable pages\n"},
    };
    (void)state;
    struct tool_run run = tool_run("audit " IMAGE);
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (!strstr(run.out, expected[i].line))
            fail_msg("no line: %sin:\n%s", expected[i].line, run.out);
    }
    assert_int_equal(run.status, 1);
    tool_free(&run);
}

static void explain_log(const char *part)
{
    char expected[128];
    struct tool_run run = tool_run("explain " TEST_DATA "/logs/%s.log", part);
    snprintf(expected, sizeof expected,
             "Not mapped when it happened: the %s. Map it in the new tables before setting "
             "CR0.PG.\n",
             strcmp(part, "idt") == 0   ? "IDT"
             : strcmp(part, "gdt") == 0 ? "GDT"
                                        : part);
    if (!strstr(run.out, expected))
        fail_msg("%s: %s", part, run.out);
    assert_int_equal(run.status, 1);
    tool_free(&run);
}

static void explain_logs(void **state)
{
    (void)state;
    explain_log("code");
    explain_log("stack");
    explain_log("idt");
    explain_log("gdt");
}

static void explain_block(void **state)
{
    static const char block[] = "EAX=00000000 EBX=00000000 ECX=00000000 EDX=00000000\n"
                                "ESI=00000000 EDI=00000000 EBP=00000000 ESP=00002000\n"
                                "EIP=00001000 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
                                "GDT=     00003000 00000017\n"
                                "IDT=     00006000 000000ff\n"
                                "CR0=80010011 CR2=00000000 CR3=00001000 CR4=00000090\n"
                                "EFER=0000000000000000\n";
    (void)state;
    tool_file("block", block, sizeof block - 1);
    struct tool_run run = tool_run("explain block image");
    assert_non_null(
        strstr(run.out, "A register block at 0x00001000, CPL 0: 32-bit, CR3 0x00001000, CR2 0x00000000.\n"));
    assert_non_null(strstr(run.out, "  the code  0x00001000: mapped to 0x00001000 (user rwx)\n"));
    assert_non_null(strstr(run.out, "  the stack 0x00001ffc: mapped to 0x00001ffc (user rwx)\n"));
    assert_non_null(strstr(run.out, "  the IDT   0x00006070: NOT usable: PTE[6] is not present\n"));
    assert_non_null(strstr(run.out, "  the GDT   0x00003008: mapped to 0x00003008 (user rwx)\n"));
    assert_non_null(strstr(run.out, "Not mapped when it happened: the IDT."));
    tool_free(&run);
}

/* ---- bad input ---- */

static void refuse(const char *arguments, const char *line)
{
    struct tool_run run = tool_run("%s", arguments);
    if (strcmp(run.err, line) != 0)
        fail_msg("%s: %s", arguments, run.err);
    assert_string_equal(run.out, "");
    assert_int_equal(run.status, 2);
    tool_free(&run);
}

static void refuses(void **state)
{
    (void)state;
    tool_file("empty", "", 0);
    refuse("walk", "kmemsim walk: an address is missing (see kmemsim walk --help)\n");
    refuse("walk 0x0", "kmemsim walk: no image: give --image FILE[@BASE] or --core FILE\n");
    refuse("walk zzz " IMAGE, "kmemsim walk: zzz: is neither an address nor a symbol\n");
    refuse("frob", "kmemsim: frob: no such command (see kmemsim --help)\n");
    refuse("tlb --frob", "kmemsim tlb: --frob: no such option (see kmemsim tlb --help)\n");
    refuse("tlb --cr3", "kmemsim tlb: --cr3: needs a value (see kmemsim tlb --help)\n");
    refuse("tlb --user image", "kmemsim tlb: --user is no option of this command (see kmemsim tlb --help)\n");
    refuse("tlb image", "kmemsim tlb: the image carries no registers: give --cr3 (\"info registers\" in "
                        "QEMU's monitor prints it)\n");
    refuse("tlb empty --cr3 0", "kmemsim tlb: empty: the file is empty\n");
    refuse("tlb nowhere --cr3 0", "kmemsim tlb: nowhere: No such file or directory\n");
    refuse("tlb . --cr3 0", "kmemsim tlb: .: is a directory, not an image\n");
    refuse("tlb --core image", "kmemsim tlb: image: is not an ELF file\n");
    refuse("tlb --image image@0x800 --cr3 0", "kmemsim tlb: image: base 0x800 is not a multiple of 4096\n");
    refuse(
        "tlb --image image@0xfffffffffffff000 --cr3 0",
        "kmemsim tlb: image: base 0xfffffffffffff000 and size 0x200000 reach beyond the 52 bits of physical "
        "addresses\n");
    refuse("tlb --image image --image image@0x1000 --cr3 0",
           "kmemsim tlb: image: the range from 0x1000 (0x200000 bytes) overlaps another one\n");
    refuse("tlb image --mode 32bit --cr3 0xc0001000",
           "kmemsim tlb: CR3 0xc0001000 points outside the image; it looks like a linear address: the "
           "physical one would "
           "be 0x1000\n");
    refuse("tlb image --mode 32bit --cr3 0x10000000",
           "kmemsim tlb: CR3 0x10000000 points outside the image (which ends at 0x200000)\n");
    refuse("tlb image --maxphyaddr 53 --cr3 0", "kmemsim tlb: --maxphyaddr 53: is not between 32 and 52\n");
    refuse("walk --write --fetch 0 image",
           "kmemsim walk: --write and --fetch: an access is only one of them\n");
    refuse("diff image --mode 32bit --cr3 0x1000",
           "kmemsim diff: two address spaces are needed: --cr3 A --cr3 B\n");
    refuse("fault", "kmemsim fault: one error code is needed, such as 0x7 (see kmemsim fault --help)\n");
    refuse("explain image",
           "kmemsim explain: image: holds neither exceptions of a QEMU log (-d int,cpu_reset) nor a "
           "register block\n");
}

static void assumes_and_says(void **state)
{
    (void)state;
    tool_expect("translate 0x1000 image --cr3 0x1000", "gpa: 0x1000\n", NOTE_32, 0);
}

/* ---- extremes ---- */

static void loops_end(void **state)
{
    static uint8_t page[0x1000];
    (void)state;
    for (unsigned i = 0; i < 512; i++)
        tool_put(page, 8 * i, 8, 0x67);
    tool_file("loop", page, sizeof page);
    struct tool_run run = tool_run("mem loop --mode 4level --cr3 0 " LOOP_LIMIT);
    assert_non_null(strstr(run.err, "before the end: more pages and holes than --limit allows"));
    assert_int_equal(run.status, 1);
    tool_free(&run);
    tool_expect(
        "map loop --mode 4level --cr3 0 --limit 3",
        "0x0000000000000000-0x0000007fffffffff   512G    recursive window: PML4E[0] points at its own table\n"
        "0x0000008000000000-0x000000ffffffffff   512G    recursive window: PML4E[1] points at its own table\n"
        "0x0000010000000000-0x0000017fffffffff   512G    recursive window: PML4E[2] points at its own "
        "table\n",
        NULL, 1);
}

static void lists_four_gib(void **state)
{
    const size_t size = 1025 * 0x1000;
    uint8_t *image = calloc(1, size);
    (void)state;
    for (unsigned i = 0; i < 1024; i++)
        tool_put(image, 4 * i, 4, (i + 1) << 12 | 7);
    for (uint32_t page = 0; page < 1u << 20; page++)
        tool_put(image, 0x1000 + 4 * (uint64_t)page, 4, page << 12 | 7);
    tool_file("full", image, size);
    free(image);
    tool_expect("mem full --mode 32bit --cr3 0", "0000000000000000-0000000100000000 0000000100000000 urw\n",
                "", 0);
    struct tool_run run = tool_run("tlb full --mode 32bit --cr3 0");
    assert_int_equal(strlen(run.out), (1u << 20) * strlen("0000000000000000: 0000000000000000 -------UW\n"));
    tool_free(&run);
}

static void speaks_of_itself(void **state)
{
    (void)state;
    struct tool_run run = tool_run("--help");
    assert_non_null(strstr(run.out, "usage: kmemsim COMMAND"));
    tool_free(&run);
    run = tool_run("walk --help");
    assert_non_null(strstr(run.out, "usage: kmemsim walk ADDRESS... [IMAGE] [OPTIONS]"));
    tool_free(&run);
    run = tool_run("--version");
    assert_memory_equal(run.out, "kmemsim ", 8);
    tool_free(&run);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("walk shows every level and the physical address", walk_allows, tables_32bit_setup, NULL),
    KMS_TEST_WITH("walk names the level that removed the right", walk_names_removal, tables_32bit_setup,
                  NULL),
    KMS_TEST_WITH("walk names the nearest mapped ranges where it stops", walk_names_neighbours,
                  tables_32bit_setup, NULL),
    KMS_TEST_WITH("walk recognises a recursive window", walk_knows_recursion, tables_32bit_setup, NULL),
    KMS_TEST_WITH("walk suspects a linear address in an entry", walk_suspects_linear, tables_32bit_setup,
                  NULL),
    KMS_TEST_WITH("walk names reserved bits", walk_reserved, tables_32bit_setup, NULL),
    KMS_TEST_WITH("walk of a non-canonical address is #GP", walk_noncanonical, tables_32bit_setup, NULL),
    KMS_TEST_WITH("walk --json is versioned, with addresses as strings", walk_json, tables_32bit_setup, NULL),
    KMS_TEST_WITH("translate answers as gva2gpa", translate_form, tables_32bit_setup, NULL),
    KMS_TEST_WITH("tlb answers as info tlb", tlb_form, tables_32bit_setup, NULL),
    KMS_TEST_WITH("mem answers as info mem", mem_form, tables_32bit_setup, NULL),
    KMS_TEST_WITH("map folds runs, with frames and constant offsets", map_form, tables_32bit_setup, NULL),
    KMS_TEST_WITH("with paging off, listings say so as QEMU does", paging_off, tables_32bit_setup, NULL),
    KMS_TEST_WITH("fault says an error code in one sentence, and the entry at fault", fault_words,
                  tables_32bit_setup, NULL),
    KMS_TEST_WITH("diff names what differs and what is shared", diff_form, tables_32bit_setup, NULL),
    KMS_TEST_WITH("audit finds what is wrong in hand-made tables", audit_finds, tables_32bit_setup, NULL),
    KMS_TEST("explain says of real logs which of code, stack, IDT and GDT is not mapped", explain_logs),
    KMS_TEST_WITH("explain reads a register block, and looks into an image", explain_block,
                  tables_32bit_setup, NULL),
    KMS_TEST_WITH("bad input gets one clear line and exit status 2", refuses, tables_32bit_setup, NULL),
    KMS_TEST_WITH("with --cr3 only, what is assumed is said", assumes_and_says, tables_32bit_setup, NULL),
    KMS_TEST("tables that contain themselves end at the limit", loops_end),
    KMS_TEST("4 GiB in 4 KiB pages are listed whole", lists_four_gib),
    KMS_TEST("help and version go to standard output", speaks_of_itself),
};
KMS_TESTS(tool_cli, tests)
