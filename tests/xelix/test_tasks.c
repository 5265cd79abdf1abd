/*
 * test_tasks.c - programs: their image, stack, break and runs, and what of the kernel they can reach.
 */
#include "xelix_fixture.h"

#define USER_READ     PFERR_US
#define USER_WRITE    (PFERR_US | PFERR_WR)
#define USER_READ_SUP (PFERR_US | PFERR_P)

static int run_task(uint32_t size)
{
    const int id = start_task(size);

    assert_int_equal(task_switch(id), XELIX_OK);
    return id;
}

static void a_program_finds_its_bytes(void **state)
{
    (void)state;
    run_task(5000);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE), 0x03020100);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE + 4096) & 0xff, program_byte(4096));
    assert_int_equal(user_reads(XELIX_TASK_IMAGE + 5000), 0);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE + 8188), 0);
}

static void programs_do_not_see_each_other(void **state)
{
    const int a = run_task(100);
    int b;

    (void)state;
    user_writes(XELIX_TASK_IMAGE, 0xaaaaaaaa);
    b = run_task(100);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE), 0x03020100);
    user_writes(XELIX_TASK_IMAGE, 0xbbbbbbbb);
    assert_int_equal(task_switch(a), XELIX_OK);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE), 0xaaaaaaaa);
    assert_int_equal(task_switch(b), XELIX_OK);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE), 0xbbbbbbbb);
}

static void the_kernel_is_not_mapped_in_a_task(void **state)
{
    const struct vm_ctx *const ctx = &task_get(run_task(100))->ctx;
    const uint32_t start = IMAGE_UL_VISIBLE / PAGE_SIZE;
    const uint32_t end = IMAGE_UL_VISIBLE_END / PAGE_SIZE;

    (void)state;
    for (uint32_t page = 0; page < XELIX_TASK_IMAGE / PAGE_SIZE; page++)
        assert_int_equal(paging_get(ctx, page) != 0, page >= start && page < end);
}

static void ul_visible_is_the_kernels_alone(void **state)
{
    (void)state;
    run_task(100);
    user_read_faults(IMAGE_UL_VISIBLE, USER_READ_SUP);
    run_task(100);
    user_read_faults(IMAGE_UL_VISIBLE_END, USER_READ);
}

static void a_bad_access_ends_the_task_and_loses_nothing(void **state)
{
    const struct supplies before = supplies();
    const int id = run_task(3 * PAGE_SIZE);

    (void)state;
    assert_int_not_equal(task_sbrk(task_get(id), 10000), 0);
    assert_int_not_equal(task_mmap(task_get(id), 10000), 0);
    user_write_faults(0x00001000, USER_WRITE);
    assert_null(task_get(id));
    assert_int_equal(task_current_id(), -1);
    expect_nothing_lost(&before);
}

/* ---- the stack ---- */

static void the_stack_begins_with_two_pages(void **state)
{
    (void)state;
    run_task(100);
    user_writes(XELIX_TASK_STACK_TOP - 4, 1);
    user_writes(XELIX_TASK_STACK_TOP - 2 * PAGE_SIZE, 2);
    assert_int_equal(task_current()->stack_low, XELIX_TASK_STACK_TOP / PAGE_SIZE - 2);
    user_read_faults(XELIX_TASK_STACK_TOP, USER_READ);
}

static void the_stack_grows_to_where_it_is_used(void **state)
{
    (void)state;
    run_task(100);
    user_writes(XELIX_TASK_STACK_TOP - 5 * PAGE_SIZE, 0x51515151);
    assert_int_equal(task_current()->stack_low, XELIX_TASK_STACK_TOP / PAGE_SIZE - 5);
    assert_int_equal(user_reads(XELIX_TASK_STACK_TOP - 4 * PAGE_SIZE), 0);
    assert_int_equal(user_reads(XELIX_TASK_STACK_TOP - 5 * PAGE_SIZE), 0x51515151);
}

static void the_stack_has_a_limit(void **state)
{
    const uint32_t limit = XELIX_TASK_STACK_TOP - XELIX_TASK_STACK_PAGES_MAX * PAGE_SIZE;
    const int id = run_task(100);

    (void)state;
    user_writes(limit, 1);
    assert_int_equal(task_page_fault(task_get(id), limit - 1), -EFAULT);
    user_write_faults(limit - 4, USER_WRITE);
}

