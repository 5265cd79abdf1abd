/* kmemsim run from the outside: what it prints, where, and its exit status. */
#include "tool.h"

#include "kms_test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define RUN "\"$TOOL\" run --kernel toy --mode direct "

static const char good[] =
    "kmt 1\nalloc a 8192\nwrite 4 a 0x12345678\nread 4 a\nexpect value 0x12345678\ncheck\n";
static const char found[] = "kmt 1\nalloc a 1\nexpect null\n";
static const char bad[] = "kmt 1\nalloc a 1\nfree b\n";

static void assert_run(const char *command, int status, const char *out, const char *err)
{
    struct tool_run run;
    tool_run(&run, command);
    if (run.status != status || !strstr(run.out, out) || !strstr(run.err, err))
        fail_msg("%s: status %d\n--- said:\n%s--- printed:\n%s", command, run.status, run.err, run.out);
    tool_done(&run);
}

static void the_exit_status_tells_clean_found_and_bad(void **state)
{
    (void)state;
    tool_write("good.kmt", good);
    tool_write("found.kmt", found);
    tool_write("bad.kmt", bad);
    assert_run(RUN "good.kmt", 0, "everything was as expected\n", "");
    assert_run(
        RUN "found.kmt", 1,
        "  found.kmt:3: not as expected: 2 expect status unknown = no: another status, OK\n  1 finding\n",
        "");
    assert_run(RUN "bad.kmt", 2, "1 operations of bad.kmt",
               "bad.kmt:3:6: b has not been made in this file\n");
}

static void a_wrong_file_is_not_as_expected(void **state)
{
    struct tool_run run;
    (void)state;
    tool_write("bad.kmt", bad);
    tool_write("worse.kmt", "kmt 2\n");
    assert_run(RUN "bad.kmt", 2, "\n  ended by what is wrong in the file after 1 operations\n", "");
    tool_run(&run, RUN "bad.kmt");
    assert_null(strstr(run.out, "as expected"));
    tool_done(&run);
    tool_run(&run, RUN "worse.kmt");
    assert_string_equal(run.out, "");
    assert_string_equal(run.err, "worse.kmt:1:5: version \"2\" is not known here, only 1\n");
    tool_done(&run);
}

static void misuse_is_answered(void **state)
{
    (void)state;
    tool_write("good.kmt", good);
    assert_run("\"$TOOL\" run", 2, "", "usage: kmemsim run");
    assert_run("\"$TOOL\" run --help", 0, "usage: kmemsim run", "");
    assert_run("\"$TOOL\" run --kernel none good.kmt", 2, "",
               "kmemsim run: there is no kernel \"none\"; there is:\n  bare  next to nothing\n");
    assert_run("\"$TOOL\" run --kernel none good.kmt", 2, "", "\n  toy  64 units, for tests of the runner\n");
    assert_run("\"$TOOL\" run --kernel toy --mode fast good.kmt", 2, "",
               "kmemsim run: a mode is window or direct, not \"fast\"\n");
    assert_run(RUN "missing.kmt", 2, "", "kmemsim run: missing.kmt: No such file or directory\n");
    assert_run(RUN ".", 2, "", "kmemsim run: .: Is a directory\n");
}

static void the_report_draws_the_heap(void **state)
{
    (void)state;
    tool_write("good.kmt", good);
    assert_run(RUN "good.kmt", 0, "toy, direct mode: 5 operations of good.kmt\n", "");
    assert_run(RUN "good.kmt", 0,
               "  heap map, 1 unit a sign: . free, - under half taken, + more, # all\n"
               "  0x00010000 ##..............................................................\n",
               "");
    assert_run(RUN "good.kmt", 0, "at start 0 units taken; at most 2 (3.1 %, line 2)", "");
}

static void events_are_printed_as_the_kernel_prints_them(void **state)
{
    struct tool_run run;
    (void)state;
    tool_write("good.kmt", good);
    tool_run(&run, RUN "--events good.kmt");
    assert_string_equal(run.out, "1 alloc #0 8192 = 0x00010000\n"
                                 "2 write kernel 4 #0 0x12345678 = ok\n"
                                 "3 read kernel 4 #0 = 0x12345678\n"
                                 "4 expect value 0x12345678 = yes\n"
                                 "5 check = ok\n");
    assert_string_equal(run.err, ""); /* no progress bar where nobody looks */
    tool_done(&run);
}

