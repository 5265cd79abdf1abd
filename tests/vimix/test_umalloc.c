/*
 * The C library's heap, at the user's level. A unit has 16 or 8 bytes; a program of 100 bytes has its static data at
 * 0x1070 and its break at SMALL_BREAK; the first allocation asks for 4096 units and cuts its block off their end.
 */
#include "vimix_fixture.h"

#include <string.h>

#define UNIT        BY_WIDTH(16u, 8u)
#define SMALL       100u
#define LIBC        ((reg_t)0x1070)
#define SMALL_BREAK ((reg_t)BY_WIDTH(0x1090, 0x1080))
#define FIRST_END   (SMALL_BREAK + 4096 * UNIT)

static reg_t gets(reg_t size)
{
    reg_t address = 0;

    assert_int_equal(umalloc(LIBC, size, &address), 0);
    assert_int_not_equal(address, 0);
    return address;
}

static void frees(reg_t address)
{
    assert_int_equal(umalloc_free(LIBC, address), 0);
}

static void start(void)
{
    assert_int_equal(start_program(SMALL, 0x11)->libc_data, LIBC);
}

static void the_first_block_is_where_it_was_counted(void **state)
{
    (void)state;
    start();
    assert_int_equal(gets(1), FIRST_END - UNIT); /* two units: a header, and what the user has */
    assert_int_equal(moves_break(0), FIRST_END);
    assert_int_equal(user_reads(FIRST_END - 2 * UNIT), 0x42f00);
    assert_int_equal(user_reads(FIRST_END - 2 * UNIT + UNIT / 2), 2);
    assert_int_equal(gets(UNIT), FIRST_END - 3 * UNIT);
    assert_int_equal(gets(UNIT + 1), FIRST_END - 6 * UNIT);
}

/* The search begins at the ring's first unit each time: that and the one free block are read. */
static void headers_are_counted(void **state)
{
    struct umalloc_work before, after;
    reg_t block;

    (void)state;
    start();
    (void)gets(1);
    umalloc_measure(&before);
    block = gets(1);
    umalloc_measure(&after);
    assert_int_equal(after.headers_read - before.headers_read, 2);
    assert_int_equal(after.headers_written - before.headers_written, 2); /* what is left, and the block */
    assert_int_equal(after.begin_words - before.begin_words, 2);
    frees(block); /* its own header, the two of the ring; joined to the free block, whose header is written */
    umalloc_measure(&before);
    assert_int_equal(before.headers_read - after.headers_read, 3);
    assert_int_equal(before.headers_written - after.headers_written, 1);
    assert_int_equal(before.begin_words - after.begin_words, 2);
}

static struct guest_work work_of_all(void)
{
    struct guest_work work;

    vimix_guest.work(&work);
    return work;
}

static void headers_and_words_are_bytes(void **state)
{
    struct guest_work before, after;

    (void)state;
    start();
    (void)gets(1);
    before = work_of_all();
    (void)gets(1);
    after = work_of_all();
    assert_int_equal(after.bytes_touched - before.bytes_touched, 4 * UNIT + UNIT);
    assert_int_equal(after.entries_scanned - before.entries_scanned, 2);
    assert_int_equal(after.entries_written - before.entries_written, 2);
}

static void freed_blocks_join(void **state)
{
    reg_t a, b, c;

    (void)state;
    start();
    a = gets(40);
    b = gets(40);
    c = gets(40);
    frees(a);
    frees(c);
    frees(b);                                                /* joins both */
    assert_int_equal(gets(4095 * UNIT), SMALL_BREAK + UNIT); /* all in one piece */
    assert_int_equal(moves_break(0), FIRST_END);
}

static void all_of_a_block_is_handed_out(void **state)
{
    const reg_t whole = (start(), gets(4095 * UNIT));
    reg_t next;

    (void)state;
    next = gets(1); /* from a new piece behind it */
    assert_int_equal(next, FIRST_END + 4096 * UNIT - UNIT);
    frees(whole);
    frees(next);
    assert_int_equal(gets(8191 * UNIT), whole);
}

static void more_than_a_step_is_asked_at_once(void **state)
{
    (void)state;
    start();
    assert_int_equal(gets(5000 * UNIT), SMALL_BREAK + UNIT);
    assert_int_equal(moves_break(0), SMALL_BREAK + 5001 * UNIT);
}

