/* kmemsim run on kernels that leave out what they may, and on some that do not come up. */
#include "tool.h"

#include "kms_test.h"

#include <jansson.h>
#include <string.h>

static const char operations[] = "kmt 1\nalloc a 100\nalloc b 200\nwrite 4 a 7\nread 4 a\nexpect value "
                                 "7\nfree a\ncheck\nunit a\nmap a a 1\n";

static void assert_said(const char *command, int status, const char *out, const char *err)
{
    struct tool_run run;
    tool_run(&run, command);
    if (run.status != status || !strstr(run.out, out) || !strstr(run.err, err))
        fail_msg("%s: status %d\n--- said:\n%s--- printed:\n%s", command, run.status, run.err, run.out);
    tool_done(&run);
}

static void what_is_left_out_is_left_out(void **state)
{
    struct tool_run run;
    (void)state;
    tool_write("ops.kmt", operations);
    tool_run(&run, "\"$TOOL\" run --kernel bare --mode direct ops.kmt");
    assert_int_equal(run.status, 0); /* an operation that the kernel lacks is refused, which is no finding */
    assert_non_null(strstr(run.out, "bare, direct mode: 9 operations of ops.kmt\n"));
    assert_null(strstr(run.out, "heap map"));
    assert_null(strstr(run.out, "units taken"));
    tool_done(&run);
}

static void json_leaves_it_out_too(void **state)
{
    struct tool_run run;
    json_error_t error;
    (void)state;
    tool_write("ops.kmt", operations);
    tool_run(&run, "\"$TOOL\" run --kernel bare --json ops.kmt");
    json_t *root = json_loads(run.out, 0, &error);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "operations")), 9);
    assert_null(json_object_get(root, "heap"));
    assert_null(json_object_get(root, "heap_map"));
    json_decref(root);
    tool_done(&run);
}

static void a_heap_that_cannot_be_looked_at_is_none(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel lost --mode direct ops.kmt", 0, "9 operations of ops.kmt", "");
}

static void a_kernel_that_does_not_boot_runs_nothing(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel refuses ops.kmt", 2, "",
                "kmemsim run: refuses does not boot: status -7\n");
    assert_said("\"$TOOL\" run --kernel panics ops.kmt", 2, "",
                "panics does not boot: the bare kernel has nothing to boot\n");
}

/* The kernel counts one more fault each time it is asked: once before, and after each operation but the expectation. */
static void virtual_memory_that_nobody_uses(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel faults ops.kmt", 0,
                "virtual memory: 0 accesses of processes, 8 faults, 0 of them refused; hits 0.00 %\n"
                "  at most 0 frames held pages, of 0; replacement: unnamed\n",
                "");
    assert_said("\"$TOOL\" run --kernel faults --json ops.kmt", 0, "\"faults\": ", "");
}

static void a_heap_without_a_size(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel faults ops.kmt", 0, "0 units of 0 bytes", "");
}

static void settings_that_a_kernel_does_not_take(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel faults --policy fifo ops.kmt", 2, "",
                "faults has no virtual memory\n");
    assert_said("\"$TOOL\" run --kernel bare --frames 3 ops.kmt", 2, "", "bare has no virtual memory\n");
    assert_said("\"$TOOL\" run --kernel stiff --policy fifo ops.kmt", 2, "",
                "stiff has no replacement policy \"fifo\"; it has:\n  rigid\n");
    assert_said("\"$TOOL\" run --kernel stiff --policy rigid ops.kmt", 2, "", "stiff cannot be set up so\n");
    assert_said("\"$TOOL\" run --kernel stiff --frames 3 ops.kmt", 2, "", "stiff cannot be set up so\n");
}

static void side_by_side_with_what_has_no_heap(void **state)
{
    (void)state;
    tool_write("ops.kmt", operations);
    assert_said("\"$TOOL\" run --kernel bare,lost,faults --mode direct ops.kmt", 0, "operations", "");
    assert_said("\"$TOOL\" run --kernel bare,faults --json ops.kmt", 0, "\"bare\"", "");
    tool_write("none.kmt", "kmt 1\n");
    assert_said("\"$TOOL\" run --kernel bare,faults --mode direct none.kmt", 0, "", "");
    assert_said("\"$TOOL\" run --kernel bare,refuses ops.kmt", 2, "", "refuses does not boot");
    assert_said("\"$TOOL\" run --ratio --kernel refuses ops.kmt", 2, "", "refuses does not boot");
}

static void a_kernel_without_words_has_numbers(void **state)
{
    (void)state;
    tool_write("ops.kmt", "kmt 1\nalloc a 1\nfree a\nexpect status -1000\n");
    assert_said("\"$TOOL\" run --kernel bare ops.kmt", 0, "", ""); /* REPLAY_NOT_OFFERED: it has no free() */
    tool_write("ops.kmt", "kmt 1\nalloc a 1\nfree a\nexpect status -7\n");
    assert_said("\"$TOOL\" run --kernel bare ops.kmt", 1, "another status", "");
    tool_write("ops.kmt", "kmt 1\nalloc a 1\nfree a\nexpect status EWHAT\n");
    assert_said("\"$TOOL\" run --kernel bare ops.kmt", 2, "", "this kernel has no status \"EWHAT\"");
}

static void a_fetch_that_goes_well(void **state)
{
    (void)state;
    tool_write("ops.kmt", "kmt 1\nfetch 0x1000\nexpect ok\n");
    assert_said("\"$TOOL\" run --kernel toy --mode direct ops.kmt", 0, "everything was as expected", "");
}

static void a_ratio_of_nothing(void **state)
{
    (void)state;
    tool_write("ops.kmt", "kmt 1\n");
    assert_said("\"$TOOL\" run --ratio --kernel toy ops.kmt", 0, "ops.kmt: 0 operations, 0 of them", "");
}

#define RUN_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    RUN_TEST("the report leaves out what the kernel leaves out", what_is_left_out_is_left_out),
    RUN_TEST("the JSON leaves out what the kernel leaves out", json_leaves_it_out_too),
    RUN_TEST("a heap that cannot be looked at counts as none", a_heap_that_cannot_be_looked_at_is_none),
    RUN_TEST("virtual memory that nobody uses is reported without a rate", virtual_memory_that_nobody_uses),
    RUN_TEST("a heap that says it has no size divides nothing", a_heap_without_a_size),
    RUN_TEST("settings that a kernel does not take stop the run with one line",
             settings_that_a_kernel_does_not_take),
    RUN_TEST("kernels without a heap stand side by side", side_by_side_with_what_has_no_heap),
    RUN_TEST("a kernel without words for its statuses has numbers", a_kernel_without_words_has_numbers),
    RUN_TEST("a fetch that goes well has no fault", a_fetch_that_goes_well),
    RUN_TEST("a file of nothing has a ratio of nothing", a_ratio_of_nothing),
    RUN_TEST("a kernel that does not boot runs nothing and says why",
             a_kernel_that_does_not_boot_runs_nothing),
};
KMS_TESTS(run_bare, tests)
