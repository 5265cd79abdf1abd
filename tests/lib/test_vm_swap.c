/* More pages than frames: who leaves, what is written, what happens when the store fails. */
#include "vm_fixture.h"

#include <string.h>

/* ---- leaving and coming back ---- */

static void more_pages_than_frames(void **state)
{
    (void)state;
    with_space(0, 60);
    limit_frames(12);
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t page = 0; page < 60; page++)
            write_page(page, round * 1000 + page);
        for (uint32_t page = 0; page < 60; page++)
            expect_page(page, round * 1000 + page);
    }
    assert_int_equal(toy.vm.frames.used, 12);
}

static void zeros_are_dropped(void **state)
{
    (void)state;
    with_space(0, 60);
    limit_frames(4);
    for (uint32_t page = 0; page < 60; page++)
        expect_page(page, 0);
    assert_int_equal(toy.vm.counts.evictions, 56);
    assert_int_equal(toy.vm.counts.write_backs, 0);
    assert_int_equal(toy.vm.slots.used, 0);
}

/* Written once; after that only read, so that the slot stays good. */
static void what_did_not_change_is_not_written_again(void **state)
{
    (void)state;
    with_space(0, 8);
    limit_frames(4);
    for (uint32_t page = 0; page < 8; page++)
        write_page(page, page);
    for (unsigned round = 0; round < 5; round++)
        for (uint32_t page = 0; page < 8; page++)
            expect_page(page, page);
    assert_int_equal(toy.vm.counts.write_backs, 8);
    assert_int_equal(toy.vm.store.writes, 8);
    assert_int_equal(toy.vm.slots.used, 8);
}

static void what_changed_is_written_again(void **state)
{
    (void)state;
    with_space(0, 2);
    with_area(&(struct area){.start = HERE(8), .end = HERE(12)});
    limit_frames(2);
    write_page(0, 1);
    for (uint32_t page = 8; page < 12; page++)
        expect_page(page, 0);
    user_writes(HERE(0) + 8, 2);
    for (uint32_t page = 8; page < 12; page++)
        expect_page(page, 0);
    assert_int_equal(user_reads(HERE(0) + 8), 2);
    assert_int_equal(user_reads(HERE(0)), 1);
    assert_int_equal(toy.vm.counts.write_backs, 2);
    assert_int_equal(toy.vm.slots.used, 1);
}

/* A frame that a table needs comes from a page. */
static void tables_take_frames_from_pages(void **state)
{
    (void)state;
    with_space(0, 100);
    for (uint32_t page = 0; page < 100; page++)
        write_page(page, page);
    for (uint32_t area = 1; area < 20; area++) {
        with_area(
            &(struct area){.start = HERE(1024 * area), .end = HERE(1024 * area + 3), .flags = AREA_WRITE});
        write_page(1024 * area, area);
        write_page(1024 * area + 2, area);
    }
    for (uint32_t page = 0; page < 100; page++)
        expect_page(page, page);
    assert_true(toy.vm.counts.evictions > 0);
    assert_int_equal(toy.out, 128);
}

static void a_smaller_limit_takes_effect(void **state)
{
    (void)state;
    with_space(0, 20);
    for (uint32_t page = 0; page < 10; page++)
        write_page(page, page);
    limit_frames(3);
    write_page(10, 10);
    assert_int_equal(toy.vm.frames.used, 3);
    for (uint32_t page = 0; page < 11; page++)
        expect_page(page, page);
}

static void spaces_compete(void **state)
{
    (void)state;
    limit_frames(10);
    for (unsigned space = 0; space < 3; space++)
        with_space(space, 20);
    for (uint32_t page = 0; page < 20; page++)
        for (unsigned space = 0; space < 3; space++) {
            toy_switch(space);
            write_page(page, space * 100 + page);
        }
    for (unsigned space = 0; space < 3; space++) {
        toy_switch(space);
        for (uint32_t page = 0; page < 20; page++)
            expect_page(page, space * 100 + page);
    }
    toy_destroy(1);
    assert_int_equal(toy.vm.slots.used <= 40, 1);
}

/* ---- policies: Belady's own reference string, and what is known of it ---- */

/* Faults on 1 2 3 4 1 2 5 1 2 3 4 5. */
static uint64_t faults_with(enum replace_policy policy, uint32_t frames)
{
    static const uint32_t string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};

    with_space(0, 6);
    limit_frames(frames);
    toy.vm.replace.policy = policy;
    for (unsigned i = 0; i < sizeof string / sizeof string[0]; i++)
        (void)user_reads(HERE(string[i]));
    return toy.faults;
}

static void fifo_with_three(void **state)
{
    (void)state;
    assert_int_equal(faults_with(REPLACE_FIFO, 3), 9);
}