static void the_search_goes_on_where_it_ended(void **state)
{
    reg_t holes[3];
    reg_t walls[3];

    (void)state;
    start();
    for (unsigned i = 0; i < 3; i++) {
        holes[i] = gets(64);
        walls[i] = gets(16);
    }
    for (unsigned i = 0; i < 3; i++)
        frees(holes[i]);
    /* The last one freed stands below the others: the search begins at the block before it. */
    assert_int_equal(gets(64), holes[2]);
    assert_int_equal(gets(64), holes[1]);
    assert_int_equal(gets(64), holes[0]);
    for (unsigned i = 0; i < 3; i++)
        frees(walls[i]);
}

static void blocks_do_not_overlap(void **state)
{
    reg_t blocks[40];

    (void)state;
    start();
    for (unsigned i = 0; i < 40; i++) {
        blocks[i] = gets(8 + 24 * i);
        user_writes(blocks[i], i);
        user_writes(blocks[i] + 4 + 24 * i, ~i);
    }
    for (unsigned i = 0; i < 40; i += 2)
        frees(blocks[i]);
    for (unsigned i = 1; i < 40; i += 2) {
        assert_int_equal(user_reads(blocks[i]), i);
        assert_int_equal(user_reads(blocks[i] + 4 + 24 * i), ~i);
    }
}

static void a_size_of_nothing_or_too_much_is_refused(void **state)
{
    static const reg_t sizes[] = {
        (reg_t)-1,       (reg_t)-8,           (reg_t)-16, (reg_t)1 << (KERNEL_XLEN - 1),
        USER_HEAP_LIMIT, USER_HEAP_LIMIT + 1, RAM_DEFAULT};
    reg_t address = 1;

    (void)state;
    start();
    assert_int_equal(umalloc(LIBC, 0, &address), -EINVAL);
    assert_int_equal(address, 0);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(umalloc(LIBC, sizes[i], &address), -ENOMEM);
        assert_int_equal(address, 0);
    }
    assert_int_equal(moves_break(0), SMALL_BREAK);
}

static void what_was_not_handed_out_is_refused(void **state)
{
    reg_t block, other;

    (void)state;
    start();
    block = gets(100);
    other = gets(100);
    assert_int_equal(umalloc_free(LIBC, 0), 0);
    assert_int_equal(umalloc_free(LIBC, 4), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, LIBC), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, block + 1), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, block + UNIT), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, FIRST_END), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, USER_STACK_HIGH - PAGE_SIZE), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, (reg_t)0 - UNIT), -EINVAL);
    frees(block);
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL); /* its header is a free block's */
    frees(other);                                         /* and joins */
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL);
    assert_int_equal(umalloc_free(LIBC, other), -EINVAL);
}

/* The document's marker is an address that a free block's link may hold: 0x42f00 is inside this heap. */
static void a_link_that_looks_like_the_marker_is_no_block(void **state)
{
    reg_t address, at;

    (void)state;
    start();
    address = gets(0x50000);
    at = (address + 0x100 - UNIT) &
         ~(reg_t)(UNIT - 1); /* a header of a program's own making, inside a free block */
    frees(address);
    user_writes(at, 0x42f00);
    assert_true(hw_user_store(at + UNIT / 2, UNIT / 2, 4));
    assert_int_equal(umalloc_free(LIBC, at + UNIT), -EINVAL);
}

static void a_header_that_was_overwritten_is_refused(void **state)
{
    reg_t block;

    (void)state;
    start();
    block = gets(100);
    assert_true(hw_user_store(block - UNIT / 2, UNIT / 2, 0x10000)); /* larger than the heap */
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL);
    assert_true(hw_user_store(block - UNIT / 2, UNIT / 2, 1)); /* no room for anything */
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL);
    assert_true(hw_user_store(block - UNIT / 2, UNIT / 2, (reg_t)-1));
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL);
}

/* ---- calloc() and realloc() ---- */

static void cleared_memory_is_zero(void **state)
{
    reg_t block, again;

    (void)state;
    start();
    block = gets(200);
    for (unsigned i = 0; i < 200; i += 4)
        user_writes(block + i, 0xa5a5a5a5);
    frees(block);
    assert_int_equal(umalloc_calloc(LIBC, 40, 5, &again), 0);
    assert_int_equal(again, block);
    for (unsigned i = 0; i < 200; i += 4)
        assert_int_equal(user_reads(again + i), 0);
}

