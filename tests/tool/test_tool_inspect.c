/* The library behind the tool, on tables counted by hand. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <kmemsim/image.h>
#include <kmemsim/inspect.h>
#include <string.h>

#define SIZE 0x20000u

struct fixture {
    uint8_t bytes[SIZE];
    struct kms_image *image;
    struct kms_x86_state state;
    struct kms_space space;
};

static struct fixture fixture;

static void put64(unsigned table, unsigned index, uint64_t entry)
{
    tool_put(fixture.bytes, table + 8 * index, 8, entry);
}

/* Tables at 0 upwards; the space must be made after they are filled. */
static const struct kms_space *make_space(uint64_t cr3, uint64_t cr4, uint64_t efer)
{
    struct kms_image_error error;
    fixture.image = kms_image_new();
    assert_true(kms_image_add_raw_bytes(fixture.image, fixture.bytes, SIZE, 0, &error));
    fixture.state = (struct kms_x86_state){.cr0 = KMS_CR0_PG | KMS_CR0_PE | KMS_CR0_WP,
                                           .cr3 = cr3,
                                           .cr4 = cr4,
                                           .efer = efer,
                                           .features = KMS_X86_MODEL_MAX,
                                           .maxphyaddr = KMS_X86_MAXPHYADDR_MAX};
    assert_true(kms_x86_load_pdptes(&fixture.state, kms_image_ram(fixture.image)));
    fixture.space = kms_x86_space(&fixture.state, kms_image_ram(fixture.image));
    return &fixture.space;
}

static const struct kms_space *make_long(void)
{
    return make_space(0x1000, KMS_CR4_PAE, KMS_EFER_LME | KMS_EFER_LMA | KMS_EFER_NXE);
}

static const struct kms_space *make_pae(void)
{
    return make_space(0x1000, KMS_CR4_PAE, KMS_EFER_NXE);
}

