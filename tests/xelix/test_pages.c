/*
 * test_pages.c - palloc, valloc, pvalloc: runs of pages, and who may have them back.
 */
#include "xelix_fixture.h"

#define HUGE_COUNT 0xffffffffu

/* ---- physical pages ---- */

static uint32_t get_frames(uint32_t pages)
{
    return PAGE_OF(palloc(pages));
}

static void runs_are_the_lowest_that_fit(void **state)
{
    const uint32_t a = get_frames(3);
    const uint32_t b = get_frames(2);

    (void)state;
    assert_int_equal(b, a + 3);
    assert_int_equal(pfree(a, 3), XELIX_OK);
    assert_int_equal(get_frames(4), b + 2);
    assert_int_equal(get_frames(2), a);
    assert_int_equal(get_frames(1), a + 2);
}

static void the_kernel_itself_is_never_given(void **state)
{
    (void)state;
    assert_true(get_frames(1) >= FIRST_FRAME);
    assert_int_equal(pfree(0, 1), -EINVAL);
    assert_int_equal(pfree(XELIX_KERNEL_ADDRESS / PAGE_SIZE, 1), -EINVAL);
    assert_int_equal(pfree(FIRST_FRAME - 1, 2), -EINVAL);
}

static void no_more_frames_than_ram_has(void **state)
{
    const struct palloc_usage usage = palloc_stats();

    (void)state;
    assert_int_equal(usage.pages, XELIX_RAM_BYTES / PAGE_SIZE - FIRST_FRAME);
    assert_null(palloc(usage.longest_free + 1));
    assert_non_null(palloc(usage.longest_free));
    assert_null(palloc(1));
    assert_int_equal(pfree(XELIX_RAM_BYTES / PAGE_SIZE, 1), -EINVAL);
    assert_int_equal(pfree(XELIX_RAM_BYTES / PAGE_SIZE - 1, 2), -EINVAL);
}

static void absurd_counts_are_no_memory(void **state)
{
    const struct supplies before = supplies();

    (void)state;
    assert_null(palloc(0));
    assert_null(palloc(HUGE_COUNT));
    assert_null(palloc(XELIX_PAGES));
    assert_null(valloc(0, &vm_kernel));
    assert_null(valloc(HUGE_COUNT, &vm_kernel));
    assert_null(pvalloc(0, &vm_kernel));
    assert_null(pvalloc(HUGE_COUNT, &vm_kernel));
    expect_nothing_lost(&before);
}

static void a_run_cannot_be_freed_twice(void **state)
{
    const uint32_t a = get_frames(4);
    const struct supplies before = supplies();

    (void)state;
    assert_int_equal(pfree(a + 1, 2), XELIX_OK);
    assert_int_equal(pfree(a + 1, 2), -EINVAL);
    assert_int_equal(pfree(a, 4), -EINVAL);
    assert_int_equal(pfree(a, 0), -EINVAL);
    assert_int_equal(pfree(a, HUGE_COUNT), -EINVAL);
    assert_int_equal(pfree(HUGE_COUNT, 2), -EINVAL);
    assert_int_equal(get_frames(2), a + 1);
    expect_nothing_lost(&before);
}

/* ---- addresses ---- */

static void addresses_are_the_lowest_that_fit_and_never_null(void **state)
{
    const uint32_t a = PAGE_OF(valloc(1, &vm_kernel));
    const uint32_t b = PAGE_OF(valloc(5, &vm_kernel));

    (void)state;
    assert_int_equal(b, a + 1);
    assert_int_equal(vfree(a, 1, &vm_kernel), XELIX_OK);
    assert_int_equal(PAGE_OF(valloc(1, &vm_kernel)), a);
    assert_int_equal(vfree(0, 1, &vm_kernel), -EINVAL);
    assert_true(mem_page_is_taken(&vm_kernel.addresses, 0));
}

static void a_new_context_keeps_page_0(void **state)
{
    static uint64_t words[BITMAP_WORDS(XELIX_PAGES)];
    struct mem_page_alloc_ctx ctx;

    (void)state;
    mem_page_alloc_new(&ctx, words);
    assert_int_equal(mem_page_alloc(&ctx, 1), 1);
    assert_int_equal(mem_page_alloc_at(&ctx, 0, 1), -EINVAL);
    assert_int_equal(mem_page_alloc_at(&ctx, XELIX_PAGES - 1, 1), XELIX_OK);
    assert_int_equal(mem_page_alloc_at(&ctx, XELIX_PAGES - 1, 1), -EBUSY);
    assert_int_equal(mem_page_alloc_at(&ctx, XELIX_PAGES, 1), -EINVAL);
    assert_int_equal(mem_page_alloc(&ctx, XELIX_PAGES - 3), 2);
    assert_int_equal(mem_page_alloc(&ctx, 1), 0);
    assert_null(mem_page_alloc_check(&ctx));
}

