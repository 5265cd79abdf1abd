/* Registers, modes and accesses: what each option makes of the same tables. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <string.h>

#define IMAGE "image --mode 32bit --cr3 0x1000 "
#define DEMO  TEST_DATA "/demo/demo.core.zst "

static void registers_choose_the_mode(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0x1000 image --cr0 0x80000001 --cr3 0x1000 --cr4 0x10 --efer 0", "physical 0x00001000", 0},
        {"walk 0x1000 image --cr3 0x1000 --cr4 0x10", "assuming 32-bit paging", 0},
        {"walk 0x1000 image --cr3 0x1000 --cr4 0x20", "assuming PAE paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --cr4 0x1020", "assuming 5-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x500", "assuming 4-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x500 --cr4 0x1020", "5-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x100 --cr4 0x20 --cr0 1", "paging is off", 0},
        {"walk 0x1000 image --cr3 0x1000 --efer 0x800 --cr4 0x10", "32-bit paging", 0},
        {"walk 0x1000 image --cr3 0x1000 --mode 5level", "5-level paging", 1},
        {"walk 0x1000 image --cr3 0x1000 --mode pae --maxphyaddr 36", "PAE paging", 1},
        {"walk 0xc0103000 --cr4 0x10 " DEMO, "32-bit paging", 0},
        {"walk 0x100000000 " IMAGE, "wider than the 32 bits", 0},
        {"walk 0x1000 image --cr0 1 --cr3 0x1000", "paging is off", 0},
        {"diff image --mode pae --cr3 0x1000 --cr3 0x90000000", "points outside the image", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void accesses_have_a_kind_and_a_privilege(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0x1000 " IMAGE "--cpl 3", "user read", 0},
        {"walk 0xc0000000 " IMAGE "--cpl 3 --implicit", "implicit supervisor read", 0},
        {"walk 0xc0000000 " IMAGE "--cpl 3", "U (user) was removed at PDE[768]", 1},
        {"walk 0x1000 " IMAGE "--cr0 0x80010001 --cr4 0x200090", "CR4.SMAP keeps the kernel from touching",
         1},
        {"walk 0x1000 " IMAGE "--cr4 0x200090 --ac", "physical 0x00001000", 0},
        {"walk 0x1000 --fetch " IMAGE "--cr4 0x100090", "CR4.SMEP keeps the kernel from executing", 1},
        {"walk 0x4000 --write --user " IMAGE, "because W (writable) was removed at PTE[4]\n", 1},
        {"walk 0x00400000 " IMAGE, "outside the image", 0},
        {"walk 0x3f000000 " IMAGE, "nearest mapped above: 0xc0000000-0xc01fffff", 1},
        {"walk c0001000 " IMAGE, "0xc0001000, supervisor read", 0},
        {"walk 4096 " IMAGE, "0x00001000, supervisor read", 0},
        {"translate 0xd0000000 0x1000 " IMAGE, "Unmapped\ngpa: 0x1000\n", 1},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void fault_says_codes_and_looks_them_up(void **state)
{
    static const struct tool_row rows[] = {
        {"fault 6 --cr2 0x1000 --image " IMAGE, "now allow this access", 0},
        {"fault 6 --cr2 0xc0000000 --image " IMAGE, "now give error code 0x7", 1},
        {"fault 0x10 --cr2 0x6000 --image " IMAGE, "supervisor fetch; 32-bit paging", 1},
        {"fault 6 --image " IMAGE, "does not carry CR2", 2},
        {"fault 0x102", "bits 0x100 are not explained", 0},
        {"fault 0x13", "no access is both a write and a fetch", 0},
        {"fault 0x11", "may not be executed", 0},
        {"fault 1", "a user page (SMAP)", 0},
        {"fault --arch sv39", "one cause of a memory access is needed", 2},
        {"fault z --arch sv39", "one cause of a memory access is needed", 2},
        {"fault 2 --arch sv39", "one cause of a memory access is needed", 2},
        {"fault 13 --arch sv39 --json", "\"linear\": null", 0},
        {"fault 13 --arch sv39 --json --stval 0x1000", "\"linear\": \"0x1000\"", 0},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void wrong_values_give_one_line(void **state)
{
    static const struct tool_row rows[] = {
        {"walk 0x1 " IMAGE "--cpl 4", "--cpl 4: is too large", 2},
        {"walk 0x1 " IMAGE "--cr0 z", "--cr0 z: is not a number", 2},
        {"walk 0x1 " IMAGE "--cr3 1", "--cr3 1: given twice", 2},
        {"walk 0x1 image --cr3 0x1000 --cpu 1", "--cpu 1: the image has registers of 0 CPUs", 2},
        {"walk 0x1 image --mode 3level", "is none of 32bit, pae, 4level, 5level", 2},
        {"walk 0x1 image --cr3 0x1ffffffffffffffff", "is not a number", 2},
        {"walk 0x1 image --low-ram 3Q", "is not a size", 2},
        {"walk 0x1 --image image --low-ram 100 --cr3 0", "must be a multiple of 4096", 2},
        {"walk 0x1 --image image --low-ram 1M --cr3 0x1000 --mode 32bit", "physical 0x00000001", 0},
        {"walk 0x1 --image image@4G --cr3 0x1000", "points outside the image", 2},
        {"walk 0x1 --image /dev/null --cr3 0", "/dev/null: is not a regular file", 2},
        {"walk 0x1 nowhere", "no image: give --image", 2},
        {"walk 0x1 .", "no image: give --image", 2},
        {"walk --mode 32bit", "an address is missing", 2},
        {"walk 0x1 --user --implicit " IMAGE, "--user and --implicit", 2},
        {"walk 0x1 --implicit --user " IMAGE, "--user and --implicit", 2},
        {"walk --segment 8:0x100000000 " IMAGE, "a selector has 16 bits and an offset 32", 2},
        {"walk --segment z:0 " IMAGE, "is not SELECTOR:OFFSET", 2},
        {"walk --segment 8:z " IMAGE, "is not SELECTOR:OFFSET", 2},
        {"walk --segment 8:00000000000000000000000000000000000000000000000000000000000000000 " IMAGE,
         "is not SELECTOR:OFFSET", 2},
        {"walk --segment 8:0 --gdt 0x100000000,7 " IMAGE, "a base has 32 bits and a limit 16", 2},
        {"walk --segment 8:0 --gdt 0,7 --arch sv39 --satp 0x8000000000000001 --image image@0",
         "--segment: there are no segments on RISC-V", 2},
        {"walk 0 --arch sv39 --ram-base z image", "is not an address", 2},
        {"diff image --arch sv39 --satp 1 --satp 2 --satp 3", "--satp 3: given more than twice", 2},
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
        {"walk 0 --arch sv39 --satp 0 " DEMO, "the core is of an x86 machine, which has no Sv39", 2},
        {"help", "usage:", 0},
        {"", "usage:", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

/* ---- 4-level and PAE paging ---- */

