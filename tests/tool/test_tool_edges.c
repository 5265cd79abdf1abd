/* Listings and words at their edges: no tables, no table where the root points, devices, addresses of 56 bits. */
#include "kms_test.h"
#include "run_tool.h"

#include <kmemsim/image.h>
#include <kmemsim/inspect.h>
#include <string.h>

#define SIZE 0x10000u
#define PAGE 0x1000u

static uint8_t bytes[SIZE];
static struct kms_image *image;

static int set_up(void **state)
{
    struct kms_image_error error;
    (void)state;
    memset(bytes, 0, sizeof bytes);
    image = kms_image_new();
    return image && kms_image_add_raw_bytes(image, bytes, SIZE, 0, &error) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kms_image_free(image);
    return 0;
}

static struct kms_x86_state x86(uint64_t cr0, uint64_t cr3, uint64_t cr4)
{
    return (struct kms_x86_state){.cr0 = cr0 | KMS_CR0_PE,
                                  .cr3 = cr3,
                                  .cr4 = cr4,
                                  .features = KMS_X86_MODEL_MAX,
                                  .maxphyaddr = KMS_X86_MAXPHYADDR_MAX};
}

/* ---- audits ---- */

struct found {
    unsigned count[KMS_RULES];
    struct kms_finding last;
};

static bool note(void *context, const struct kms_finding *finding)
{
    struct found *found = context;
    found->count[finding->rule]++;
    found->last = *finding;
    return true;
}

static struct kms_audit_result audit(const struct kms_space *space, uint64_t limit, struct found *found)
{
    const struct kms_audit_options options = {.kernel_base = UINT64_C(0xc0000000), .limit = limit};
    struct kms_audit_result result;
    *found = (struct found){0};
    assert_int_equal(kms_audit(space, &options, note, found, &result), KMS_OK);
    return result;
}

static void a_root_outside_ram_is_a_finding_about_no_entry(void **state)
{
    const struct kms_x86_state far = x86(KMS_CR0_PG, 0x00800000, 0);
    const struct kms_space space = kms_x86_space(&far, kms_image_ram(image));
    struct found found;
    (void)state;
    audit(&space, 0, &found);
    assert_int_equal(found.count[KMS_RULE_TABLE_OUTSIDE], 1);
    assert_int_equal(found.last.phys, 0x00800000);
    assert_int_equal(found.last.entry_addr, 0);
    assert_int_equal(found.last.level, 0);
    assert_int_equal(found.last.first, 0);
}

static uint64_t read_nothing(void *context, uint64_t offset, unsigned width)
{
    (void)context, (void)offset, (void)width;
    return 0;
}

static void write_nothing(void *context, uint64_t offset, unsigned width, uint64_t value)
{
    (void)context, (void)offset, (void)width, (void)value;
}

static void a_page_of_a_device_is_told_apart(void **state)
{
    const struct kms_mmio mmio = {.read = read_nothing, .write = write_nothing};
    const struct kms_x86_state on = x86(KMS_CR0_PG, 0x1000, 0);
    struct found found;
    (void)state;
    assert_int_equal(kms_ram_add_mmio(kms_image_ram(image), 0x20000, PAGE, &mmio), KMS_OK);
    tool_put(bytes, 0x1000, 4, 0x2003);
    tool_put(bytes, 0x2000, 4, 0x20003);
    tool_put(bytes, 0x2004, 4, 0x30003);
    const struct kms_space space = kms_x86_space(&on, kms_image_ram(image));
    audit(&space, 0, &found);
    assert_int_equal(found.count[KMS_RULE_DEVICE], 1);
    assert_int_equal(found.count[KMS_RULE_PAGE_OUTSIDE], 1);
}

/* "Sv39: Virtual-Memory System": a PPN of 44 bits, physical addresses of 56. */
static void a_page_beyond_every_region_is_outside(void **state)
{
    const struct kms_riscv_state on = {.arch = KMS_ARCH_RV64, .satp = UINT64_C(8) << 60 | 1};
    struct found found;
    (void)state;
    tool_put(bytes, 0x1000, 8, 0x2000 >> 2 | 1);
    tool_put(bytes, 0x2000, 8, 0x3000 >> 2 | 1);
    tool_put(bytes, 0x3000, 8, (UINT64_C(1) << 55) >> 2 | 0xcf);
    const struct kms_space space = kms_riscv_space(&on, kms_image_ram(image));
    audit(&space, 0, &found);
    assert_int_equal(found.count[KMS_RULE_PAGE_OUTSIDE], 1);
}

