/* The binary on RISC-V tables counted by hand. */
#include "kms_test.h"
#include "run_tool.h"

#include <elf.h>
#include <jansson.h>
#include <kmemsim/base.h>
#include <string.h>

#define SIZE 0x10000u
#define BASE UINT64_C(0x80000000)
#define SV39 "--arch sv39 --satp 0x8000000000080001 image "
#define SV32 "--arch sv32 --satp 0x80080001 image32 "

static void put39(uint8_t *image, kms_phys table, unsigned index, uint64_t entry)
{
    tool_put(image, table - BASE + 8 * index, 8, entry);
}

static void put32(uint8_t *image, kms_phys table, unsigned index, uint64_t entry)
{
    tool_put(image, table - BASE + 4 * index, 4, entry);
}

/*
 * Sv39, root at 0x80001000:
 *   L2[0]    table 0x80002000: L1[0] table 0x80003000, L1[1] a super page that is not aligned, L1[2] a table outside
 *            of the image. In 0x80003000: L0[1] r-x user, L0[2] and L0[3] rw user, L0[4] W without R, L0[5] a table
 *   L2[2]    1 GiB of RAM at its own address, rwx
 *   L2[255]  by 0x80007000 and 0x80008000 the highest page of the lower half, r-x global
 * A second root at 0x8000a000: L2[0] the same, L2[2] without W.
 */
static int make_images(void **state)
{
    static uint8_t image[SIZE], image32[SIZE];
    (void)state;
    put39(image, 0x80001000, 0, 0x20000801);
    put39(image, 0x80002000, 0, 0x20000c01);
    put39(image, 0x80003000, 1, 0x2000105b);
    put39(image, 0x80003000, 2, 0x200014d7);
    put39(image, 0x80003000, 3, 0x200018d7);
    put39(image, 0x80003000, 4, 0x20001c05);
    put39(image, 0x80003000, 5, 0x20000c01);
    put39(image, 0x80002000, 1, 0x200004cf);
    put39(image, 0x80002000, 2, 0x04000001);
    put39(image, 0x80001000, 2, 0x200000cf);
    put39(image, 0x80001000, 255, 0x20001c01);
    put39(image, 0x80007000, 511, 0x20002001);
    put39(image, 0x80008000, 511, 0x2000246b);
    put39(image, 0x8000a000, 0, 0x20000801);
    put39(image, 0x8000a000, 2, 0x200000cb);
    tool_file("image", image, sizeof image);
    put32(image32, 0x80001000, 0, 0x20000801);
    put32(image32, 0x80002000, 1, 0x200010d7);
    put32(image32, 0x80001000, 512, 0x200000cf);
    tool_file("image32", image32, sizeof image32);
    return 0;
}

static void walk_shows_every_level(void **state)
{
    (void)state;
    tool_expect(
        "walk 0x2010 --user --write " SV39,
        "0x0000000000002010, user write; Sv39 paging, satp 0x8000000000080001\n"
        "  L2[0]      at 0x80001000 = 0x0000000020000801  user rwx  valid, to a table\n"
        "  L1[0]      at 0x80002000 = 0x0000000020000c01  user rwx  valid, to a table\n"
        "  L0[2]      at 0x80003010 = 0x00000000200014d7  user rw-  valid, rw-, user, accessed, dirty\n"
        "physical 0x80005010, 4K page, user rw-\n",
        "", 0);
    tool_expect(
        "walk 0x80000000 " SV32,
        "0x80000000, supervisor read; Sv32 paging, satp 0x80080001\n"
        "  L1[512]    at 0x80001800 = 0x200000cf  kernel rwx  valid, rwx, accessed, dirty, super page\n"
        "physical 0x80000000, 4M page, kernel rwx\n",
        "", 0);
}

static void expect_reason(const char *arguments, const char *reason)
{
    struct tool_run run = tool_run("%s", arguments);
    if (!strstr(run.out, reason))
        fail_msg("%s: %s", arguments, run.out);
    assert_int_equal(run.status, 1);
    tool_free(&run);
}

