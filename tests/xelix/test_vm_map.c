/*
 * test_vm_map.c - a task's memory in the kernel without a copy, and the kernel's in a task.
 */
#include "xelix_fixture.h"

#include <string.h>

static struct vm_lending from_task(struct task *task, uint32_t address, uint32_t bytes)
{
    return (struct vm_lending){&vm_kernel, &task->ctx, address, bytes, PTE_RW};
}

/* A task whose break and runs made frames that lie apart: three pages from XELIX_TASK_SBRK. */
static struct task *task_in_pieces(void)
{
    struct task *const task = task_get(start_task(100));

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(task_sbrk(task, 1), XELIX_TASK_SBRK + i * PAGE_SIZE);
        assert_non_null(palloc(1));
    }
    assert_int_equal(task_switch((int)task->ctx.id - 1), XELIX_OK);
    return task;
}

static void both_see_the_same_bytes(void **state)
{
    struct task *const task = task_in_pieces();
    const struct vm_lending lending = from_task(task, XELIX_TASK_SBRK + 0xff6, 2 * PAGE_SIZE);
    uint32_t address;

    (void)state;
    user_writes(XELIX_TASK_SBRK + 0xff6, 0x01020304);
    user_writes(XELIX_TASK_SBRK + 0xffe, 0x05060708);
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(address % PAGE_SIZE, 0xff6);
    assert_int_equal(kernel_word(address), 0x01020304);
    assert_int_equal(kernel_word(address + 8), 0x05060708);
    assert_true(hw_kernel_store(address + PAGE_SIZE + 8, 4, 0x090a0b0c));
    assert_int_equal(user_reads(XELIX_TASK_SBRK + 2 * PAGE_SIZE - 2), 0x090a0b0c);
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
}

static void nothing_is_copied(void **state)
{
    struct task *const task = task_in_pieces();
    const struct vm_lending lending = from_task(task, XELIX_TASK_SBRK, 3 * PAGE_SIZE);
    const uint32_t frames = palloc_stats().taken;
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(palloc_stats().taken, frames);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(paging_get(&vm_kernel, PAGE_OF(address) + i) & PAGE_FRAME,
                         paging_get(&task->ctx, PAGE_OF(XELIX_TASK_SBRK) + i) & PAGE_FRAME);
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
}

static void a_window_that_was_taken_away_faults(void **state)
{
    struct task *const task = task_in_pieces();
    const struct supplies before = supplies();
    const struct vm_lending lending = from_task(task, XELIX_TASK_SBRK, 3 * PAGE_SIZE);
    uint32_t address;
    uint64_t value;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(hw_kernel_load(address + i * PAGE_SIZE, 4, &value));
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_false(hw_kernel_load(address + i * PAGE_SIZE, 4, &value));
    assert_int_equal(vm_unmap(&vm_kernel, address), -EINVAL);
    expect_nothing_lost(&before);
}

static void only_what_the_program_has_is_lent(void **state)
{
    struct task *const task = task_in_pieces();
    const struct supplies before = supplies();
    const struct vm_lending bad[] = {
        from_task(task, XELIX_TASK_SBRK + 2 * PAGE_SIZE, PAGE_SIZE + 1), /* beyond the break */
        from_task(task, XELIX_TASK_SBRK - 1, 2),                         /* before it */
        from_task(task, IMAGE_UL_VISIBLE, 4),                            /* the kernel's */
        {&task->ctx, &task->ctx, XELIX_TASK_SBRK, 4, PTE_RW},            /* to itself */
        {&task->ctx, &vm_kernel, XELIX_KERNEL_ADDRESS, 4, PTE_US},       /* the kernel's image */
    };
    uint32_t address;

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(vm_map(&bad[i], &address), -EFAULT);
    expect_nothing_lost(&before);
}

static void ranges_that_cannot_be_are_refused(void **state)
{
    struct task *const task = task_in_pieces();
    struct vm_lending lending = from_task(task, XELIX_TASK_SBRK, 0);
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), -EINVAL);
    lending.bytes = UINT32_MAX;
    assert_int_equal(vm_map(&lending, &address), -EINVAL);
    lending = from_task(task, 0, 1);
    assert_int_equal(vm_map(&lending, &address), -EINVAL);
    lending = from_task(task, 0xffffffffu, 1);
    assert_int_equal(vm_map(&lending, &address), -EINVAL);
    lending = from_task(task, XELIX_TASK_SBRK, 4);
    lending.rights = PTE_RW | PTE_G;
    assert_int_equal(vm_map(&lending, &address), -EINVAL);
}

