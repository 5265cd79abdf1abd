/* walk and translate with --segment, on descriptors put together by hand. */
#include "kms_test.h"
#include "run_tool.h"

#include <jansson.h>
#include <string.h>

#define FILE_SIZE 0x20000u
#define TABLES    "--gdt 0x1000,0x1f --mode 32bit --cr3 0x4000 image "
#define NO_ERR    NULL

/*
 * 32-bit paging, directory at 0x4000: the first eight pages to themselves for the supervisor.
 * GDT at 0x1000: code of 4 GiB, data of 4 KiB at 0x2000, data that is not present. LDT at 0x1100: data of DPL 3.
 */
static int make_image(void **state)
{
    static uint8_t image[FILE_SIZE];
    (void)state;
    tool_put(image, 0x4000, 4, 0x5007);
    for (uint32_t page = 0; page < 8; page++)
        tool_put(image, 0x5000 + 4 * page, 4, page << 12 | 3);
    tool_put(image, 0x1008, 8, 0x00cf9a000000ffff);
    tool_put(image, 0x1010, 8, 0x0040920020000fff);
    tool_put(image, 0x1018, 8, 0x00cf12000000ffff);
    tool_put(image, 0x1108, 8, 0x00cff2000000ffff);
    tool_file("image", image, sizeof image);
    return 0;
}

static void walk_shows_descriptor_linear_address_and_pages(void **state)
{
    (void)state;
    tool_expect(
        "walk --segment 0x10:0x123 " TABLES,
        "0x0010:0x00000123, RPL 0, CPL 0; GDT at 0x00001000, limit 0x001f\n"
        "  GDT[2]     at 0x00001010 = 0x0040920020000fff  base 0x00002000, limit 0x00000fff, writable data, "
        "DPL 0, present\n"
        "  linear     0x00002123\n"
        "0x00002123, supervisor read; 32-bit paging, CR3 0x00004000\n"
        "  PDE[0]     at 0x00004000 = 0x00005007  user rwx  present, writable, user\n"
        "  PTE[2]     at 0x00005008 = 0x00002003  kernel rwx  present, writable, supervisor; U removed here\n"
        "physical 0x00002123, 4K page, kernel rwx\n",
        NO_ERR, 0);
}

static void before_paging_the_linear_address_is_physical(void **state)
{
    (void)state;
    tool_expect(
        "walk --segment 0x10:0x123 --gdt 0x1000,0x1f --cr0 0x11 --cr3 0 image",
        "0x0010:0x00000123, RPL 0, CPL 0; GDT at 0x00001000, limit 0x001f\n"
        "  GDT[2]     at 0x00001010 = 0x0040920020000fff  base 0x00002000, limit 0x00000fff, writable data, "
        "DPL 0, present\n"
        "  linear     0x00002123\n"
        "0x00002123, supervisor read; no paging, CR3 0x00000000\n"
        "physical 0x00002123, paging is off\n",
        "note: assuming no paging: CR0 0x11, CR4 0x90, EFER 0x0 (--mode 32bit|pae|4level|5level or --cr0, "
        "--cr4, "
        "--efer say otherwise)\n",
        0);
}

