/* Runs of operations on a host without memory, at each allocation in turn: what was counted is left out, and said. */
#include "kms_test.h"
#include "no_memory.h"

#include "trace/references.h"
#include "trace/run.h"

#include <stdio.h>
#include <string.h>

/* ---- the references of processes ---- */

/* 3000 pages: more than the string, the map and the sharers have room for at first. */
static enum kms_status follow_references(void)
{
    static struct references references;
    references = (struct references){0};
    for (uint64_t page = 0; page < 3000; page++)
        references_use(&references, &(struct reference){0, page << 12, 4, page % 2});
    references_duplicate(&references, 0, 1);
    references_use(&references, &(struct reference){1, 0, 4, true});
    const uint64_t optimum = references_optimum(&references, 3000);
    const bool complete = !references.incomplete && optimum != UINT64_MAX;
    assert_true(!complete || optimum == 3001); /* each page once, and the copy */
    references_free(&references);
    return complete ? KMS_OK : KMS_NO_MEMORY;
}

static void references_need_memory(void **state)
{
    (void)state;
    fail_each_allocation(follow_references, 8);
}

static void numbers_of_processes_beyond_the_limit_are_ignored(void **state)
{
    static struct references references;
    (void)state;
    references_use(&references, &(struct reference){0, 0, 4, false});
    references_duplicate(&references, REFERENCES_PROCESSES, 1);
    references_duplicate(&references, 0, REFERENCES_PROCESSES);
    references_duplicate(&references, 0, 0);
    references_end(&references, REFERENCES_PROCESSES);
    references_use(&references, &(struct reference){0, 0, 4, true}); /* still the one page that 0 has */
    assert_int_equal(references_optimum(&references, 1), 1);
    references_free(&references);
}

/* ---- a run with its tally ---- */

struct text {
    unsigned line; /* the next */
};

static size_t next_line(void *context, void *to, size_t size)
{
    struct text *text = context;
    const unsigned line = text->line++;
    if (line == 0)
        return (size_t)snprintf(to, size, "kmt 1\n");
    return line > 600 ? 0 : (size_t)snprintf(to, size, "alloc @%u 16\nfree @%u\n", line, line);
}

static struct kms_guest *guest;

static enum kms_status run_operations(void)
{
    struct text text = {0};
    const struct kms_trace_source source = {next_line, &text};
    struct kms_trace_reader *reader;
    static struct trace_tally tally;
    struct trace_run_result result;
    if (kms_trace_reader_new("ops.kmt", &source, &reader) != KMS_OK)
        return KMS_NO_MEMORY;
    trace_tally_start(&tally, guest);
    trace_run(
        &(struct trace_run_options){.guest = guest, .reader = reader, .file = "ops.kmt", .tally = &tally},
        &result);
    trace_tally_end(&tally, guest);
    kms_trace_reader_free(reader);
    if (result.end == TRACE_RUN_COMPLETE)
        assert_int_equal(result.operations, 1200);
    if (result.end == TRACE_RUN_BAD_INPUT)
        assert_non_null(strstr(result.error, "no memory"));
    return result.end == TRACE_RUN_COMPLETE ? KMS_OK : KMS_NO_MEMORY;
}

static void a_run_needs_memory(void **state)
{
    const struct kms_guest_options options = {.kernel = "toy", .mode = KMS_GUEST_DIRECT};
    (void)state;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    fail_each_allocation(run_operations, 6); /* the reader's, the run, addresses and sizes by handle */
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("references that find no memory make no optimum", references_need_memory),
    KMS_TEST("numbers of processes beyond the limit are ignored",
             numbers_of_processes_beyond_the_limit_are_ignored),
    KMS_TEST("a run that finds no memory ends and says so", a_run_needs_memory),
};
KMS_TESTS(trace_memory, tests)
