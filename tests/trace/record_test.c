/* Recordings of small programs whose allocations are known. */
#include "tool.h"

#include "kms_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records the subject and returns the file's text. */
static char *record(const char *what, int status)
{
    char command[256];
    struct tool_run run;
    snprintf(command, sizeof command, "\"$TOOL\" record -o out.kmt -- \"$SUBJECT\" %s", what);
    tool_run(&run, command);
    if (run.status != status)
        fail_msg("%s: exit status %d: %s", command, run.status, run.err);
    tool_done(&run);
    return tool_read("out.kmt");
}

/* What follows the first "alloc @N SIZE" line with this size; *handle is N. */
static const char *find_alloc(const char *text, unsigned size, unsigned *handle)
{
    unsigned seen;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "alloc @%u %u", handle, &seen) == 2 && seen == size)
            return strchr(line, '\n') + 1;
    }
    fail_msg("nothing of %u bytes is allocated in:\n%s", size, text);
    return NULL;
}

static void assert_next_free(const char *text, unsigned handle)
{
    unsigned seen;
    const char *line = strstr(text, "free @");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "free @%u", &seen), 1);
    assert_int_equal(seen, handle);
}

static void each_call_becomes_its_operation(void **state)
{
    unsigned first, zeroed, moved, aligned, other, empty;
    (void)state;
    char *text = record("single", 0);
    const char *at = find_alloc(text, 70001, &first);
    at = find_alloc(at, 70000, &zeroed);
    assert_non_null(strstr(text, "70000 zeroed\n"));
    at = find_alloc(at, 70002, &moved);
    assert_next_free(at, first); /* the realloc: the new block, then the old one goes */
    at = find_alloc(at, 70003, &aligned);
    assert_non_null(strstr(text, "70003 aligned\n"));
    assert_next_free(at, aligned);
    at = strchr(strstr(at, "free @"), '\n') + 1;
    assert_next_free(at, zeroed);
    at = strchr(at, '\n') + 1;
    assert_next_free(at, moved); /* realloc to 0 frees */
    at = find_alloc(at, 70016, &other);
    assert_next_free(at, other);
    at = find_alloc(strchr(at, '\n') + 1, 1, &empty); /* malloc(0) has an address, so it has a byte */
    assert_next_free(at, empty);
    free(text);
}

/* The reader refuses a handle that is made twice, so a recording that it reads to its end has no overlap. */
static size_t count_lines(const char *text, const char *with)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, with)); at++)
        count++;
    return count;
}

static void assert_replays(const char *expected)
{
    struct tool_run run;
    tool_run(&run, "\"$TOOL\" run --kernel toy --mode direct --events out.kmt >events; echo status $?; tail "
                   "-n 1 events");
    if (!strstr(run.out, expected))
        fail_msg("%s%s", run.out, run.err);
    tool_done(&run);
}

static void threads_are_recorded_in_order(void **state)
{
    (void)state;
    char *text = record("threads", 0);
    size_t allocs = 0;
    for (unsigned size = 71000; size < 71016; size++) {
        char line[16];
        snprintf(line, sizeof line, " %u\n", size);
        allocs += count_lines(text, line);
    }
    assert_int_equal(allocs, 4 * 2000);
    assert_replays("status 0");
    free(text);
}

static void a_child_is_recorded_and_its_memory_goes_with_it(void **state)
{
    unsigned shared, child, last;
    (void)state;
    char *text = record("forks", 0);
    assert_int_equal(count_lines(text, " forks process "), 1);
    assert_int_equal(count_lines(text, " ends\n"), 2);
    const char *at = find_alloc(text, 72001, &shared);
    at = find_alloc(at, 72002, &child); /* the free of the inherited copy is not in between */
    assert_next_free(at, child);        /* at the child's end */
    at = strchr(strstr(at, "free @"), '\n') + 1;
    assert_next_free(at, shared);
    find_alloc(at, 72003, &last);
    assert_replays("status 0");
    free(text);
}

static void anonymous_mappings_are_page_aligned_blocks(void **state)
{
    unsigned whole, parts;
    (void)state;
    char *text = record("maps", 0);
    const char *at = find_alloc(text, 5 * 4096, &whole);
    at = find_alloc(at, 7 * 4096, &parts);
    assert_non_null(strstr(text, " 20480 aligned\n"));
    assert_next_free(at, whole);
    at = strchr(strstr(at, "free @"), '\n') + 1;
    assert_next_free(at, parts);                      /* once, when the last part is unmapped */
    assert_int_equal(count_lines(text, " 36864"), 0); /* only reserved: nothing can be stored there */
    free(text);
}

