/* The image readers. */
#include "core_maker.h"
#include "kms_test.h"
#include "run_tool.h"

#include <elf.h>
#include <kmemsim/image.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define FOUR_GIB UINT64_C(0x100000000)

static uint8_t bytes[0x3800];
static uint8_t core[CORE_MAX];

static void expect_byte(const struct kms_image *image, kms_phys phys, uint64_t expected)
{
    uint64_t value = 0x1234;
    assert_int_equal(kms_phys_load(kms_image_ram(image), phys, 1, &value), KMS_DONE);
    assert_int_equal(value, expected);
}

static void expect_nothing(const struct kms_image *image, kms_phys phys)
{
    uint64_t value;
    assert_int_equal(kms_phys_load(kms_image_ram(image), phys, 1, &value), KMS_UNBACKED);
}

static struct kms_image *new_image(void)
{
    struct kms_image *image = kms_image_new();
    assert_non_null(image);
    return image;
}

/* ---- raw ---- */

static void raw_at_base(void **state)
{
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    memset(bytes, 7, sizeof bytes);
    assert_true(kms_image_add_raw(image, tool_file("raw", bytes, sizeof bytes), 0x10000, &error));
    expect_nothing(image, 0xffff);
    expect_byte(image, 0x10000, 7);
    expect_byte(image, 0x137ff, 7);
    expect_byte(image, 0x13800, 0xff); /* the rest of the last page: an open bus */
    expect_nothing(image, 0x14000);
    kms_image_free(image);
}

static void several_raw(void **state)
{
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    memset(bytes, 1, sizeof bytes);
    assert_true(kms_image_add_raw(image, tool_file("one", bytes, 0x1000), 0, &error));
    memset(bytes, 2, sizeof bytes);
    assert_true(kms_image_add_raw(image, tool_file("two", bytes, 0x1000), FOUR_GIB, &error));
    expect_byte(image, 0xfff, 1);
    expect_nothing(image, 0x1000);
    expect_byte(image, FOUR_GIB, 2);
    assert_false(kms_image_add_raw(image, tool_file("two", bytes, 0x1000), FOUR_GIB, &error));
    kms_image_free(image);
}

static void pci_hole(void **state)
{
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    memset(bytes, 1, 0x2000);
    memset(bytes + 0x2000, 2, 0x1000);
    assert_true(kms_image_add_split(image, tool_file("ram", bytes, 0x3000), 0x2000, &error));
    expect_byte(image, 0x1fff, 1);
    expect_nothing(image, 0x2000);
    expect_byte(image, FOUR_GIB, 2);
    expect_nothing(image, FOUR_GIB + 0x1000);
    kms_image_free(image);
}

static void packed(void **state)
{
    struct kms_image_error error;
    struct kms_image *image = new_image();
    uint8_t small[0x1000];
    (void)state;
    memset(bytes, 9, 0x3000);
    size_t size = ZSTD_compress(small, sizeof small, bytes, 0x3000, 3);
    assert_true(kms_image_add_raw(image, tool_file("packed", small, size), 0, &error));
    expect_byte(image, 0x2fff, 9);
    expect_nothing(image, 0x3000);
    kms_image_free(image);
    image = new_image();
    assert_false(kms_image_add_raw(image, tool_file("packed", small, size - 5), 0, &error));
    assert_non_null(strstr(error.text, "the zstd data is truncated"));
    kms_image_free(image);
}

/* ---- cores ---- */

static struct core_plan plan_of(uint16_t machine, const void *note, size_t size)
{
    return (struct core_plan){.machine = machine,
                              .note_name = "QEMU",
                              .note = note,
                              .note_size = size,
                              .loads = {{0, 0x1000, 3}, {FOUR_GIB, 0x2000, 4}},
                              .load_count = 2};
}