static void a_stack_without_memory_ends_the_task(void **state)
{
    const int id = run_task(100);

    (void)state;
    assert_non_null(palloc(palloc_stats().longest_free));
    while (palloc(1))
        continue;
    user_write_faults(XELIX_TASK_STACK_TOP - 8 * PAGE_SIZE, USER_WRITE);
    assert_null(task_get(id));
}

/* ---- the break and runs ---- */

static void the_break_moves_by_pages(void **state)
{
    struct task *const task = task_get(run_task(100));

    (void)state;
    assert_int_equal(task_sbrk(task, 0), XELIX_TASK_SBRK);
    assert_int_equal(task_sbrk(task, 1), XELIX_TASK_SBRK);
    assert_int_equal(task_sbrk(task, PAGE_SIZE + 1), XELIX_TASK_SBRK + PAGE_SIZE);
    assert_int_equal(task_sbrk(task, -5), XELIX_TASK_SBRK + 3 * PAGE_SIZE);
    user_writes(XELIX_TASK_SBRK + 3 * PAGE_SIZE - 4, 9);
    assert_int_equal(user_reads(XELIX_TASK_SBRK), 0);
    user_read_faults(XELIX_TASK_SBRK + 3 * PAGE_SIZE, USER_READ);
}

static void a_break_that_does_not_fit_stays(void **state)
{
    struct task *const task = task_get(run_task(100));
    const struct supplies before = supplies();

    (void)state;
    assert_int_equal(task_sbrk(task, INT32_MAX), 0);
    assert_int_equal(task_sbrk(task, XELIX_RAM_BYTES), 0);
    assert_int_equal(task_sbrk(task, 0), XELIX_TASK_SBRK);
    expect_nothing_lost(&before);
}

static void runs_are_given_by_system_calls(void **state)
{
    uint32_t address;

    (void)state;
    run_task(100);
    address = (uint32_t)hw_user_syscall(SYSCALL_MMAP, 3 * PAGE_SIZE, 0);
    assert_int_equal(address, XELIX_TASK_IMAGE + PAGE_SIZE);
    user_writes(address + 2 * PAGE_SIZE, 4);
    assert_int_equal(hw_user_syscall(SYSCALL_SBRK, 1, 0), XELIX_TASK_SBRK);
    assert_int_equal(hw_user_syscall(SYSCALL_MUNMAP, address + PAGE_SIZE, 0), (uint32_t)-EINVAL);
    assert_int_equal(hw_user_syscall(SYSCALL_MUNMAP, address, 0), 0);
    assert_int_equal(hw_user_syscall(SYSCALL_MUNMAP, address, 0), (uint32_t)-EINVAL);
    assert_null(kernel_check());
    assert_int_equal(hw_user_syscall(4711, 0, 0), (uint32_t)-EINVAL);
    user_read_faults(address, USER_READ);
    assert_int_equal(hw_user_syscall(SYSCALL_SBRK, 1, 0), (uint32_t)-ESRCH);
}

static void fresh_memory_is_zero(void **state)
{
    const uint32_t dirty = PAGE_OF(pvalloc(64, &vm_kernel));
    struct task *task;
    uint32_t address;

    (void)state;
    for (uint32_t i = 0; i < 64 * PAGE_SIZE; i += 4)
        *(uint32_t *)vm_ptr(dirty * PAGE_SIZE + i) = 0xd1d1d1d1;
    assert_int_equal(pvfree(dirty, 64, &vm_kernel), XELIX_OK);
    task = task_get(run_task(100));
    address = task_mmap(task, 2 * PAGE_SIZE);
    assert_int_equal(user_reads(address), 0);
    assert_int_equal(user_reads(address + PAGE_SIZE + 8), 0);
    assert_int_equal(task_sbrk(task, 1), XELIX_TASK_SBRK);
    assert_int_equal(user_reads(XELIX_TASK_SBRK + 100), 0);
    assert_int_equal(user_reads(XELIX_TASK_STACK_TOP - 4), 0);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE + 104), 0);
}

/* ---- beginning and ending ---- */

static void a_task_costs_what_it_has(void **state)
{
    const struct supplies before = supplies();
    const int id = start_task(5 * PAGE_SIZE);

    (void)state;
    /* its directory, the list of its tables and 32 pages of bitmap; tables for UL_VISIBLE, the image and the stack;
     * image and stack */
    assert_int_equal(supplies().frames - before.frames, 34 + 3 + 5 + 2);
    assert_int_equal(task_exit(id), XELIX_OK);
    expect_nothing_lost(&before);
}

