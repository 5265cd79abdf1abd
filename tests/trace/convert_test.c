/* From what a recorded program wrote to operations: each kind of event, and what no program should write. */
#include "kms_test.h"

#include "cli/record_output.h"
#include "trace/record/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 4096, TEXT = 64 * 1024 };

struct fixture {
    struct raw_file *file;
    struct convert_counts counts;
    char text[TEXT];
    size_t length, room; /* the sink takes no more than `room` bytes */
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->file = calloc(1, sizeof *fixture->file + EVENTS_MAX * sizeof fixture->file->events[0]);
    fixture->file->capacity = EVENTS_MAX;
    fixture->room = TEXT - 1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->file);
    free(fixture);
    return 0;
}

static bool sink(void *context, const char *line, size_t length)
{
    struct fixture *fixture = context;
    if (length > fixture->room - fixture->length)
        return false;
    memcpy(fixture->text + fixture->length, line, length);
    fixture->length += length;
    return true;
}

static void add(struct fixture *fixture, struct raw_event event)
{
    fixture->file->events[fixture->file->next++] = event;
}

static void assert_operations(struct fixture *fixture, const char *text)
{
    assert_true(convert_recording(fixture->file, sink, fixture, &fixture->counts));
    fixture->text[fixture->length] = '\0';
    assert_string_equal(fixture->text, text);
}

#define AT(place) (UINT64_C(0x7f0000000000) + (place)*16)

static void blocks_become_handles(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 100, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(8), 200, 0, RAW_ZEROED});
    add(fixture, (struct raw_event){RAW_FREE, 1, AT(0), 0, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 4096, 0, RAW_ALIGNED});
    assert_operations(fixture, "alloc @0 100\nalloc @1 200 zeroed\nfree @0\nalloc @0 4096 aligned\n");
    assert_int_equal(fixture->counts.operations, 4);
    assert_int_equal(fixture->counts.allocations, 3);
    assert_int_equal(fixture->counts.most_held, 2);
}

static void a_strangers_block_is_counted_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_FREE, 1, AT(0), 0, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    add(fixture, (struct raw_event){RAW_FREE, 2, AT(0), 0, 0, 0}); /* another process's block */
    assert_operations(fixture, "alloc @0 16\n");
    assert_int_equal(fixture->counts.strangers, 2);
}

static void a_block_over_another_frees_it_first(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 32, 0, 0});
    assert_operations(fixture, "alloc @0 16\nfree @0\nalloc @1 32\n");
}

static void a_moved_block_is_made_before_the_old_one_goes(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVE, 1, AT(0), 0, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVED, 1, AT(4), 64, 1, 0});
    assert_operations(fixture, "alloc @0 16\nalloc @1 64\nfree @0\n");
}

static void a_block_that_stayed_is_as_before(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVE, 1, AT(0), 0, 0, 0});
    add(fixture, (struct raw_event){RAW_STAYED, 1, 0, 0, 1, 0});
    add(fixture, (struct raw_event){RAW_STAYED, 1, 0, 0, 99, 0}); /* of a move that nobody began */
    add(fixture, (struct raw_event){RAW_FREE, 1, AT(0), 0, 0, 0});
    assert_operations(fixture, "alloc @0 16\nfree @0\n");
}

static void moves_of_threads_cross(void **state)
{
    struct fixture *fixture = *state;
    char expected[4096] = "";
    enum { THREADS = 20 };
    for (uint32_t i = 0; i < THREADS; i++)
        add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(i), 16, 0, 0});
    for (uint32_t i = 0; i < THREADS; i++)
        add(fixture, (struct raw_event){RAW_MOVE, 1, AT(i), 0, 0, 0});
    for (uint32_t i = 0; i < THREADS; i++) /* the move that began last ends first */
        add(fixture, (struct raw_event){RAW_MOVED, 1, AT(100 + i), 32, 2 * THREADS - 1 - i, 0});
    assert_true(convert_recording(fixture->file, sink, fixture, &fixture->counts));
    fixture->text[fixture->length] = '\0';
    snprintf(expected, sizeof expected, "alloc @%u 32\nfree @%u\n", THREADS, THREADS - 1);
    assert_non_null(strstr(fixture->text, expected));
    assert_int_equal(fixture->counts.strangers, 0);
}

static void a_strangers_block_may_move(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_MOVE, 1, AT(0), 0, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVED, 1, AT(4), 64, 0, 0});
    assert_operations(fixture, "alloc @0 64\n");
    assert_int_equal(fixture->counts.strangers, 1);
}

static void a_mapping_goes_with_its_last_page(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t at = UINT64_C(0x7f1000000000);
    add(fixture, (struct raw_event){RAW_MAP, 1, at, 10000, 0, 0});
    add(fixture, (struct raw_event){RAW_UNMAP, 1, at, 4096, 0, 0});
    add(fixture, (struct raw_event){RAW_UNMAP, 1, at, 4096, 0, 0}); /* gone already */
    add(fixture, (struct raw_event){RAW_UNMAP, 1, at + 4096, 8192, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, at, 16, 0, 0});
    add(fixture, (struct raw_event){RAW_UNMAP, 1, at, 4096, 0, 0}); /* no mapping */
    assert_operations(fixture, "alloc @0 10000 aligned\nfree @0\nalloc @0 16\n");
}