static int set_up(void **state)
{
    (void)state;
    memset(&fixture, 0, sizeof fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kms_image_free(fixture.image);
    return 0;
}

static struct kms_recursion recursion_at(const struct kms_space *space, kms_linear linear)
{
    struct kms_walk walk;
    kms_space_walk(space, linear, &walk);
    return kms_walk_recursion(space, &walk);
}

/* ---- scan ---- */

static void scan_covers(void **state)
{
    uint64_t covered = 0, mapped = 0, steps = 0;
    (void)state;
    put64(0x1000, 0, 0x2007);
    put64(0x1000, 511, 0x2007);
    put64(0x2000, 0, 0x3007);
    put64(0x2000, 1, 0x40000087);
    put64(0x3000, 5, 0x4007);
    put64(0x4000, 7, 0x7007);
    struct kms_scan scan = kms_scan(make_long(), 0);
    while (kms_scan_next(&scan)) {
        assert_int_equal(scan.offset, covered);
        covered += scan.size;
        mapped += scan.walk.verdict == KMS_MAPPED;
        steps++;
    }
    assert_int_equal(covered, UINT64_C(1) << 48);
    assert_int_equal(mapped, 4); /* a page of 4 KiB and one of 1 GiB, seen twice */
    assert_int_equal(steps,
                     510 + 2 * (511 + 511 + 512)); /* what is left of each table, and the last one whole */
    assert_false(scan.cut);
}

static void scan_is_cut(void **state)
{
    (void)state;
    struct kms_scan scan = kms_scan(make_long(), 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(kms_scan_next(&scan));
    assert_false(kms_scan_next(&scan));
    assert_true(scan.cut);
}

static void linear_and_offset(void **state)
{
    (void)state;
    const struct kms_space *space = make_long();
    assert_int_equal(kms_space_linear(space, UINT64_C(0x7fffffffffff)), UINT64_C(0x7fffffffffff));
    assert_int_equal(kms_space_linear(space, UINT64_C(0x800000000000)), UINT64_C(0xffff800000000000));
    assert_int_equal(kms_space_offset(space, UINT64_C(0xffff800000000000)), UINT64_C(0x800000000000));
}

/* ---- recursion ---- */

static void recursion_of_4levels(void **state)
{
    (void)state;
    put64(0x1000, 0, 0x2007);
    put64(0x2000, 0, 0x3007);
    put64(0x3000, 0, 0x4007);
    put64(0x4000, 0, 0x5007);
    put64(0x1000, 510, 0x1003);
    const struct kms_space *space = make_long();
    struct kms_recursion found = recursion_at(space, UINT64_C(0xffffff0000000000));
    assert_int_equal(found.times, 1);
    assert_int_equal(found.level, 1);
    assert_int_equal(found.linear, 0);
    found = recursion_at(space, UINT64_C(0xffffff7f80000000)); /* twice through entry 510 */
    assert_int_equal(found.times, 2);
    assert_int_equal(found.level, 2);
    found = recursion_at(space, UINT64_C(0xffffff7fbfdfe000)); /* four times: the PML4 itself */
    assert_int_equal(found.times, 4);
    assert_int_equal(found.level, 4);
    assert_int_equal(recursion_at(space, 0).times, 0);
}

static void recursion_of_pae(void **state)
{
    (void)state;
    put64(0x1000, 0, 0x2001);
    put64(0x1000, 3, 0x3001);
    put64(0x2000, 1, 0x5003);
    put64(0x3000, 508,
          0x2003); /* the customary window: directory 0 from 0xff800000, directory 3 from 0xffe00000 */
    put64(0x3000, 511, 0x3003);
    const struct kms_space *space = make_pae();
    struct kms_recursion found = recursion_at(space, 0xff801000); /* entry 1 of directory 0: its table */
    assert_int_equal(found.times, 1);
    assert_int_equal(found.level, 1);
    assert_int_equal(found.linear, 0x200000);
    found = recursion_at(space, 0xfffff000);
    assert_int_equal(found.times, 2);
    assert_int_equal(found.linear, 0xc0000000);
    assert_int_equal(recursion_at(space, 0x200000).times, 0);
}

/* ---- audit ---- */

struct findings {
    unsigned count[KMS_RULES];
    struct kms_finding last[KMS_RULES];
};

static bool remember(void *context, const struct kms_finding *found)
{
    struct findings *findings = context;
    findings->count[found->rule]++;
    findings->last[found->rule] = *found;
    return true;
}

static struct kms_audit_result audit(const struct kms_space *space, struct findings *findings)
{
    const struct kms_audit_options options = {.kernel_base = UINT64_C(0xffff800000000000)};
    struct kms_audit_result result;
    memset(findings, 0, sizeof *findings);
    assert_int_equal(kms_audit(space, &options, remember, findings, &result), KMS_OK);
    return result;
}

static void audit_of_clean_tables(void **state)
{
    struct findings findings;
    (void)state;
    put64(0x1000, 0, 0x2007);
    put64(0x2000, 0, 0x3007);
    put64(0x3000, 0, 0x4007);
    put64(0x4000, 8, KMS_PTE_NX | 0x8007);
    put64(0x4000, 9, 0x9005);
    struct kms_audit_result result = audit(make_long(), &findings);
    for (unsigned rule = 0; rule < KMS_RULES; rule++)
        assert_int_equal(findings.count[rule], 0);
    assert_int_equal(result.pages, 2);
    assert_int_equal(result.tables, 4);
}

static void audit_of_large_pages(void **state)
{
    struct findings findings;
    (void)state;
    put64(0x1000, 0, 0x2003);
    put64(0x2000, 0, 0x3003);
    put64(0x3000, 0, KMS_PTE_NX | 0x83);       /* 2 MiB over an image of 128 KiB */
    put64(0x3000, 1, KMS_PTE_NX | 0xfec00083); /* devices */
    put64(0x3000, 2, KMS_PTE_NX | 0x40000083); /* nothing */
    put64(0x3000, 3, 0x40200083);              /* nothing, and executable */
    audit(make_long(), &findings);
    assert_int_equal(findings.count[KMS_RULE_MIXED], 1);
    assert_int_equal(findings.count[KMS_RULE_DEVICE], 1);
    assert_int_equal(findings.last[KMS_RULE_DEVICE].phys, 0xfec00000);
    assert_int_equal(findings.count[KMS_RULE_PAGE_OUTSIDE], 2); /* neighbours, with different rights */
    assert_int_equal(findings.count[KMS_RULE_WX], 1);
    assert_int_equal(findings.last[KMS_RULE_WX].first, 0x600000);
}

/* The places of video memory, BIOS, APICs and flash of a PC; an image of 128 KiB has none of them. */
static void audit_of_places(void **state)
{
    static const struct {
        uint64_t phys;
        enum kms_rule rule;
    } rows[] = {
        {0x30000, KMS_RULE_PAGE_OUTSIDE},     {0x9f000, KMS_RULE_PAGE_OUTSIDE},
        {0xa0000, KMS_RULE_DEVICE},           {0xff000, KMS_RULE_DEVICE},
        {0x100000, KMS_RULE_PAGE_OUTSIDE},    {0xdffff000, KMS_RULE_PAGE_OUTSIDE},
        {0xe0000000, KMS_RULE_DEVICE},        {0xfffff000, KMS_RULE_DEVICE},
        {0x100000000, KMS_RULE_PAGE_OUTSIDE},
    };
    struct findings findings;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up(NULL);
        put64(0x1000, 0, 0x2003);
        put64(0x2000, 0, 0x3003);
        put64(0x3000, 0, 0x4003);
        put64(0x4000, 5, KMS_PTE_NX | rows[i].phys | 3);
        audit(make_long(), &findings);
        assert_int_equal(findings.count[rows[i].rule], 1);
        assert_int_equal(findings.count[KMS_RULE_DEVICE] + findings.count[KMS_RULE_PAGE_OUTSIDE], 1);
        assert_int_equal(findings.last[rows[i].rule].phys, rows[i].phys);
        assert_int_equal(findings.last[rows[i].rule].first, 0x5000);
        kms_image_free(fixture.image);
        fixture.image = NULL;
    }
}

static bool refuse(void *context, const struct kms_finding *found)
{
    (void)found;
    ++*(unsigned *)context;
    return false;
}

static void audit_that_is_stopped(void **state)
{
    const struct kms_audit_options options = {.kernel_base = UINT64_C(0xffff800000000000)};
    struct kms_audit_result result;
    unsigned heard = 0;
    (void)state;
    put64(0x1000, 0, 0x2003);
    put64(0x2000, 0, 0x3003);
    put64(0x3000, 0, 0x4003);
    for (unsigned i = 0; i < 8; i += 2)
        put64(0x4000, i, 0x5003); /* writable and executable, four times */
    assert_int_equal(kms_audit(make_long(), &options, refuse, &heard, &result), KMS_OK);
    assert_int_equal(heard, 1);
}

static void audit_of_loops(void **state)
{
    struct findings findings;
    (void)state;
    put64(0x1000, 0, 0x2003);
    put64(0x1000, 256, 0x1003); /* recursive: no error */
    put64(0x2000, 0, 0x3003);
    put64(0x3000, 0, 0x2003); /* a page directory that leads back to the table above it */
    struct kms_audit_result result = audit(make_long(), &findings);
    assert_int_equal(findings.count[KMS_RULE_RECURSIVE], 1);
    assert_int_equal(findings.last[KMS_RULE_RECURSIVE].index, 256);
    assert_int_equal(findings.count[KMS_RULE_LOOP], 1);
    assert_int_equal(findings.last[KMS_RULE_LOOP].entry_addr, 0x3000);
    assert_int_equal(findings.last[KMS_RULE_LOOP].last, 0x1fffff);
    assert_int_equal(result.pages, 0);
}

static void audit_of_user_rights(void **state)
{
    struct findings findings;
    (void)state;
    put64(0x1000, 256, 0x2007);
    put64(0x2000, 0, 0x3007);
    put64(0x3000, 0, 0x4007);
    put64(0x4000, 0, KMS_PTE_NX | 0x3007); /* user code can write the page directory, at a kernel address */
    audit(make_long(), &findings);
    assert_int_equal(findings.count[KMS_RULE_KERNEL_USER], 1);
    assert_int_equal(findings.count[KMS_RULE_TABLE_USER], 1);
    assert_int_equal(findings.last[KMS_RULE_TABLE_USER].phys, 0x3000);
    assert_int_equal(findings.last[KMS_RULE_TABLE_USER].first, UINT64_C(0xffff800000000000));
}

/* Pages 5 and 6 read what pages 16 and 17 may write: in the same order, then crosswise, and with a third right. */
static void audit_of_aliases(void **state)
{
    static const struct {
        uint64_t fifth, sixth;
        unsigned findings;
    } rows[] = {{0x8001, 0xa001, 1}, {0xa001, 0x8001, 2}, {0x8001, 0xa005, 2}};
    struct findings findings;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up(NULL);
        put64(0x1000, 0, 0x2007);
        put64(0x2000, 0, 0x3007);
        put64(0x3000, 0, 0x4007);
        put64(0x4000, 5, KMS_PTE_NX | rows[i].fifth);
        put64(0x4000, 6, KMS_PTE_NX | rows[i].sixth);
        put64(0x4000, 16, KMS_PTE_NX | 0x8003);
        put64(0x4000, 17, KMS_PTE_NX | 0xa003);
        audit(make_long(), &findings);
        assert_int_equal(findings.count[KMS_RULE_ALIAS], rows[i].findings);
        kms_image_free(fixture.image);
        fixture.image = NULL;
    }
}

