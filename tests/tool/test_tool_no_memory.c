/*
 * The host runs out of memory while the tool works, at each allocation in turn, those of the libraries that it stands
 * on included: it says so in one line and fails, or it answers all the same.
 */
#include "kms_test.h"
#include "run_tool.h"
#include "tables.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CORE    TEST_DATA "/demo/demo.core.zst"
#define SYMBOLS "--symbols " TEST_DATA "/demo/demo.elf.zst "

enum { EACH = 55 };

static char said[256];

/* True: an allocation did fail. */
static bool run_failing(const char *arguments, unsigned at, struct tool_run *run)
{
    char number[16];
    snprintf(number, sizeof number, "%u", at);
    setenv("FAIL_AT", number, 1);
    setenv("LD_PRELOAD", FAIL_PRELOAD, 1);
    unlink(said);
    *run = tool_run_any(arguments);
    unsetenv("LD_PRELOAD");
    return access(said, F_OK) == 0;
}

static unsigned lines(const char *text)
{
    unsigned count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* A write under a snapshot cannot fail, and a guest keeps one of its power-on: the program ends with words. */
static bool ends_with_words(const struct tool_run *run)
{
    return run->status == 128 + SIGABRT && strstr(run->err, "no memory to save");
}

/* 1 is an answer too (a fault, a finding), but not one that a failed allocation may turn 0 into. */
static void judge(const char *arguments, unsigned at, const struct tool_run *run,
                  const struct tool_run *whole)
{
    if (run->status == whole->status && strcmp(run->out, whole->out) == 0)
        return;
    if (!ends_with_words(run) && (run->status != 2 || lines(run->err) != 1))
        fail_msg("kmemsim %s: allocation %u fails: status %d, \"%s\"", arguments, at, run->status, run->err);
}

/* Long series of allocations are alike: the parts of a JSON text, and the pages that a kernel writes as it boots. */
static unsigned next(unsigned at, const struct tool_run *run)
{
    if (ends_with_words(run))
        return at + 499;
    return at + (at < EACH ? 1 : 23);
}

static void fails_well(const char *arguments)
{
    snprintf(said, sizeof said, "%s/said", tool_folder());
    setenv("FAIL_SAYS", said, 1);
    struct tool_run whole = tool_run("%s", arguments);
    bool failed = true;
    for (unsigned at = 1; failed;) {
        struct tool_run run;
        failed = run_failing(arguments, at, &run);
        judge(arguments, at, &run, &whole);
        assert_true(failed || at > 3);
        at = next(at, &run);
        tool_free(&run);
    }
    tool_free(&whole);
}

#define CASE(name, arguments)                                                                                \
    static void name(void **state)                                                                           \
    {                                                                                                        \
        (void)state;                                                                                         \
        tables_32bit_file();                                                                                 \
        fails_well(arguments);                                                                               \
    }

CASE(walks, "walk banner --user " CORE " " SYMBOLS)
CASE(walks_in_json, "walk 0x1000 --json image --mode 32bit --cr3 0x1000")
CASE(lists, "mem image --mode 32bit --cr3 0x1000")
CASE(maps, "map " CORE " " SYMBOLS)
CASE(compares, "diff --cr3 0x1000 --cr3 0x1000 --json image --mode 32bit")
CASE(explains_a_fault, "fault 2 " CORE " " SYMBOLS)
CASE(explains_a_log, "explain " TEST_DATA "/demo/reboot.log")
CASE(audits, "audit --json image --mode 32bit --cr3 0x1000")
CASE(runs, "run --json --mode direct - <scenario.kmt")
/* Times vary: only the status and what is said count. */
#define SAID_ALONE " >/dev/null 2>words; (status=$?; cat words >&2; exit $status)"
CASE(runs_beside_malloc, "run --ratio --mode direct heap.kmt" SAID_ALONE)
CASE(compares_policies, "run --policies --kernel vlsos --mode direct paged.kmt")
CASE(writes_records, "run --emit-binary binary scenario.kmt")
CASE(records, "record -o recording.kmt.zst -- true")

static void make_scenario(void)
{
    static const char text[] = "kmt 1\nalloc a 100\nalloc b 5000 zeroed\nwrite 4 a 7\nprocess create p 4096\n"
                               "process alloc p c 10\nfree b\nfree b\ncheck\n";
    static const char heap[] = "kmt 1\nalloc a 100\nalloc b 5000 zeroed\nfree a\n";
    static const char paged[] = "kmt 1\nlimit frames 3\nprocess create p 100\nprocess alloc p m 65536\n"
                                "process write p 4 m 1\nprocess write p 4 m+0x1000 1\n"
                                "process duplicate p q\nprocess read q 4 m\n";
    tool_file("paged.kmt", paged, sizeof paged - 1);
    tool_file("scenario.kmt", text, sizeof text - 1);
    tool_file("heap.kmt", heap, sizeof heap - 1);
}

static int setup(void **state)
{
    (void)state;
    make_scenario();
    return 0;
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("no memory for a walk with symbols is one line", walks),
    KMS_TEST("no memory for a walk in JSON is one line", walks_in_json),
    KMS_TEST("no memory for a listing is one line", lists),
    KMS_TEST("no memory for a map is one line", maps),
    KMS_TEST("no memory for comparing address spaces is one line", compares),
    KMS_TEST("no memory for explaining a fault is one line", explains_a_fault),
    KMS_TEST("no memory for explaining a log is one line", explains_a_log),
    KMS_TEST("no memory for an audit is one line", audits),
    KMS_TEST_WITH("no memory for running a scenario is one line", runs, setup, NULL),
    KMS_TEST_WITH("no memory for a comparison with malloc is one line", runs_beside_malloc, setup, NULL),
    KMS_TEST_WITH("no memory for comparing policies is one line", compares_policies, setup, NULL),
    KMS_TEST_WITH("no memory for a scenario's binary form is one line", writes_records, setup, NULL),
    KMS_TEST("no memory for a recording is one line", records),
};
KMS_TESTS(tool_no_memory, tests)