static void json_has_a_version_and_addresses_as_strings(void **state)
{
    struct tool_run run;
    json_error_t error;
    (void)state;
    tool_write("found.kmt", found);
    tool_run(&run, RUN "--json found.kmt");
    assert_int_equal(run.status, 1);
    json_t *root = json_loads(run.out, 0, &error);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 1);
    assert_string_equal(json_string_value(json_object_get(root, "kernel")), "toy");
    assert_int_equal(json_integer_value(json_object_get(root, "operations")), 2);
    json_t *heap = json_object_get(root, "heap");
    assert_string_equal(json_string_value(json_object_get(heap, "start")), "0x00010000");
    assert_int_equal(json_integer_value(json_object_get(heap, "used_units")), 1);
    json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    assert_int_equal(json_integer_value(json_object_get(finding, "line")), 3);
    assert_int_equal(json_array_size(json_object_get(json_object_get(root, "heap_map"), "taken_per_mille")),
                     64);
    json_decref(root);
    tool_done(&run);
}

static void compressed_input_and_standard_input_are_the_same(void **state)
{
    (void)state;
    tool_write("good.kmt", good);
    assert_run("zstd -q good.kmt && " RUN "good.kmt.zst", 0, "5 operations of good.kmt.zst", "");
    assert_run("zstd -qc good.kmt | " RUN "-", 0, "5 operations of -\n", "");
    assert_run("head -c 30 good.kmt.zst >cut.zst; " RUN "cut.zst", 2, "",
               "cut.zst:1:1: the file cannot be read beyond this line\n");
}

/* The writer ends the run by SIGINT while the run waits for more input. */
static void ctrl_c_ends_a_run_with_its_results(void **state)
{
    (void)state;
    assert_run("mkfifo pipe; " RUN "pipe >report & run=$!; "
               "{ printf 'kmt 1\\nnote x\\nalloc a 8192\\nfree a\\n'; kill -INT $run; wait $run; "
               "echo \"status $?\" >&3; } 3>&1 >pipe; cat report",
               0, "status 0\ntoy, direct mode: 0 operations of pipe\n", "");
    assert_run("cat report", 0, "  interrupted after 0 operations\n", "");
}

static void records_for_a_booted_kernel_are_written(void **state)
{
    struct tool_run run;
    (void)state;
    tool_write("good.kmt", good);
    tool_write("bad.kmt", bad);
    tool_run(&run, RUN "--emit-binary good.bin good.kmt && od -A n -t x4 -v good.bin | head -n 3");
    assert_int_equal(run.status, 0);
    /* magic, version 1, 5 records, 1 handle; then alloc (1) of handle 0, 8192 bytes */
    assert_string_equal(run.out, " 31544d4b 00000001 00000005 00000001\n"
                                 " 00000001 00000000 00000000 00000000\n"
                                 " 00002000 00000000 00000000 00000000\n");
    tool_done(&run);
    assert_run(RUN "--emit-binary bad.bin bad.kmt", 2, "", "bad.kmt:3:6: b has not been made in this file\n");
    assert_run("ls bad.bin", 2, "", "bad.bin"); /* nothing half written */
}

static void the_ratio_says_both_sides(void **state)
{
    (void)state;
    tool_write("good.kmt", "kmt 1\nalloc @1 100\nfree @1\nalloc @1 5000 zeroed\nfree @1\ncheck\n");
    assert_run(RUN "--ratio good.kmt", 0, "good.kmt: 5 operations, 4 of them through malloc as well", "");
    assert_run(RUN "--ratio good.kmt", 0, "reading and replaying", "");
}

#define RUN_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    RUN_TEST("the exit status tells clean, found and bad", the_exit_status_tells_clean_found_and_bad),
    RUN_TEST("a wrong file is not called as expected, and without operations has no report",
             a_wrong_file_is_not_as_expected),
    RUN_TEST("misuse of run is answered", misuse_is_answered),
    RUN_TEST("the report draws the heap", the_report_draws_the_heap),
    RUN_TEST("events are printed as the kernel prints them, and nothing else",
             events_are_printed_as_the_kernel_prints_them),
    RUN_TEST("the JSON has a version, and addresses as strings", json_has_a_version_and_addresses_as_strings),
    RUN_TEST("compressed input and standard input are the same",
             compressed_input_and_standard_input_are_the_same),
    RUN_TEST("Ctrl-C ends a run with its results", ctrl_c_ends_a_run_with_its_results),
    RUN_TEST("records for a booted kernel are written whole or not at all",
             records_for_a_booted_kernel_are_written),
    RUN_TEST("the ratio says both sides", the_ratio_says_both_sides),
};
KMS_TESTS(run_cli, tests)