static void core_has_registers(void **state)
{
    uint8_t note[CORE_QEMU_NOTE];
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    core_qemu_note(note, &(struct core_registers){0x80000011, 0xdead000, 0x1000, 0x20, 0x8000, 0x9000});
    struct core_plan plan = plan_of(EM_X86_64, note, sizeof note);
    size_t size = core_make(core, &plan);
    assert_true(kms_image_add_core(image, tool_file("core", core, size), &error));
    expect_byte(image, 0xfff, 3);
    expect_byte(image, FOUR_GIB + 0x1fff, 4);
    expect_nothing(image, 0x1000);
    const struct kms_image_registers *registers = kms_image_registers(image, 0);
    assert_int_equal(kms_image_cpus(image), 1);
    assert_int_equal(registers->cr0, 0x80000011);
    assert_int_equal(registers->cr2, 0xdead000);
    assert_int_equal(registers->cr3, 0x1000);
    assert_int_equal(registers->cr4, 0x20);
    assert_int_equal(registers->ip, 0x8000);
    assert_int_equal(registers->sp, 0x9000);
    assert_int_equal(registers->efer, KMS_EFER_LME | KMS_EFER_LMA | KMS_EFER_NXE);
    assert_null(kms_image_registers(image, 1));
    kms_image_free(image);
}

static void linux_core(void **state)
{
    static const char info[] =
        "OSRELEASE=6.1.0\nSYMBOL(init_top_pgt)=ffffffff82a10000\nNUMBER(phys_base)=-16777216\n"
        "NUMBER(pgtable_l5_enabled)=0\n";
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    struct core_plan plan = plan_of(EM_X86_64, info, sizeof info - 1);
    plan.note_name = "VMCOREINFO";
    size_t size = core_make(core, &plan);
    assert_true(kms_image_add_core_bytes(image, core, size, &error));
    const struct kms_image_registers *registers = kms_image_registers(image, 0);
    assert_non_null(registers);
    assert_int_equal(registers->cr3, 0x1a10000); /* 0x2a10000 above the map of the text, less 16 MiB */
    assert_int_equal(registers->efer, KMS_EFER_LME | KMS_EFER_LMA | KMS_EFER_NXE);
    assert_non_null(strstr(kms_image_source(image), "VMCOREINFO"));
    kms_image_free(image);
}

static void linux_32bit_core(void **state)
{
    static const char info[] = "SYMBOL(swapper_pg_dir)=c1a2b000\n";
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    struct core_plan plan = plan_of(EM_386, info, sizeof info - 1);
    plan.note_name = "VMCOREINFO";
    size_t size = core_make(core, &plan);
    assert_true(kms_image_add_core_bytes(image, core, size, &error));
    assert_int_equal(kms_image_registers(image, 0)->cr3, 0x1a2b000);
    assert_int_equal(kms_image_registers(image, 0)->efer, 0);
    kms_image_free(image);
}

static void overlapping_loads(void **state)
{
    uint8_t note[CORE_QEMU_NOTE] = {0};
    struct kms_image_error error;
    struct kms_image *image = new_image();
    (void)state;
    core_qemu_note(note, &(struct core_registers){0});
    struct core_plan plan = plan_of(EM_X86_64, note, sizeof note);
    plan.loads[0] = (struct core_load){0x1000, 0x1000, 3};
    plan.loads[1] = (struct core_load){0x0000, 0x3000, 4};
    size_t size = core_make(core, &plan);
    assert_true(kms_image_add_core_bytes(image, core, size, &error));
    expect_byte(image, 0x0fff, 4);
    expect_byte(image, 0x1000, 3);
    expect_byte(image, 0x2fff, 4);
    kms_image_free(image);
}

static void refuse_core(size_t size, const char *words)
{
    struct kms_image_error error = {"nothing was said"};
    struct kms_image *image = new_image();
    assert_false(kms_image_add_core_bytes(image, core, size, &error));
    if (!strstr(error.text, words))
        fail_msg("%s", error.text);
    kms_image_free(image);
}

