#include "vm_fixture.h"

#include "memcheck.h"

static void start_32(void)
{
    toy_start(TABLES_32, 128);
}

static void start_pae(void)
{
    toy_start(TABLES_PAE, 128);
}

struct fixture_kernel toy_32 = {.name = "vm_toy", .start = start_32, .check = toy_check};
struct fixture_kernel toy_pae = {.name = "vm_toy", .start = start_pae, .check = toy_check};

void with_space(unsigned number, uint32_t pages)
{
    assert_int_equal(toy_create(number), VM_OK);
    toy_switch(number);
    with_area(&(struct area){.start = HERE(0), .end = HERE(pages), .flags = AREA_WRITE});
}

void with_area(const struct area *area)
{
    assert_int_equal(space_add_area(toy.current, area), VM_OK);
}

void limit_frames(uint32_t frames)
{
    toy.vm.frames.limit = frames;
}

void refuses_read(uint32_t linear, enum vm_status status)
{
    uint64_t value;

    assert_false(hw_user_load(linear, 4, &value));
    assert_int_equal(toy.status, status);
}

void refuses_write(uint32_t linear, enum vm_status status)
{
    assert_false(hw_user_store(linear, 4, 1));
    assert_int_equal(toy.status, status);
}

/* The words of a page that tests look at: all, and under memcheck the first four and a sample up to the last. */
static uint32_t next_word(uint32_t offset)
{
    return offset + (under_memcheck() && offset >= 12 ? 120 : 4);
}

void write_page(uint32_t page, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset = next_word(offset))
        user_writes(HERE(page) + offset, number);
}

void expect_page(uint32_t page, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset = next_word(offset))
        assert_int_equal(user_reads(HERE(page) + offset), number);
}

uint64_t entry_here(uint32_t linear)
{
    const void *const entry = tables_entry(&toy.current->tables, linear);

    return entry ? entry_read(&toy.current->tables, entry) : 0;
}

void duplicate(unsigned from, unsigned to)
{
    assert_int_equal(toy_create(to), VM_OK);
    assert_int_equal(space_duplicate(&toy.vm, &toy.spaces[from], &toy.spaces[to]), VM_OK);
}