#define LONG " long --mode 4level --cr3 0x1000 "
#define PAE  " pae --mode pae --cr3 0x1000 "

/*
 * 4-level, PML4 at 0x1000: 2 MiB at 0 in one page, what follows in pages of 4 KiB; PML4E[1] has NX.
 * PAE, PDPT at 0x1000: PDPTE[0] to a directory at 0x2000, whose entry 511 is the directory itself.
 */
static int make_images(void **state)
{
    static uint8_t image[0x400000];
    memset(image, 0, sizeof image);
    tool_put(image, 0x1000, 8, 0x2003);
    tool_put(image, 0x2000, 8, 0x3003);
    tool_put(image, 0x3000, 8, 0x83);
    tool_put(image, 0x3008, 8, 0x4003);
    tool_put(image, 0x4000, 8, 0x200003);
    tool_put(image, 0x4008, 8, 0x201003);
    tool_put(image, 0x1008, 8, UINT64_C(1) << 63 | 0x2003);
    tool_file("long", image, sizeof image);
    memset(image, 0, sizeof image);
    tool_put(image, 0x1000, 8, 0x2001);
    tool_put(image, 0x2ff8, 8, 0x2003);
    tool_file("pae", image, 0x4000);
    return tables_32bit_setup(state);
}

static void four_levels_and_pae_are_told(void **state)
{
    static const struct tool_row rows[] = {
        {"map " LONG,
         "0x0000000000000000-0x0000000000201fff  2056K -> 0x00000000  kernel rwx  4K, 2M; identity", 0},
        {"walk 0x8000000000 " LONG, "; UX removed here", 0},
        {"walk 0x8000000000 --fetch " LONG, "because X (executable) was removed at PML4E[1]", 1},
        {"audit " LONG, "6 pages in 4 tables: warnings\n", 1},
        {"map " PAE, "recursive window: PDE[511] points at a page directory", 0},
        {"walk 0x3fffffff " PAE, "recursive window: PDE[511] points at a page directory; this page holds", 0},
        {"walk 0x3fe00000 " PAE, "this page holds the PTEs from that of 0x00000000 on", 1},
        {"walk 0x40000000 " PAE, "PDPTE[1]   PDPTE register, from 0x00001008", 1},
        {"audit " PAE, "recursive-mapping", 0},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("registers choose the paging mode", registers_choose_the_mode, tables_32bit_setup, NULL),
    KMS_TEST_WITH("accesses have a kind and a privilege", accesses_have_a_kind_and_a_privilege,
                  tables_32bit_setup, NULL),
    KMS_TEST_WITH("fault says error codes and causes, and looks them up", fault_says_codes_and_looks_them_up,
                  tables_32bit_setup, NULL),
    KMS_TEST_WITH("wrong values give one line", wrong_values_give_one_line, tables_32bit_setup, NULL),
    KMS_TEST_WITH("4-level and PAE tables are told with their own words", four_levels_and_pae_are_told,
                  make_images, NULL),
};
KMS_TESTS(tool_modes, tests)
