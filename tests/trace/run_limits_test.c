/* `run` and `record` at their limits: too much to show, nothing to show, files that end early, odd arguments. */
#define _POSIX_C_SOURCE 200809L
#include "kms_test.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN "\"$TOOL\" run --kernel toy --mode direct "

/* A shell command, its exit status, and a part of each stream. */
struct row {
    const char *command;
    int status;
    const char *out, *err;
};

static void expect(const struct row *row)
{
    struct tool_run run;
    tool_run(&run, row->command);
    if (run.status != row->status || !strstr(run.out, row->out) || !strstr(run.err, row->err))
        fail_msg("%s: status %d\n--- said:\n%s--- printed:\n%s", row->command, run.status, run.err, run.out);
    tool_done(&run);
}

static void expect_all(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(&rows[i]);
}
#define EXPECT_ALL(rows) expect_all(rows, sizeof(rows) / sizeof((rows)[0]))

/* "kmt 1", then a line so many times. */
static void write_lines(const char *name, const char *line, unsigned times)
{
    char *text = calloc(1, 8 + times * strlen(line));
    assert_non_null(text);
    char *end = stpcpy(text, "kmt 1\n");
    for (unsigned i = 0; i < times; i++)
        end = stpcpy(end, line);
    tool_write(name, text);
    free(text);
}

/* 100 broken expectations: more than are kept in words. */
static void many_findings_are_shortened(void **state)
{
    (void)state;
    write_lines("many.kmt", "alloc a 1\nexpect null\nfree a\n", 100);
    static const struct row rows[] = {
        {RUN "many.kmt", 1, "  100 findings\n", ""},
        {RUN "many.kmt", 1, "more findings\n", ""},
        {RUN "--json many.kmt", 1, "\"findings\"", ""},
    };
    EXPECT_ALL(rows);
}

static void the_ends_of_a_kernel_are_findings(void **state)
{
    (void)state;
    tool_write("panic.kmt", "kmt 1\nalloc a 667\ncheck\n");
    tool_write("broken.kmt", "kmt 1\nalloc a 666\ncheck\n");
    static const struct row rows[] = {
        {RUN "panic.kmt", 1, "panic.kmt:2: the kernel was cut off: the toy cannot go on\n", ""},
        {RUN "broken.kmt", 1, "broken.kmt:3: broken invariant: ", ""},
        {RUN "--json panic.kmt", 1, "the toy cannot go on", ""},
        {RUN "--json broken.kmt", 1, "the toy is broken", ""},
        {RUN "--events panic.kmt", 1, "# line 2: the kernel was cut off: the toy cannot go on\n", ""},
    };
    EXPECT_ALL(rows);
}

/* The curve of what is taken is drawn with what the terminal can show. */
static void reports_follow_the_locale(void **state)
{
    (void)state;
    write_lines("curve.kmt", "alloc a 8192\ncheck\nfree a\n", 1000);
    static const struct row rows[] = {
        {"LC_ALL=C " RUN "curve.kmt", 0, "  taken          ", ""},
        {"LC_ALL=C.UTF-8 " RUN "curve.kmt", 0, "\xe2\x96\x88", ""}, /* a full block */
        {"LC_ALL=C " RUN "curve.kmt | LC_ALL=C grep -c '[^ -~]'", 1, "0\n", ""},
    };
    EXPECT_ALL(rows);
}

static void nothing_to_do_is_done(void **state)
{
    (void)state;
    tool_write("empty.kmt", "kmt 1\n");
    tool_write("nothing", "");
    static const struct row rows[] = {
        {RUN "empty.kmt", 0, "toy, direct mode: 0 operations of empty.kmt\n", ""},
        {RUN "--json empty.kmt", 0, "\"operations\": 0", ""},
        {RUN "--ratio empty.kmt", 0, "empty.kmt: 0 operations, 0 of them through malloc as well", ""},
        {RUN "--emit-binary empty.bin empty.kmt && wc -c <empty.bin", 0, "16\n", ""},
        {RUN "nothing", 2, "", "nothing:1:1: "},
        {RUN "a b", 2, "", "usage: kmemsim run"},
        {RUN "--frob empty.kmt", 2, "", "usage: kmemsim run"},
        {"\"$TOOL\" run --kernel toy --mode window empty.kmt", 0, "toy, window mode: 0 operations", ""},
    };
    EXPECT_ALL(rows);
}

static void ratios_of_everything(void **state)
{
    (void)state;
    write_lines("long.kmt",
                "alloc @1 100 zeroed\nfree @1\nalloc @2 4097 aligned\nfree @2\nalloc @3 0\nfree @3\n", 1100);
    tool_write("left.kmt", "kmt 1\nalloc a 100\nalloc b 1\nfree b\nfree a+4\nfree 0x10\nfail 1\nalloc c 5\n");
    tool_write("bad.kmt", "kmt 1\nalloc a 1\nfree b\n");
    static const struct row rows[] = {
        {RUN "--ratio long.kmt", 0, "long.kmt: 6600 operations, 6600 of them through malloc as well", ""},
        {RUN "--ratio left.kmt", 0, "left.kmt: 7 operations, 4 of them through malloc as well", ""},
        {RUN "--ratio bad.kmt", 2, "", "bad.kmt:3:6: b has not been made in this file\n"},
        {RUN "--ratio missing.kmt", 2, "", "missing.kmt: No such file"},
        {"\"$TOOL\" run --kernel none --ratio left.kmt", 2, "", "there is no kernel \"none\""},
    };
    EXPECT_ALL(rows);
}