/* ---- diff ---- */

struct differences {
    unsigned count, stop_after; /* 0: never */
    struct kms_difference list[16];
};

static bool note_difference(void *context, const struct kms_difference *found)
{
    struct differences *differences = context;
    if (differences->count < 16)
        differences->list[differences->count] = *found;
    return ++differences->count != differences->stop_after;
}

/* PML4s at 0x1000 and 0x5000, each with tables of its own down to 0x4000 and 0x8000. */
static void make_two(struct kms_space *a, struct kms_space *b)
{
    static struct kms_x86_state other;
    for (unsigned table = 0x1000; table < 0x4000; table += 0x1000) {
        put64(table, 0, (table + 0x1000) | 7);
        put64(table + 0x4000, 0, (table + 0x5000) | 7);
    }
    for (unsigned i = 0; i < 3; i++) {
        put64(0x4000, i, (0x10000 + (i << 12)) | 3);     /* A alone, three frames that follow each other */
        put64(0x8000, 4 + i, (0x10000 + (i << 12)) | 3); /* B alone */
        put64(0x4000, 8 + i, (0x10000 + (i << 12)) | 3); /* other frames in B, which follow each other too */
        put64(0x8000, 8 + i, (0x14000 + (i << 12)) | 3);
    }
    put64(0x4000, 12, 0x10003); /* A alone, and the frames do not follow each other */
    put64(0x4000, 13, 0x18003);
    put64(0x8000, 16, 0x10003); /* B alone, the same */
    put64(0x8000, 17, 0x18003);
    put64(0x4000, 20, 0x10003); /* A alone, with other rights */
    put64(0x4000, 21, 0x11001);
    *a = *make_long();
    other = fixture.state;
    other.cr3 = 0x5000;
    *b = kms_x86_space(&other, kms_image_ram(fixture.image));
}

