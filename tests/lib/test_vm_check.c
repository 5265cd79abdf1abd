/* Each invariant broken by hand, and the checker's words for it. */
#include "vm_fixture.h"

static void set_entry(uint32_t linear, uint64_t value)
{
    entry_write(&toy.current->tables, tables_entry(&toy.current->tables, linear), value);
}

static struct frame *first_frame(void)
{
    return &toy.vm.frames.table[toy.vm.frames.oldest];
}

static void broken_entries(void **state)
{
    uint64_t good;

    (void)state;
    fixture_is_broken();
    with_space(0, 4);
    write_page(0, 1);
    good = entry_here(HERE(0));
    assert_null(toy_check());
    set_entry(HERE(2), good);
    assert_string_equal(toy_check(), "the entry of page 0x40402000 has a frame of another page");
    set_entry(HERE(2), 0);
    set_entry(HERE(7), good);
    assert_string_equal(toy_check(), "the entry of page 0x40407000 lies in no area");
    set_entry(HERE(7), 0);
    set_entry(HERE(0), good & ~(uint64_t)PTE_US);
    assert_string_equal(toy_check(), "the entry of page 0x40400000 is not the user's alone");
    set_entry(HERE(0), good + 0x00100000);
    assert_string_equal(toy_check(), "the entry of page 0x40400000 has a frame that is none of the pages'");
    set_entry(HERE(0), good + 0x00010000);
    assert_string_equal(toy_check(), "the entry of page 0x40400000 has a frame that is not in use");
    set_entry(HERE(0), 0x1000);
    assert_string_equal(toy_check(), "the entry of page 0x40400000 is neither a page nor a slot");
    set_entry(HERE(0), 5 << PAGE_SHIFT | VM_ENTRY_SLOT);
    assert_string_equal(toy_check(), "the entry of page 0x40400000 names a slot that is free");
    set_entry(HERE(0), good);
    toy.current->areas[0].flags = 0;
    assert_string_equal(toy_check(), "the entry of page 0x40400000 lets write what its area does not");
}

static void broken_counts(void **state)
{
    (void)state;
    fixture_is_broken();
    with_space(0, 4);
    write_page(0, 1);
    first_frame()->references = 2;
    assert_string_equal(toy_check(), "the entry of page 0x40400000 lets write a shared frame");
    set_entry(HERE(0), entry_here(HERE(0)) & ~(uint64_t)PTE_RW);
    assert_non_null(toy_check());
    first_frame()->references = 1;
    assert_null(toy_check());
    set_entry(HERE(0), 0);
    assert_non_null(toy_check());
    first_frame()->references = 0;
    assert_string_equal(toy_check(), "the frames in use are not those in the list of frames");
}

static void broken_slots(void **state)
{
    (void)state;
    fixture_is_broken();
    with_space(0, 4);
    write_page(0, 1);
    write_page(1, 2);
    assert_int_equal(swap_evict(&toy.vm), VM_OK);
    assert_null(toy_check());
    toy.vm.slots.table[0].holders = 2;
    assert_string_equal(toy_check(), "slot 0x00000000 has not as many holders as name it");
    toy.vm.slots.table[0].holders = 1;
    toy.vm.slots.first_free = 2;
    assert_string_equal(toy_check(), "free and used slots are not all slots");
    toy.vm.slots.first_free = 1;
    first_frame()->copy = 0;
    assert_non_null(toy_check());
    first_frame()->copy = FRAME_UNSAVED;
    assert_null(toy_check());
    toy.vm.tables_taken++;
    assert_string_equal(toy_check(), "the tables of all spaces are not the frames taken for tables");
}

static const struct CMUnitTest tests[] = {
    VM_ROWS("the checker names a broken entry", broken_entries),
    VM_ROWS("the checker names a broken count of references", broken_counts),
    VM_ROWS("the checker names a broken slot", broken_slots),
};
KMS_TESTS(lib_vm_check, tests)