static void read_only_memory_is_not_lent_for_writing(void **state)
{
    struct task *const task = task_in_pieces();
    const uint32_t page = PAGE_OF(XELIX_TASK_SBRK);
    const uint32_t entry = paging_get(&task->ctx, page);
    struct vm_lending lending = from_task(task, XELIX_TASK_SBRK, 4);
    uint32_t address;

    (void)state;
    assert_int_equal(paging_set_range(&task->ctx, page, 1, entry & ~PTE_RW), XELIX_OK);
    assert_int_equal(vm_map(&lending, &address), -EFAULT);
    lending.rights = 0;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
    assert_int_equal(paging_set_range(&task->ctx, page, 1, entry), XELIX_OK);
}

static void what_is_lent_is_not_freed(void **state)
{
    const int id = start_task(100);
    struct task *const task = task_get(id);
    const uint32_t run = task_mmap(task, 2 * PAGE_SIZE);
    const struct vm_lending lending = from_task(task, run + PAGE_SIZE, 4);
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(task_munmap(task, run), -EBUSY);
    assert_int_equal(pvfree(PAGE_OF(run) + 1, 1, &task->ctx), -EBUSY);
    assert_int_equal(pvfree(PAGE_OF(address), 1, &vm_kernel), -EINVAL);
    assert_int_equal(task_exit(id), -EBUSY);
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
    assert_int_equal(task_munmap(task, run), XELIX_OK);
    assert_int_equal(task_exit(id), XELIX_OK);
}

static void a_fault_while_lent_leaves_the_task_standing(void **state)
{
    const int id = start_task(100);
    const struct vm_lending lending = from_task(task_get(id), XELIX_TASK_IMAGE, 4);
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(task_switch(id), XELIX_OK);
    user_read_faults(0x2000, PFERR_US);
    assert_non_null(task_get(id));
    assert_int_equal(task_current_id(), -1);
    assert_int_equal(vm_unmap(&vm_kernel, address), XELIX_OK);
    assert_int_equal(task_exit(id), XELIX_OK);
}

static void the_kernels_pages_can_stand_in_a_task(void **state)
{
    const int id = start_task(100);
    const uint32_t shared = PAGE_OF(pvalloc(2, &vm_kernel)) * PAGE_SIZE;
    const struct vm_lending lending = {&task_get(id)->ctx, &vm_kernel, shared + 8, PAGE_SIZE, PTE_US};
    uint32_t address;

    (void)state;
    assert_int_equal(vm_map(&lending, &address), XELIX_OK);
    assert_int_equal(task_switch(id), XELIX_OK);
    assert_true(hw_kernel_store(shared + 8, 4, 0x600d600d));
    assert_int_equal(user_reads(address), 0x600d600d);
    assert_int_equal(pvfree(PAGE_OF(shared), 2, &vm_kernel), -EBUSY);
    user_write_faults(address, PFERR_P | PFERR_WR | PFERR_US);
    assert_null(task_get(id));
    assert_int_equal(pvfree(PAGE_OF(shared), 2, &vm_kernel), XELIX_OK);
}

static void copies_cross_pages(void **state)
{
    struct task *const task = task_in_pieces();
    const struct vm_copy range = {&task->ctx, XELIX_TASK_SBRK + 0xffd, PAGE_SIZE + 7};
    static unsigned char out[PAGE_SIZE + 7], in[PAGE_SIZE + 7];

    (void)state;
    for (uint32_t i = 0; i < sizeof out; i++)
        out[i] = program_byte(i + 3);
    assert_int_equal(vm_write(&range, out), XELIX_OK);
    assert_int_equal(vm_read(&range, in), XELIX_OK);
    assert_memory_equal(in, out, sizeof out);
    assert_int_equal(user_reads(XELIX_TASK_SBRK + 0xffd), 0x06050403);
    assert_int_equal(vm_write(&(struct vm_copy){&task->ctx, XELIX_TASK_SBRK, 4 * PAGE_SIZE}, out), -EFAULT);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("a window and the program see the same bytes, across pages", both_see_the_same_bytes),
    XELIX_TEST("a window has the program's own frames behind it", nothing_is_copied),
    XELIX_TEST("a window that was taken away faults at once", a_window_that_was_taken_away_faults),
    XELIX_TEST("only what the program itself can reach is lent", only_what_the_program_has_is_lent),
    XELIX_TEST("no bytes, ranges that wrap and unknown rights are refused",
               ranges_that_cannot_be_are_refused),
    XELIX_TEST("read-only memory is not lent for writing", read_only_memory_is_not_lent_for_writing),
    XELIX_TEST("memory that is lent is not freed", what_is_lent_is_not_freed),
    XELIX_TEST("a task that faults while memory of it is lent is not ended",
               a_fault_while_lent_leaves_the_task_standing),
    XELIX_TEST("pages of the kernel's can stand in a task, and go with it",
               the_kernels_pages_can_stand_in_a_task),
    XELIX_TEST("copies through a window cross pages", copies_cross_pages),
};
KMS_TESTS(xelix_vm_map, tests)
