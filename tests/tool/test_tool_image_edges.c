/* The image readers at their edges: ELF files that are wrong in one field each, too many files, names that end oddly. */
#include "core_maker.h"
#include "kms_test.h"
#include "run_tool.h"

#include <elf.h>
#include <kmemsim/image.h>
#include <string.h>

static uint8_t core[CORE_MAX];

/* ---- cores ---- */

static size_t good_core(void)
{
    static uint8_t note[CORE_QEMU_NOTE];
    core_qemu_note(note, &(struct core_registers){.cr0 = 0x80000001, .cr3 = 0x1000});
    return core_make(core, &(struct core_plan){.machine = EM_X86_64,
                                               .note_name = "QEMU",
                                               .note = note,
                                               .note_size = sizeof note,
                                               .loads = {{0, 0x1000, 1}, {0x3000, 0x1000, 2}},
                                               .load_count = 2});
}

static Elf64_Phdr *program_header(unsigned n)
{
    return (Elf64_Phdr *)(void *)(core + sizeof(Elf64_Ehdr)) + n;
}

static void expect_core(size_t size, const char *words)
{
    struct kms_image_error error = {""};
    struct kms_image *image = kms_image_new();
    const bool added = kms_image_add_core_bytes(image, core, size, &error);
    if (added != (words == NULL) || (words && !strstr(error.text, words)))
        fail_msg("added %d: \"%s\"", added, error.text);
    kms_image_free(image);
}

static void wrong_cores(void **state)
{
    (void)state;
    size_t size = good_core();
    expect_core(size, NULL);
    core[EI_DATA] = ELFDATA2MSB;
    expect_core(size, "");
    size = good_core();
    program_header(1)->p_offset = size + 1;
    expect_core(size, "the core is truncated: program header 1 needs 0x1000 bytes");
    size = good_core();
    program_header(2)->p_filesz = UINT64_MAX;
    expect_core(size, "the core is truncated: program header 2");
    size = good_core();
    program_header(1)->p_paddr = UINT64_MAX;
    program_header(2)->p_filesz = 0;
    expect_core(size, "the core holds no memory");
    size = good_core();
    program_header(1)->p_type = program_header(2)->p_type = PT_NULL;
    expect_core(size, "the core holds no memory");
    size = good_core();
    program_header(0)->p_align = 8; /* a note of the other alignment is not found, and no error */
    expect_core(size, NULL);
    size = good_core();
    program_header(2)->p_paddr = 0; /* both at 0: the first one stays */
    expect_core(size, NULL);
    expect_core(20, "");
    memset(core, 'x', 100);
    expect_core(100, "is not an ELF file");
}

static void short_notes(void **state)
{
    static const uint8_t note[16] = {1, 0, 0, 0, 0xb8, 1};
    (void)state;
    size_t size = core_make(core, &(struct core_plan){.machine = EM_386,
                                                      .note_name = "QEMU",
                                                      .note = note,
                                                      .note_size = sizeof note,
                                                      .loads = {{0, 0x1000, 1}},
                                                      .load_count = 1});
    struct kms_image_error error = {""};
    struct kms_image *image = kms_image_new();
    assert_false(kms_image_add_core_bytes(image, core, size, &error));
    assert_int_equal(kms_image_cpus(image), 0);
    assert_null(kms_image_registers(image, 0));
    assert_string_equal(kms_image_source(image), "");
    kms_image_free(image);
}

