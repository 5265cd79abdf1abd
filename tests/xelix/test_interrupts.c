/*
 * test_interrupts.c - an interrupt from ring 3, delivered by the machine through the task's own tables: it survives
 * because UL_VISIBLE is mapped there, and dies when any part of the section is not.
 */
#include "xelix_fixture.h"

#include "interrupts.h"

#define SYSCALL_VECTOR 0x80u
#define TIMER_VECTOR   0x20u
#define GENERAL_FAULT  13u
#define PAGE_FAULT     14u

#define ENTRY_PAGE IMAGE_UL_VISIBLE
#define IDT_PAGE   (IMAGE_UL_VISIBLE + 2 * PAGE_SIZE)
#define STACK_PAGE (IMAGE_UL_VISIBLE_END - PAGE_SIZE)

static int run_task(void)
{
    const int id = start_task(100);

    assert_int_equal(task_switch(id), XELIX_OK);
    return id;
}

static void it_survives_the_switch(void **state)
{
    struct hw_interrupt_trouble trouble;
    const uint32_t kernel = hw_read_cr3();

    (void)state;
    run_task();
    assert_int_not_equal(task_current()->ctx.directory, kernel);
    assert_int_equal(hw_user_interrupt(SYSCALL_VECTOR, &trouble), HW_INTERRUPT_RETURNED);
    assert_int_equal(trouble.vector, 0);
    assert_int_equal(interrupts_seen(), 1);
    assert_int_equal(hw_read_cr3(), kernel);
    assert_int_equal(user_reads(XELIX_TASK_IMAGE), 0x03020100);
}

static void in_every_task(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= XELIX_MAX_TASKS; i++) {
        run_task();
        assert_int_equal(hw_user_interrupt(SYSCALL_VECTOR, NULL), HW_INTERRUPT_RETURNED);
        assert_int_equal(interrupts_seen(), i);
    }
}

/* A gate that ring 3 may not call is #GP, with the gate's number: another interrupt that has to find its way. */
static void exceptions_find_their_way_too(void **state)
{
    struct hw_interrupt_trouble trouble;

    (void)state;
    run_task();
    assert_int_equal(hw_user_interrupt(TIMER_VECTOR, &trouble), HW_INTERRUPT_FAULTED);
    assert_int_equal(trouble.vector, GENERAL_FAULT);
    assert_int_equal(trouble.error, TIMER_VECTOR * 8 + 2);
    assert_int_equal(interrupts_seen(), 1);
}

static void unmap_in_task(uint32_t address)
{
    const uint32_t page = PAGE_OF(address);
    struct vm_ctx *const ctx = &task_current()->ctx;

    assert_int_not_equal(paging_get(ctx, page), 0);
    paging_clear_range(ctx, page, 1);
}

static void expect_death_without(uint32_t address, uint32_t faults_at)
{
    struct hw_interrupt_trouble trouble;

    run_task();
    unmap_in_task(address);
    assert_int_equal(hw_user_interrupt(SYSCALL_VECTOR, &trouble), HW_INTERRUPT_DEAD);
    assert_int_equal(trouble.vector, PAGE_FAULT);
    assert_int_equal(trouble.address, faults_at);
    assert_int_equal(interrupts_seen(), 0);
}

static void without_the_gates(void **state)
{
    (void)state;
    expect_death_without(IDT_PAGE, IDT_PAGE + SYSCALL_VECTOR * 8);
}

/* Five words of the frame; the first to be pushed is SS. */
static void without_the_stack(void **state)
{
    (void)state;
    expect_death_without(STACK_PAGE, IMAGE_UL_VISIBLE_END - 4);
}

static void without_the_entry(void **state)
{
    (void)state;
    expect_death_without(ENTRY_PAGE, ENTRY_PAGE);
}

/* ---- without the whole section ---- */

static void interrupt_a_task(void *context)
{
    const struct guest_ops *const ops = context;
    const int id = ops->process_create("program", 8);

    assert_true(id >= 0);
    assert_int_equal(ops->process_switch(id), 0);
    (void)hw_user_interrupt(SYSCALL_VECTOR, NULL);
}

static void expect_end(const char *kernel, enum kms_guest_end end)
{
    struct kms_guest *guest = NULL;
    struct kms_guest_stop stop;
    const struct kms_guest_options options = {.kernel = kernel, .mode = KMS_GUEST_DIRECT};
    const struct guest_ops *ops;

    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    ops = kms_guest_module(guest)->ops;
    assert_int_equal(kms_guest_call(guest, interrupt_a_task, (void *)(uintptr_t)ops, &stop), end);
    kms_guest_free(guest);
}

/* Its descriptors are out of reach: not even the way into ring 3 is there. */
static void a_kernel_without_the_section_dies(void **state)
{
    (void)state;
    expect_end("xelix", KMS_GUEST_RETURNED);
    expect_end("xelix_blind", KMS_GUEST_PANIC);
}

static const struct CMUnitTest tests[] = {
    XELIX_TEST("an interrupt from a task survives the switch to the kernel's directory",
               it_survives_the_switch),
    XELIX_TEST("an interrupt survives in every task", in_every_task),
    XELIX_TEST("an exception on the way finds the kernel too", exceptions_find_their_way_too),
    XELIX_TEST("without the gates' page in the task an interrupt dies", without_the_gates),
    XELIX_TEST("without the ring-0 stack's page in the task an interrupt dies", without_the_stack),
    XELIX_TEST("without the entry code's page in the task an interrupt dies", without_the_entry),
    KMS_TEST("a kernel that leaves UL_VISIBLE out of tasks ends with the first interrupt",
             a_kernel_without_the_section_dies),
};
KMS_TESTS(xelix_interrupts, tests)
