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

#define RUN_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    RUN_TEST("the report leaves out what the kernel leaves out", what_is_left_out_is_left_out),
    RUN_TEST("the JSON leaves out what the kernel leaves out", json_leaves_it_out_too),
    RUN_TEST("a heap that cannot be looked at counts as none", a_heap_that_cannot_be_looked_at_is_none),
    RUN_TEST("a kernel that does not boot runs nothing and says why",
             a_kernel_that_does_not_boot_runs_nothing),
};
KMS_TESTS(run_bare, tests)