static void walk_says_why_an_access_faults(void **state)
{
    static const struct {
        const char *arguments, *reason;
    } rows[] = {
        {"walk 0x0 " SV39, "load page fault, cause 13: L0[0] is not valid\n"},
        {"walk 0x1000 --user --write " SV39,
         "store/AMO page fault, cause 15: the page of L0[1] is not writable\n"},
        {"walk 0x2000 --user --fetch " SV39,
         "instruction page fault, cause 12: the page of L0[2] is not executable\n"},
        {"walk 0x2000 " SV39, "the page of L0[2] is a user page, and SUM is clear\n"},
        {"walk 0x1000 --fetch --sum " SV39,
         "the page of L0[1] is a user page, which S-mode never executes\n"},
        {"walk 0x80000000 --user " SV39, "the page of L2[2] is the supervisor's: U is clear\n"},
        {"walk 0x1000 --user --write --svade " SV39, "the page of L0[1] is not writable\n"},
        {"walk 0x3ffffff000 --write --svade " SV39, "the page of L0[511] is not writable\n"},
        {"walk 0x4000 " SV39, "L0[4] is writable but not readable, which is reserved\n"},
        {"walk 0x5000 " SV39, "L0[5] points to a table, but it is of the last level\n"},
        {"walk 0x200000 " SV39, "L1[1] maps a super page that is not aligned\n"},
        {"walk 0x400000 " SV39,
         "load access fault, cause 5: L0[0] cannot be read: the image has nothing at 0x10000000\n"},
        {"walk 0x4000000000 " SV39, "the address is none of Sv39"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_reason(rows[i].arguments, rows[i].reason);
}

/* Pages of one kind each, by L0 from 0x80003000: the bits of an entry are those of the privileged manual. */
static void make_odd_pages(void)
{
    static uint8_t image[SIZE];
    put39(image, 0x80001000, 0, 0x20000801);
    put39(image, 0x80002000, 0, 0x20000c01);
    put39(image, 0x80003000, 0, 0x200010c9);                     /* X alone */
    put39(image, 0x80003000, 1, 0x20001003);                     /* R, and A clear */
    put39(image, 0x80003000, 2, 0x20001047);                     /* R and W, and D clear */
    put39(image, 0x80003000, 3, UINT64_C(1) << 54 | 0x200010c7); /* bit 54 is for future use */
    put39(image, 0x80003000, 4, 0x200010c6);                     /* V clear */
    put39(image, 0x80003000, 6, 0x040000c7);                     /* 0x10000000, below RAM: devices */
    put39(image, 0x80003000, 8, 0x240000c7);                     /* 0x90000000: RAM has ended */
    tool_file("odd", image, sizeof image);
}

static void odd_pages_are_explained(void **state)
{
#define ODD " --arch sv39 --satp 0x8000000000080001 odd"
    (void)state;
    make_odd_pages();
    expect_reason("walk 0x0" ODD, "the page of L0[0] is not readable, only executable, and MXR is clear\n");
    expect_reason("walk 0x1000 --svade" ODD,
                  "the page of L0[1] has A clear, and the CPU does not set it (Svade)\n");
    expect_reason("walk 0x2000 --write --svade" ODD,
                  "the page of L0[2] has D clear, and the CPU does not set it (Svade)\n");
    expect_reason("walk 0x3000" ODD, "L0[3] has a reserved encoding: 0x40000000000000\n");
    expect_reason("walk 0x4000" ODD, "not valid (the other bits mean nothing to the CPU)\n");
    expect_reason("audit" ODD, "note    device-memory        0x0000000000006000-0x0000000000006fff");
    expect_reason("audit" ODD, "warning page-outside-ram     0x0000000000008000-0x0000000000008fff");
    struct tool_run run = tool_run("walk 0x0 --mxr" ODD);
    assert_int_equal(run.status, 0);
    tool_free(&run);
}

static void sum_and_mxr_change_the_verdict(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk 0x2000 --sum --write " SV39);
    assert_int_equal(run.status, 0);
    tool_free(&run);
    run = tool_run("walk 0x2000 --mxr --user " SV39);
    assert_int_equal(run.status, 0);
    tool_free(&run);
}

static void translate_gives_the_physical_address(void **state)
{
    (void)state;
    tool_expect("translate 0x2010 0x80001234 0x3fffffffff 0x5000 " SV39,
                "gpa: 0x80005010\ngpa: 0x80001234\ngpa: 0x80009fff\nUnmapped\n", "", 1);
}

static void mem_lists_runs_as_qemu_does(void **state)
{
    (void)state;
    tool_expect("mem " SV39,
                "vaddr            paddr            size             attr\n"
                "---------------- ---------------- ---------------- -------\n"
                "0000000000001000 0000000080004000 0000000000001000 r-xu-a-\n"
                "0000000000002000 0000000080005000 0000000000002000 rw-u-ad\n"
                "0000000000004000 0000000080007000 0000000000001000 -w-----\n"
                "0000000000200000 0000000080001000 0000000000200000 rwx--ad\n"
                "0000000080000000 0000000080000000 0000000040000000 rwx--ad\n"
                "0000003ffffff000 0000000080009000 0000000000001000 r-x-ga-\n",
                "", 0);
    tool_expect("mem " SV32,
                "vaddr    paddr            size     attr\n"
                "-------- ---------------- -------- -------\n"
                "00001000 0000000080004000 00001000 rw-u-ad\n"
                "80000000 0000000080000000 00400000 rwx--ad\n",
                "", 0);
}

static void mem_stops_at_its_limit(void **state)
{
    (void)state;
    tool_expect("mem --limit 3 " SV32,
                "vaddr    paddr            size     attr\n"
                "-------- ---------------- -------- -------\n"
                "00001000 0000000080004000 00001000 rw-u-ad\n",
                "note: stopped before the end: more entries than --limit allows\n", 1);
}

static void tlb_lists_pages_that_translate(void **state)
{
    (void)state;
    tool_expect("tlb " SV39,
                "0000000000001000: 0000000080004000 r-xu-a---\n"
                "0000000000002000: 0000000080005000 rw-u-ad--\n"
                "0000000000003000: 0000000080006000 rw-u-ad--\n"
                "0000000080000000: 0000000080000000 rwx--ad-P\n"
                "0000003ffffff000: 0000000080009000 r-x-ga---\n",
                "", 0);
}

static void map_folds_runs_for_people(void **state)
{
    (void)state;
    tool_expect("map " SV39,
                "0x0000000000001000-0x0000000000001fff     4K -> 0x80004000  user r-x  1 x 4K\n"
                "0x0000000000002000-0x0000000000003fff     8K -> 0x80005000  user rw-  2 x 4K; physical - "
                "0x80003000\n"
                "0x0000000080000000-0x00000000bfffffff     1G -> 0x80000000  kernel rwx  1 x 1G; identity\n"
                "0x0000003ffffff000-0x0000003fffffffff     4K -> 0x80009000  kernel r-x  1 x 4K\n",
                "", 0);
}

static void diff_compares_two_values_of_satp(void **state)
{
    (void)state;
    tool_expect("diff --satp 0x800000000008000a " SV39,
                "0x0000000000000000-0x000000003fffffff     1G  shared: the same tables in both\n"
                "0x0000000080000000-0x00000000bfffffff     1G  other rights: A kernel r-x, B kernel rwx -> "
                "0x80000000\n"
                "0x0000003ffffff000-0x0000003fffffffff     4K  only in B: -> 0x80009000 kernel r-x\n",
                "", 1);
}

static void audit_finds_what_no_access_can_use(void **state)
{
    static const char *const rules[] = {
        "error   reserved-bit         0x0000000000004000-0x0000000000004fff L0[4] at 0x80003020 = "
        "0x20001c05, bits 0x4\n",
        "error   table-too-deep       0x0000000000005000-0x0000000000005fff L0[5] at 0x80003028 = "
        "0x20000c01\n",
        "error   misaligned-page      0x0000000000200000-0x00000000003fffff L1[1] at 0x80002008 = "
        "0x200004cf\n",
        "error   table-outside-ram    0x0000000000400000-0x00000000005fffff L1[2] at 0x80002010 = "
        "0x4000001\n",
        "warning writable-executable  0x0000000080000000-0x00000000bfffffff -> 0x80000000 kernel rwx\n",
    };
    (void)state;
    struct tool_run run = tool_run("audit " SV39);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!strstr(run.out, rules[i]))
            fail_msg("%s is missing in: %s", rules[i], run.out);
    }
    assert_int_equal(run.status, 1);
    tool_free(&run);
    expect_reason("audit " SV32, "writable-executable  0x80000000-0x803fffff -> 0x80000000 kernel rwx\n");
}

