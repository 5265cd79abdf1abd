/* The heap's mechanism. Each behaviour is asked of a heap that scans its table and of one that has an index. */
#include "heap_fixture.h"

#include <stdlib.h>
#include <string.h>

static int set_up_scanning(void **state)
{
    *state = heap_fixture_make(64);
    return 0;
}

static int set_up_indexed(void **state)
{
    *state = heap_fixture_make_indexed(64);
    return 0;
}

static int tear_down(void **state)
{
    heap_fixture_drop(*state);
    return 0;
}

static void expect_entries(const struct heap_fixture *it, size_t from, const char *hex_bytes)
{
    for (size_t i = from; *hex_bytes; i++) {
        char *end;
        const unsigned long expected = strtoul(hex_bytes, &end, 16);

        assert_int_equal(it->entries[i], expected);
        hex_bytes = end;
    }
}

static void expect_all_free(const struct heap_fixture *it)
{
    for (size_t i = 0; i < it->total; i++)
        assert_int_equal(it->entries[i], 0x00);
}

/* Refused with a status, and not one byte of the table changed. */
static void expect_refused(struct heap_fixture *it, void *ptr, int status)
{
    uint8_t before[64];

    assert_true(it->total <= sizeof before);
    memcpy(before, it->entries, it->total);
    assert_int_equal(heap_release(&it->heap, ptr), status);
    heap_free(&it->heap, ptr);
    assert_memory_equal(it->entries, before, it->total);
}

/* ---- creation ---- */

static int create_from(uintptr_t start, uintptr_t end, size_t total)
{
    static uint8_t entries[64];
    struct heap_table table = {.entries = entries, .total = total};
    struct heap heap;
    int status;

    memset(entries, 0xff, sizeof entries);
    status = heap_create(&heap, (void *)start, (void *)end, &table);
    assert_int_equal(entries[0], status == 0 && total > 0 ? 0x00 : 0xff);
    return status;
}

static void creation_frees_all(void **state)
{
    expect_all_free(*state);
}

static void creation_checks_alignment(void **state)
{
    (void)state;
    assert_int_equal(create_from(0x100800, 0x104000, 3), -EINVARG);
    assert_int_equal(create_from(0x100000, 0x104001, 4), -EINVARG);
    assert_int_equal(create_from(0x100000, 0x104000, 4), 0);
}

static void creation_checks_total(void **state)
{
    (void)state;
    assert_int_equal(create_from(0x100000, 0x104000, 3), -EINVARG);
    assert_int_equal(create_from(0x100000, 0x104000, 5), -EINVARG);
}

static void creation_checks_order(void **state)
{
    (void)state;
    assert_int_equal(create_from(0x104000, 0x100000, 4), -EINVARG);
    assert_int_equal(create_from(0x100000, 0x100000, 0), 0);
}

static void creation_checks_null(void **state)
{
    static uint8_t entries[4];
    struct heap_table table = {.entries = entries, .total = 4};
    struct heap heap;
    char *const start = (char *)(uintptr_t)0x100000;

    (void)state;
    assert_int_equal(heap_create(NULL, start, start + 4 * BLOCK, &table), -EINVARG);
    assert_int_equal(heap_create(&heap, start, start + 4 * BLOCK, NULL), -EINVARG);
    table.entries = NULL;
    assert_int_equal(heap_create(&heap, start, start + 4 * BLOCK, &table), -EINVARG);
}

static void an_empty_heap_has_nothing(void **state)
{
    struct heap_fixture *const it = heap_fixture_make_indexed(0);

    (void)state;
    assert_null(heap_malloc(&it->heap, 1));
    assert_int_equal(heap_release(&it->heap, it->start), -EINVARG);
    heap_fixture_drop(it);
}

/* ---- allocation ---- */

static void entries_as_documented(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 1, 0);
    expect_place(it, 2, 1);
    expect_place(it, 4, 3);
    expect_place(it, 12, 7);
    expect_entries(it, 0, "41 c1 01 c1 81 81 01 c1 81 81 81 81 81 81 81 81 81 81 01 00");
}

static void sizes_round_up(void **state)
{
    struct heap_fixture *const it = *state;

    assert_int_equal(block_of(it, heap_malloc(&it->heap, 1)), 0);
    assert_int_equal(block_of(it, heap_malloc(&it->heap, 4096)), 1);
    assert_int_equal(block_of(it, heap_malloc(&it->heap, 4097)), 2);
    assert_int_equal(block_of(it, heap_malloc(&it->heap, 1)), 4);
}

static void zero_is_no_memory(void **state)
{
    struct heap_fixture *const it = *state;

    assert_null(heap_malloc(&it->heap, 0));
    assert_null(heap_malloc_blocks(&it->heap, 0));
    assert_int_equal(heap_get_start_block(&it->heap, 0), -ENOMEM);
    expect_all_free(it);
}

static void wrapping_sizes(void **state)
{
    struct heap_fixture *const it = *state;

    for (size_t k = 0; k < 2 * BLOCK; k++)
        assert_null(heap_malloc(&it->heap, SIZE_MAX - k));
    assert_null(heap_malloc(&it->heap, 0xfffff001u));
    assert_null(heap_malloc_blocks(&it->heap, SIZE_MAX));
    expect_all_free(it);
}

