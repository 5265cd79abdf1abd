/* Pages that come when they are touched. Addresses and counts by hand; rights by the manual's "Page-Fault Exceptions". */
#include "vm_fixture.h"

#include <string.h>

/* ---- zero pages ---- */

static void zeros_come(void **state)
{
    (void)state;
    with_space(0, 4);
    assert_int_equal(entry_here(HERE(1)), 0);
    expect_page(1, 0);
    assert_int_equal(toy.faults, 1);
    assert_int_equal(toy.vm.counts.zero_fills, 1);
    assert_int_equal(toy.vm.frames.used, 1);
    assert_int_equal(entry_here(HERE(0)), 0);
    write_page(1, 7);
    expect_page(1, 7);
    assert_int_equal(toy.faults, 1);
}

static void used_frames_are_cleared(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 0x5a5a5a5a);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(0)), VM_OK);
    with_area(&(struct area){.start = HERE(2), .end = HERE(3)});
    expect_page(2, 0);
}

static void an_access_of_two_pages(void **state)
{
    (void)state;
    with_space(0, 4);
    limit_frames(2);
    user_writes(HERE(1) - 2, 0x11223344);
    assert_int_equal(toy.faults, 2);
    assert_int_equal(user_reads(HERE(0) + 4092), 0x33440000);
    assert_int_equal(user_reads(HERE(1)), 0x1122);
    expect_page(3, 0);
    assert_int_equal(user_reads(HERE(1) - 2), 0x11223344);
}

/* ---- images ---- */

static void image_bytes_come(void **state)
{
    (void)state;
    with_space(0, 1);
    with_area(&(struct area){.start = HERE(8), .end = HERE(11), .flags = AREA_WRITE, .image_size = 4196});
    assert_int_equal(user_reads(HERE(8) + 32), 0x02020202);
    assert_int_equal(user_reads(HERE(9) + 96), 0x06060606);
    assert_int_equal(user_reads(HERE(9) + 100), 0);
    assert_int_equal(user_reads(HERE(9) + 4092), 0);
    assert_int_equal(user_reads(HERE(10)), 0);
    assert_int_equal(toy.image_reads, 2);
    assert_int_equal(toy.vm.counts.image_fills, 2);
    user_writes(HERE(8), 1);
    assert_int_equal(user_reads(HERE(8) + 32), 0x02020202);
}

static void image_failure(void **state)
{
    (void)state;
    with_space(0, 1);
    with_area(
        &(struct area){.start = HERE(8), .end = HERE(10), .image = TOY_BROKEN_IMAGE, .image_size = 4096});
    refuses_read(HERE(8), VM_IMAGE_FAILED);
    assert_int_equal(toy.vm.frames.used, 0);
    assert_int_equal(user_reads(HERE(9)), 0);
}

/* ---- rights ---- */

static void outside_of_areas(void **state)
{
    (void)state;
    with_space(0, 2);
    refuses_read(HERE(2), VM_NOT_MAPPED);
    refuses_write(HERE(0) - 4, VM_NOT_MAPPED);
    assert_int_equal(user_reads(HERE(2) - 4), 0);
    assert_int_equal(toy.vm.counts.refused, 2);
}

static void read_only_areas(void **state)
{
    (void)state;
    with_space(0, 1);
    with_area(&(struct area){.start = HERE(4), .end = HERE(5)});
    refuses_write(HERE(4), VM_DENIED);
    assert_int_equal(user_reads(HERE(4)), 0);
    refuses_write(HERE(4), VM_DENIED);
    assert_int_equal(user_reads(HERE(4)), 0);
}

static void execution(void **state)
{
    (void)state;
    with_space(0, 1);
    with_area(&(struct area){.start = HERE(4), .end = HERE(5), .flags = AREA_EXECUTE});
    assert_true(hw_user_fetch(HERE(4)));
}

