/* kmemsim run on a kernel with virtual memory: what it shows, and its policies side by side. */
#include "tool.h"

#include "kms_test.h"

#include <jansson.h>
#include <string.h>

#define RUN "\"$TOOL\" run --kernel vlsos --mode direct "

/* By hand: three frames; pages 0 to 4 are zeros, written in order, and 0 and 1 again: FIFO has 7 page-ins, 2 of them from
 * the store; the optimum keeps 0 and 1. */
static const char seven[] = "kmt 1\n"
                            "limit frames 3\n"
                            "process create p 100\n"
                            "process alloc p m 65536\n"
                            "process write p 4 m 1\n"
                            "process write p 4 m+0x1000 1\n"
                            "process write p 4 m+0x2000 1\n"
                            "process write p 4 m+0x3000 1\n"
                            "process write p 4 m+0x4000 1\n"
                            "process read p 4 m\n"
                            "expect value 1\n"
                            "process read p 4 m+0x1000\n"
                            "expect value 1\n"
                            "check\n";

static void assert_run(const char *command, int status, const char *out, const char *err)
{
    struct tool_run run;

    tool_run(&run, command);
    if (run.status != status || !strstr(run.out, out) || !strstr(run.err, err))
        fail_msg("%s: status %d\n--- said:\n%s--- printed:\n%s", command, run.status, run.err, run.out);
    tool_done(&run);
}

static json_t *run_json(const char *command)
{
    struct tool_run run;
    json_t *all;

    tool_run(&run, command);
    assert_int_equal(run.status, 0);
    all = json_loads(run.out, 0, NULL);
    assert_non_null(all);
    tool_done(&run);
    return all;
}

static long long integer(const json_t *object, const char *key)
{
    const json_t *const value = json_object_get(object, key);

    if (!json_is_integer(value))
        fail_msg("%s is no number", key);
    return json_integer_value(value);
}

static void the_report(void **state)
{
    (void)state;
    tool_write("seven.kmt", seven);
    assert_run(RUN "--policy fifo seven.kmt", 0,
               "virtual memory: 7 accesses of processes, 7 faults, 0 of them refused; hits 0.00 %\n"
               "  at most 3 frames held pages, of 3; replacement: fifo\n"
               "  7 page-ins: 5 zeros or images, 2 from the store, 0 copies; 0 shared instead\n"
               "  no replacement could have done with fewer than 5 page-ins in as many frames\n"
               "  4 evictions, 4 written back; 0 transfers failed; 4 of 32768 pages of the store used",
               "");
    assert_run(RUN "seven.kmt", 0, "replacement: clock", "");
}

static void numbers_for_programs(void **state)
{
    json_t *all;
    const json_t *vm;

    (void)state;
    tool_write("seven.kmt", seven);
    all = run_json(RUN "--policy fifo --json seven.kmt");
    vm = json_object_get(all, "virtual_memory");
    assert_non_null(vm);
    assert_int_equal(integer(vm, "accesses"), 7);
    assert_int_equal(integer(vm, "page_ins"), 7);
    assert_int_equal(integer(vm, "swap_ins"), 2);
    assert_int_equal(integer(vm, "evictions"), 4);
    assert_int_equal(integer(vm, "write_backs"), 4);
    assert_int_equal(integer(vm, "peak_frames"), 3);
    assert_int_equal(integer(vm, "optimum_page_ins"), 5);
    assert_string_equal(json_string_value(json_object_get(vm, "policy")), "fifo");
    json_decref(all);
}

/* Sums that only grow, however many samples were thinned out. */
static void over_time(void **state)
{
    json_t *const all = run_json(RUN "--json " LOCALITY_PATH);
    const json_t *const samples = json_object_get(json_object_get(all, "virtual_memory"), "samples");
    const size_t count = json_array_size(samples);

    (void)state;
    assert_true(count >= 10);
    for (size_t i = 1; i < count; i++) {
        const json_t *const now = json_array_get(samples, i), *const before = json_array_get(samples, i - 1);

        assert_true(integer(now, "accesses") > integer(before, "accesses"));
        assert_true(integer(now, "evictions") >= integer(before, "evictions"));
        assert_true(integer(now, "page_ins") >= integer(before, "page_ins"));
    }
    json_decref(all);
    assert_run(RUN LOCALITY_PATH, 0, "\n  evictions      ", "");
}

static void policies_side_by_side(void **state)
{
    json_t *const all = run_json(RUN "--policies --json " LOCALITY_PATH);
    const json_t *const policies = json_object_get(all, "policies");
    const long long optimum = integer(all, "optimum_page_ins");
    static const char *const names[] = {"clock", "fifo", "random"};

    (void)state;
    assert_int_equal(json_array_size(policies), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *const one = json_array_get(policies, i);

        assert_string_equal(json_string_value(json_object_get(one, "policy")), names[i]);
        assert_true(integer(one, "page_ins") > optimum);
        assert_int_equal(integer(one, "accesses"), 900);
        assert_int_equal(integer(one, "refused"), 0);
        assert_int_equal(integer(one, "frames"), 24);
    }
    assert_true(integer(json_array_get(policies, 0), "page_ins") <
                integer(json_array_get(policies, 1), "page_ins"));
    json_decref(all);
    assert_run(RUN "--policies " LOCALITY_PATH, 0, "Belady's: no replacement needs fewer\n", "");
}

