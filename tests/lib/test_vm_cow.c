/* Duplicated spaces: shared until somebody writes. */
#include "vm_fixture.h"

static void shared_until_written(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    write_page(1, 2);
    duplicate(0, 1);
    assert_int_equal(toy.vm.frames.used, 2);
    toy_switch(1);
    expect_page(0, 1);
    expect_page(1, 2);
    assert_int_equal(toy.vm.frames.used, 2);
    write_page(0, 3);
    assert_int_equal(toy.vm.frames.used, 3);
    assert_int_equal(toy.vm.counts.copies, 1);
    toy_switch(0);
    expect_page(0, 1);
    write_page(0, 4);
    assert_int_equal(toy.vm.counts.copies, 1);
    assert_int_equal(toy.vm.counts.reuses, 1);
    toy_switch(1);
    expect_page(0, 3);
    expect_page(1, 2);
}

/* Writing is denied by the tables until then, for the parent too. */
static void nobody_may_write_a_shared_frame(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    assert_true(entry_here(HERE(0)) & PTE_RW);
    duplicate(0, 1);
    assert_false(entry_here(HERE(0)) & PTE_RW);
    toy_switch(1);
    assert_false(entry_here(HERE(0)) & (PTE_RW | PTE_A | PTE_D));
    assert_true(hw_kernel_store(HERE(0), 4, 9)); /* with CR0.WP the kernel breaks the sharing too */
    toy_switch(0);
    expect_page(0, 1);
}

static void the_last_sharer_keeps_the_frame(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    duplicate(0, 1);
    duplicate(0, 2);
    toy_destroy(0);
    toy_switch(1);
    expect_page(0, 1);
    toy_destroy(1);
    toy_switch(2);
    write_page(0, 2);
    assert_int_equal(toy.vm.counts.copies, 0);
    assert_int_equal(toy.vm.frames.used, 1);
    expect_page(0, 2);
}

static void untouched_pages_come_to_each(void **state)
{
    (void)state;
    with_space(0, 4);
    duplicate(0, 1);
    write_page(2, 5);
    toy_switch(1);
    expect_page(2, 0);
}

static void read_only_stays_read_only(void **state)
{
    (void)state;
    with_space(0, 1);
    with_area(&(struct area){.start = HERE(4), .end = HERE(5)});
    assert_int_equal(user_reads(HERE(4)), 0);
    duplicate(0, 1);
    toy_switch(1);
    refuses_write(HERE(4), VM_DENIED);
}

static void a_chain_of_duplicates(void **state)
{
    (void)state;
    with_space(0, 2);
    write_page(0, 1);
    duplicate(0, 1);
    toy_switch(1);
    write_page(0, 2);
    duplicate(1, 2);
    duplicate(2, 3);
    toy_switch(3);
    write_page(0, 4);
    toy_switch(0);
    expect_page(0, 1);
    toy_switch(1);
    expect_page(0, 2);
    toy_switch(2);
    expect_page(0, 2);
    toy_switch(3);
    expect_page(0, 4);
}

/* ---- with the store ---- */

static void evict_all(void)
{
    while (toy.vm.frames.used > 1)
        assert_int_equal(swap_evict(&toy.vm), VM_OK);
}

static void one_slot_for_both(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    duplicate(0, 1);
    write_page(3, 3);
    evict_all();
    assert_int_equal(toy.vm.slots.used, 1);
    assert_int_equal(toy.vm.counts.write_backs, 1);
    expect_page(0, 1);
    toy_switch(1);
    expect_page(0, 1);
    assert_int_equal(toy.vm.counts.swap_ins, 1);
    assert_int_equal(toy.vm.counts.shared_ins, 1);
}

/* One of two comes back and writes; the other still has what it had. */
static void a_slot_is_not_changed_under_the_other(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    duplicate(0, 1);
    write_page(3, 3);
    evict_all();
    write_page(0, 8);
    expect_page(3, 3);
    toy_switch(1);
    expect_page(0, 1);
    write_page(0, 9);
    toy_switch(0);
    expect_page(0, 8);
    evict_all();
    expect_page(0, 8);
    toy_switch(1);
    expect_page(0, 9);
}

static void a_duplicate_of_what_is_out(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    write_page(3, 3);
    evict_all();
    duplicate(0, 1);
    assert_int_equal(toy.vm.slots.table[0].holders, 2);
    toy_switch(1);
    write_page(0, 2);
    toy_destroy(1);
    toy_switch(0);
    expect_page(0, 1);
}

