/* Runs on the toy kernel: what is counted, what is found, and when a run ends. */
#include "trace_text.h"

#include "kms_test.h"

#include "trace/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct kms_guest *guest;
    struct trace_tally tally;
    struct trace_run_result result;
    char log[4096]; /* what the watcher saw */
};

static int boot(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    struct kms_guest_options options = {.kernel = "toy", .mode = KMS_GUEST_DIRECT};
    if (kms_guest_new(&options, &fixture.guest) != KMS_OK)
        return -1;
    *state = &fixture;
    return kms_guest_boot(fixture.guest, NULL) == KMS_GUEST_RETURNED ? 0 : -1;
}

static int shut_down(void **state)
{
    struct fixture *fixture = *state;
    kms_guest_free(fixture->guest);
    return 0;
}

static void add(struct fixture *fixture, const char *text)
{
    size_t used = strlen(fixture->log);
    snprintf(fixture->log + used, sizeof fixture->log - used, "%s\n", text);
}

static void on_event(void *context, const struct replay_event *event, uint32_t line)
{
    char text[REPLAY_LINE], numbered[REPLAY_LINE + 16];
    replay_format(event, text, sizeof text);
    snprintf(numbered, sizeof numbered, "%u: %s", line, text);
    add(context, numbered);
}

static void on_note(void *context, const char *text, size_t length)
{
    char note[128];
    snprintf(note, sizeof note, "note %.*s", (int)length, text);
    add(context, note);
}

static void on_stop(void *context, const struct kms_guest_stop *stop, uint32_t line)
{
    char text[KMS_GUEST_REASON + 32];
    snprintf(text, sizeof text, "%u: cut off: %s", line, stop->reason);
    add(context, text);
}

static void run_with(struct fixture *fixture, const char *operations, const volatile sig_atomic_t *cancel)
{
    char bytes[4096];
    struct trace_text text = {0};
    struct trace_watcher watcher = {
        .event = on_event, .note = on_note, .stopped = on_stop, .context = fixture};
    size_t length = (size_t)snprintf(bytes, sizeof bytes, "kmt 1\n%s", operations);
    trace_text_open(&text, bytes, length);
    trace_tally_start(&fixture->tally, fixture->guest);
    trace_run(&(struct trace_run_options){.guest = fixture->guest,
                                          .reader = text.reader,
                                          .file = "ops.kmt",
                                          .tally = &fixture->tally,
                                          .watcher = &watcher,
                                          .cancel = cancel},
              &fixture->result);
    trace_tally_end(&fixture->tally, fixture->guest);
    trace_text_close(&text);
}

static void run(struct fixture *fixture, const char *operations)
{
    run_with(fixture, operations, NULL);
}

/* ---- expectations ---- */

static void what_is_as_expected_finds_nothing(void **state)
{
    struct fixture *fixture = *state;
    run(fixture, "alloc a 5000\nexpect ok\nexpect value 0x10000\nalloc b 1\nexpect value a+0x2000\n"
                 "unit a+0x1000\nexpect value 2\nwrite 4 b 0xcafe\nexpect ok\nread 2 b\nexpect value 0xcafe\n"
                 "free a+1\nexpect status EBAD\nfree a\nfree a\nexpect status -1\nalloc c 0\nexpect null\n"
                 "fail 1\nalloc d 1\nexpect null\nphysical 0x1234\nexpect value 0x1234\n"
                 "expect mapped 0x5 at 0x5\nexpect unmapped 0x90000\ncheck\n");
    assert_int_equal(fixture->result.end, TRACE_RUN_COMPLETE);
    assert_int_equal(fixture->result.broken, 0);
    assert_int_equal(fixture->tally.finding_count, 0);
    assert_int_equal(fixture->result.operations, 26);
}

struct broken_expectation {
    const char *sentence;
    const char *operations;
    const char *words;
};

static const struct broken_expectation broken_expectations[] = {
    {"a refusal where success was expected is found", "free 0x10000\nexpect ok\n",
     "2 expect status OK = no: another status, EBAD"},
    {"success where a refusal was expected is found", "check\nexpect status EBAD\n",
     "2 expect status EBAD = no: another status, OK"},
    {"memory where none was expected is found", "alloc a 1\nexpect null\n",
     "2 expect status unknown = no: another status, OK"},
    {"another value is found", "unit 0x10000\nexpect value 1\n",
     "2 expect value 0x00000001 = no: another value, 0x00000000"},
    {"a fault that did not come is found", "read 4 0x10000\nexpect fault 0x4 at 0x10000\n",
     "2 expect fault US 0x00010000 = no: no fault"},
    {"an address that is not mapped is found", "expect mapped 0x90000 at 0x90000\n",
     "1 expect mapped 0x00090000 0x00090000 = no: not mapped"},
    {"an address that is mapped elsewhere is found", "expect mapped 0x1000 at 0x2000\n",
     "1 expect mapped 0x00001000 0x00002000 = no: mapped elsewhere"},
    {"an address that is mapped is found", "expect unmapped 0x1000\n",
     "1 expect unmapped 0x00001000 = no: mapped"},
    {"a broken invariant is found in the kernel's words", "alloc a 666\ncheck\n",
     "2 check = the toy is broken"},
};