/* CR4 as Linux has it: PSE and PGE always, PAE and LA57 as the lines say; no CR3: the note says too little. */
static void notes_of_linux(void **state)
{
#define LONG_VALUE "0000000000000000000000000000000000000000c1a2b000"
    static const struct {
        uint16_t machine;
        const char *info;
        uint64_t cr3, cr4;
    } rows[] = {
        {EM_386, "SYMBOL(swapper_pg_dir)=c1a2b000\nCONFIG_X86_PAE=y\n", 0x1a2b000, 0xb0},
        {EM_386, "SYMBOL(swapper_pg_dir)=c1a2b000\n", 0x1a2b000, 0x90},
        {EM_X86_64, "SYMBOL(swapper_pg_dir)=ffffffff82a10000\nNUMBER(pgtable_l5_enabled)=1", 0x2a10000,
         0x10b0}, /* the last line has no end */
        {EM_X86_64, "OSRELEASE=6.1.0\n", 0, 0},
        {EM_386, "SYMBOL(swapper_pg_dir)!=c1a2b000\n", 0, 0},
        {EM_386, "SYMBOL(swapper_pg_dir)=" LONG_VALUE "\n", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kms_image_error error;
        struct kms_image *image = kms_image_new();
        size_t size = core_make(core, &(struct core_plan){.machine = rows[i].machine,
                                                          .note_name = "VMCOREINFO",
                                                          .note = rows[i].info,
                                                          .note_size = strlen(rows[i].info),
                                                          .loads = {{0, 0x1000, 1}},
                                                          .load_count = 1});
        assert_true(kms_image_add_core_bytes(image, core, size, &error));
        const struct kms_image_registers *registers = kms_image_registers(image, 0);
        assert_int_equal(registers ? registers->cr3 : 0, rows[i].cr3);
        assert_int_equal(registers ? registers->cr4 : 0, rows[i].cr4);
        kms_image_free(image);
    }
}

/* ---- raw ---- */

static void ranges_are_refused(void **state)
{
    static const uint8_t page[0x1000];
    struct kms_image_error error;
    struct kms_image *image = kms_image_new();
    (void)state;
    assert_false(kms_image_add_raw_bytes(image, page, 0x1000, 0x800, &error));
    assert_non_null(strstr(error.text, "is not a multiple of 4096"));
    assert_false(kms_image_add_raw_bytes(image, page, UINT64_MAX, 0x1000, &error));
    assert_non_null(strstr(error.text, "52 bits"));
    for (unsigned i = 0; i < KMS_RAM_REGIONS; i++)
        assert_true(kms_image_add_raw_bytes(image, page, 0x1000, 0x2000u * i, &error));
    assert_false(kms_image_add_raw_bytes(image, page, 0x1000, 0x1000000, &error));
    assert_non_null(strstr(error.text, "at most 32 ranges"));
    assert_false(kms_image_add_raw_bytes(image, page, 0x10, 0x1000000, &error));
    kms_image_free(image);
    kms_image_free(NULL);
    assert_false(kms_image_is_core("."));
}

static void empty_files(void **state)
{
    struct kms_image_error error = {""};
    struct kms_image *image = kms_image_new();
    const char *path = tool_file("empty", "", 0);
    (void)state;
    assert_false(kms_image_is_core(path));
    assert_false(kms_image_add_core(image, path, &error));
    assert_false(kms_image_add_split(image, path, 0, &error));
    assert_false(kms_image_add_split(image, path, 0x800, &error));
    assert_false(kms_image_add_split(image, path, UINT64_C(4) << 30, &error));
    kms_image_free(image);
}

/* ---- symbols ---- */

enum { SYMBOLS = 600, STRINGS = 16 };

/* An ELF file with a symbol table and nothing loaded; symbol i is at 16 * i. */
struct symbol_file {
    Elf64_Ehdr header;
    Elf64_Shdr section[3]; /* none, the symbols, their names */
    Elf64_Sym symbol[SYMBOLS];
    char strings[STRINGS];
};

static struct symbol_file file;

static void make_symbols(void)
{
    memset(&file, 0, sizeof file);
    file.header =
        (Elf64_Ehdr){.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                     .e_type = ET_EXEC,
                     .e_machine = EM_X86_64,
                     .e_version = EV_CURRENT,
                     .e_shoff = offsetof(struct symbol_file, section),
                     .e_ehsize = sizeof(Elf64_Ehdr),
                     .e_shentsize = sizeof(Elf64_Shdr),
                     .e_shnum = 3,
                     .e_shstrndx = 2};
    file.section[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                   .sh_offset = offsetof(struct symbol_file, symbol),
                                   .sh_size = sizeof file.symbol,
                                   .sh_link = 2,
                                   .sh_entsize = sizeof(Elf64_Sym),
                                   .sh_addralign = 8};
    file.section[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                   .sh_offset = offsetof(struct symbol_file, strings),
                                   .sh_size = STRINGS,
                                   .sh_addralign = 1};
    memcpy(file.strings, "\0some\0last", 11);
    for (unsigned i = 1; i < SYMBOLS; i++)
        file.symbol[i] = (Elf64_Sym){.st_name = 1,
                                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                     .st_shndx = 1,
                                     .st_value = 16 * i,
                                     .st_size = 16};
    file.symbol[SYMBOLS - 1].st_name = 6;
}

static struct kms_symbols *open_symbols(struct kms_image_error *error)
{
    return kms_symbols_open(tool_file("symbols", &file, sizeof file), error);
}

static void only_useful_symbols_are_names(void **state)
{
    struct kms_image_error error;
    kms_linear linear = 0, first, last;
    uint64_t offset = 0;
    (void)state;
    make_symbols();
    file.symbol[10].st_shndx = SHN_UNDEF;
    file.symbol[11].st_shndx = SHN_ABS;
    file.symbol[12].st_info = ELF64_ST_INFO(STB_LOCAL, STT_FILE);
    file.symbol[13].st_name = 0;
    file.symbol[14].st_name = 1000; /* beyond the names */
    file.symbol[15].st_info = ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE);
    file.symbol[20].st_value = 16 * 21;
    file.symbol[20].st_size = 4; /* two at one address: the larger one is meant */
    file.symbol[20].st_name = 6;
    struct kms_symbols *symbols = open_symbols(&error);
    assert_non_null(symbols);
    assert_string_equal(kms_symbols_name(symbols, 16 * 14 + 3, &offset), "some");
    assert_int_equal(offset, 5 * 16 + 3); /* from symbol 9 */
    assert_string_equal(kms_symbols_name(symbols, 16 * 15, &offset), "some");
    assert_int_equal(offset, 0);
    assert_null(kms_symbols_name(symbols, 15, &offset)); /* before the first */
    assert_true(kms_symbols_find(symbols, "last", &linear));
    assert_false(kms_symbols_find(symbols, "other", &linear));
    assert_false(kms_symbols_extent(symbols, &first, &last)); /* nothing is loaded */
    kms_symbols_free(symbols);
}

