/* Several kernels side by side, and the list of what kernels there are. */
#include "tool.h"

#include "kms_test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define RUN "\"$TOOL\" run --mode direct --kernel "

/* 64 units of 4 KiB: three of them asked for with 8193 bytes, one more than the toy has. */
static const char ops[] = "kmt 1\nalloc a 8193\nalloc b 270336\nfree a\nfree a\n";
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

static void every_kernel_has_a_column(void **state)
{
    (void)state;
    tool_write("ops.kmt", ops);
    assert_run(RUN "toy,toy ops.kmt", 0, "direct mode: 4 operations of ops.kmt\n", "");
    assert_run(RUN "toy,toy ops.kmt", 0, "                          toy            toy\n", "");
    assert_run(RUN "toy,toy ops.kmt", 0,
               "  allocations failed                              1              1\n"
               "  other operations refused                        1              1\n"
               "  faults                                          0              0\n"
               "  findings                                        0              0\n"
               "  peak, bytes taken                           12288          12288\n"
               "        bytes asked for                        8193           8193\n"
               "  fragmentation inside, %                      33.3           33.3\n",
               "");
}

/*
 * Of 64 units the 33rd is taken: 32 and 31 are free on its sides, and 32 of 63 are 50.8 %. After so many operations the
 * heap is no longer looked at each time.
 */
static void the_end_is_told_as_it_is(void **state)
{
    char text[2048] = "kmt 1\n";
    (void)state;
    for (unsigned i = 0; i < 35; i++)
        strcat(text, "alloc x 4096\nfree x\n");
    strcat(text, "alloc a 131072\nalloc b 4096\nfree a\n");
    tool_write("ops.kmt", text);
    assert_run(RUN "toy,toy ops.kmt", 0,
               "  fragmentation outside at the end, %           49.2           49.2\n", "");
    assert_run(RUN "toy ops.kmt", 0, "longest free run now 32 units: external fragmentation 49.2 %", "");
}

/* A unit stays taken behind 32 free ones for a while: at every look another is taken among those, and 31 of the 62 free
 * units are together. In the end all are free. */
static void the_worst_is_told_beside_the_end(void **state)
{
    enum { PAIRS = 300, PAIR = 20 };
    char text[PAIRS * PAIR + 100] = "kmt 1\nalloc a 131072\nalloc b 4096\nfree a\n";
    size_t length = strlen(text);
    (void)state;
    for (unsigned i = 0; i < PAIRS; i++, length += PAIR)
        memcpy(text + length, "alloc x 4096\nfree x\n", PAIR + 1);
    strcpy(text + length, "free b\nexpect null\ncheck\nexpect null\n");
    tool_write("ops.kmt", text);
    assert_run(RUN "toy,toy ops.kmt", 1,
               "  fragmentation outside at the end, %            0.0            0.0\n"
               "                        worst, %               50.0           50.0\n",
               "");
    assert_run(RUN "toy,toy ops.kmt", 1, ", and more\n", "");
}

static void what_a_kernel_does_not_tell_is_a_dash(void **state)
{
    (void)state;
    tool_write("ops.kmt", ops);
    assert_run(RUN "toy,bare ops.kmt", 0,
               "  fragmentation inside, %                      33.3              -\n", "");
    assert_run(RUN "toy,bare ops.kmt", 0,
               "  bytes touched an operation                      -              -\n", "");
}

static void the_worst_status_of_all_is_the_answer(void **state)
{
    (void)state;
    tool_write("ops.kmt", ops);
    tool_write("found.kmt", found);
    tool_write("bad.kmt", bad);
    assert_run(RUN "bare,toy found.kmt", 1, "  toy: found.kmt:3: 2 expect status", "");
    assert_run(RUN "toy,toy bad.kmt", 2, "", "bad.kmt:3:6: b has not been made in this file\n");
    assert_run(RUN "toy,refuses ops.kmt", 2, "", "kmemsim run: refuses does not boot");
    assert_run(RUN "toy,none ops.kmt", 2, "", "kmemsim run: there is no kernel \"none\"; there is:\n");
    assert_run(RUN "toy, ops.kmt", 2, "", "kmemsim run: there is no kernel \"\"; there is:\n");
}

