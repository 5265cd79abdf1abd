/* More memory than there is, and a store that fails: VlsOs's processes hosted in both modes. */
#include "process_fixture.h"

#include "vm_books.h"

VLSOS_UNDER_TEST;

/* ---- more than there is ---- */

/*
 * 16 MiB of RAM; four processes of 16 MiB each, every page of them written, and read back in another order. The last
 * one is a duplicate that writes half of its pages.
 */
static void four_times_ram(void **state)
{
    const uint32_t pages = 4096;
    int ids[4];

    (void)state;
    for (int i = 0; i < 3; i++) {
        ids[i] = program(100, (unsigned char)i);
        assert_int_equal(process_alloc(ids[i], pages * PAGE_SIZE), HEAP(0));
        for (uint32_t page = 0; page < pages; page++)
            user_writes(HEAP(page) + page % 1000 * 4, (uint32_t)i << 24 | page);
    }
    ids[3] = process_duplicate(ids[2]);
    assert_true(ids[3] >= 0);
    process_switch(ids[3]);
    for (uint32_t page = 0; page < pages; page += 2)
        user_writes(HEAP(page) + page % 1000 * 4, UINT32_C(3) << 24 | page);
    assert_true((uint64_t)pages * PAGE_SIZE * 4 >= 4 * hw_ram_size());
    for (int i = 3; i >= 0; i--) {
        process_switch(ids[i]);
        for (uint32_t n = 0; n < pages; n++) {
            const uint32_t page = (n * 1021) % pages;
            const uint32_t writer = i == 3 && page % 2 ? 2 : (uint32_t)i;

            assert_int_equal(user_reads(HEAP(page) + page % 1000 * 4), writer << 24 | page);
            assert_int_equal(user_reads(HEAP(page) + 4092), 0);
        }
    }
    assert_true(books.vm.counts.evictions > 4u * 4096);
    assert_int_equal(books.vm.counts.refused, 0);
}

static void every_policy_keeps_every_byte(void **state)
{
    (void)state;
    program(100, 1);
    limit_frames(8);
    process_alloc(0, 40 * PAGE_SIZE);
    for (uint32_t policy = 0; policy < REPLACE_POLICIES; policy++) {
        assert_int_equal(kms_guest_module(fixture_guest())->ops->vm_policy(policy), VLSOS_OK);
        for (uint32_t page = 0; page < 40; page++)
            writes_page(HEAP(page), policy * 1000 + page);
        for (uint32_t page = 0; page < 40; page++)
            reads_page(HEAP(page), policy * 1000 + page);
    }
    assert_int_equal(kms_guest_module(fixture_guest())->ops->vm_policy(REPLACE_POLICIES), VLSOS_EINVAL);
}

/* The kernel asks for all of its memory: processes' pages go to the store, and come back when there is room. */
static void the_kernel_comes_first(void **state)
{
    uint32_t blocks = 0;
    uint32_t block, last = PAGES_NONE;

    (void)state;
    program(100, 1);
    process_alloc(0, 1000 * PAGE_SIZE);
    for (uint32_t page = 0; page < 1000; page++)
        writes_page(HEAP(page), page);
    process_switch(-1);
    while ((block = pages_alloc(0)) != PAGES_NONE && blocks < 5000) {
        *(uint32_t *)hw_ptr(block) = last;
        last = block;
        blocks++;
    }
    assert_true(books.vm.counts.evictions >= 900);
    while (last != PAGES_NONE) {
        block = *(uint32_t *)hw_ptr(last);
        assert_int_equal(pages_free(last, 0), VLSOS_OK);
        last = block;
    }
    process_switch(0);
    for (uint32_t page = 0; page < 1000; page++)
        reads_page(HEAP(page), page);
}

/* ---- the store fails ---- */

static int with_pages_out(void)
{
    const int id = program(100, 1);

    limit_frames(8);
    process_alloc(id, 40 * PAGE_SIZE);
    for (uint32_t page = 0; page < 40; page++)
        writes_page(HEAP(page), page);
    return id;
}

static void a_failed_read_ends_with_eio(void **state)
{
    const int first = with_pages_out();
    const int second = process_duplicate(first);

    (void)state;
    store_fail(&books.vm.store, STORE_FAILED, 1);
    user_read_faults(HEAP(0), READ_ABSENT);
    assert_int_equal(process_end(first), VLSOS_EIO);
    assert_int_equal(process_switch(second), VLSOS_OK);
    for (uint32_t page = 0; page < 40; page++)
        reads_page(HEAP(page), page);
}