static void fifo_with_four(void **state)
{
    (void)state;
    assert_int_equal(faults_with(REPLACE_FIFO, 4), 10);
}

/*
 * By hand: 0 to 3 come, all with A set; for 4 all bits are cleared and the oldest, 0, leaves, to come back at once as
 * the newest. From then on its bit is set whenever a page leaves. 12 pages and that one fault.
 */
static void the_clock_keeps_what_is_used(void **state)
{
    (void)state;
    with_space(0, 12);
    limit_frames(4);
    for (uint32_t page = 1; page < 12; page++) {
        (void)user_reads(HERE(0)); /* used between any two others */
        (void)user_reads(HERE(page));
    }
    assert_true(entry_here(HERE(0)) & PTE_P);
    assert_int_equal(toy.faults, 13);
}

/* Page 4 throws out page 0, by a round that clears all A bits; page 1 is used then, and of 1 and 2 page 2 goes. */
static void the_clock_knows_what_was_used_before_a_duplication(void **state)
{
    (void)state;
    with_space(0, 12);
    limit_frames(4);
    for (uint32_t page = 0; page < 5; page++)
        (void)user_reads(HERE(page));
    (void)user_reads(HERE(1));
    duplicate(0, 1);
    (void)user_reads(HERE(5));
    assert_true(entry_here(HERE(1)) & PTE_P);
    assert_false(entry_here(HERE(2)) & PTE_P);
}

static void fifo_does_not(void **state)
{
    (void)state;
    with_space(0, 12);
    limit_frames(4);
    toy.vm.replace.policy = REPLACE_FIFO;
    for (uint32_t page = 1; page < 12; page++) {
        (void)user_reads(HERE(0));
        (void)user_reads(HERE(page));
    }
    assert_true(toy.faults > 13);
}

static uint64_t random_faults(void)
{
    const uint64_t before = toy.faults;

    with_space(0, 40);
    for (uint32_t i = 0; i < 400; i++)
        (void)user_reads(HERE(i * 7 % 23));
    toy_destroy(0);
    return toy.faults - before;
}

static void random_is_the_same_each_time(void **state)
{
    const struct replace start = {.policy = REPLACE_RANDOM, .random = toy.vm.replace.random};
    uint64_t first;

    (void)state;
    limit_frames(10);
    toy.vm.replace = start;
    first = random_faults();
    toy.vm.replace = start;
    assert_int_equal(random_faults(), first);
    assert_true(first > 23 && first < 400); /* FIFO would fault each time */
}

static void policies_have_names(void **state)
{
    (void)state;
    assert_string_equal(replace_name(REPLACE_CLOCK), "clock");
    assert_string_equal(replace_name(REPLACE_FIFO), "fifo");
    assert_string_equal(replace_name(REPLACE_RANDOM), "random");
    assert_null(replace_name(REPLACE_POLICIES));
}

/* ---- failures of the store ---- */

static void fill_six(void)
{
    with_space(0, 8);
    limit_frames(4);
    for (uint32_t page = 0; page < 6; page++)
        write_page(page, 10 + page);
}

static void expect_six(void)
{
    for (uint32_t page = 0; page < 6; page++)
        expect_page(page, 10 + page);
}

/* Whichever transfer it is. */
static void harmless(enum store_failure failure)
{
    fill_six();
    for (uint32_t n = 1; n <= 6; n++) {
        store_fail(&toy.vm.store, failure, n);
        for (uint32_t page = 0; page < 6; page++)
            write_page(page, 10 + page);
        expect_six();
    }
    assert_true(toy.vm.store.asked_again >= 6);
    assert_int_equal(toy.vm.counts.refused, 0);
}

static void short_transfers(void **state)
{
    (void)state;
    harmless(STORE_SHORT);
}

static void slow_transfers(void **state)
{
    (void)state;
    harmless(STORE_SLOW);
}

/* One transfer fails: the access is refused, or another page made room. All bytes are there, and it works again. */
static void harmful(enum store_failure failure)
{
    fill_six();
    for (uint32_t n = 1; n < 20; n++) {
        store_fail(&toy.vm.store, failure, n);
        for (uint32_t page = 0; page < 6; page++) {
            uint64_t value = 0;

            if (hw_user_load(HERE(page), 4, &value))
                assert_int_equal(value, 10 + page);
            else
                assert_int_equal(toy.status, VM_STORE_FAILED);
        }
        assert_null(toy_check());
        store_fail(&toy.vm.store, STORE_GOOD, 0);
        expect_six();
        write_page(n % 6, 10 + n % 6);
    }
    assert_true(toy.vm.store.failed > 0);
}

static void failed_transfers(void **state)
{
    (void)state;
    harmful(STORE_FAILED);
}