/* FIFO with four frames does worse than with three, on Belady's string. */
static void the_anomaly(void **state)
{
    static const unsigned string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    char file[1200] = "kmt 1\nprocess create p 100\nprocess alloc p m 65536\n";

    (void)state;
    for (size_t i = 0; i < sizeof string / sizeof string[0]; i++)
        snprintf(file + strlen(file), sizeof file - strlen(file), "process read p 4 m+0x%u000\n", string[i]);
    tool_write("belady.kmt", file);
    assert_run(RUN "--policy fifo --frames 3 belady.kmt", 0, " 9 page-ins: ", "");
    assert_run(RUN "--policy fifo --frames 3 belady.kmt", 0, "with fewer than 7 page-ins", "");
    assert_run(RUN "--policy fifo --frames 4 belady.kmt", 0, " 10 page-ins: ", "");
    assert_run(RUN "--policy fifo --frames 4 belady.kmt", 0, "with fewer than 6 page-ins", "");
}

static void misuse(void **state)
{
    (void)state;
    tool_write("seven.kmt", seven);
    tool_write("bad.kmt", "kmt 1\nprocess read p 4 0\n");
    tool_write("found.kmt", "kmt 1\nfree 0\nexpect ok\n");
    assert_run(RUN "--policy lru seven.kmt", 2, "",
               "vlsos has no replacement policy \"lru\"; it has:\n  clock\n  fifo\n  random\n");
    assert_run(RUN "--frames 0 seven.kmt", 2, "", "a number of frames is 1 to 4294967295, not \"0\"\n");
    assert_run(RUN "--frames 4x seven.kmt", 2, "", "not \"4x\"\n");
    assert_run(RUN "--policies - <seven.kmt", 2, "",
               "standard input cannot be run several times: name a file\n");
    assert_run(RUN "--policies missing.kmt", 2, "", "missing.kmt: No such file or directory\n");
    assert_run(RUN "--policies bad.kmt", 2, "", "bad.kmt:2:14: ");
    assert_run(RUN "--policies found.kmt", 1, "nothing to compare\n", "");
    assert_run("\"$TOOL\" run --kernel vana --policies seven.kmt", 2, "", "vana has no virtual memory\n");
    assert_run("\"$TOOL\" run --kernel vana --frames 9 seven.kmt", 2, "", "vana has no virtual memory\n");
    assert_run("\"$TOOL\" run --kernel none --policies seven.kmt", 2, "", "there is no kernel \"none\"\n");
    assert_run("\"$TOOL\" run --kernel vlsos,vana --policies seven.kmt", 2, "",
               "--events, --ratio, --policies and --emit-binary take one kernel\n");
    assert_run(RUN "--policies --check seven.kmt", 2, "", "--policies goes without --policy, --check,");
    assert_run(RUN "--policies --policy fifo seven.kmt", 2, "", "--policies goes without --policy,");
    assert_run(RUN "--policies --emit-binary out seven.kmt", 2, "", "--policies goes without --policy,");
}

/* Four frames instead of the file's three, and FIFO instead of the policy that it ends with. */
static void what_was_asked_for_goes_before_the_file(void **state)
{
    char file[sizeof seven + 40];

    (void)state;
    snprintf(file, sizeof file, "%s%s", seven, "policy 2\n");
    tool_write("seven.kmt", file);
    assert_run(RUN "--policy fifo --frames 4 seven.kmt", 0,
               "  at most 4 frames held pages, of 4; replacement: fifo\n", "");
    assert_run(RUN "seven.kmt", 0, "  at most 3 frames held pages, of 3; replacement: random\n", "");
    assert_run(RUN "--policies --frames 4 seven.kmt", 0, "7 accesses of processes, at most 4 frames\n", "");
    tool_write("none.kmt", "kmt 1\nalloc a 100\n");
    assert_run(RUN "--policies none.kmt", 0, "no process touches memory: there is nothing to compare\n", "");
}

#define VM_TEST(sentence, function)                                                                          \
    {                                                                                                        \
        sentence, function, tool_setup, tool_teardown, NULL                                                  \
    }

static const struct CMUnitTest tests[] = {
    VM_TEST("the report counts faults, page-ins, evictions and write-backs", the_report),
    VM_TEST("the same numbers are there for programs", numbers_for_programs),
    VM_TEST("faults, evictions, write-backs and hits are shown over time", over_time),
    VM_TEST("policies are compared on one file, and none beats the optimum", policies_side_by_side),
    VM_TEST("FIFO shows Belady's anomaly", the_anomaly),
    VM_TEST("policies and frames that were asked for go before those of the file",
            what_was_asked_for_goes_before_the_file),
    VM_TEST("misuse of policies and frames is answered", misuse),
};
KMS_TESTS(run_vm, tests)
