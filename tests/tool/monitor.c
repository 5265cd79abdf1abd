#include "monitor.h"

#include "kms_test.h"
#include "run_tool.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS_MAX 256
#define FRAME_AT      18 /* where a line of info tlb has the frame's first digit */

static void monitor_do(struct qemu *qemu, const char *command)
{
    char *answer = qemu_monitor(qemu, command);
    free(answer);
}

static void save_both_ways(struct qemu *qemu, unsigned megabytes)
{
    char command[512];
    snprintf(command, sizeof command, "pmemsave 0 0x%x \"%s/raw\"", megabytes << 20, tool_folder());
    monitor_do(qemu, command);
    snprintf(command, sizeof command, "dump-guest-memory %s/core", tool_folder());
    monitor_do(qemu, command);
}

static uint64_t register_in(const char *registers, const char *name)
{
    const char *found = strstr(registers, name);
    if (!found)
        fail_msg("info registers has no %s", name);
    return strtoull(found + strlen(name), NULL, 16);
}

static void read_registers(struct qemu *qemu, char *options)
{
    char *registers = qemu_monitor(qemu, "info registers");
    snprintf(options, REGISTERS_MAX,
             "--cr0 0x%" PRIx64 " --cr3 0x%" PRIx64 " --cr4 0x%" PRIx64 " --efer 0x%" PRIx64,
             register_in(registers, "CR0="), register_in(registers, "CR3="), register_in(registers, "CR4="),
             register_in(registers, "EFER="));
    free(registers);
}

/* Bit 63 is the highest bit of the frame's first digit. */
static void clear_nx_in_frames(char *text)
{
    for (char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strlen(line) > FRAME_AT && line[FRAME_AT] == '8')
            line[FRAME_AT] = '0';
    }
}

/* The first line that differs says more than two long texts. */
static void compare_texts(const char *what, const char *qemu, const char *tool)
{
    unsigned line = 1;
    while (*qemu && *qemu == *tool) {
        line += *qemu == '\n';
        qemu++;
        tool++;
    }
    if (*qemu || *tool)
        fail_msg("%s, line %u: QEMU has \"%.60s\", kmemsim \"%.60s\"", what, line, qemu, tool);
}

static void compare_listing(const char *command, const char *image, const char *expected)
{
    struct tool_run run = tool_run("%s %s", command, image);
    assert_string_equal(run.err, "");
    assert_int_equal(run.status, 0);
    compare_texts(command, expected, run.out);
    tool_free(&run);
}

static void compare_listings(struct qemu *qemu, const char *const *images, unsigned oddities)
{
    char *tlb = qemu_monitor(qemu, "info tlb"), *mem = qemu_monitor(qemu, "info mem");
    assert_true(strlen(tlb) > 1000);
    assert_true(strlen(mem) > 100);
    if (oddities & MONITOR_PAE_NX_IN_ADDRESS)
        clear_nx_in_frames(tlb);
    for (unsigned i = 0; i < 2; i++) {
        compare_listing("tlb", images[i], tlb);
        compare_listing("mem", images[i], mem);
    }
    free(tlb);
    free(mem);
}

/* Addresses: the first byte, one inside and the one behind of every so many pages that info tlb lists. */
static void compare_translations(struct qemu *qemu, const char *const *images)
{
    static const uint64_t offsets[] = {0, 0x123, 0x1000};
    char *tlb = qemu_monitor(qemu, "info tlb"), command[64];
    unsigned line_number = 0, compared = 0;
    for (char *line = tlb; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line_number++ % 97 != 0 || !*line)
            continue;
        uint64_t linear = strtoull(line, NULL, 16) + offsets[compared++ % 3];
        snprintf(command, sizeof command, "gva2gpa 0x%" PRIx64, linear);
        char *expected = qemu_monitor(qemu, command);
        struct tool_run run = tool_run("translate 0x%" PRIx64 " %s", linear, images[compared % 2]);
        compare_texts(command, expected, run.out);
        assert_int_equal(run.status, strcmp(expected, "Unmapped\n") == 0);
        tool_free(&run);
        free(expected);
    }
    assert_true(compared >= 20);
    free(tlb);
}

void monitor_compare(struct qemu *qemu, unsigned megabytes, unsigned oddities)
{
    char options[REGISTERS_MAX], raw[REGISTERS_MAX + 32];
    const char *const images[] = {raw, "--core core"};
    read_registers(qemu, options);
    save_both_ways(qemu, megabytes);
    snprintf(raw, sizeof raw, "--image raw %s", options);
    compare_listings(qemu, images, oddities);
    compare_translations(qemu, images);
}