static void the_kernel_at_users_pages(void **state)
{
    uint64_t value = 1;

    (void)state;
    with_space(0, 2);
    assert_true(hw_kernel_load(HERE(0), 4, &value));
    assert_int_equal(value, 0);
    assert_true(hw_kernel_store(HERE(1), 4, 3));
    assert_int_equal(user_reads(HERE(1)), 3);
}

/* ---- stacks ---- */

static void with_stack(uint32_t pages)
{
    with_area(&(struct area){.start = HERE(100 - pages), .end = HERE(100), .flags = AREA_WRITE | AREA_STACK});
}

static void stacks_grow(void **state)
{
    (void)state;
    with_space(0, 1);
    with_stack(64);
    user_writes(HERE(100) - 4, 1);
    assert_int_equal(toy.vm.counts.grown, 1);
    user_writes(HERE(99) - 4, 2);
    user_writes(HERE(90), 3);
    assert_int_equal(toy.vm.counts.grown, 10);
    assert_int_equal(user_reads(HERE(99) - 4), 2);
    assert_int_equal(user_reads(HERE(95)), 0);
    assert_int_equal(toy.vm.counts.grown, 10);
}

static void stacks_do_not_jump(void **state)
{
    (void)state;
    with_space(0, 1);
    with_stack(64);
    refuses_write(HERE(84) - 4, VM_NOT_MAPPED); /* 16 pages below 100 is 84 */
    user_writes(HERE(84), 1);
    refuses_write(HERE(68) - 4, VM_NOT_MAPPED);
    user_writes(HERE(68), 1);
    assert_int_equal(toy.vm.counts.grown, 32);
}

static void stacks_end(void **state)
{
    (void)state;
    with_space(0, 1);
    with_stack(2);
    user_writes(HERE(98), 1);
    refuses_write(HERE(98) - 4, VM_NOT_MAPPED);
}

/* ---- areas ---- */

static void areas_do_not_overlap(void **state)
{
    (void)state;
    with_space(0, 4);
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(3), .end = HERE(5)}), VM_TAKEN);
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(1), .end = HERE(2)}), VM_TAKEN);
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(4), .end = HERE(4)}),
                     VM_BAD_RANGE);
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(5) + 1, .end = HERE(6)}),
                     VM_BAD_RANGE);
    assert_int_equal(
        space_add_area(toy.current, &(struct area){.start = TOY_END - PAGE_SIZE, .end = TOY_END + PAGE_SIZE}),
        VM_BAD_RANGE);
    assert_int_equal(
        space_add_area(toy.current, &(struct area){.start = TOY_USER - PAGE_SIZE, .end = TOY_USER}),
        VM_BAD_RANGE);
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(4), .end = HERE(5)}), VM_OK);
}

static void areas_run_out(void **state)
{
    (void)state;
    with_space(0, 1);
    for (uint32_t i = 1; i < VM_AREAS; i++)
        with_area(&(struct area){.start = HERE(2 * i), .end = HERE(2 * i + 1)});
    assert_int_equal(space_add_area(toy.current, &(struct area){.start = HERE(200), .end = HERE(201)}),
                     VM_FULL);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(4)), VM_OK);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(4)), VM_NOT_MAPPED);
    with_area(&(struct area){.start = HERE(200), .end = HERE(201)});
}

static void room_between_areas(void **state)
{
    const struct table_range all = {HERE(0), HERE(20)};

    (void)state;
    with_space(0, 4);
    with_area(&(struct area){.start = HERE(6), .end = HERE(7)});
    assert_int_equal(space_find_room(toy.current, &all, 2), HERE(4));
    assert_int_equal(space_find_room(toy.current, &all, 3), HERE(7));
    assert_int_equal(space_find_room(toy.current, &all, 13), HERE(7));
    assert_int_equal(space_find_room(toy.current, &all, 14), 0);
    assert_int_equal(space_find_room(toy.current, &all, 0), 0);
}

