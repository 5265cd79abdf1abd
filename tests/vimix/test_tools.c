/* What tools do with processes through the table of functions, and what the checker sees. */
#include "vimix_programs.h"

/* ---- the table of functions ---- */

static void tools_map_beside_what_a_process_has(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);
    guest_addr physical;

    (void)state;
    assert_int_equal(vimix_guest.map(SHARED, KERNEL_DATA, 2, GUEST_WRITE | GUEST_USER), 0);
    user_writes(SHARED + PAGE_SIZE, 5);
    assert_int_equal(vimix_guest.physical(SHARED + PAGE_SIZE + 4, &physical), 0);
    assert_int_equal(physical, KERNEL_DATA + PAGE_SIZE + 4);
    assert_int_equal(vimix_guest.unmap(SHARED, 2), 0);
    assert_int_equal(vimix_guest.physical(SHARED, &physical), -EFAULT);
    assert_int_equal(vimix_guest.map(PROGRAM, KERNEL_DATA, 1, GUEST_USER), -EEXIST);
    assert_int_equal(vimix_guest.unmap(process->stack_low, 1), -EEXIST);
    assert_int_equal(vimix_guest.map(TRAPFRAME, KERNEL_DATA, 1, GUEST_USER), -EEXIST);
    assert_int_equal(vimix_guest.map(SHARED, KERNEL_DATA, 0, 0), -EINVAL);
    assert_int_equal(vimix_guest.map(SHARED, KERNEL_DATA, UINT32_MAX, 0), -EINVAL);
    assert_int_equal(vimix_guest.map(SHARED, KERNEL_DATA, 1, 4), -EINVAL);
    assert_int_equal(vimix_guest.map((guest_addr)1 << 50, KERNEL_DATA, 1, 0), -EINVAL);
    assert_int_equal(vimix_guest.unmap(UINT64_MAX, 1), -EINVAL);
    assert_int_equal(vimix_guest.unmap(SHARED, 1), -EFAULT);
}

static void tools_do_not_unmap_the_kernel(void **state)
{
    (void)state;
    process_switch(NULL);
    assert_int_equal(vimix_guest.unmap(UART0, 1), -EEXIST);
    assert_int_equal(vimix_guest.unmap(TRAMPOLINE, 1), -EEXIST);
    assert_int_equal(vimix_guest.unmap(KERNEL_DATA, 1), -EEXIST);
    assert_int_equal(vimix_guest.map(UART0, UART0, 1, GUEST_WRITE), -EEXIST);
    assert_int_equal(vimix_guest.map(SHARED, KERNEL_DATA, 1, GUEST_WRITE), 0);
    assert_int_equal(vimix_guest.unmap(SHARED, 2), -EFAULT);
    assert_int_equal(vimix_guest.unmap(SHARED, 1), 0);
}

static void a_mapping_stops_the_break_and_nothing_is_lost(void **state)
{
    const size_t before = (start_program(SMALL, 0x11), free_pages());

    (void)state;
    assert_int_equal(vimix_guest.map(PROGRAM + 2 * PAGE_SIZE, KERNEL_DATA, 1, GUEST_USER), 0);
    break_is_refused(3 * PAGE_SIZE, -EEXIST);
    assert_int_equal(free_pages(), before);
    assert_int_equal(moves_break(0), SMALL_BREAK);
}

static void numbers_of_no_process_are_refused(void **state)
{
    (void)state;
    assert_int_equal(vimix_guest.process_switch(5), -ESRCH);
    assert_int_equal(vimix_guest.process_exit(-1), -ESRCH);
    assert_int_equal(vimix_guest.process_alloc(64, 8), 0);
    assert_int_equal(vimix_guest.process_free(3, 8), -ESRCH);
    assert_int_equal(vimix_guest.process_realloc(3, 8, 8), 0);
    assert_int_equal(vimix_guest.process_sbrk(3, 8), GUEST_NO_ADDRESS);
    assert_int_equal(vimix_guest.process_stack(3, 8), -ESRCH);
}

/* ---- the checker ---- */

static void breaks(const char *words)
{
    fixture_is_broken();
    assert_string_equal(kernel_check(), words);
}

static void a_break_below_its_beginning_is_seen(void **state)
{
    (void)state;
    start_program(SMALL, 0x11)->heap_end -= 16;
    breaks("a break is outside of what the heap may be");
}

static void a_break_without_pages_is_seen(void **state)
{
    (void)state;
    start_program(SMALL, 0x11)->heap_end += PAGE_SIZE;
    breaks("a page below the break is not mapped");
}

static void a_page_above_the_break_is_seen(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    moves_break(PAGE_SIZE);
    process->heap_end -= PAGE_SIZE;
    breaks("a page at 0 or above the break is mapped");
}

static void a_stack_out_of_bounds_is_seen(void **state)
{
    (void)state;
    start_program(SMALL, 0x11)->stack_low = USER_STACK_LOWEST - PAGE_SIZE;
    breaks("a stack is larger or smaller than it may be");
}

static void a_stack_without_pages_is_seen(void **state)
{
    (void)state;
    start_program(SMALL, 0x11)->stack_low -= PAGE_SIZE;
    breaks("a page of a stack is not mapped");
}

static void a_page_beside_the_stack_is_seen(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    assert_int_equal(uvm_alloc_heap(process->pagetable, STACK - 2 * PAGE_SIZE, PAGE_SIZE, PTE_R | PTE_W), 0);
    breaks("a page beside a stack is mapped");
}

static void a_trapframe_of_two_is_seen(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    process->trapframe = (void *)process->pagetable;
    breaks("a trapframe has two owners");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("tools map beside what a process has", tools_map_beside_what_a_process_has),
    AFTER_BOOT("tools do not unmap what is the kernel's", tools_do_not_unmap_the_kernel),
    AFTER_BOOT("a mapping stops the break, and nothing is lost",
               a_mapping_stops_the_break_and_nothing_is_lost),
    AFTER_BOOT("numbers of no process are refused", numbers_of_no_process_are_refused),
    AFTER_BOOT("the checker sees a break below its beginning", a_break_below_its_beginning_is_seen),
    AFTER_BOOT("the checker sees a break without pages", a_break_without_pages_is_seen),
    AFTER_BOOT("the checker sees a page above the break", a_page_above_the_break_is_seen),
    AFTER_BOOT("the checker sees a stack out of its bounds", a_stack_out_of_bounds_is_seen),
    AFTER_BOOT("the checker sees a stack without pages", a_stack_without_pages_is_seen),
    AFTER_BOOT("the checker sees a page beside a stack", a_page_beside_the_stack_is_seen),
    AFTER_BOOT("the checker sees a trapframe with two owners", a_trapframe_of_two_is_seen),
};
KMS_TESTS(vimix_tools, tests)
