/*
 * test_check.c - bitmaps, entries and tasks broken by hand, one invariant at a time: what the checker calls it.
 */
#include "xelix_fixture.h"

#include <stdio.h>
#include <string.h>

static void expect_words(const char *words)
{
    const char *const broken = kernel_check();

    fixture_is_broken();
    assert_non_null(broken);
    assert_string_equal(broken, words);
}

static void expect_page(const char *context, uint32_t page, const char *words)
{
    char expected[160];

    snprintf(expected, sizeof expected, "%s, page at 0x%08x: %s", context, page * PAGE_SIZE, words);
    expect_words(expected);
}

/* An entry changed behind the kernel's back. */
static void set_entry(struct vm_ctx *ctx, uint32_t page, uint32_t entry)
{
    assert_int_equal(paging_set_range(ctx, page, 1, entry), XELIX_OK);
}

static void null_page(void **state)
{
    (void)state;
    vm_kernel.addresses.bitmap.words[0] &= ~(uint64_t)1;
    vm_kernel.addresses.bitmap.first_free = 0;
    expect_words("the NULL page is free");
}

static void index_and_bitmap(void **state)
{
    (void)state;
    vm_kernel.addresses.bitmap.words[0x50000 / 64] = 1;
    expect_words("a page is free in the bitmap and taken in the index, or the other way round");
}

static void mapped_and_free(void **state)
{
    (void)state;
    set_entry(&vm_kernel, 0x60000, 0x000b8000u | PTE_P);
    expect_page("kernel", 0x60000, "it is mapped and free");
}

static void strange_bits(void **state)
{
    const uint32_t page = PAGE_OF(valloc(1, &vm_kernel));

    (void)state;
    set_entry(&vm_kernel, page, 0x000b8000u | PTE_P | PTE_G);
    expect_page("kernel", page, "its entry has bits that no mapping here has");
}

static void two_owners(void **state)
{
    const uint32_t a = PAGE_OF(pvalloc(1, &vm_kernel));
    const uint32_t b = PAGE_OF(pvalloc(1, &vm_kernel));

    (void)state;
    set_entry(&vm_kernel, b, paging_get(&vm_kernel, a));
    expect_page("kernel", b, "its frame belongs to another page too");
}

static void freed_frame(void **state)
{
    const uint32_t a = PAGE_OF(pvalloc(1, &vm_kernel));

    (void)state;
    assert_int_equal(pfree(paging_get(&vm_kernel, a) / PAGE_SIZE, 1), XELIX_OK);
    expect_page("kernel", a, "its frame is free");
}

static void image_moved(void **state)
{
    const uint32_t page = XELIX_KERNEL_END / PAGE_SIZE - 1;

    (void)state;
    set_entry(&vm_kernel, page, 0x00110000u | PTE_P | PTE_RW);
    expect_page("kernel", page, "a page of the kernel's image is not at its own address");
}

static void kernel_in_a_task(void **state)
{
    struct vm_ctx *const ctx = &task_get(start_task(100))->ctx;
    const uint32_t page = IMAGE_UL_VISIBLE_END / PAGE_SIZE;

    (void)state;
    set_entry(ctx, page, page * PAGE_SIZE | PTE_P);
    expect_page("task 0", page, "the kernel is mapped in a task, outside of UL_VISIBLE");
}

static void ul_visible_open(void **state)
{
    struct vm_ctx *const ctx = &task_get(start_task(100))->ctx;
    const uint32_t page = IMAGE_UL_VISIBLE / PAGE_SIZE;

    (void)state;
    set_entry(ctx, page, page * PAGE_SIZE | PTE_P | PTE_RW | PTE_US);
    expect_page("task 0", page, "UL_VISIBLE is open to programs");
}

static void ranges_of_a_task(void **state)
{
    struct task *const task = task_get(start_task(100));

    (void)state;
    task->stack_low--;
    expect_words("task 0: its stack is not mapped user writable");
    task->stack_low++;
    task->brk += PAGE_SIZE;
    expect_words("task 0: its memory below the break is not mapped user writable");
    task->brk -= PAGE_SIZE;
    task->image_pages = 2;
    expect_words("task 0: its image is not mapped user writable");
    task->image_pages = 1;
    assert_int_not_equal(task_mmap(task, 1), 0);
    ((struct task_run *)kmalloc_pointer(task->runs))->page--;
    expect_words("task 0: a run that it was given meets its image");
    ((struct task_run *)kmalloc_pointer(task->runs))->page += 2;
    expect_words("task 0: a run that it was given is not mapped user writable");
    assert_int_not_equal(task_mmap(task, 1), 0);
    ((struct task_run *)kmalloc_pointer(task->runs))->page--;
    ((struct task_run *)kmalloc_pointer(((struct task_run *)kmalloc_pointer(task->runs))->next))->page--;
    expect_words("task 0: two runs that it was given meet");
}

static void windows(void **state)
{
    struct task *const task = task_get(start_task(2 * PAGE_SIZE));
    const struct vm_lending lending = {&vm_kernel, &task->ctx, XELIX_TASK_IMAGE, 4, 0};
    const uint32_t other = paging_get(&task->ctx, XELIX_TASK_IMAGE / PAGE_SIZE + 1) & PAGE_FRAME;
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    set_entry(&vm_kernel, PAGE_OF(address), other | PTE_P);
    expect_words("a window shows another frame than the lender's");
    set_entry(&vm_kernel, PAGE_OF(address), 0);
    expect_words("a window's page is not mapped as one");
}

static void directory_entry(void **state)
{
    struct vm_ctx *const ctx = &task_get(start_task(100))->ctx;
    uint32_t *const directory = vm_ptr(ctx->directory_address);

    (void)state;
    directory[XELIX_TASK_IMAGE >> PDE_SHIFT] += PAGE_SIZE;
    expect_page("task 0", (XELIX_TASK_IMAGE >> PDE_SHIFT) * TABLE_ENTRIES,
                "its directory entry leads elsewhere than to its table");
    directory[XELIX_TASK_IMAGE >> PDE_SHIFT] -= PAGE_SIZE;
    directory[100] = 0x00700000u | PTE_P;
    expect_page("task 0", 100 * TABLE_ENTRIES, "its directory entry leads to no table");
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("the checker names a NULL page that is free", null_page),
    XELIX_TEST("the checker names an index that contradicts its bitmap", index_and_bitmap),
    XELIX_TEST("the checker names a page that is mapped and free", mapped_and_free),
    XELIX_TEST("the checker names bits that no mapping has", strange_bits),
    XELIX_TEST("the checker names a frame with two owners", two_owners),
    XELIX_TEST("the checker names a frame that was freed while mapped", freed_frame),
    XELIX_TEST("the checker names a page of the image that moved", image_moved),
    XELIX_TEST("the checker names a page of the kernel in a task", kernel_in_a_task),
    XELIX_TEST("the checker names UL_VISIBLE that programs can reach", ul_visible_open),
    XELIX_TEST("the checker names ranges of a task that are not whole", ranges_of_a_task),
    XELIX_TEST("the checker names a window that leads astray", windows),
    XELIX_TEST("the checker names a directory entry that leads elsewhere", directory_entry),
};
KMS_TESTS(xelix_check, tests)