/* ---- without paging ---- */

static void without_paging_everything_is_mapped_page_by_page(void **state)
{
    const struct kms_x86_state off = x86(0, 0x1000, 0);
    const struct kms_space space = kms_x86_space(&off, kms_image_ram(image));
    struct kms_scan scan = kms_scan_range(&space, 0x2000, 0x3fff);
    struct kms_extent below, above;
    (void)state;
    assert_true(kms_scan_next(&scan));
    assert_int_equal(scan.offset, 0x2000);
    assert_int_equal(scan.size, PAGE);
    assert_true(kms_scan_next(&scan));
    assert_false(kms_scan_next(&scan));
    assert_null(kms_walk_last(&scan.walk));
    kms_space_nearest(&space, 0x3000, &below, &above);
    assert_int_equal(below.first, 0);
    assert_int_equal(below.last, 0x2fff);
    assert_int_equal(above.first, 0x3000);
    assert_int_equal(above.last, 0xffffffff);
}

/* ---- the four registers of PAE paging ---- */

static void pdptes_outside_ram_are_not_loaded(void **state)
{
    struct kms_x86_state far = x86(KMS_CR0_PG, 0x00800000, KMS_CR4_PAE);
    (void)state;
    assert_false(kms_x86_load_pdptes(&far, kms_image_ram(image)));
}

/* ---- words ---- */

static void words_count_without_a_buffer(void **state)
{
    const struct kms_walk_level entry = {.verdict = KMS_NOT_PRESENT, .level = 1};
    const struct kms_walk_level pdpte = {.verdict = KMS_NOT_PRESENT, .level = 3, .in_register = true};
    char text[32];
    (void)state;
    assert_int_equal(kms_entry_words(&entry, NULL, 0), strlen("not present"));
    kms_entry_words(&pdpte, text, sizeof text);
    assert_string_equal(text, "not present");
}

struct reason {
    uint64_t pte;
    struct kms_access access;
    uint8_t cpl;
    const char *words;
};

/* 32-bit paging, the directory's entry with all rights; CR0.WP is set. */
static void the_reason_follows_access_and_privilege(void **state)
{
    static const struct reason rows[] = {
        {0x3007, {0, KMS_READ, KMS_AS_CURRENT}, 0, "every level allows it"},
        {0x3003, {0, KMS_READ, KMS_AS_CURRENT}, 0, "every level allows it"},
        {0x3003, {0, KMS_READ, KMS_AS_CURRENT}, 3, "U (user) was removed at PTE[0]"},
        {0x3003, {0, KMS_READ, KMS_AS_USER}, 0, "U (user) was removed at PTE[0]"},
        {0x3005, {0, KMS_RMW, KMS_AS_USER}, 0, "W (writable) was removed at PTE[0]"},
        {0x3001,
         {0, KMS_RMW, KMS_AS_CURRENT},
         0,
         "W (writable) was removed at PTE[0], and CR0.WP makes that bind the kernel too"},
    };
    (void)state;
    tool_put(bytes, 0x1000, 4, 0x2007);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kms_x86_state registers = x86(KMS_CR0_PG | KMS_CR0_WP, 0x1000, 0);
        struct kms_walk walk;
        char text[128];
        registers.cpl = rows[i].cpl;
        tool_put(bytes, 0x2000, 4, rows[i].pte);
        kms_x86_walk(&registers, kms_image_ram(image), 0, &walk);
        kms_x86_reason_words(&registers, &walk, &rows[i].access, text, sizeof text);
        assert_string_equal(text, rows[i].words);
        assert_int_equal(kms_walk_removed(&walk, walk.depth), 0);
    }
}

#define EDGE_TEST(sentence, function) KMS_TEST_WITH(sentence, function, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    EDGE_TEST("without paging everything is mapped, page by page",
              without_paging_everything_is_mapped_page_by_page),
    EDGE_TEST("a root outside RAM is a finding about no entry",
              a_root_outside_ram_is_a_finding_about_no_entry),
    EDGE_TEST("a page of a device is told from one of nothing", a_page_of_a_device_is_told_apart),
    EDGE_TEST("a page beyond every region is outside RAM", a_page_beyond_every_region_is_outside),
    EDGE_TEST("PDPTEs outside RAM are not loaded", pdptes_outside_ram_are_not_loaded),
    EDGE_TEST("words count their length without a buffer", words_count_without_a_buffer),
    EDGE_TEST("the reason of a fault follows access and privilege", the_reason_follows_access_and_privilege),
};
KMS_TESTS(tool_edges, tests)