/* 8 frames and 16 slots hold 24 pages: 10 of the first process, 14 of the second. */
static void a_full_store_ends_with_enospc(void **state)
{
    const int first = program(100, 1);
    const int second = program(100, 2);

    (void)state;
    limit_frames(8);
    assert_int_equal(process_limit_slots(16), VLSOS_OK);
    process_alloc(first, 20 * PAGE_SIZE);
    process_alloc(second, 20 * PAGE_SIZE);
    process_switch(first);
    for (uint32_t page = 0; page < 10; page++)
        writes_page(HEAP(page), page);
    process_switch(second);
    for (uint32_t page = 0; page < 14; page++)
        writes_page(HEAP(page), 100 + page);
    user_write_faults(HEAP(14), WRITE_ABSENT);
    assert_int_equal(process_end(second), VLSOS_ENOSPC);
    process_switch(first);
    for (uint32_t page = 0; page < 10; page++)
        reads_page(HEAP(page), page);
    for (uint32_t page = 10; page < 20; page++)
        writes_page(HEAP(page), page);
    for (uint32_t page = 0; page < 20; page++)
        reads_page(HEAP(page), page);
}

/* 8 frames: 4 of them the second's; what the first has out is lost with it, and what it leaves is free. */
static void a_broken_store_ends_who_needs_it(void **state)
{
    const int first = with_pages_out();
    const int second = program(100, 2);

    (void)state;
    process_alloc(second, 20 * PAGE_SIZE);
    for (uint32_t page = 0; page < 4; page++)
        writes_page(HEAP(page), 100 + page);
    store_fail(&books.vm.store, STORE_BROKEN, 1);
    process_switch(first);
    user_read_faults(HEAP(0), READ_ABSENT);
    assert_int_equal(process_end(first), VLSOS_EIO);
    process_switch(second);
    for (uint32_t page = 4; page < 8; page++)
        writes_page(HEAP(page), 100 + page);
    for (uint32_t page = 0; page < 8; page++)
        reads_page(HEAP(page), 100 + page);
    user_write_faults(HEAP(8), WRITE_ABSENT);
    assert_int_equal(process_end(second), VLSOS_EIO);
}

/* ---- one transfer of many ---- */

#define PROCESSES 3
#define PAGES     12u
#define TRANSFERS 44u /* to read all pages, of which 8 are in memory and changed: 36 come, those 8 leave */

static uint32_t number_of(int process, uint32_t page)
{
    return (uint32_t)process * 1000 + page;
}

static void start_all(int ids[PROCESSES])
{
    limit_frames(8);
    for (int i = 0; i < PROCESSES; i++) {
        ids[i] = program(100, 1);
        process_alloc(ids[i], PAGES * PAGE_SIZE);
        for (uint32_t page = 0; page < PAGES; page++)
            writes_page(HEAP(page), number_of(i, page));
    }
}

/* Every page of the processes that live has every byte, or its process ends here: how many did. */
static unsigned read_all(const int ids[PROCESSES])
{
    unsigned ended = 0;

    for (uint32_t page = 0; page < PAGES; page++)
        for (int i = 0; i < PROCESSES; i++) {
            uint64_t value = 0;

            if (process_switch(ids[i]) != VLSOS_OK)
                continue;
            if (hw_user_load(HEAP(page), 4, &value)) {
                reads_page(HEAP(page), number_of(i, page));
                continue;
            }
            assert_int_equal(process_end(ids[i]), VLSOS_EIO);
            ended++;
        }
    return ended;
}

/* What one of the four does to the transfer that it meets, by lib/store.h. */
struct expected {
    enum store_failure failure;
    uint64_t asked_again, failed;
};

/*
 * Whichever transfer it is: one of three processes ends with a status at most, and the others have every byte. How many
 * ended in all.
 */