static void fault_explains_causes(void **state)
{
    (void)state;
    tool_expect("fault 15 --arch sv39", "cause 15: store/AMO page fault\n", "", 0);
    tool_expect("fault 5 --arch sv32 --stval 0x1000", "cause 5: load access fault, at 0x00001000\n", "", 0);
    expect_reason("fault 15 --stval 0x1008 --user " SV39, "the tables of the image give the same fault\n");
    expect_reason("fault 13 --stval 0x400000 " SV39, "the tables of the image now give cause 5: ");
    struct tool_run run = tool_run("fault 13 --stval 0x2008 --user " SV39);
    assert_non_null(strstr(run.out, "the tables of the image now allow this access"));
    assert_int_equal(run.status, 0);
    tool_free(&run);
}

static json_t *json_of(const char *arguments)
{
    struct tool_run run = tool_run("%s --json", arguments);
    json_error_t error;
    json_t *json = json_loads(run.out, 0, &error);
    if (!json)
        fail_msg("%s: %s: %s", arguments, error.text, run.out);
    tool_free(&run);
    return json;
}

static void json_has_the_same_facts(void **state)
{
    (void)state;
    json_t *json = json_of("walk 0x1000 --write --user " SV39);
    json_t *walk = json_array_get(json_object_get(json, "walks"), 0);
    assert_string_equal(json_string_value(json_object_get(walk, "satp")), "0x8000000000080001");
    assert_string_equal(json_string_value(json_object_get(walk, "mode")), "Sv39");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(walk, "fault"), "cause")), 15);
    json_t *level = json_array_get(json_object_get(walk, "levels"), 2);
    assert_string_equal(json_string_value(json_object_get(level, "entry_name")), "L0");
    json_decref(json);
    json = json_of("mem " SV32);
    json_t *range = json_array_get(json_object_get(json, "ranges"), 1);
    assert_string_equal(json_string_value(json_object_get(range, "first")), "0x80000000");
    assert_string_equal(json_string_value(json_object_get(range, "flags")), "rwx--ad");
    assert_int_equal(json_integer_value(json_object_get(range, "size")), 0x400000);
    json_decref(json);
    json = json_of("fault 13 --stval 0x0 " SV39);
    assert_int_equal(json_integer_value(json_object_get(json, "cause")), 13);
    json_decref(json);
    json = json_of("diff --satp 0x800000000008000a " SV39);
    assert_true(json_is_true(json_object_get(json, "differs")));
    assert_string_equal(json_string_value(json_object_get(json, "satp_b")), "0x8000000000080001");
    json_decref(json);
    json = json_of("audit " SV39);
    assert_true(json_array_size(json_object_get(json, "findings")) > 4);
    json_decref(json);
    json = json_of("tlb " SV39);
    assert_int_equal(json_array_size(json_object_get(json, "entries")), 5);
    json_decref(json);
}