/* With one frame the source of a copy would have to leave for its own copy. */
static void a_copy_needs_two_frames(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    duplicate(0, 1);
    limit_frames(1);
    refuses_write(HERE(0), VM_NO_MEMORY);
    expect_page(0, 1);
    limit_frames(2);
    write_page(0, 2);
    toy_switch(1);
    expect_page(0, 1);
}

/* The oldest page is copied, and the frame for it is had by eviction: not of that page. */
static void a_copy_keeps_its_source(void **state)
{
    (void)state;
    with_space(0, 4);
    toy.vm.replace.policy = REPLACE_FIFO;
    for (uint32_t page = 0; page < 3; page++)
        write_page(page, 10 + page);
    duplicate(0, 1);
    limit_frames(3);
    user_writes(HERE(0), 20);
    assert_int_equal(user_reads(HERE(0) + 4), 10);
    toy_switch(1);
    for (uint32_t page = 0; page < 3; page++)
        expect_page(page, 10 + page);
}

static void duplication_under_pressure(void **state)
{
    (void)state;
    with_space(0, 64);
    limit_frames(8);
    for (uint32_t page = 0; page < 40; page++)
        write_page(page, 100 + page);
    duplicate(0, 1);
    for (uint32_t page = 0; page < 40; page += 3)
        write_page(page, 500 + page);
    toy_switch(1);
    for (uint32_t page = 0; page < 40; page++)
        expect_page(page, 100 + page);
    toy_switch(0);
    for (uint32_t page = 0; page < 40; page++)
        expect_page(page, page % 3 ? 100 + page : 500 + page);
}

/* The first page's table is there with the space; each area of 2 or 4 MiB needs one more. */
static void any_allocation_of_a_duplication_fails(void **state)
{
    enum vm_status status = VM_NO_MEMORY;
    uint32_t out;

    (void)state;
    with_space(0, 2);
    with_area(&(struct area){.start = HERE(1024), .end = HERE(1025), .flags = AREA_WRITE});
    write_page(0, 1);
    write_page(1024, 2);
    toy.vm.slots.limit = 0; /* so that nothing can leave to make room */
    out = toy.out;
    for (uint32_t n = 1; status != VM_OK; n++) {
        assert_int_equal(toy_create(1), VM_OK);
        toy.calls_until_failure = n;
        status = space_duplicate(&toy.vm, &toy.spaces[0], &toy.spaces[1]);
        toy.calls_until_failure = 0;
        assert_true(status == VM_OK || status == VM_STORE_FULL);
        assert_null(status == VM_OK ? NULL : toy_check());
        if (status != VM_OK)
            toy_destroy(1);
        assert_true(status == VM_OK || toy.out == out);
        assert_true(n < 10);
        expect_page(0, 1);
    }
    expect_page(1024, 2);
    toy_switch(1);
    expect_page(1024, 2);
}

static const struct CMUnitTest tests[] = {
    VM_ROWS("a duplicated page is shared until one of them writes it", shared_until_written),
    VM_ROWS("nobody may write a shared frame, not even the kernel", nobody_may_write_a_shared_frame),
    VM_ROWS("the last that shares a frame writes it in place", the_last_sharer_keeps_the_frame),
    VM_ROWS("pages that were not touched before come to each by itself", untouched_pages_come_to_each),
    VM_ROWS("a read-only page stays so in the duplicate", read_only_stays_read_only),
    VM_ROWS("duplicates of duplicates have what was there at the time", a_chain_of_duplicates),
    VM_ROWS("a shared page takes one slot of the store and one frame on its way back", one_slot_for_both),
    VM_ROWS("who writes a page that came back leaves the other's slot alone",
            a_slot_is_not_changed_under_the_other),
    VM_ROWS("a page in the store is duplicated there", a_duplicate_of_what_is_out),
    VM_ROWS("a copy that has only its source's frame is refused and nothing is lost",
            a_copy_needs_two_frames),
    VM_ROWS("the page that is copied does not leave for its copy", a_copy_keeps_its_source),
    VM_ROWS("a space five times larger than its frames is duplicated", duplication_under_pressure),
    VM_ROWS("whichever allocation of a duplication fails, the parent has all its pages",
            any_allocation_of_a_duplication_fails),
};
KMS_TESTS(lib_vm_cow, tests)
