/*
 * test_failure.c - each allocation of each path fails in turn: the answer says so, and nothing is lost.
 */
#include "xelix_fixture.h"

#define MOST_ALLOCATIONS 40u

/* A path through the kernel: true if it succeeded. What it made is taken back by `undo`. */
struct path {
    bool (*run)(void);
    void (*undo)(void);
    unsigned allocations; /* that it makes, counted by hand */
};

static int task;
static uint32_t made;

static void walk(const struct path *path)
{
    const struct supplies before = supplies();
    unsigned n = 1;

    for (; n <= MOST_ALLOCATIONS; n++) {
        bool succeeded;

        mem_fail_at(n);
        succeeded = path->run();
        mem_fail_at(0);
        if (succeeded)
            break;
        expect_nothing_lost(&before);
    }
    assert_int_equal(n - 1, path->allocations);
    path->undo();
    expect_nothing_lost(&before);
}

/* ---- runs of pages ---- */

static bool run_pvalloc(void)
{
    made = PAGE_OF(pvalloc(5, &vm_kernel));
    return made != 0;
}

static void undo_pvalloc(void)
{
    assert_int_equal(pvfree(made, 5, &vm_kernel), XELIX_OK);
}

static void pvalloc_in_the_kernel(void **state)
{
    (void)state;
    walk(&(struct path){run_pvalloc, undo_pvalloc, 2});
}

/* Across three tables that are not there: each is addresses and a frame. */
static bool run_across_tables(void)
{
    return pvalloc_at(0x20000 - 1, 2 + 1024, &task_get(task)->ctx) == XELIX_OK;
}

static void undo_across_tables(void)
{
    assert_int_equal(pvfree(0x20000 - 1, 2 + 1024, &task_get(task)->ctx), XELIX_OK);
}

static void pvalloc_in_a_task(void **state)
{
    (void)state;
    task = start_task(100);
    walk(&(struct path){run_across_tables, undo_across_tables, 2 + 3 * 2});
}

/* ---- kmalloc ---- */

static void *memory;

static bool run_kmalloc(void)
{
    memory = kmalloc(100);
    return memory;
}

static bool run_zmalloc_a(void)
{
    memory = zmalloc_a(100);
    return memory;
}

static void undo_kmalloc(void)
{
    assert_int_equal(kfree(memory), XELIX_OK);
}

static void each_kmalloc(void **state)
{
    (void)state;
    walk(&(struct path){run_kmalloc, undo_kmalloc, 1});
    walk(&(struct path){run_zmalloc_a, undo_kmalloc, 1});
}

/* ---- windows ---- */

static bool run_window(void)
{
    const struct vm_lending lending = {&vm_kernel, &task_get(task)->ctx, XELIX_TASK_IMAGE + 5, 2 * PAGE_SIZE,
                                       0};

    return vm_map(&lending, &made) == XELIX_OK;
}

static void undo_window(void)
{
    assert_int_equal(vm_unmap(&vm_kernel, made), XELIX_OK);
}

static void a_window(void **state)
{
    (void)state;
    task = start_task(3 * PAGE_SIZE);
    walk(&(struct path){run_window, undo_window, 2});
}

/* ---- tasks ---- */

/*
 * Its own pages 2; UL_VISIBLE's table 2. The image: addresses and frames 2, its table 2, a window to zero it 2, one to
 * fill it 2. The stack: 2, its table 2, a window 2.
 */
static bool run_task(void)
{
    task = task_new("program", 8);
    return task >= 0;
}

static void undo_task(void)
{
    assert_int_equal(task_exit(task), XELIX_OK);
}

static void a_new_task(void **state)
{
    (void)state;
    walk(&(struct path){run_task, undo_task, 4 + 8 + 6});
}

static bool run_mmap(void)
{
    made = task_mmap(task_get(task), 3 * PAGE_SIZE);
    return made != 0;
}

static void undo_mmap(void)
{
    assert_int_equal(task_munmap(task_get(task), made), XELIX_OK);
}

static void a_run_for_a_program(void **state)
{
    (void)state;
    task = start_task(100);
    walk(&(struct path){run_mmap, undo_mmap, 1 + 2 + 2});
}

static bool run_sbrk(void)
{
    return task_sbrk(task_get(task), 10) != 0;
}

/* The break does not go back: the task ends. */
static void more_break(void **state)
{
    const struct supplies before = supplies();
    unsigned n = 1;

    (void)state;
    task = start_task(100);
    for (bool succeeded = false; !succeeded; n++) {
        const struct supplies now = supplies();

        mem_fail_at(n);
        succeeded = run_sbrk();
        mem_fail_at(0);
        if (!succeeded)
            expect_nothing_lost(&now);
    }
    assert_int_equal(n - 2, 2 + 2 + 2);
    assert_int_equal(task_exit(task), XELIX_OK);
    expect_nothing_lost(&before);
}

static void a_growing_stack(void **state)
{
    const uint32_t address = XELIX_TASK_STACK_TOP - 10 * PAGE_SIZE;

    (void)state;
    task = start_task(100);
    for (unsigned n = 1; n <= 4; n++) {
        const struct supplies now = supplies();

        mem_fail_at(n);
        assert_int_equal(task_page_fault(task_get(task), address), -ENOMEM);
        mem_fail_at(0);
        expect_nothing_lost(&now);
    }
    mem_fail_at(5);
    assert_int_equal(task_page_fault(task_get(task), address), XELIX_OK);
    mem_fail_at(0);
}

/* ---- the kernel itself ---- */

static void too_little_ram(void **state)
{
    struct kms_guest *guest = NULL;
    struct kms_guest_stop stop;
    const struct kms_guest_options options = {
        .kernel = XELIX_MODULE, .mode = KMS_GUEST_DIRECT, .machine.ram_size = XELIX_RAM_BYTES / 2};

    (void)state;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    assert_int_equal(stop.status, -ENOMEM);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("pvalloc in the kernel is undone wherever it fails", pvalloc_in_the_kernel),
    XELIX_TEST("pvalloc in a task is undone wherever it fails, tables and all", pvalloc_in_a_task),
    XELIX_TEST("kmalloc that fails takes nothing", each_kmalloc),
    XELIX_TEST("a window is undone wherever it fails", a_window),
    XELIX_TEST("a new task is undone wherever it fails", a_new_task),
    XELIX_TEST("a run for a program is undone wherever it fails", a_run_for_a_program),
    XELIX_TEST("a break is undone wherever it fails", more_break),
    XELIX_TEST("a growing stack is undone wherever it fails", a_growing_stack),
    KMS_TEST("the kernel does not boot with too little RAM, and says so", too_little_ram),
};
KMS_TESTS(xelix_failure, tests)