static void a_core_of_qemu_needs_satp_alone(void **state)
{
    static uint8_t core[0x200 + SIZE];
    (void)state;
    Elf64_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_CORE,
                         .e_machine = EM_RISCV,
                         .e_version = EV_CURRENT,
                         .e_phoff = sizeof header,
                         .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 2};
    const Elf64_Phdr loads[2] = {
        {.p_type = PT_NOTE, .p_offset = 0x100, .p_filesz = 0x40},
        {.p_type = PT_LOAD, .p_offset = 0x200, .p_paddr = BASE, .p_filesz = SIZE, .p_memsz = SIZE}};
    memcpy(core, &header, sizeof header);
    memcpy(core + sizeof header, loads, sizeof loads);
    put39(core + 0x200, 0x80001000, 2, 0x200000cf);
    tool_file("core", core, sizeof core);
    tool_expect("translate 0x80000010 --arch sv39 --satp 0x8000000000080001 core", "gpa: 0x80000010\n", "",
                0);
    tool_expect("mem core", "",
                "kmemsim mem: the core is of an RV64 machine: give --arch sv39, sv48 or sv57 and --satp\n",
                2);
    tool_expect("mem core --arch sv32 --satp 1", "",
                "kmemsim mem: the core is of an RV64 machine, which has no Sv32\n", 2);
}