static void stuck_transfers(void **state)
{
    (void)state;
    harmful(STORE_STUCK);
}

static void a_broken_store(void **state)
{
    (void)state;
    fill_six();
    store_fail(&toy.vm.store, STORE_BROKEN, 1);
    refuses_read(HERE(0), VM_STORE_FAILED);
    refuses_write(HERE(7), VM_STORE_FAILED);
    expect_page(5, 15);
    expect_page(4, 14);
    store_fail(&toy.vm.store, STORE_BROKEN, 0);
    expect_six();
}

/* Nothing can be written, but what is clean can be dropped. */
static void clean_pages_make_room(void **state)
{
    (void)state;
    with_space(0, 8);
    limit_frames(4);
    write_page(1, 1);
    expect_page(0, 0);
    write_page(2, 2);
    expect_page(3, 0);
    store_fail(&toy.vm.store, STORE_BROKEN, 1);
    for (uint32_t page = 4; page < 8; page++)
        expect_page(page, 0);
    expect_page(1, 1);
    expect_page(2, 2);
    assert_int_equal(toy.vm.counts.write_backs, 0);
}

static void a_full_store(void **state)
{
    (void)state;
    with_space(0, 12);
    limit_frames(4);
    toy.vm.slots.limit = 2;
    for (uint32_t page = 0; page < 6; page++)
        write_page(page, page);
    refuses_write(HERE(6), VM_STORE_FULL);
    for (uint32_t page = 2; page < 6; page++)
        expect_page(page, page);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(0)), VM_OK);
    assert_int_equal(toy.vm.slots.used, 0);
    with_area(&(struct area){.start = HERE(0), .end = HERE(2), .flags = AREA_WRITE});
    write_page(0, 1);
}

static void no_store_at_all(void **state)
{
    (void)state;
    with_space(0, 12);
    limit_frames(3);
    toy.vm.slots.limit = 0;
    for (uint32_t page = 0; page < 3; page++)
        write_page(page, page);
    refuses_write(HERE(3), VM_STORE_FULL);
    for (uint32_t page = 0; page < 3; page++)
        expect_page(page, page);
}

/* The space whose page cannot be read ends; the other goes on. */
static void others_go_on(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    duplicate(0, 1);
    limit_frames(2);
    write_page(2, 2);
    write_page(3, 3);
    store_fail(&toy.vm.store, STORE_FAILED, 1);
    refuses_read(HERE(0), VM_STORE_FAILED);
    toy_destroy(0);
    toy_switch(1);
    expect_page(0, 1);
}

static const struct CMUnitTest tests[] = {
    VM_ROWS("five times as many pages as frames keep every byte", more_pages_than_frames),
    VM_ROWS("pages that are still zeros leave without being written", zeros_are_dropped),
    VM_ROWS("a page that did not change since it came back is not written again",
            what_did_not_change_is_not_written_again),
    VM_ROWS("a page that changed is written again and takes no second slot", what_changed_is_written_again),
    VM_ROWS("frames for page tables are taken from pages", tables_take_frames_from_pages),
    VM_ROWS("a limit of frames that shrinks takes effect", a_smaller_limit_takes_effect),
    VM_ROWS("three spaces share too few frames and mix up nothing", spaces_compete),
    VM_ROWS("FIFO with three frames faults nine times on Belady's string", fifo_with_three),
    VM_ROWS("FIFO with four frames faults ten times on Belady's string", fifo_with_four),
    VM_ROWS("the clock keeps a page that is used all the time", the_clock_keeps_what_is_used),
    VM_ROWS("the clock knows what was used before a duplication",
            the_clock_knows_what_was_used_before_a_duplication),
    VM_ROWS("FIFO throws out a page that is used all the time", fifo_does_not),
    VM_ROWS("random replacement is the same in each run", random_is_the_same_each_time),
    VM_ROWS("each policy has a name", policies_have_names),
    VM_ROWS("a short transfer goes on where it stopped", short_transfers),
    VM_ROWS("a slow transfer is waited for", slow_transfers),
    VM_ROWS("a failed transfer is a clear refusal and loses nothing", failed_transfers),
    VM_ROWS("a store that stays busy is a clear refusal and loses nothing", stuck_transfers),
    VM_ROWS("what is in memory stays usable when the store is broken for good", a_broken_store),
    VM_ROWS("clean pages make room when nothing can be written", clean_pages_make_room),
    VM_ROWS("a full store is a clear refusal, and what is freed can be had", a_full_store),
    VM_ROWS("without a store the frames are all there is", no_store_at_all),
    VM_ROWS("a page that one space cannot read is there for the other", others_go_on),
};
KMS_TESTS(lib_vm_swap, tests)