static void a_product_that_wraps_is_refused(void **state)
{
    reg_t address = 1;

    (void)state;
    start();
    assert_int_equal(
        umalloc_calloc(LIBC, (reg_t)1 << (KERNEL_XLEN / 2), (reg_t)1 << (KERNEL_XLEN / 2), &address),
        -EINVAL);
    assert_int_equal(address, 0);
    assert_int_equal(umalloc_calloc(LIBC, (reg_t)-1, 2, &address), -EINVAL);
    assert_int_equal(umalloc_calloc(LIBC, 0, 5, &address), -EINVAL);
    assert_int_equal(umalloc_calloc(LIBC, 5, 0, &address), -EINVAL);
}

static void a_block_grows_with_its_bytes(void **state)
{
    reg_t block, larger;

    (void)state;
    start();
    assert_int_equal(umalloc_realloc(LIBC, 0, 100, &block), 0);
    user_writes(block, 0xcafe);
    user_writes(block + 96, 0xbeef);
    assert_int_equal(umalloc_realloc(LIBC, block, 10000, &larger), 0);
    assert_int_not_equal(larger, block);
    assert_int_equal(user_reads(larger), 0xcafe);
    assert_int_equal(user_reads(larger + 96), 0xbeef);
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL); /* it is free */
    assert_int_equal(umalloc_realloc(LIBC, larger, 50, &block), 0);
    assert_int_equal(block, larger);
    assert_int_equal(umalloc_realloc(LIBC, block, 0, &larger), 0);
    assert_int_equal(larger, 0);
    assert_int_equal(umalloc_free(LIBC, block), -EINVAL);
}

static void a_block_stays_where_there_is_no_more(void **state)
{
    reg_t block, larger = 1;

    (void)state;
    start();
    block = gets(100);
    user_writes(block, 0xcafe);
    assert_int_equal(umalloc_realloc(LIBC, block, RAM_DEFAULT, &larger), -ENOMEM);
    assert_int_equal(larger, 0);
    assert_int_equal(user_reads(block), 0xcafe);
    assert_int_equal(umalloc_realloc(LIBC, block + UNIT, 10, &larger), -EINVAL);
    frees(block);
}

/* ---- programs that do other things ---- */

static void a_break_moved_by_the_program_is_left_alone(void **state)
{
    reg_t first, second;

    (void)state;
    start();
    first = gets(4095 * UNIT);
    moves_break(13); /* the program's own 13 bytes */
    second = gets(4095 * UNIT);
    assert_int_equal(second, FIRST_END + 16 + UNIT); /* on the next unit behind them */
    frees(first);
    frees(second);
    assert_int_equal(gets(4095 * UNIT) + gets(4095 * UNIT), first + second); /* not joined over them */
    assert_int_equal(moves_break(0), second + 4095 * UNIT);
}

static void a_heap_that_the_program_gave_back_faults(void **state)
{
    reg_t address;
    struct guest_fault fault;

    (void)state;
    start();
    frees(gets(100));
    user_writes(LIBC + UNIT, 0x50000000); /* where the search begins */
    assert_int_equal(umalloc(LIBC, 8, &address), -EFAULT);
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.error, LOAD_FAULT);
    assert_int_equal(fault.address, 0x50000000);
    assert_null(process_current());
}

/* The lowest free block points to itself: no search finds its way out. */
static void a_ring_that_never_comes_back_is_left(void **state)
{
    reg_t block, address;

    (void)state;
    fixture_is_broken();
    start();
    block = gets(100);
    (void)gets(100);
    frees(block);
    assert_true(hw_user_store(SMALL_BREAK, sizeof(reg_t), SMALL_BREAK));
    assert_true(hw_user_store(LIBC + UNIT, sizeof(reg_t), LIBC)); /* the search begins in front of it */
    assert_int_equal(umalloc(LIBC, 100000, &address), -EFAULT);
    assert_non_null(process_current());
}

static reg_t kept;

static int allocates(void)
{
    reg_t address;
    const int status = umalloc(LIBC, 20000, &address);

    kept = address;
    return status;
}

/* The library's static data is there; the pages of one step, and the tables for them. */
static void no_memory_leaves_the_heap_as_it_was(void **state)
{
    (void)state;
    start();
    assert_int_equal(fails_at_every_allocation(allocates), 1 + BY_WIDTH(16, 8));
    frees(kept);
}

/* ---- the checker ---- */