static void lowest_run_wins(void **state)
{
    struct heap_fixture *const it = *state;

    for (long i = 0; i < 8; i++)
        expect_place(it, 2, 2 * i);
    heap_free(&it->heap, block_at(it, 4));
    heap_free(&it->heap, block_at(it, 10));
    expect_place(it, 1, 4);
    expect_place(it, 2, 10);
    expect_place(it, 1, 5);
    expect_place(it, 1, 16);
}

static void short_run_at_end(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 60, 0);
    assert_null(heap_malloc(&it->heap, 5 * BLOCK));
    expect_entries(it, 58, "81 01 00 00 00 00");
    expect_place(it, 4, 60);
    assert_null(heap_malloc(&it->heap, 1));
}

static void whole_heap_is_one_run(void **state)
{
    struct heap_fixture *const it = *state;

    assert_null(heap_malloc(&it->heap, 65 * BLOCK));
    expect_place(it, 64, 0);
    assert_int_equal(heap_release(&it->heap, it->start), 0);
    expect_all_free(it);
}

static void neighbours_join(void **state)
{
    struct heap_fixture *const it = *state;

    for (long i = 0; i < 64; i++)
        expect_place(it, 1, i);
    heap_free(&it->heap, block_at(it, 20));
    heap_free(&it->heap, block_at(it, 22));
    assert_null(heap_malloc(&it->heap, 2 * BLOCK));
    heap_free(&it->heap, block_at(it, 21));
    expect_place(it, 3, 20);
}

/* ---- misuse ---- */

static void null_is_refused(void **state)
{
    expect_refused(*state, NULL, -EINVARG);
}

static void foreign_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 64, 0);
    expect_refused(it, it->start - BLOCK, -EINVARG);
    expect_refused(it, it->start + 64 * BLOCK, -EINVARG);
    expect_refused(it, (void *)(UINTPTR_MAX & ~(uintptr_t)0xfff), -EINVARG);
}

static void unaligned_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 1, 0);
    expect_refused(it, it->start + 1, -EINVARG);
    expect_refused(it, it->start + 4095, -EINVARG);
}

static void interior_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 3, 0);
    expect_refused(it, block_at(it, 1), -EINVARG);
    expect_refused(it, block_at(it, 2), -EINVARG);
}

static void free_twice_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 2, 0);
    expect_place(it, 1, 2);
    assert_int_equal(heap_release(&it->heap, it->start), 0);
    expect_refused(it, it->start, -EINVARG);
}

static void never_given_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_refused(it, block_at(it, 30), -EINVARG);
}

static void broken_chain_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 3, 0);
    expect_place(it, 20, 3);
    it->entries[2] = 0x00;
    expect_refused(it, block_at(it, 0), -EINFORMAT);
    it->entries[2] = 0x01;
    it->entries[15] = 0x41;
    expect_refused(it, block_at(it, 3), -EINFORMAT);
    it->entries[15] = 0x81;
}

static void endless_chain_is_refused(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 60, 0);
    expect_place(it, 4, 60);
    it->entries[63] = 0x81;
    expect_refused(it, block_at(it, 60), -EINFORMAT);
    it->entries[63] = 0x01;
}

/* ---- the steps ---- */

static void addresses_and_blocks(void **state)
{
    struct heap_fixture *const it = *state;

    assert_ptr_equal(heap_block_to_address(&it->heap, 5), it->start + 5 * 4096);
    assert_int_equal(heap_address_to_block(&it->heap, it->start + 5 * 4096), 5);
    assert_int_equal(heap_address_to_block(&it->heap, it->start + 5 * 4096 + 4095), 5);
    assert_int_equal(heap_address_to_block(&it->heap, it->start - 1), -EINVARG);
    assert_int_equal(heap_address_to_block(&it->heap, it->start + 64 * 4096), -EINVARG);
}

static void looking_takes_nothing(void **state)
{
    struct heap_fixture *const it = *state;

    assert_int_equal(heap_get_start_block(&it->heap, 3), 0);
    assert_int_equal(heap_get_start_block(&it->heap, 3), 0);
    assert_int_equal(heap_get_start_block(&it->heap, 65), -ENOMEM);
    expect_all_free(it);
}

static void marks_in_the_middle(void **state)
{
    struct heap_fixture *const it = *state;

    heap_mark_blocks_taken(&it->heap, 30, 4);
    heap_fixture_check(it);
    expect_entries(it, 29, "00 c1 81 81 01 00");
    expect_place(it, 30, 0);
    expect_place(it, 31, -1);
    expect_place(it, 30, 34);
}

static void marks_only_what_is_free(void **state)
{
    struct heap_fixture *const it = *state;

    heap_mark_blocks_taken(&it->heap, 10, 2);
    heap_mark_blocks_taken(&it->heap, 9, 2);
    heap_mark_blocks_taken(&it->heap, 62, 3);
    heap_mark_blocks_taken(&it->heap, 64, 1);
    heap_mark_blocks_taken(&it->heap, -1, 2);
    heap_mark_blocks_taken(&it->heap, 20, 0);
    heap_mark_blocks_taken(&it->heap, 20, -3);
    expect_entries(it, 9, "00 c1 01 00");
    expect_entries(it, 62, "00 00");
    expect_entries(it, 19, "00 00");
}