static void is_found(void **state)
{
    const struct broken_expectation *expected = *state;
    void *fixture_state = NULL;
    assert_int_equal(boot(&fixture_state), 0);
    struct fixture *fixture = fixture_state;
    run(fixture, expected->operations);
    assert_int_equal(fixture->result.end, TRACE_RUN_COMPLETE);
    assert_int_equal(fixture->result.broken, 1);
    assert_int_equal(fixture->tally.finding_count, 1);
    assert_string_equal(fixture->tally.findings[0].words, expected->words);
    assert_int_equal(fixture->tally.findings[0].line, 1 + (expected->words[0] - '0'));
    shut_down(&fixture_state);
}

static const struct CMUnitTest *make_table(size_t *count)
{
    static struct CMUnitTest tests[sizeof broken_expectations / sizeof broken_expectations[0]];
    *count = sizeof tests / sizeof tests[0];
    for (size_t i = 0; i < *count; i++)
        tests[i] = (struct CMUnitTest){.name = broken_expectations[i].sentence,
                                       .test_func = is_found,
                                       .initial_state = (void *)&broken_expectations[i]};
    return tests;
}

KMS_TESTS_FILLED(run_expectation, make_table)

/* ---- input that only the kernel can judge ---- */

static void assert_refused(struct fixture *fixture, const char *operations, const char *error)
{
    run(fixture, operations);
    assert_int_equal(fixture->result.end, TRACE_RUN_BAD_INPUT);
    assert_string_equal(fixture->result.error, error);
}

static void a_status_that_the_kernel_lacks_is_bad_input(void **state)
{
    assert_refused(*state, "check\nexpect status EWHAT\n",
                   "ops.kmt:3:1: this kernel has no status \"EWHAT\"");
    assert_refused(*state, "check\nexpect status 2147483648\n",
                   "ops.kmt:3:1: this kernel has no status \"2147483648\"");
    assert_refused(*state, "check\nexpect status -2147483649\n",
                   "ops.kmt:3:1: this kernel has no status \"-2147483649\"");
    assert_refused(*state, "check\nexpect status 7up\n", "ops.kmt:3:1: this kernel has no status \"7up\"");
}

static void an_expectation_needs_an_operation(void **state)
{
    assert_refused(*state, "note so far\nexpect ok\n",
                   "ops.kmt:3:1: there is no operation before this expectation");
}

static void an_access_beyond_32_bits_is_bad_input(void **state)
{
    assert_refused(*state, "read 4 0x100000000\n", "ops.kmt:2:1: an access beyond 32 bits");
}

static void what_stands_before_an_error_has_run(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, "alloc a 1\nfree b\n", "ops.kmt:3:6: b has not been made in this file");
    assert_int_equal(fixture->result.operations, 1);
    assert_int_equal(fixture->tally.heap.used_units, 1);
}

/* ---- events and ends ---- */

static void events_notes_and_stops_come_in_order(void **state)
{
    struct fixture *fixture = *state;
    run(fixture, "note begin\nalloc a 8192\nalloc b 667\nfree b\nmap 0 0 1\nnote end\n");
    assert_string_equal(fixture->log, "note begin\n"
                                      "3: 1 alloc #0 8192 = 0x00010000\n"
                                      "4: cut off: the toy cannot go on\n"
                                      "5: 3 free #1 = EBAD\n"
                                      "6: 4 map 0x00000000 0x00000000 1 r = not offered\n"
                                      "note end\n");
    assert_int_equal(fixture->result.stops, 1);
    assert_int_equal(fixture->tally.finding_count, 1);
    assert_int_equal(fixture->tally.findings[0].kind, TRACE_FINDING_STOP);
}

static void a_cancelled_run_keeps_what_it_has(void **state)
{
    static const volatile sig_atomic_t cancel = 1;
    struct fixture *fixture = *state;
    run_with(fixture, "alloc a 1\nnote stop here\nalloc b 1\n", &cancel);
    assert_int_equal(fixture->result.end, TRACE_RUN_CANCELLED);
    assert_int_equal(fixture->result.operations, 1);
    assert_int_equal(fixture->tally.heap.used_units, 1);
}