static void what_a_segment_refuses_is_told(void **state)
{
    static const struct {
        const char *arguments, *out;
    } rows[] = {
        {"walk --segment 0x10:0x1000 " TABLES,
         "0x0010:0x00001000, RPL 0, CPL 0; GDT at 0x00001000, limit 0x001f\n"
         "  GDT[2]     at 0x00001010 = 0x0040920020000fff  base 0x00002000, limit 0x00000fff, writable data, "
         "DPL 0, "
         "present\n"
         "general-protection fault (error code 0x0): the segment does not allow the access\n"},
        {"walk --segment 0x18:0 " TABLES,
         "0x0018:0x00000000, RPL 0, CPL 0; GDT at 0x00001000, limit 0x001f\n"
         "  GDT[3]     at 0x00001018 = 0x00cf12000000ffff  base 0x00000000, limit 0xffffffff, writable data, "
         "DPL 0, not "
         "present\n"
         "segment not present (error code 0x18): the selector cannot be loaded\n"},
        {"walk --user --segment 0x20:0 " TABLES,
         "0x0020:0x00000000, RPL 0, CPL 3; GDT at 0x00001000, limit 0x001f\n"
         "general-protection fault (error code 0x20): the selector cannot be loaded\n"},
        {"walk --segment 0x0c:0 --ldt 0x9000,0xf " TABLES,
         "0x000c:0x00000000, RPL 0, CPL 0; LDT at 0x00009000, limit 0x000f\n"
         "page fault at 0x00009008: a supervisor-mode read, and the page is not present (error code 0x0): "
         "the descriptor "
         "cannot be read\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tool_expect(rows[i].arguments, rows[i].out, NO_ERR, 1);
    tool_expect("translate --segment 0x0f:0x2123 --ldt 0x1100,0xf " TABLES, "gpa: 0x2123\n", NO_ERR, 0);
    tool_expect("translate --segment 0x08:0x8000 " TABLES, "Unmapped\n", NO_ERR, 1);
}

static void each_kind_of_segment_and_access_is_told(void **state)
{
    static const struct tool_row rows[] = {
        {"walk --fetch --segment 0x08:0x123 " TABLES, "readable code", 0},
        {"walk --fetch --segment 0x10:0x123 " TABLES, "general-protection fault (error code 0x10)", 1},
        {"walk --segment 0x0f:0x2123 --ldt 0x1100,0xf " TABLES, "LDT[1]     at 0x00001108", 0},
        {"walk --segment 0x00:0 " TABLES, "0x0000:0x00000000, RPL 0", 1},
        {"walk --segment 0x0c:0 --ldt 0x7ffc,0xf " TABLES, "the descriptor cannot be read", 1},
        {"walk --segment 0x08:0 --gdt 0x9000,0xf --cr0 1 --cr3 0 image", "0x00009008", 1},
        {"walk --segment 0x08:0 --gdt 0x30000,0xf --cr0 1 --cr3 0 image", "nothing answers there", 1},
        {"translate --segment 0x18:0 " TABLES, "the selector cannot be loaded", 1},
        {"translate --segment 0x0c:0 " TABLES, "--segment 0x000c needs --ldt", 2},
        {"translate 0x10 --segment 0x08:0 " TABLES, "--segment has the address already", 2},
        {"walk --segment 0x08:0 --mode 32bit --cr3 0x4000 image", "needs --gdt BASE,LIMIT", 2},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static void wrong_input_is_one_clear_line(void **state)
{
    static const char *const rows[][2] = {
        {"walk --segment 10 " TABLES, "kmemsim walk: --segment 10: is not SELECTOR:OFFSET (0x10:0x1234)\n"},
        {"walk --segment 0x10000:0 " TABLES,
         "kmemsim walk: --segment 0x10000:0: a selector has 16 bits and an offset 32\n"},
        {"walk 0 --ldt 0,7 --mode 32bit --cr3 0 image",
         "kmemsim walk: --ldt without --segment says nothing\n"},
        {"walk 0 --gdt 0,7 --mode 32bit --cr3 0 image",
         "kmemsim walk: --gdt without --segment says nothing\n"},
        {"walk --segment 8:0 --gdt 7 image", "kmemsim walk: --gdt 7: is not BASE,LIMIT (0xc0010000,0x2f)\n"},
        {"walk --segment 8:0 --gdt 7,0x10000 image",
         "kmemsim walk: --gdt 7,0x10000: a base has 32 bits and a limit 16\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tool_expect(rows[i][0], "", rows[i][1], 2);
    struct tool_run run = tool_run("walk --segment 0x0c:0 " TABLES);
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, "--segment 0x000c needs --ldt BASE,LIMIT: the image carries none"));
    tool_free(&run);
    run = tool_run("walk 0x10 --segment 0x08:0 " TABLES);
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, "0x10: --segment has the address already"));
    tool_free(&run);
    run = tool_run("walk --segment 0x08:0 --gdt 0,7 --mode 4level --cr3 0x4000 image");
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, "in 64-bit mode segments have no base and no limit"));
    tool_free(&run);
}

static void a_core_brings_its_tables_along(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk --segment 0x10:0x100000 " TEST_DATA "/demo/demo.core.zst");
    assert_non_null(strstr(run.out, "GDT at 0xc0104000, limit 0x0017\n"
                                    "  GDT[2]     at 0xc0104010 = 0x00cf93000000ffff  base 0x00000000"));
    tool_free(&run);
}

static void programs_read_the_same_as_json(void **state)
{
    (void)state;
    struct tool_run run = tool_run("walk --json --write --segment 0x08:0x10 " TABLES);
    assert_int_equal(run.status, 1);
    json_t *json = json_loads(run.out, 0, NULL);
    const json_t *segment = json_object_get(json_array_get(json_object_get(json, "walks"), 0), "segment");
    assert_string_equal(json_string_value(json_object_get(json_object_get(segment, "descriptor"), "type")),
                        "readable code");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(segment, "fault"), "vector")), 13);
    assert_true(json_is_null(json_object_get(segment, "linear")));
    json_decref(json);
    tool_free(&run);
}

/* One row for each stage at which a segment ends the access, and one where it does not. */
static void json_tells_every_stage(void **state)
{
    static const struct tool_row rows[] = {
        {"walk --json --segment 0x10:0x123 " TABLES, "\"fault\": null", 0},
        {"walk --json --segment 0x20:0 " TABLES, "\"descriptor\": null", 1},
        {"walk --json --segment 0x0c:0 --ldt 0x9000,0xf " TABLES, "\"table\": \"LDT\"", 1},
        {"walk --json --segment 0x18:0 " TABLES, "\"vector\": 11", 1},
        {"translate --json --segment 0x10:0x1000 " TABLES, "the segment does not allow the access", 1},
        {"translate --json --segment 0x10:0 " TABLES, "\"physical\": \"0x2000\"", 0},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("walk --segment shows the descriptor, the linear address and its pages",
                  walk_shows_descriptor_linear_address_and_pages, make_image, NULL),
    KMS_TEST_WITH("before paging is on walk --segment ends at the linear address",
                  before_paging_the_linear_address_is_physical, make_image, NULL),
    KMS_TEST_WITH("what a segment refuses is told with its error code", what_a_segment_refuses_is_told,
                  make_image, NULL),
    KMS_TEST_WITH("each kind of segment and access is told", each_kind_of_segment_and_access_is_told,
                  make_image, NULL),
    KMS_TEST_WITH("JSON tells every stage at which a segment ends an access", json_tells_every_stage,
                  make_image, NULL),
    KMS_TEST_WITH("wrong input about segments is one clear line", wrong_input_is_one_clear_line, make_image,
                  NULL),
    KMS_TEST("a QEMU core brings its descriptor tables along", a_core_brings_its_tables_along),
    KMS_TEST_WITH("programs read segments as JSON", programs_read_the_same_as_json, make_image, NULL),
};
KMS_TESTS(tool_segment, tests)