static void run_sizes(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 3, 0);
    assert_int_equal(heap_run_size(&it->heap, it->start), 3 * 4096);
    assert_int_equal(heap_run_size(&it->heap, block_at(it, 1)), 0);
    assert_int_equal(heap_run_size(&it->heap, block_at(it, 5)), 0);
    assert_int_equal(heap_run_size(&it->heap, NULL), 0);
}

static void usage_is_counted(void **state)
{
    struct heap_fixture *const it = *state;
    struct heap_usage usage;

    expect_place(it, 10, 0);
    expect_place(it, 5, 10);
    expect_place(it, 9, 15);
    heap_free(&it->heap, block_at(it, 10));
    heap_measure(&it->heap, &usage);
    assert_int_equal(usage.used_blocks, 19);
    assert_int_equal(usage.longest_free_run, 40);
}

static void writes_are_counted(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 10, 0);
    expect_place(it, 2, 10);
    heap_free(&it->heap, block_at(it, 0));
    assert_int_equal(it->heap.work.entries_written, 22);
}

static void small_memory_is_no_index(void **state)
{
    struct heap_fixture *const it = *state;
    uint64_t memory[16];

    it->heap.index = NULL;
    assert_int_equal(heap_attach_index(&it->heap, &it->index, memory, sizeof memory), -EINVARG);
    assert_null(it->heap.index);
    expect_place(it, 1, 0);
}

static void index_of_a_used_table(void **state)
{
    struct heap_fixture *const it = *state;

    expect_place(it, 3, 0);
    expect_place(it, 30, 3);
    expect_place(it, 2, 33);
    heap_free(&it->heap, block_at(it, 3));
    it->index_memory = it->index_memory ? it->index_memory : malloc(RUNS_BYTES(64));
    assert_int_equal(heap_attach_index(&it->heap, &it->index, it->index_memory, RUNS_BYTES(64)), 0);
    expect_place(it, 31, -1);
    expect_place(it, 29, 3);
    expect_place(it, 30, -1);
    expect_place(it, 29, 35);
}

#define BOTH(sentence, function)                                                                             \
    KMS_TEST_WITH("scanning: " sentence, function, set_up_scanning, tear_down),                              \
        KMS_TEST_WITH("indexed: " sentence, function, set_up_indexed, tear_down)

static const struct CMUnitTest tests[] = {
    KMS_TEST("a heap's bounds must be multiples of the block size", creation_checks_alignment),
    KMS_TEST("a heap's table must have as many entries as it has blocks", creation_checks_total),
    KMS_TEST("a heap does not end before it starts", creation_checks_order),
    KMS_TEST("a heap needs a table and its entries", creation_checks_null),
    KMS_TEST("a heap of no blocks hands out nothing", an_empty_heap_has_nothing),
    BOTH("a new heap is free from end to end", creation_frees_all),
    BOTH("entries of one, two and more blocks are the documented ones", entries_as_documented),
    BOTH("a size is rounded up to whole blocks", sizes_round_up),
    BOTH("zero bytes are no memory, and nothing is taken", zero_is_no_memory),
    BOTH("a size whose rounding would wrap is no memory", wrapping_sizes),
    BOTH("the lowest run that is long enough is taken", lowest_run_wins),
    BOTH("a run cut short by the end of the table is no memory", short_run_at_end),
    BOTH("the whole heap can be one run", whole_heap_is_one_run),
    BOTH("runs freed beside each other are one run", neighbours_join),
    BOTH("freeing NULL is refused", null_is_refused),
    BOTH("freeing a pointer from outside the heap is refused", foreign_is_refused),
    BOTH("freeing an unaligned pointer is refused", unaligned_is_refused),
    BOTH("freeing the middle of a run is refused", interior_is_refused),
    BOTH("freeing a run twice is refused", free_twice_is_refused),
    BOTH("freeing a block that was never handed out is refused", never_given_is_refused),
    BOTH("a run whose entries are broken is not freed in part", broken_chain_is_refused),
    BOTH("a run that goes on beyond the table is not freed", endless_chain_is_refused),
    BOTH("blocks and addresses are each other's inverse inside the heap only", addresses_and_blocks),
    BOTH("looking for a run takes nothing", looking_takes_nothing),
    BOTH("a run can be marked in the middle of a longer one", marks_in_the_middle),
    BOTH("marking leaves alone a run that is not wholly free or not inside", marks_only_what_is_free),
    BOTH("the size of a run is told at its first block only", run_sizes),
    BOTH("usage counts taken blocks and the longest free run", usage_is_counted),
    BOTH("entries written are counted", writes_are_counted),
    BOTH("too little memory for an index leaves the heap without one", small_memory_is_no_index),
    BOTH("an index can be built from a table in use", index_of_a_used_table),
};
KMS_TESTS(heap, tests)