static void addresses_alone_lead_nowhere(void **state)
{
    const uint32_t address = PAGE_OF(valloc(1, &vm_kernel)) * PAGE_SIZE;
    uint32_t physical;
    uint64_t value;

    (void)state;
    assert_false(hw_kernel_load(address, 4, &value));
    assert_int_equal(vm_translate(&vm_kernel, address, &physical), -EFAULT);
}

static void mapped_pages_are_not_only_addresses(void **state)
{
    const uint32_t page = PAGE_OF(pvalloc(2, &vm_kernel));

    (void)state;
    assert_int_equal(vfree(page, 2, &vm_kernel), -EBUSY);
    assert_int_equal(vfree(page + 1, 1, &vm_kernel), -EBUSY);
    assert_int_equal(vfree(XELIX_KERNEL_ADDRESS / PAGE_SIZE, 1, &vm_kernel), -EINVAL);
    assert_int_equal(vfree(XELIX_KERNEL_SPACE / PAGE_SIZE - 1, 1, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(page, 2, &vm_kernel), XELIX_OK);
    assert_int_equal(vfree(page, 2, &vm_kernel), -EINVAL);
}

/* ---- both ---- */

static void pvalloc_maps_a_run_of_frames(void **state)
{
    const uint32_t address = PAGE_OF(pvalloc(3, &vm_kernel)) * PAGE_SIZE;
    uint32_t first, last;

    (void)state;
    assert_int_equal(vm_translate(&vm_kernel, address, &first), XELIX_OK);
    assert_int_equal(vm_translate(&vm_kernel, address + 2 * PAGE_SIZE + 5, &last), XELIX_OK);
    assert_int_equal(last, first + 2 * PAGE_SIZE + 5);
    assert_true(hw_kernel_store(address + PAGE_SIZE, 4, 0x12345678));
    assert_int_equal(physical_word(first + PAGE_SIZE), 0x12345678);
    assert_int_equal(*(uint32_t *)vm_ptr(address + PAGE_SIZE), 0x12345678);
}

static void the_kernel_is_not_mapped_one_to_one(void **state)
{
    (void)state;
    for (uint32_t pages = 1; pages < 40; pages++) {
        const uint32_t page = PAGE_OF(pvalloc(pages, &vm_kernel));

        assert_int_not_equal(paging_get(&vm_kernel, page) / PAGE_SIZE, page);
    }
    for (uint32_t page = 1; page < XELIX_PAGES; page++) {
        const uint32_t entry = paging_get(&vm_kernel, page);
        const bool early = page >= XELIX_KERNEL_ADDRESS / PAGE_SIZE && page < FIRST_FRAME;

        assert_int_equal((entry & PTE_P) && entry / PAGE_SIZE == page, early);
    }
}

static void freed_pages_are_gone_at_once(void **state)
{
    const uint32_t page = PAGE_OF(pvalloc(2, &vm_kernel));
    uint64_t value;

    (void)state;
    assert_true(hw_kernel_load(page * PAGE_SIZE, 4, &value));
    assert_true(hw_kernel_load((page + 1) * PAGE_SIZE, 4, &value));
    assert_int_equal(pvfree(page, 2, &vm_kernel), XELIX_OK);
    assert_false(hw_kernel_load(page * PAGE_SIZE, 4, &value));
    assert_false(hw_kernel_load((page + 1) * PAGE_SIZE, 4, &value));
}

static void a_page_mapped_anew_is_seen_at_once(void **state)
{
    const uint32_t page = PAGE_OF(valloc(1, &vm_kernel));
    const uint32_t frames = get_frames(2) * PAGE_SIZE;

    (void)state;
    set_physical_word(frames, 0x11111111);
    set_physical_word(frames + PAGE_SIZE, 0x22222222);
    assert_int_equal(paging_set_range(&vm_kernel, page, 1, frames | PTE_P | PTE_RW), XELIX_OK);
    assert_int_equal(kernel_word(page * PAGE_SIZE), 0x11111111);
    assert_int_equal(paging_set_range(&vm_kernel, page, 1, (frames + PAGE_SIZE) | PTE_P | PTE_RW), XELIX_OK);
    assert_int_equal(kernel_word(page * PAGE_SIZE), 0x22222222);
    paging_clear_range(&vm_kernel, page, 1);
}

static void only_what_pvalloc_mapped_can_be_pvfreed(void **state)
{
    const uint32_t addresses = PAGE_OF(valloc(1, &vm_kernel));
    const uint32_t page = PAGE_OF(pvalloc(2, &vm_kernel));
    const struct supplies before = supplies();

    (void)state;
    assert_int_equal(pvfree(addresses, 1, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(page, 3, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(page, 0, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(page, HUGE_COUNT, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(XELIX_KERNEL_ADDRESS / PAGE_SIZE, 1, &vm_kernel), -EINVAL);
    assert_int_equal(pvfree(0, 1, &vm_kernel), -EINVAL);
    expect_nothing_lost(&before);
    assert_int_equal(pvfree(page, 2, &vm_kernel), XELIX_OK);
    assert_int_equal(pvfree(page, 2, &vm_kernel), -EINVAL);
}

static void contexts_have_addresses_of_their_own(void **state)
{
    const int a = start_task(10);
    const int b = start_task(10);
    const uint32_t in_a = PAGE_OF(pvalloc(1, &task_get(a)->ctx));
    const uint32_t in_b = PAGE_OF(pvalloc(1, &task_get(b)->ctx));

    (void)state;
    assert_int_equal(in_a, in_b);
    assert_int_equal(in_a, XELIX_TASK_IMAGE / PAGE_SIZE + 1);
    assert_int_not_equal(paging_get(&task_get(a)->ctx, in_a), paging_get(&task_get(b)->ctx, in_b));
    assert_int_equal(pvfree(in_a, 1, &task_get(a)->ctx), XELIX_OK);
    assert_int_not_equal(paging_get(&task_get(b)->ctx, in_b), 0);
}

/* ---- frames that somebody names ---- */

static void named_frames_are_mapped_and_not_freed(void **state)
{
    const struct supplies before = supplies();
    const uint32_t page = 0x40000;

    (void)state;
    assert_int_equal(vm_map_at(page, 2, 0x000b8000u | PTE_RW, &vm_kernel), XELIX_OK);
    assert_int_equal(vm_map_at(page + 1, 1, 0x000b8000u, &vm_kernel), -EBUSY);
    set_physical_word(0x000b9000, 7);
    assert_int_equal(kernel_word((page + 1) * PAGE_SIZE), 7);
    assert_int_equal(pvfree(page, 2, &vm_kernel), -EINVAL);
    assert_int_equal(vfree(page, 2, &vm_kernel), -EBUSY);
    assert_int_equal(vm_unmap_at(page, 2, &vm_kernel), XELIX_OK);
    assert_int_equal(vm_unmap_at(page, 2, &vm_kernel), -EINVAL);
    assert_int_equal(vm_unmap_at(XELIX_KERNEL_ADDRESS / PAGE_SIZE, 1, &vm_kernel), -EINVAL);
    expect_nothing_lost(&before);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("palloc gives the lowest run that fits", runs_are_the_lowest_that_fit),
    XELIX_TEST("palloc never gives the kernel's own pages, nor takes them", the_kernel_itself_is_never_given),
    XELIX_TEST("palloc gives all of RAM and no more", no_more_frames_than_ram_has),
    XELIX_TEST("no pages, and more than there can be, are no memory", absurd_counts_are_no_memory),
    XELIX_TEST("a run cannot be freed twice, nor with a wrong count", a_run_cannot_be_freed_twice),
    XELIX_TEST("valloc gives the lowest addresses that fit, and never page 0",
               addresses_are_the_lowest_that_fit_and_never_null),
    XELIX_TEST("a new context keeps page 0 and has all others", a_new_context_keeps_page_0),
    XELIX_TEST("what valloc gave is not mapped", addresses_alone_lead_nowhere),
    XELIX_TEST("vfree refuses pages that are mapped", mapped_pages_are_not_only_addresses),
    XELIX_TEST("pvalloc maps one run of frames at one run of addresses", pvalloc_maps_a_run_of_frames),
    XELIX_TEST("beside its first pages nothing of the kernel is at its physical address",
               the_kernel_is_not_mapped_one_to_one),
    XELIX_TEST("a page that was freed faults at once, though it was used before",
               freed_pages_are_gone_at_once),
    XELIX_TEST("a page that leads elsewhere does so at once", a_page_mapped_anew_is_seen_at_once),
    XELIX_TEST("pvfree takes only what pvalloc mapped", only_what_pvalloc_mapped_can_be_pvfreed),
    XELIX_TEST("contexts give the same addresses with other frames behind",
               contexts_have_addresses_of_their_own),
    XELIX_TEST("frames that somebody names stay somebody's", named_frames_are_mapped_and_not_freed),
};
KMS_TESTS(xelix_pages, tests)