static void records_that_cannot_be_written(void **state)
{
    (void)state;
    write_lines("good.kmt", "note x\nalloc a 1\nfree a\n", 1);
    write_lines("far.kmt", "write 4 0x100000000 1\n", 1);
    static const struct row rows[] = {
        {RUN "--emit-binary nowhere/good.bin good.kmt", 2, "", "nowhere/good.bin: No such file"},
        {RUN "--emit-binary good.bin missing.kmt", 2, "", "missing.kmt: No such file"},
        {"\"$TOOL\" run --kernel none --emit-binary good.bin good.kmt", 2, "", "there is no kernel \"none\""},
        {RUN "--emit-binary far.bin far.kmt", 2, "", "far.kmt:2"},
        {RUN "far.kmt", 2, "", "far.kmt:2"},
        {"ls far.bin", 2, "", "far.bin"},
    };
    EXPECT_ALL(rows);
}

static void files_that_end_early(void **state)
{
    (void)state;
    write_lines("long.kmt", "alloc a 4096\nfree a\n", 20000);
    static const struct row rows[] = {
        {"zstd -qf long.kmt && " RUN "long.kmt.zst", 0, "40000 operations of long.kmt.zst", ""},
        {"head -c 60 long.kmt.zst >cut.zst; " RUN "cut.zst", 2, "",
         "the file cannot be read beyond this line"},
        {"{ head -c 4 long.kmt.zst; echo garbage; } >odd.zst; " RUN "odd.zst", 2, "", "odd.zst:1:1: "},
        {"cat long.kmt | " RUN "-", 0, "40000 operations of -\n", ""},
        {"printf k | " RUN "-", 2, "", "-:1:1: "},
    };
    EXPECT_ALL(rows);
}

/* ---- record ---- */

#define RECORD "\"$TOOL\" record "

static void odd_recordings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {RECORD "--help", 0, "usage: kmemsim record", ""},
        {RECORD "--frob", 2, "", "usage: kmemsim record"},
        {RECORD "-o x.kmt --limit x -- true", 2, "", "--limit is a number from 1 to"},
        {RECORD "-o x.kmt --limit 5x -- true", 2, "", "--limit is a number from 1 to"},
        {RECORD "-o x.kmt --limit 99999999999999999999 -- true", 2, "", "--limit is a number from 1 to"},
        {RECORD "-o x.kmt --limit 999999999999 -- true", 2, "", "--limit is a number from 1 to"},
        {RECORD "-o \"$PWD/x.kmt\" -- \"$SUBJECT\" single && head -n 2 x.kmt", 0,
         "# recorded by kmemsim record --", ""},
        {"ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=libc.so.6 " RECORD
         "-o x.kmt -- \"$SUBJECT\" single",
         0, "", "operations of 1 process,"},
        {RECORD "-o x.kmt.zst -- sh -c 'kill -TERM $$'", 143, "", "the program was ended by signal 15"},
        {RECORD "-o x.kmt -- \"$SUBJECT\" single \"$(printf 'a\\nb')\" && sed -n 2p x.kmt", 0, "single a?b\n",
         ""},
        {RECORD "-o x.kmt -- \"$SUBJECT\" single \"$(head -c 70000 /dev/zero | tr '\\0' x)\" && "
                "sed -n 2p x.kmt | tail -c 8",
         0, " single\n", ""},
    };
    EXPECT_ALL(rows);
}

/* So many blocks at a time that every table of the conversion grows. */
static void large_recordings(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {RECORD
         "-o p.kmt -- python3 -c 'a = [bytearray(600 + i % 900) for i in range(9000)]; b = a[::2]; del a; "
         "[x.extend(bytes(5000)) for x in b[:500]]' && " RUN "--events p.kmt | grep -c alloc >count; "
         "test \"$(cat count)\" -gt 9000",
         0, "", "blocks at a time"},
        {RECORD "-o p.kmt.zst -- python3 -c 'a = [bytearray(600 + i % 900) for i in range(9000)]' && "
                "zstd -qt p.kmt.zst",
         0, "", "blocks at a time"},
    };
    EXPECT_ALL(rows);
}

/* A second after its start a run that somebody watches says how far it is. */
static void progress_is_for_terminals(void **state)
{
    (void)state;
    if (system("script -qec true /dev/null </dev/null >/dev/null 2>&1") != 0)
        kms_skip("script(1), which makes a terminal, is not installed");
    expect(&(struct row){"mkfifo slow; { printf 'kmt 1\nalloc a 1\nnote x\n'; sleep 1.2; "
                         "printf 'free a\nnote x\n'; } >slow & "
                         "script -qec '" RUN "slow' /dev/null </dev/null",
                         0, "\r           2 operations", ""});
}

#define LIMIT_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    LIMIT_TEST("many findings are shortened", many_findings_are_shortened),
    LIMIT_TEST("a kernel that panics or breaks is a finding", the_ends_of_a_kernel_are_findings),
    LIMIT_TEST("reports follow the locale", reports_follow_the_locale),
    LIMIT_TEST("a file without operations is run, measured and lowered", nothing_to_do_is_done),
    LIMIT_TEST("ratios of long files, of what is left over, and of files that are wrong",
               ratios_of_everything),
    LIMIT_TEST("records that cannot be written are not left behind", records_that_cannot_be_written),
    LIMIT_TEST("files that end early are read as far as they go", files_that_end_early),
    LIMIT_TEST("odd command lines of the recorder", odd_recordings),
    LIMIT_TEST("a recording of many blocks is complete", large_recordings),
    LIMIT_TEST("progress is for terminals, after a second", progress_is_for_terminals),
};
KMS_TESTS(run_limits, tests)