static void breaks(reg_t at, reg_t value, const char *words)
{
    fixture_is_broken();
    assert_true(hw_user_store(at, sizeof(reg_t), value));
    assert_string_equal(umalloc_check(process_current()), words);
}

/* The lowest of two free blocks with a taken one between: its header is where the heap begins. */
static void make_two_blocks(void)
{
    reg_t block;

    start();
    block = gets(100);
    (void)gets(100);
    frees(block);
    assert_null(umalloc_check(process_current()));
}

static void a_ring_out_of_the_heap_is_seen(void **state)
{
    (void)state;
    make_two_blocks();
    breaks(LIBC, 0x2000000, "the ring of free blocks leads out of the heap");
}

static void a_block_beyond_the_break_is_seen(void **state)
{
    (void)state;
    make_two_blocks();
    breaks(SMALL_BREAK + UNIT / 2, 5000, "a free block ends beyond the break");
}

static void an_empty_block_is_seen(void **state)
{
    (void)state;
    make_two_blocks();
    breaks(SMALL_BREAK + UNIT / 2, 0, "a free block ends beyond the break");
}

static void blocks_that_touch_are_seen(void **state)
{
    (void)state;
    make_two_blocks();
    breaks(SMALL_BREAK + UNIT / 2, 4096 - (100 / UNIT + 2), "two free blocks that touch are not joined");
}

static void blocks_that_overlap_are_seen(void **state)
{
    (void)state;
    make_two_blocks();
    breaks(SMALL_BREAK + UNIT / 2, 4096 - 3, "free blocks overlap, or are not in order");
}

static void static_data_that_is_gone_is_seen(void **state)
{
    (void)state;
    fixture_is_broken();
    start();
    process_current()->libc_data = 0;
    assert_string_equal(umalloc_check(process_current()), "the C library's static data is not mapped");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("the first blocks are where they were counted", the_first_block_is_where_it_was_counted),
    AFTER_BOOT("the headers that an operation reads and writes are counted", headers_are_counted),
    AFTER_BOOT("the counted headers are bytes of the kernel's work", headers_and_words_are_bytes),
    AFTER_BOOT("freed blocks join their neighbours", freed_blocks_join),
    AFTER_BOOT("a free block is handed out whole", all_of_a_block_is_handed_out),
    AFTER_BOOT("more than a step is asked for at once", more_than_a_step_is_asked_at_once),
    AFTER_BOOT("the search goes on where it ended", the_search_goes_on_where_it_ended),
    AFTER_BOOT("blocks do not overlap", blocks_do_not_overlap),
    AFTER_BOOT("a size of nothing, or of too much, is refused", a_size_of_nothing_or_too_much_is_refused),
    AFTER_BOOT("what was not handed out is not taken back", what_was_not_handed_out_is_refused),
    AFTER_BOOT("a marker inside a free block is no block", a_link_that_looks_like_the_marker_is_no_block),
    AFTER_BOOT("a header that was overwritten is refused", a_header_that_was_overwritten_is_refused),
    AFTER_BOOT("cleared memory is zero", cleared_memory_is_zero),
    AFTER_BOOT("a product that wraps is refused", a_product_that_wraps_is_refused),
    AFTER_BOOT("a block grows with its bytes", a_block_grows_with_its_bytes),
    AFTER_BOOT("a block stays where there is no more memory", a_block_stays_where_there_is_no_more),
    AFTER_BOOT("a break that the program moved is left alone", a_break_moved_by_the_program_is_left_alone),
    AFTER_BOOT("a ring that leads nowhere is the program's fault", a_heap_that_the_program_gave_back_faults),
    AFTER_BOOT("a ring that never comes back is left", a_ring_that_never_comes_back_is_left),
    AFTER_BOOT("no memory leaves the heap as it was", no_memory_leaves_the_heap_as_it_was),
    AFTER_BOOT("the checker sees a ring out of the heap", a_ring_out_of_the_heap_is_seen),
    AFTER_BOOT("the checker sees a block beyond the break", a_block_beyond_the_break_is_seen),
    AFTER_BOOT("the checker sees an empty block", an_empty_block_is_seen),
    AFTER_BOOT("the checker sees neighbours that are not joined", blocks_that_touch_are_seen),
    AFTER_BOOT("the checker sees blocks that overlap", blocks_that_overlap_are_seen),
    AFTER_BOOT("the checker sees static data that is gone", static_data_that_is_gone_is_seen),
};
KMS_TESTS(vimix_umalloc, tests)