static void bad_cores(void **state)
{
    uint8_t note[CORE_QEMU_NOTE];
    (void)state;
    core_qemu_note(note, &(struct core_registers){0});
    struct core_plan plan = plan_of(EM_X86_64, note, sizeof note);
    size_t size = core_make(core, &plan);
    refuse_core(size - 1, "the core is truncated");
    refuse_core(3, "is not an ELF file");
    plan.note_size = 100;
    refuse_core(core_make(core, &plan), "too short for its registers");
    plan.note_size = sizeof note;
    tool_put(note, 0, 4, 2);
    refuse_core(core_make(core, &plan), "unknown version 2");
    tool_put(note, 0, 4, 1);
    plan.machine = EM_AARCH64;
    refuse_core(core_make(core, &plan), "another architecture");
    plan.machine = EM_X86_64;
    plan.load_count = 0;
    refuse_core(core_make(core, &plan), "holds no memory");
    plan.load_count = 1;
    plan.loads[0].phys = UINT64_MAX - 0xfff;
    refuse_core(core_make(core, &plan), "absurd");
    core_make(core, &plan);
    tool_put(core, 16, 2, ET_EXEC);
    refuse_core(CORE_MAX, "not a core");
}

static void every_cut_is_refused(void **state)
{
    uint8_t note[CORE_QEMU_NOTE];
    (void)state;
    core_qemu_note(note, &(struct core_registers){0});
    struct core_plan plan = plan_of(EM_X86_64, note, sizeof note);
    size_t size = core_make(core, &plan);
    for (size_t cut = 0; cut < size; cut += cut < 0x400 ? 1 : 97) {
        struct kms_image_error error;
        struct kms_image *image = new_image();
        assert_false(kms_image_add_core_bytes(image, core, cut, &error));
        kms_image_free(image);
    }
}

/* ---- symbols ---- */

static void names(void **state)
{
    struct kms_image_error error;
    struct kms_symbols *symbols = kms_symbols_open(TEST_DATA "/demo/demo.elf.zst", &error);
    kms_linear linear;
    uint64_t offset;
    (void)state;
    assert_non_null(symbols);
    assert_true(kms_symbols_find(symbols, "kernel_main", &linear));
    assert_string_equal(kms_symbols_name(symbols, linear, &offset), "kernel_main");
    assert_int_equal(offset, 0);
    assert_string_equal(kms_symbols_name(symbols, linear + 5, &offset), "kernel_main");
    assert_int_equal(offset, 5);
    assert_null(kms_symbols_name(symbols, 0x1000, &offset));
    assert_null(kms_symbols_name(symbols, 0xd0000000, &offset));
    assert_false(kms_symbols_find(symbols, "no_such_name", &linear));
    kms_symbols_free(symbols);
    assert_null(kms_symbols_open(tool_file("text", "text", 4), &error));
    assert_non_null(strstr(error.text, "is not an ELF file"));
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a raw file lies at its base, and nothing around it", raw_at_base),
    KMS_TEST("several raw files lie side by side, and may not overlap", several_raw),
    KMS_TEST("RAM goes on at 4 GiB behind the PCI hole", pci_hole),
    KMS_TEST("a packed file is opened as if it were not, and refused if cut", packed),
    KMS_TEST("a QEMU core gives its memory and its registers", core_has_registers),
    KMS_TEST("a Linux core gives the kernel's own tables by VMCOREINFO", linux_core),
    KMS_TEST("a 32-bit Linux core gives the kernel's own tables by VMCOREINFO", linux_32bit_core),
    KMS_TEST("ranges of a core that overlap keep what came first", overlapping_loads),
    KMS_TEST("bad cores are refused in words", bad_cores),
    KMS_TEST("a core cut anywhere is refused", every_cut_is_refused),
    KMS_TEST("symbols are found by name and by address, no further than they reach", names),
};
KMS_TESTS(tool_image, tests)