static void wrong_options_give_one_line(void **state)
{
    static const struct {
        const char *arguments, *line;
    } rows[] = {
        {"mem image --satp 5", "--satp needs --arch sv32, sv39, sv48 or sv57"},
        {"mem image --sum --cr3 0", "--sum needs --arch sv32, sv39, sv48 or sv57"},
        {"mem image --arch sv39 --cr3 0", "--cr3 is of x86, not of --arch Sv39"},
        {"mem image --arch sv39 --mode pae", "--mode is of x86, not of --arch Sv39"},
        {"mem image --arch riscv", "--arch riscv: is none of x86, sv32, sv39, sv48, sv57"},
        {"mem image --arch sv39", "the image carries no registers: give --satp"},
        {"mem image --arch sv39 --satp z", "--satp z: is not a number"},
        {"mem image --arch sv39 --satp 1 --satp 2", "--satp 2: given twice"},
        {"diff image --arch sv39 --satp 0x8000000000080001",
         "two address spaces are needed: --satp A --satp B"},
        {"mem image --arch sv39 --satp 0x9000000000080001",
         "--satp 0x9000000000080001: its MODE is not that of Sv39"},
        {"mem image32 --arch sv32 --satp 0x100080001",
         "--satp 0x100080001: is wider than the 32 bits of RV32"},
        {"mem image --arch sv39 --satp 0x8000000000000001",
         "satp 0x8000000000000001 points outside the image (which ends at 0x80010000)"},
        {"mem image --ram-base z --arch sv39", "--ram-base z: is not an address"},
        {"mem --range 0x0-0x1 " SV39, "--range does not apply to RISC-V"},
        {"fault 2 --arch sv39", "one cause of a memory access is needed: 1, 4, 5, 6, 7, 12, 13 or 15"},
        {"fault 13 " SV39, "the image does not carry stval: give --stval"},
        {"fault 7 --stval 5", "--stval needs --arch sv32, sv39, sv48 or sv57"},
        {"explain image --arch sv39", "holds neither exceptions of a QEMU log"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tool_run run = tool_run("%s", rows[i].arguments);
        const char *end = strchr(run.err, '\n');
        if (!strstr(run.err, rows[i].line) || !end || end[1] || run.out[0] || run.status != 2)
            fail_msg("%s: %d: %s%s", rows[i].arguments, run.status, run.err, run.out);
        tool_free(&run);
    }
}

static void ram_may_begin_elsewhere(void **state)
{
    (void)state;
    tool_expect("translate 0x2010 --arch sv39 --satp 0x8000000000080001 --image image@2G",
                "gpa: 0x80005010\n", "", 0);
    tool_expect("translate 0x2010 --arch sv39 --satp 0x8000000000080001 --ram-base 2G image",
                "gpa: 0x80005010\n", "", 0);
    tool_expect("translate 0x2010 --arch sv39 --satp 0x80001 image", "gpa: 0x80005010\n",
                "note: MODE of satp is 0 (Bare); shown as if it were Sv39\n", 0);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("walk shows every level", walk_shows_every_level, make_images, NULL),
    KMS_TEST_WITH("walk says why an access faults", walk_says_why_an_access_faults, make_images, NULL),
    KMS_TEST("pages of odd rights, places and bits are explained", odd_pages_are_explained),
    KMS_TEST_WITH("SUM and MXR change the verdict", sum_and_mxr_change_the_verdict, make_images, NULL),
    KMS_TEST_WITH("translate gives the physical address", translate_gives_the_physical_address, make_images,
                  NULL),
    KMS_TEST_WITH("mem lists runs as QEMU does", mem_lists_runs_as_qemu_does, make_images, NULL),
    KMS_TEST_WITH("mem stops at its limit", mem_stops_at_its_limit, make_images, NULL),
    KMS_TEST_WITH("tlb lists pages that translate", tlb_lists_pages_that_translate, make_images, NULL),
    KMS_TEST_WITH("map folds runs for people", map_folds_runs_for_people, make_images, NULL),
    KMS_TEST_WITH("diff compares two values of satp", diff_compares_two_values_of_satp, make_images, NULL),
    KMS_TEST_WITH("audit finds what no access can use", audit_finds_what_no_access_can_use, make_images,
                  NULL),
    KMS_TEST_WITH("fault explains causes", fault_explains_causes, make_images, NULL),
    KMS_TEST_WITH("JSON has the same facts", json_has_the_same_facts, make_images, NULL),
    KMS_TEST_WITH("a core of QEMU needs satp alone", a_core_of_qemu_needs_satp_alone, make_images, NULL),
    KMS_TEST_WITH("wrong options give one line", wrong_options_give_one_line, make_images, NULL),
    KMS_TEST_WITH("RAM may begin elsewhere", ram_may_begin_elsewhere, make_images, NULL),
};
KMS_TESTS(tool_riscv, tests)