static void a_program_that_is_ended_leaves_what_it_did(void **state)
{
    unsigned block;
    (void)state;
    char *text = record("twice", 128 + 6); /* SIGABRT */
    const char *at = find_alloc(text, 73001, &block);
    assert_next_free(at, block);
    assert_replays("status 0"); /* the second free is left out */
    free(text);
}

static void a_new_program_in_a_process_begins_empty(void **state)
{
    unsigned before, after;
    (void)state;
    char *text = record("replaced", 0);
    const char *at = find_alloc(text, 74001, &before);
    const char *start = strstr(at, " starts a program\n");
    assert_non_null(start);
    char freed[32];
    snprintf(freed, sizeof freed, "free @%u\n", before);
    const char *gone = strstr(at, freed);
    assert_true(gone != NULL && gone < start);
    find_alloc(start, 70001, &after);
    free(text);
}

static void the_exit_status_is_the_programs(void **state)
{
    (void)state;
    free(record("fails", 7));
}

static void assert_says(const char *command, int status, const char *words)
{
    struct tool_run run;
    tool_run(&run, command);
    if (run.status != status || !strstr(run.err, words))
        fail_msg("%s: status %d, said: %s", command, run.status, run.err);
    tool_done(&run);
}

static void misuse_is_answered(void **state)
{
    (void)state;
    assert_says("\"$TOOL\" record", 2, "usage: kmemsim record");
    assert_says("\"$TOOL\" record -o x.kmt --", 2, "usage: kmemsim record");
    assert_says("\"$TOOL\" record -o x.kmt --limit 0 -- true", 2, "--limit is a number from 1 to");
    assert_says("\"$TOOL\" record -o nowhere/x.kmt -- true", 2, "nowhere/x.kmt");
    assert_says("\"$TOOL\" record -o x.kmt -- ./no-such-program", 127,
                "./no-such-program: No such file or directory");
    assert_says("ls x.kmt* nowhere", 2, "x.kmt"); /* nothing is left behind */
}

static void a_full_recording_says_what_it_lost(void **state)
{
    (void)state;
    assert_says("\"$TOOL\" record --limit 100 -o x.kmt -- \"$SUBJECT\" threads", 0,
                "later events had no room");
}

static void a_compressed_recording_is_the_same(void **state)
{
    struct tool_run run;
    (void)state;
    tool_run(
        &run,
        "\"$TOOL\" record -o a.kmt.zst -- \"$SUBJECT\" single 2>/dev/null && "
        "\"$TOOL\" record -o a.kmt -- \"$SUBJECT\" single 2>/dev/null && "
        "for f in a.kmt a.kmt.zst; do \"$TOOL\" run --kernel toy --mode direct --events $f | grep -v '^#'; "
        "echo; done");
    assert_int_equal(run.status, 0);
    char *half = strstr(run.out, "\n\n");
    assert_non_null(half);
    *half = '\0';
    assert_int_equal(strncmp(run.out, half + 2, strlen(run.out)), 0);
    assert_true(strlen(run.out) > 100);
    tool_done(&run);
}

#define RECORD_TEST(sentence, function) KMS_TEST_WITH(sentence, function, tool_setup, tool_teardown)

static const struct CMUnitTest tests[] = {
    RECORD_TEST("each call becomes its operation", each_call_becomes_its_operation),
    RECORD_TEST("threads are recorded in an order that could have been", threads_are_recorded_in_order),
    RECORD_TEST("a child is recorded, and its memory goes with it",
                a_child_is_recorded_and_its_memory_goes_with_it),
    RECORD_TEST("anonymous mappings are page-aligned blocks", anonymous_mappings_are_page_aligned_blocks),
    RECORD_TEST("a program that is ended by a double free leaves what it did",
                a_program_that_is_ended_leaves_what_it_did),
    RECORD_TEST("a new program in a process begins empty", a_new_program_in_a_process_begins_empty),
    RECORD_TEST("the exit status is the program's", the_exit_status_is_the_programs),
    RECORD_TEST("misuse of the recorder is answered", misuse_is_answered),
    RECORD_TEST("a full recording says what it lost", a_full_recording_says_what_it_lost),
    RECORD_TEST("a compressed recording is the same", a_compressed_recording_is_the_same),
};
KMS_TESTS(record, tests)