static void a_mapping_may_be_moved(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t at = UINT64_C(0x7f1000000000);
    add(fixture, (struct raw_event){RAW_MAP, 1, at, 4096, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVE, 1, at, 0, 0, 0});
    add(fixture, (struct raw_event){RAW_MOVED, 1, 2 * at, 8192, 1, 0});
    add(fixture, (struct raw_event){RAW_UNMAP, 1, 2 * at, 8192, 0, 0}); /* it is a mapping still */
    assert_operations(fixture, "alloc @0 4096 aligned\nalloc @1 8192\nfree @0\nfree @1\n");
}

static void a_process_takes_its_blocks_with_it(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_START, 1, 0, 0, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    add(fixture, (struct raw_event){RAW_FORK, 2, 1, 0, 0, 0});
    add(fixture, (struct raw_event){RAW_ALLOC, 2, AT(0), 32, 0, 0});
    add(fixture, (struct raw_event){RAW_EXIT, 2, 0, 0, 0, 0});
    add(fixture, (struct raw_event){RAW_EXIT, 1, 0, 0, 0, 0}); /* the first one's stay, to be seen */
    assert_operations(fixture,
                      "note process 1 starts a program\nalloc @0 16\nnote process 1 forks process 2\n"
                      "alloc @1 32\nnote process 2 ends\nfree @1\nnote process 1 ends\n");
    assert_int_equal(fixture->counts.processes, 2);
}

static void what_nobody_wrote_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, (struct raw_event){RAW_NOTHING, 0, 0, 0, 0, 0});
    add(fixture, (struct raw_event){77, 1, 2, 3, 4, 5});
    add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(0), 16, 0, 0});
    fixture->file->capacity = 3;
    fixture->file->next = 10; /* seven more had no room */
    assert_operations(fixture, "alloc @0 16\n");
    assert_int_equal(fixture->counts.lost, 7);
}

static void a_sink_that_takes_no_more_ends_it(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 10; i++)
        add(fixture, (struct raw_event){RAW_ALLOC, 1, AT(i), 16, 0, 0});
    fixture->room = 30; /* two lines and a bit */
    assert_false(convert_recording(fixture->file, sink, fixture, &fixture->counts));
    assert_int_equal(fixture->length, 24);
}

/* ---- where the lines go ---- */

static void fill(struct record_output *output)
{
    static const char line[] = "alloc @1 123456\n";
    for (unsigned i = 0; i < 200000 && !output->failed; i++)
        record_output_put(output, line, sizeof line - 1);
}

static void a_full_disk_is_noticed(void **state)
{
    struct record_output output;
    (void)state;
    assert_true(record_output_open(&output, "/dev/full"));
    fill(&output);
    assert_false(record_output_put(&output, "x", 1));
    assert_false(record_output_close(&output));
    assert_true(record_output_open(&output, "/dev/full")); /* so little that only the end writes */
    assert_true(record_output_put(&output, "x", 1));
    assert_false(record_output_close(&output));
}

static void a_full_disk_is_noticed_through_compression(void **state)
{
    char folder[] = "/tmp/kmemsim-output-XXXXXX", path[64];
    struct record_output output;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/full.zst", folder);
    char command[128];
    snprintf(command, sizeof command, "ln -s /dev/full '%s'", path);
    assert_int_equal(system(command), 0);
    assert_true(record_output_open(&output, path));
    fill(&output);
    assert_false(record_output_close(&output));
    record_output_discard(path); /* no regular file: it stays */
    snprintf(command, sizeof command, "rm '%s' && rmdir '%s'", path, folder);
    assert_int_equal(system(command), 0);
    record_output_discard(path); /* not there */
}

#define CONVERT_TEST(sentence, function) KMS_TEST_WITH(sentence, function, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    CONVERT_TEST("blocks become handles, the lowest free one first", blocks_become_handles),
    CONVERT_TEST("a stranger's block is counted and left alone", a_strangers_block_is_counted_and_left_alone),
    CONVERT_TEST("a block over another one frees it first", a_block_over_another_frees_it_first),
    CONVERT_TEST("a moved block is made before the old one goes",
                 a_moved_block_is_made_before_the_old_one_goes),
    CONVERT_TEST("a block that could not move stays as it was", a_block_that_stayed_is_as_before),
    CONVERT_TEST("moves of several threads may cross", moves_of_threads_cross),
    CONVERT_TEST("a stranger's block may move in", a_strangers_block_may_move),
    CONVERT_TEST("a mapping goes with its last page", a_mapping_goes_with_its_last_page),
    CONVERT_TEST("a mapping that moved is still a mapping", a_mapping_may_be_moved),
    CONVERT_TEST("a process takes its blocks with it, but the first one", a_process_takes_its_blocks_with_it),
    CONVERT_TEST("what nobody wrote is passed over, what had no room is counted",
                 what_nobody_wrote_is_passed_over),
    CONVERT_TEST("a sink that takes no more ends the conversion", a_sink_that_takes_no_more_ends_it),
    KMS_TEST("a full disk is noticed", a_full_disk_is_noticed),
    KMS_TEST("a full disk is noticed through compression", a_full_disk_is_noticed_through_compression),
};
KMS_TESTS(convert, tests)