static void files_without_symbols(void **state)
{
    struct kms_image_error error = {""};
    (void)state;
    make_symbols();
    file.section[1].sh_type = SHT_PROGBITS;
    assert_null(open_symbols(&error));
    assert_non_null(strstr(error.text, "has no symbols"));
    make_symbols();
    file.section[1].sh_size = 0;
    assert_null(open_symbols(&error));
    make_symbols();
    file.section[1].sh_offset = 1 << 30; /* beyond the file */
    assert_null(open_symbols(&error));
    make_symbols();
    file.section[1].sh_entsize = 0;
    assert_null(open_symbols(&error));
    assert_null(kms_symbols_open(tool_file("symbols", "x", 1), &error));
    assert_non_null(strstr(error.text, "is not an ELF file"));
    kms_symbols_free(NULL);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a core that is wrong in one field is refused, or read without it", wrong_cores),
    KMS_TEST("a note that is too short is no CPU", short_notes),
    KMS_TEST("a note of Linux gives its tables, or nothing where it says too little", notes_of_linux),
    KMS_TEST("ranges that cannot be are refused", ranges_are_refused),
    KMS_TEST("an empty file is no image", empty_files),
    KMS_TEST("only symbols with an address and a name are names", only_useful_symbols_are_names),
    KMS_TEST("a file without symbols is refused", files_without_symbols),
};
KMS_TESTS(tool_image_edges, tests)