static void diff_of_runs(void **state)
{
    static const struct {
        enum kms_diff_kind kind;
        unsigned page, pages;
    } rows[] = {
        {KMS_DIFF_ONLY_A, 0, 3},  {KMS_DIFF_ONLY_B, 4, 3},  {KMS_DIFF_FRAME, 8, 3},
        {KMS_DIFF_ONLY_A, 12, 1}, {KMS_DIFF_ONLY_A, 13, 1}, {KMS_DIFF_ONLY_B, 16, 1},
        {KMS_DIFF_ONLY_B, 17, 1}, {KMS_DIFF_ONLY_A, 20, 1}, {KMS_DIFF_ONLY_A, 21, 1},
    };
    struct differences differences = {0};
    struct kms_space a, b;
    (void)state;
    make_two(&a, &b);
    assert_true(kms_diff(&a, &b, note_difference, &differences));
    assert_int_equal(differences.count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(differences.list[i].kind, rows[i].kind);
        assert_int_equal(differences.list[i].offset, rows[i].page * 0x1000u);
        assert_int_equal(differences.list[i].size, rows[i].pages * 0x1000u);
        assert_int_equal(differences.list[i].pages, rows[i].pages);
    }
}

static void diff_that_is_stopped(void **state)
{
    struct differences differences = {.stop_after = 2};
    struct kms_space a, b;
    (void)state;
    make_two(&a, &b);
    assert_true(kms_diff(&a, &b, note_difference, &differences));
    assert_int_equal(differences.count, 2);
}