static void an_area_ends_with_its_pages(void **state)
{
    (void)state;
    with_space(0, 4);
    write_page(0, 1);
    write_page(3, 1);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(1)), VM_NOT_MAPPED);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(0)), VM_OK);
    assert_int_equal(toy.vm.frames.used, 0);
    refuses_read(HERE(0), VM_NOT_MAPPED);
}

/* ---- spaces ---- */

static void same_address_two_memories(void **state)
{
    (void)state;
    with_space(0, 2);
    write_page(0, 1);
    with_space(1, 2);
    expect_page(0, 0);
    write_page(0, 2);
    toy_switch(0);
    expect_page(0, 1);
    toy_destroy(1);
    expect_page(0, 1);
}

static void a_space_gives_everything_back(void **state)
{
    (void)state;
    with_space(0, 8);
    for (uint32_t page = 0; page < 8; page++)
        write_page(page, page);
    assert_true(toy.out > 8);
    toy_destroy(0);
    assert_int_equal(toy.out, 0);
    assert_int_equal(toy.vm.frames.used, 0);
    assert_int_equal(toy.vm.tables_taken, 0);
}

/* A creation, then a first touch: whichever allocation fails, nothing else is the matter. */
static void any_allocation_fails(void **state)
{
    enum vm_status status = VM_NO_MEMORY;

    (void)state;
    for (uint32_t n = 1; status != VM_OK; n++) {
        toy.calls_until_failure = n;
        status = toy_create(0);
        assert_true(status == VM_OK || status == VM_NO_MEMORY);
        assert_true(status == VM_OK || toy.out == 0);
        assert_true(n < 10);
    }
    toy.calls_until_failure = 0;
    toy_switch(0);
    with_area(&(struct area){.start = HERE(0), .end = HERE(1), .flags = AREA_WRITE});
    for (uint32_t n = 1; n <= 2; n++) { /* a table, then the page */
        toy.calls_until_failure = n;
        refuses_write(HERE(0), VM_NO_MEMORY);
    }
    user_writes(HERE(0), 1);
}

static void too_many_spaces(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < VM_SPACES; i++)
        toy.vm.spaces[i] = &toy.spaces[1];
    assert_int_equal(toy_create(0), VM_FULL);
    assert_int_equal(toy.out, 0);
    memset(toy.vm.spaces, 0, sizeof toy.vm.spaces);
}

static const struct CMUnitTest tests[] = {
    VM_ROWS("a page comes as zeros when it is touched, once", zeros_come),
    VM_ROWS("a frame that was somebody's comes as zeros", used_frames_are_cleared),
    VM_ROWS("an access across two pages needs two frames and no more", an_access_of_two_pages),
    VM_ROWS("a page of an image comes with its bytes, and zeros behind the end", image_bytes_come),
    VM_ROWS("an image that cannot be read is a clear refusal", image_failure),
    VM_ROWS("outside of all areas nothing comes", outside_of_areas),
    VM_ROWS("what an area does not allow is denied, before and after its page came", read_only_areas),
    VM_ROWS("an area that may be executed is fetched from", execution),
    VM_ROWS("the kernel's own access brings a user's page", the_kernel_at_users_pages),
    VM_ROWS("a stack grows by being touched", stacks_grow),
    VM_ROWS("a stack is not grown from further than its stride", stacks_do_not_jump),
    VM_ROWS("a stack does not grow beyond its area", stacks_end),
    VM_ROWS("areas that overlap, are empty or leave the user's range are refused", areas_do_not_overlap),
    VM_ROWS("a space has a limited number of areas, which can be had again", areas_run_out),
    VM_ROWS("room is found between areas, the lowest that is large enough", room_between_areas),
    VM_ROWS("an area ends with all its pages", an_area_ends_with_its_pages),
    VM_ROWS("two spaces have different memory at the same address", same_address_two_memories),
    VM_ROWS("a space that ends gives everything back", a_space_gives_everything_back),
    VM_ROWS("whichever allocation fails, the next attempt works", any_allocation_fails),
    VM_ROWS("a space too many is refused", too_many_spaces),
};
KMS_TESTS(lib_vm, tests)