static unsigned any_transfer_fails(const struct expected *expected)
{
    const struct store *const store = &process_vm()->store;
    unsigned ended = 0;

    for (uint32_t n = 1; n <= TRANSFERS; n += 2) {
        struct store before;
        unsigned ended_now;
        int ids[PROCESSES];

        start_all(ids);
        before = *store;
        store_fail(&books.vm.store, expected->failure, n);
        ended_now = read_all(ids);
        assert_true(ended_now <= expected->failed);
        assert_int_equal(store->asked_again - before.asked_again, expected->asked_again);
        assert_int_equal(store->failed - before.failed, expected->failed);
        assert_null(kernel_check());
        for (int i = 0; i < PROCESSES; i++)
            (void)process_exit(ids[i]);
        ended += ended_now;
    }
    return ended;
}

static void any_transfer_is_short(void **state)
{
    (void)state;
    assert_int_equal(any_transfer_fails(&(struct expected){STORE_SHORT, 1, 0}), 0);
}

static void any_transfer_is_slow(void **state)
{
    (void)state;
    assert_int_equal(any_transfer_fails(&(struct expected){STORE_SLOW, STORE_PATIENCE / 2, 0}), 0);
}

static void any_transfer_is_lost(void **state)
{
    const unsigned ended = any_transfer_fails(&(struct expected){STORE_FAILED, 1, 1});

    (void)state;
    assert_true(ended >= 14 && ended < TRANSFERS / 2); /* a write that fails ends nobody */
}

static void any_transfer_is_stuck(void **state)
{
    const unsigned ended = any_transfer_fails(&(struct expected){STORE_STUCK, STORE_PATIENCE, 1});

    (void)state;
    assert_true(ended >= 14 && ended < TRANSFERS / 2);
}

/* ---- allocations fail ---- */

static void any_allocation_of_a_start_fails(void **state)
{
    int id = VLSOS_ENOMEM;

    (void)state;
    for (uint32_t n = 1; id < 0; n++) {
        const uint32_t before = kernel_pages.free_frames;

        books_fail_at(n);
        id = process_create("abc", 3);
        books_fail_at(0);
        assert_true(id == 0 || id == VLSOS_ENOMEM);
        /* the books, once they are there, stay */
        assert_true(id == 0 || kernel_pages.free_frames == before || n == 4);
        assert_null(kernel_check());
        assert_true(n < 12);
    }
    assert_int_equal(process_switch(0), VLSOS_OK);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT) & 0xffffff, 0x636261);
}

static void any_allocation_of_a_duplication_fails(void **state)
{
    int id = VLSOS_ENOMEM;
    uint32_t before;

    (void)state;
    program(100, 1);
    user_writes(VLSOS_PROGRAM_DATA, 1);
    user_writes(VLSOS_PROGRAM_STACK_TOP - 4, 2);
    store_fail(&books.vm.store, STORE_BROKEN, 1); /* so that no page can make room for a table */
    before = kernel_pages.free_frames;
    for (uint32_t n = 1; id < 0; n++) {
        books_fail_at(n);
        id = process_duplicate(0);
        books_fail_at(0);
        assert_true(id == 1 || id == VLSOS_EIO);
        assert_true(id == 1 || kernel_pages.free_frames == before);
        assert_null(kernel_check());
        assert_true(n < 12);
    }
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 1);
    process_switch(1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_STACK_TOP - 4), 2);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("four processes of 16 MiB keep every byte in 16 MiB of RAM", four_times_ram),
    AFTER_BOOT("every policy keeps every byte", every_policy_keeps_every_byte),
    AFTER_BOOT("the kernel's own needs send processes' pages to the store", the_kernel_comes_first),
    AFTER_BOOT("a page that cannot be read ends its process with EIO and no other",
               a_failed_read_ends_with_eio),
    AFTER_BOOT("a full store ends the process that needs more with ENOSPC", a_full_store_ends_with_enospc),
    AFTER_BOOT("a store that breaks ends who needs it, and no other", a_broken_store_ends_who_needs_it),
    AFTER_BOOT("whichever transfer is short, nobody notices", any_transfer_is_short),
    AFTER_BOOT("whichever transfer is slow, nobody notices", any_transfer_is_slow),
    AFTER_BOOT("whichever transfer fails, one process ends and the others have every byte",
               any_transfer_is_lost),
    AFTER_BOOT("whichever transfer hangs, one process ends and the others have every byte",
               any_transfer_is_stuck),
    AFTER_BOOT("whichever allocation of a start fails, nothing is lost", any_allocation_of_a_start_fails),
    AFTER_BOOT("whichever allocation of a duplication fails, nothing is lost",
               any_allocation_of_a_duplication_fails),
};
KMS_TESTS(vlsos_store, tests)