/* ---- words ---- */

static void code_words(void **state)
{
    static const struct {
        uint32_t code;
        const char *words;
    } rows[] = {
        {0x0, "a supervisor-mode read of a page that is not present"},
        {0x2, "a supervisor-mode write of a page that is not present"},
        {0x4, "a user-mode read of a page that is not present"},
        {0x6, "a user-mode write of a page that is not present"},
        {0x7, "a user-mode write of a page that is present but that user code may not write"},
        {0x9, "a supervisor-mode read of a page whose entries have a reserved bit set"},
        {0x14, "a user-mode instruction fetch of a page that is not present"},
        {0x15, "a user-mode instruction fetch of a page that is present but that user code may not execute"},
        {0x25, "a user-mode read of a page that its protection key forbids"},
        {0x8, "a supervisor-mode read of a page that is not present; but a CPU sets RSVD and PK only "
              "together with P"},
    };
    char text[256];
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(kms_x86_code_words(rows[i].code, text, sizeof text), strlen(rows[i].words));
        assert_string_equal(text, rows[i].words);
    }
    assert_int_equal(kms_x86_code_words(0, text, 5), strlen(rows[0].words));
    assert_string_equal(text, "a su");
}

#define INSPECT_TEST(sentence, function) KMS_TEST_WITH(sentence, function, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    INSPECT_TEST("a scan covers the address space once, by the span of the last entry", scan_covers),
    INSPECT_TEST("a scan ends at its limit and says so", scan_is_cut),
    INSPECT_TEST("offsets become canonical addresses and back", linear_and_offset),
    INSPECT_TEST("a recursive entry of a PML4 is recognised at every depth", recursion_of_4levels),
    INSPECT_TEST("a page directory as page table is a recursive window of PAE paging", recursion_of_pae),
    INSPECT_TEST("an audit joins aliases that go side by side", audit_of_aliases),
    INSPECT_TEST("an audit of clean tables finds nothing", audit_of_clean_tables),
    INSPECT_TEST("an audit names large pages over mixed ranges, devices and nothing", audit_of_large_pages),
    INSPECT_TEST("an audit knows where a PC has devices", audit_of_places),
    INSPECT_TEST("an audit ends when its listener has heard enough", audit_that_is_stopped),
    INSPECT_TEST("a comparison folds pages that go on alike, and no others", diff_of_runs),
    INSPECT_TEST("a comparison ends when its listener has heard enough", diff_that_is_stopped),
    INSPECT_TEST("an audit tells a loop from a recursive mapping", audit_of_loops),
    INSPECT_TEST("an audit names kernel ranges and tables in reach of user code", audit_of_user_rights),
    KMS_TEST("an error code is one plain sentence, cut to fit", code_words),
};
KMS_TESTS(tool_inspect, tests)