/* A run may go unwatched and uncounted; what is asked for stays. */
static void nobody_has_to_watch(void **state)
{
    static const char bytes[] = "kmt 1\nalloc a 8192\nnote x\nalloc b 667\nfree b\n";
    struct fixture *fixture = *state;
    struct trace_text text = {0};
    trace_text_open(&text, bytes, sizeof bytes - 1);
    trace_run(
        &(struct trace_run_options){
            .guest = fixture->guest, .reader = text.reader, .file = "ops.kmt", .keep_handles = true},
        &fixture->result);
    trace_text_close(&text);
    assert_int_equal(fixture->result.end, TRACE_RUN_COMPLETE);
    assert_int_equal(fixture->result.operations, 3);
    assert_int_equal(fixture->result.stops, 1);
    assert_int_equal(fixture->result.handles[0], 0x10000);
    free(fixture->result.handles);
}

/* A watcher need not be told everything. */
static void a_watcher_may_listen_to_nothing(void **state)
{
    static const char bytes[] = "kmt 1\nalloc a 8192\nnote x\nalloc b 667\n";
    struct fixture *fixture = *state;
    struct trace_text text = {0};
    const struct trace_watcher deaf = {0};
    trace_text_open(&text, bytes, sizeof bytes - 1);
    trace_run(
        &(struct trace_run_options){
            .guest = fixture->guest, .reader = text.reader, .file = "ops.kmt", .watcher = &deaf},
        &fixture->result);
    trace_text_close(&text);
    assert_int_equal(fixture->result.end, TRACE_RUN_COMPLETE);
    assert_int_equal(fixture->result.operations, 2);
}

/* ---- what is counted ---- */

static void the_heap_is_followed(void **state)
{
    struct fixture *fixture = *state;
    run(fixture, "alloc a 4096\nalloc b 8193\nfree a\nalloc c 5000\nfree b\nfree b\n");
    /* a 1 unit, b 3 units: 4; then b alone; c behind it: 5, of 13193 bytes asked for; then c. */
    assert_int_equal(fixture->tally.peak_units, 5);
    assert_int_equal(fixture->tally.peak_asked, 13193);
    assert_int_equal(fixture->tally.peak_line, 5);
    assert_int_equal(fixture->tally.heap.used_units, 2);
    assert_int_equal(fixture->tally.heap_at_start.used_units, 0);
    assert_int_equal(fixture->tally.outcomes[REPLAY_ALLOC].count, 3);
    assert_int_equal(fixture->tally.outcomes[REPLAY_FREE].count, 3);
    assert_int_equal(fixture->tally.outcomes[REPLAY_FREE].refused, 1);
    assert_int_equal(fixture->tally.outcomes[REPLAY_FREE].refused_line, 7);
}

static void work_is_counted_for_each_operation(void **state)
{
    struct fixture *fixture = *state;
    /* The toy looks at one entry for each place that it tries: 1, 2 and 4 (the hole of one is too small). */
    run(fixture, "alloc a 1\nalloc b 8192\nfree a\nalloc c 8192\n");
    const struct trace_cost *cost = &fixture->tally.scanned[REPLAY_ALLOC];
    assert_int_equal(cost->operations, 3);
    assert_int_equal(cost->total, 1 + 2 + 4);
    assert_int_equal(cost->worst, 4);
    assert_int_equal(cost->worst_line, 5);
    assert_int_equal(trace_cost_quantile(cost, 0.3), 1);
    assert_int_equal(trace_cost_quantile(cost, 0.6), 3); /* 2 is among 2 to 3 */
    assert_int_equal(trace_cost_quantile(cost, 1.0), 4);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("what is as expected finds nothing", what_is_as_expected_finds_nothing, boot, shut_down),
    KMS_TEST_WITH("a status that the kernel lacks is bad input", a_status_that_the_kernel_lacks_is_bad_input,
                  boot, shut_down),
    KMS_TEST_WITH("an expectation needs an operation before it", an_expectation_needs_an_operation, boot,
                  shut_down),
    KMS_TEST_WITH("an access beyond 32 bits is bad input", an_access_beyond_32_bits_is_bad_input, boot,
                  shut_down),
    KMS_TEST_WITH("what stands before an error has run", what_stands_before_an_error_has_run, boot,
                  shut_down),
    KMS_TEST_WITH("events, notes and cut-offs come in the order of the lines",
                  events_notes_and_stops_come_in_order, boot, shut_down),
    KMS_TEST_WITH("a cancelled run keeps what it has", a_cancelled_run_keeps_what_it_has, boot, shut_down),
    KMS_TEST_WITH("a run needs nobody who watches or counts", nobody_has_to_watch, boot, shut_down),
    KMS_TEST_WITH("a watcher may listen to nothing", a_watcher_may_listen_to_nothing, boot, shut_down),
    KMS_TEST_WITH("the heap is followed: peak, bytes asked for, units taken now", the_heap_is_followed, boot,
                  shut_down),
    KMS_TEST_WITH("work is counted for each operation", work_is_counted_for_each_operation, boot, shut_down),
};
KMS_TESTS(run, tests)