static void what_is_for_one_kernel_is_refused(void **state)
{
    (void)state;
    tool_write("ops.kmt", ops);
    const char *const one = "kmemsim run: --events, --ratio, --policies and --emit-binary take one kernel\n";
    assert_run(RUN "toy,toy --events ops.kmt", 2, "", one);
    assert_run(RUN "toy,toy --ratio ops.kmt", 2, "", one);
    assert_run(RUN "toy,toy --emit-binary out ops.kmt", 2, "", one);
    assert_run(RUN "toy,toy - < ops.kmt", 2, "",
               "kmemsim run: standard input can be read once: several kernels take a file\n");
    assert_run(RUN "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q ops.kmt", 2, "",
               "kmemsim run: at most 16 kernels side by side\n");
}

static json_t *answer(const char *command)
{
    struct tool_run run;
    tool_run(&run, command);
    assert_int_equal(run.status, 0);
    json_t *all = json_loads(run.out, 0, NULL);
    tool_done(&run);
    assert_non_null(all);
    return all;
}

static void programs_get_the_figures_and_the_whole_runs(void **state)
{
    (void)state;
    tool_write("ops.kmt", ops);
    json_t *all = answer(RUN "toy,bare --json ops.kmt");
    json_t *kernels = json_object_get(all, "kernels");
    json_t *toy = json_array_get(kernels, 0), *bare = json_array_get(kernels, 1);
    json_t *figures = json_object_get(toy, "figures");
    assert_int_equal(json_array_size(kernels), 2);
    assert_string_equal(json_string_value(json_object_get(toy, "kernel")), "toy");
    assert_int_equal(json_integer_value(json_object_get(figures, "operations")), 4);
    assert_int_equal(json_integer_value(json_object_get(figures, "allocations_failed")), 1);
    assert_int_equal(json_integer_value(json_object_get(figures, "peak_bytes")), 12288);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(toy, "run"), "operations")), 4);
    assert_true(
        json_is_null(json_object_get(json_object_get(bare, "figures"), "fragmentation_outside_percent")));
    json_decref(all);
}

static void kernels_are_listed_a_line_each(void **state)
{
    (void)state;
    assert_run("\"$TOOL\" kernels", 0, "bare      x86      next to nothing\n", "");
    assert_run("\"$TOOL\" kernels", 0, "toy       x86      64 units, for tests of the runner\n", "");
    assert_run("\"$TOOL\" kernels --help", 0, "usage: kmemsim kernels", "");
    assert_run("\"$TOOL\" kernels toy", 2, "", "usage: kmemsim kernels");
    assert_run("\"$TOOL\" kernels --fast", 2, "", "usage: kmemsim kernels");
}

static void programs_get_the_list_too(void **state)
{
    (void)state;
    json_t *all = answer("\"$TOOL\" kernels --json");
    json_t *first = json_array_get(json_object_get(all, "kernels"), 0);
    assert_string_equal(json_string_value(json_object_get(all, "command")), "kernels");
    assert_string_equal(json_string_value(json_object_get(first, "name")), "bare");
    assert_string_equal(json_string_value(json_object_get(first, "architecture")), "x86");
    assert_true(json_integer_value(json_object_get(first, "ram_size")) > 0);
    json_decref(all);
}

#define TOOL_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    TOOL_TEST("compare: every kernel has a column", every_kernel_has_a_column),
    TOOL_TEST("compare: what is told of the end is the heap as it is then", the_end_is_told_as_it_is),
    TOOL_TEST("compare: the worst fragmentation stands beside that of the end",
              the_worst_is_told_beside_the_end),
    TOOL_TEST("compare: what a kernel does not tell is a dash", what_a_kernel_does_not_tell_is_a_dash),
    TOOL_TEST("compare: the worst status of all kernels is the answer",
              the_worst_status_of_all_is_the_answer),
    TOOL_TEST("compare: what is said of one kernel is refused for several",
              what_is_for_one_kernel_is_refused),
    TOOL_TEST("compare: programs get the figures and the whole runs",
              programs_get_the_figures_and_the_whole_runs),
    TOOL_TEST("kernels are listed, a line each", kernels_are_listed_a_line_each),
    TOOL_TEST("kernels are listed for programs, too", programs_get_the_list_too),
};
KMS_TESTS(run_compare, tests)