static void tables_come_and_go_with_their_pages(void **state)
{
    struct vm_ctx *const ctx = &task_get(start_task(100))->ctx;
    const uint32_t before = palloc_stats().taken;

    (void)state;
    assert_int_equal(pvalloc_at(0x20000, 1, ctx), XELIX_OK);
    assert_int_equal(palloc_stats().taken, before + 2);
    assert_int_equal(pvalloc_at(0x20001, 1, ctx), XELIX_OK);
    assert_int_equal(palloc_stats().taken, before + 3);
    assert_int_equal(pvfree(0x20000, 1, ctx), XELIX_OK);
    assert_int_equal(pvfree(0x20001, 1, ctx), XELIX_OK);
    assert_int_equal(palloc_stats().taken, before);
}

static void programs_that_cannot_be_are_refused(void **state)
{
    const struct supplies before = supplies();
    static const unsigned char byte = 0x90;

    (void)state;
    assert_int_equal(task_new(&byte, 0), -EINVAL);
    assert_int_equal(task_new(&byte, XELIX_TASK_SBRK - XELIX_TASK_IMAGE + 1), -EINVAL);
    assert_int_equal(task_new(&byte, UINT32_MAX), -EINVAL);
    assert_int_equal(task_new(&byte, XELIX_RAM_BYTES), -ENOMEM);
    assert_int_equal(task_exit(0), -ESRCH);
    assert_int_equal(task_exit(-1), -ESRCH);
    assert_int_equal(task_exit(XELIX_MAX_TASKS), -ESRCH);
    assert_int_equal(task_switch(3), -ESRCH);
    expect_nothing_lost(&before);
}

static void all_places_can_be_taken(void **state)
{
    const struct supplies before = supplies();

    (void)state;
    for (unsigned i = 0; i < XELIX_MAX_TASKS; i++)
        assert_int_equal(start_task(1), i);
    assert_int_equal(task_new("x", 1), -ENOMEM);
    assert_int_equal(task_exit(5), XELIX_OK);
    assert_int_equal(start_task(1), 5);
    for (unsigned i = 0; i < XELIX_MAX_TASKS; i++)
        assert_int_equal(task_exit((int)i), XELIX_OK);
    expect_nothing_lost(&before);
}

static void the_kernel_never_runs_in_a_tasks_space(void **state)
{
    const uint32_t kernel_cr3 = hw_read_cr3();

    (void)state;
    run_task(100);
    user_writes(XELIX_TASK_STACK_TOP - 4 * PAGE_SIZE, 1);
    assert_int_equal(hw_read_cr3(), kernel_cr3);
    assert_int_equal(hw_user_syscall(SYSCALL_SBRK, 1, 0), XELIX_TASK_SBRK);
    assert_int_equal(hw_read_cr3(), kernel_cr3);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("a program finds its bytes, and zeros behind them", a_program_finds_its_bytes),
    XELIX_TEST("programs at the same address do not see each other", programs_do_not_see_each_other),
    XELIX_TEST("of the kernel a task has UL_VISIBLE mapped and nothing else",
               the_kernel_is_not_mapped_in_a_task),
    XELIX_TEST("UL_VISIBLE is closed to programs", ul_visible_is_the_kernels_alone),
    XELIX_TEST("a bad access ends the task and loses nothing", a_bad_access_ends_the_task_and_loses_nothing),
    XELIX_TEST("the stack begins with two pages", the_stack_begins_with_two_pages),
    XELIX_TEST("the stack grows to where it is used, zeroed", the_stack_grows_to_where_it_is_used),
    XELIX_TEST("the stack grows to its limit and no further", the_stack_has_a_limit),
    XELIX_TEST("a stack that cannot grow ends its task", a_stack_without_memory_ends_the_task),
    XELIX_TEST("the break moves up by whole pages", the_break_moves_by_pages),
    XELIX_TEST("a break that does not fit stays where it is", a_break_that_does_not_fit_stays),
    XELIX_TEST("runs of pages come and go by system calls", runs_are_given_by_system_calls),
    XELIX_TEST("memory that a program gets is zero", fresh_memory_is_zero),
    XELIX_TEST("a task costs what it has, and gives it back", a_task_costs_what_it_has),
    XELIX_TEST("a table comes with its first page and goes with its last",
               tables_come_and_go_with_their_pages),
    XELIX_TEST("programs that cannot be are refused", programs_that_cannot_be_are_refused),
    XELIX_TEST("every place for a task can be taken, and taken again", all_places_can_be_taken),
    XELIX_TEST("the kernel runs in its own space whenever it runs", the_kernel_never_runs_in_a_tasks_space),
};
KMS_TESTS(xelix_tasks, tests)
