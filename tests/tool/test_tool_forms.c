/* The binary's other forms: JSON and names. */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE "image --mode 32bit --cr3 0x1000 "
#define DEMO  TEST_DATA "/demo/demo.core.zst --symbols " TEST_DATA "/demo/demo.elf.zst "

static void json_everywhere(void **state)
{
    static const struct tool_row rows[] = {
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
    TOOL_EXPECT_ROWS(rows);
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
    static const struct tool_row rows[] = {
        {"walk banner+4 " DEMO, "0xc0103004 <banner+0x4>", 0},
        {"walk banner+z " DEMO, "is neither an address nor a symbol", 2},
        {"tlb " DEMO, "00000000c0103000: 0000000000103000 -------U- <banner>\n", 0},
        {"mem " DEMO, "ur- <banner>\n", 0},
        {"map " DEMO, "<banner>\n", 0},
        {"audit " DEMO, "0xc0103000-0xc0103fff <banner>", 1},
        {"explain " TEST_DATA "/logs/idt.log --symbols " TEST_DATA "/demo/demo.elf.zst", "First came", 1},
    };
    (void)state;
    TOOL_EXPECT_ROWS(rows);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("every command prints valid JSON with a version", json_everywhere, tables_32bit_setup,
                  NULL),
    KMS_TEST("names of symbols appear everywhere", names_everywhere),
};
KMS_TESTS(tool_forms, tests)
