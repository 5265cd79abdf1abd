#include "vlsos_fixture.h"

#include "guest.h"
#include "kmem.h"
#include "mapping.h"

VLSOS_UNDER_TEST;

#define WINDOW (PAGING_USER_START + 0x1ff000u) /* its second page has another table */

static uint32_t block;

static void make_block(void)
{
    block = hw_linear(kmem_alloc_pages(4 * PAGE_SIZE));
}

static int add(uint32_t linear, uint32_t physical, uint32_t pages)
{
    return mapping_add(&(struct mapping){linear, physical, pages, PAGING_WRITE | PAGING_USER});
}

static void a_block_is_reached_by_a_second_address(void **state)
{
    (void)state;
    make_block();
    assert_int_equal(add(WINDOW, block, 4), VLSOS_OK);
    user_writes(WINDOW + 3 * PAGE_SIZE, 0xcafe);
    assert_int_equal(physical_word(block + 3 * PAGE_SIZE), 0xcafe);
    assert_int_equal(mapping_remove(WINDOW, 4), VLSOS_OK);
    user_read_faults(WINDOW, PFERR_US);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_OK);
}

static void a_block_that_is_mapped_is_not_freed(void **state)
{
    (void)state;
    make_block();
    assert_int_equal(add(WINDOW, block + 2 * PAGE_SIZE, 1), VLSOS_OK);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_EBUSY);
    assert_int_equal(mapping_remove(WINDOW, 1), VLSOS_OK);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_OK);
}

static void only_blocks_of_pages_are_mapped_and_once(void **state)
{
    const uint32_t small = hw_linear(kmem_alloc(100));

    (void)state;
    make_block();
    assert_int_equal(add(WINDOW, paging_kernel.root, 1), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW, small & PAGE_FRAME, 1), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW, 0x00100000, 1), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW, block, 5), VLSOS_EINVAL); /* one page beyond its end */
    assert_int_equal(add(WINDOW, block + 4, 1), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW + 4, block, 1), VLSOS_EINVAL);
    assert_int_equal(add(PAGING_USER_START - PAGE_SIZE, block, 1), VLSOS_EINVAL);
    assert_int_equal(add(0xfffff000, block, 2), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW, block, UINT32_MAX), VLSOS_EINVAL);
    assert_int_equal(add(WINDOW, block, 0), VLSOS_OK);
    assert_int_equal(add(WINDOW, block, 2), VLSOS_OK);
    assert_int_equal(add(WINDOW + 2 * PAGE_SIZE, block + PAGE_SIZE, 2), VLSOS_EBUSY);
    assert_int_equal(add(WINDOW + PAGE_SIZE, block + 2 * PAGE_SIZE, 1), VLSOS_EBUSY);
    assert_int_equal(add(0xfffff000, block + 2 * PAGE_SIZE, 1), VLSOS_OK);
}

static void only_what_is_mapped_is_unmapped(void **state)
{
    (void)state;
    make_block();
    assert_int_equal(add(WINDOW, block, 2), VLSOS_OK);
    assert_int_equal(mapping_remove(WINDOW, 3), VLSOS_EFAULT);
    assert_int_equal(mapping_remove(WINDOW + 1, 1), VLSOS_EINVAL);
    assert_int_equal(mapping_remove(VLSOS_POOL, 1), VLSOS_EINVAL);
    user_writes(WINDOW, 1); /* nothing was unmapped */
    assert_int_equal(mapping_remove(WINDOW, 0), VLSOS_OK);
    assert_int_equal(mapping_remove(WINDOW, 2), VLSOS_OK);
    assert_int_equal(mapping_remove(WINDOW, 1), VLSOS_EFAULT);
}

/* The first page finds a table, the second wants another one. */
static void without_memory_half_way_nothing_stays_mapped(void **state)
{
    (void)state;
    make_block();
    assert_int_equal(add(WINDOW, block, 1), VLSOS_OK);
    assert_int_equal(mapping_remove(WINDOW, 1), VLSOS_OK);
    buddy_fail_at(&kernel_pages, 1);
    assert_int_equal(add(WINDOW, block, 2), VLSOS_ENOMEM);
    user_read_faults(WINDOW, PFERR_US);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_OK);
}

static void while_a_process_runs_its_memory_is_its_own(void **state)
{
    struct paging_space space;

    (void)state;
    make_block();
    assert_int_equal(paging_space_create(&space), VLSOS_OK);
    paging_space_switch(&space);
    assert_int_equal(add(WINDOW, block, 1), VLSOS_EBUSY);
    assert_int_equal(mapping_remove(WINDOW, 1), VLSOS_EBUSY);
    paging_space_switch(&paging_kernel);
    assert_int_equal(paging_space_destroy(&space), VLSOS_OK);
}

static void tools_map_through_the_table(void **state)
{
    const struct guest_ops *const ops = &vlsos_guest;

    (void)state;
    make_block();
    assert_int_equal(ops->map(WINDOW, block, 1, GUEST_USER), VLSOS_OK);
    user_write_faults(WINDOW, PFERR_P | PFERR_WR | PFERR_US);
    assert_int_equal(ops->map(WINDOW + PAGE_SIZE, block + PAGE_SIZE, 1, GUEST_WRITE), VLSOS_OK);
    user_read_faults(WINDOW + PAGE_SIZE, PFERR_P | PFERR_US);
    assert_int_equal(ops->unmap(WINDOW, 2), VLSOS_OK);
    assert_int_equal(ops->map(UINT64_MAX, block, 1, 0), VLSOS_EINVAL);
    assert_int_equal(ops->map(WINDOW, UINT64_MAX, 1, 0), VLSOS_EINVAL);
    assert_int_equal(ops->map(WINDOW, block, 1, 0x80), VLSOS_EINVAL);
    assert_int_equal(ops->unmap(UINT64_MAX, 1), VLSOS_EINVAL);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("a block is reached by a second address", a_block_is_reached_by_a_second_address),
    AFTER_BOOT("a block that is mapped is not freed", a_block_that_is_mapped_is_not_freed),
    AFTER_BOOT("only blocks of pages are mapped, and once", only_blocks_of_pages_are_mapped_and_once),
    AFTER_BOOT("only what is mapped is unmapped", only_what_is_mapped_is_unmapped),
    AFTER_BOOT("without memory half-way nothing stays mapped", without_memory_half_way_nothing_stays_mapped),
    AFTER_BOOT("while a process runs its memory is its own", while_a_process_runs_its_memory_is_its_own),
    AFTER_BOOT("tools map through the table", tools_map_through_the_table),
};
KMS_TESTS(vlsos_mapping, tests)
