/*
 * Processes: their memory map, the break, the stack. A program of one page and less ends
 * in that page with the library's static data (32 or 16 bytes) behind it, so its break begins at a place counted by hand.
 */
#include "vimix_programs.h"

#include <string.h>

static void the_map_is_the_document_s(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    assert_int_equal(TRAMPOLINE, BY_WIDTH(UINT64_C(0x3ffffff000), 0xfffff000));
    assert_int_equal(TRAPFRAME, BY_WIDTH(UINT64_C(0x3fffffe000), 0xffffe000));
    assert_int_equal(STACK, BY_WIDTH(UINT64_C(0x3fffff1000), 0xffff1000));
    assert_int_equal(KERNEL_STACK(0), BY_WIDTH(UINT64_C(0x3fffffd000), 0xffffd000));
    assert_int_equal(process->heap_begin, SMALL_BREAK);
    assert_int_equal(process->heap_end, SMALL_BREAK);
    assert_int_equal(process->stack_low, STACK - PAGE_SIZE);
    assert_int_equal(process->trapframe->registers[TRAPFRAME_SP], STACK);
    assert_int_equal(process->trapframe->kernel_satp, hw_read_satp());
    assert_int_equal(process->trapframe->kernel_sp, KERNEL_STACK(0) + PAGE_SIZE);
}

static void a_program_is_read_written_and_run(void **state)
{
    (void)state;
    start_program(SMALL, 0x11);
    assert_int_equal(user_reads(PROGRAM), 0x11111111);
    assert_int_equal(user_reads(PROGRAM + SMALL), 0);
    user_writes(PROGRAM, 0x22);
    assert_int_equal(user_reads(PROGRAM), 0x22);
    assert_true(hw_user_fetch(PROGRAM));
    user_writes(STACK - 4, 7);
    assert_int_equal(user_reads(STACK - 4), 7);
}

static void accesses_have_every_width(void **state)
{
    uint64_t value = 0;

    (void)state;
    start_program(SMALL, 0x11);
    assert_true(hw_user_store(PROGRAM, 4, 0x44332211));
    assert_true(hw_user_load(PROGRAM + 1, 1, &value));
    assert_int_equal(value, 0x22);
    assert_true(hw_user_load(PROGRAM + 2, 2, &value));
    assert_int_equal(value, 0x4433);
#if KERNEL_XLEN == 64
    assert_true(hw_user_store(PROGRAM + 8, 8, UINT64_C(0x8877665544332211)));
    assert_true(hw_user_load(PROGRAM + 8, 8, &value));
    assert_int_equal(value, UINT64_C(0x8877665544332211));
#endif
}

/* Each row: what an access outside of the program is answered; the program ends each time. */
static void dies_at(bool (*access)(reg_t address), reg_t address, uint32_t cause)
{
    struct process *const process = start_program(SMALL, 0x11);
    const int id = process->id;
    struct guest_fault fault;

    assert_false(access(address));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, address);
    assert_int_equal(fault.error, cause);
    assert_int_equal(fault.process, id);
    assert_null(process_get(id));
    assert_null(process_current());
    assert_null(kernel_check());
}

static bool fetches(reg_t address)
{
    return hw_user_fetch(address);
}

static void what_is_not_the_program_s_ends_it(void **state)
{
    const size_t before = free_pages();

    (void)state;
    dies_at(loads, 0, LOAD_FAULT);
    dies_at(stores, 0xffc, STORE_FAULT);
    dies_at(stores, PROGRAM + PAGE_SIZE, STORE_FAULT);
    dies_at(loads, TRAMPOLINE, LOAD_FAULT);
    dies_at(fetches, TRAMPOLINE, FETCH_FAULT);
    dies_at(stores, TRAPFRAME, STORE_FAULT);
    dies_at(loads, STACK, LOAD_FAULT);
    dies_at(fetches, STACK - PAGE_SIZE, FETCH_FAULT); /* a stack is not run */
    dies_at(loads, KERNBASE, LOAD_FAULT);
    dies_at(stores, UART0, STORE_FAULT);
    assert_int_equal(free_pages(), before);
}

static void programs_do_not_see_each_other(void **state)
{
    struct process *const first = start_program(SMALL, 0x11);
    struct process *const second = start_program(2 * PAGE_SIZE, 0x22);

    (void)state;
    assert_int_equal(user_reads(PROGRAM), 0x22222222);
    process_switch(first);
    assert_int_equal(user_reads(PROGRAM), 0x11111111);
    user_writes(PROGRAM, 1);
    process_exit(first);
    assert_null(process_current());
    process_switch(second);
    assert_int_equal(user_reads(PROGRAM), 0x22222222);
}

static void without_a_program_the_user_has_nothing(void **state)
{
    struct guest_fault fault;

    (void)state;
    process_switch(NULL);
    assert_false(loads(KERNBASE));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.process, -1);
    assert_int_equal(hw_user_syscall(SYS_SBRK, 0, 0), (reg_t)-ESRCH);
}

static void a_table_of_processes_is_full_at_64(void **state)
{
    static const char image[] = "program";

    (void)state;
    for (int i = 0; i < (int)MAX_PROCS; i++)
        assert_int_equal(process_create(image, sizeof image), i);
    assert_int_equal(process_create(image, sizeof image), -ENOMEM);
    assert_null(process_get(64));
    assert_null(process_get(-1));
    process_exit(process_get(17));
    assert_int_equal(process_create(image, sizeof image), 17);
    assert_int_equal(process_create(image, 0), -EINVAL);
    assert_int_equal(process_create(image, USER_HEAP_LIMIT), -EINVAL);
    assert_int_equal(process_create(image, (reg_t)-1), -EINVAL);
}

/* ---- the break ---- */

static void the_break_moves(void **state)
{
    (void)state;
    start_program(SMALL, 0x11);
    assert_int_equal(moves_break(0), SMALL_BREAK);
    assert_int_equal(moves_break(3 * PAGE_SIZE), SMALL_BREAK);
    user_writes(SMALL_BREAK + 3 * PAGE_SIZE - 4, 0xcafe);
    assert_int_equal(moves_break(-1), SMALL_BREAK + 3 * PAGE_SIZE);
    assert_int_equal(user_reads(SMALL_BREAK + 3 * PAGE_SIZE - 4), 0xcafe); /* its page has bytes left */
    assert_int_equal(moves_break(-(sreg_t)(3 * PAGE_SIZE - 1)), SMALL_BREAK + 3 * PAGE_SIZE - 1);
    assert_int_equal(moves_break(0), SMALL_BREAK);
    assert_false(stores(SMALL_BREAK + PAGE_SIZE));
}

static void memory_that_comes_back_is_zero(void **state)
{
    (void)state;
    start_program(SMALL, 0x11);
    moves_break(2 * PAGE_SIZE);
    user_writes(PROGRAM + PAGE_SIZE, 0xcafe);
    moves_break(-(sreg_t)(2 * PAGE_SIZE));
    moves_break(2 * PAGE_SIZE);
    assert_int_equal(user_reads(PROGRAM + PAGE_SIZE), 0);
}

static void a_break_out_of_its_room_is_refused(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);
    const sreg_t highest = (sreg_t)(((reg_t)1 << (KERNEL_XLEN - 1)) - 1);

    (void)state;
    break_is_refused(-1, -EINVAL);
    break_is_refused(-highest - 1, -EINVAL);
    break_is_refused(highest,
                     BY_WIDTH(-EINVAL, -ENOMEM)); /* 2 GiB would fit below Sv32's stack, but not in RAM */
    moves_break(16);
    break_is_refused(-17, -EINVAL);
    assert_int_equal(process->heap_end, SMALL_BREAK + 16);
    assert_int_equal((sreg_t)hw_user_syscall(3, 0, 0), (sreg_t)(reg_t)-ENOSYS);
}

static int grows_break(void)
{
    reg_t before;

    return umalloc_sbrk(5 * PAGE_SIZE, &before);
}

static void no_memory_for_the_break(void **state)
{
    (void)state;
    start_program(SMALL, 0x11);
    assert_int_equal(fails_at_every_allocation(grows_break), 6);
    assert_int_equal(moves_break(0), SMALL_BREAK + 5 * PAGE_SIZE);
}

static int creates(void)
{
    static const char image[PAGE_SIZE];
    const int id = process_create(image, sizeof image);

    return id < 0 ? id : 0;
}

/* Trapframe, root, two tables at the top, the program's two pages and their tables, the stack's page. */
static void no_memory_for_a_process(void **state)
{
    (void)state;
    assert_int_equal(fails_at_every_allocation(creates), 1 + 5 + BY_WIDTH(4, 2));
}

/* ---- the stack ---- */

static void a_stack_grows_page_by_page(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    for (reg_t page = 2; page <= USER_STACK_PAGES; page++) {
        process_set_stack(process, STACK - page * PAGE_SIZE);
        user_writes(STACK - page * PAGE_SIZE, (uint32_t)page);
        assert_int_equal(process->stack_low, STACK - page * PAGE_SIZE);
    }
    assert_int_equal(user_reads(STACK - 16 * PAGE_SIZE), 16);
    process_set_stack(process, STACK - 17 * PAGE_SIZE);
    assert_false(stores(STACK - 17 * PAGE_SIZE)); /* 16 pages are all */
    assert_null(process_get(process->id));
}

static void below_the_pointer_is_no_stack(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    process_set_stack(process, STACK - PAGE_SIZE - 100);
    assert_false(loads(STACK - PAGE_SIZE - 104));
}

static void a_pointer_far_below_does_not_grow_it(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    process_set_stack(process, STACK - 2 * PAGE_SIZE - 16); /* more than a page below the stack */
    assert_false(stores(STACK - PAGE_SIZE - 4));
}

static void a_fetch_does_not_grow_it(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    process_set_stack(process, STACK - 2 * PAGE_SIZE);
    assert_false(fetches(STACK - 2 * PAGE_SIZE));
}

static void no_memory_for_the_stack_ends_the_program(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);

    (void)state;
    process_set_stack(process, STACK - 2 * PAGE_SIZE);
    kalloc_fail_at(1);
    assert_false(stores(STACK - 2 * PAGE_SIZE));
    kalloc_fail_at(0);
    assert_null(process_get(process->id));
}

static void a_stack_out_of_use_is_given_back(void **state)
{
    struct process *const process = start_program(SMALL, 0x11);
    const size_t before = free_pages();

    (void)state;
    for (reg_t page = 2; page <= 4; page++) {
        process_set_stack(process, STACK - page * PAGE_SIZE);
        user_writes(STACK - page * PAGE_SIZE, 1);
    }
    process_set_stack(process, STACK - 2 * PAGE_SIZE + 8);
    assert_int_equal(free_pages(), before - 3);
    process_switch(process);
    assert_int_equal(process->stack_low, STACK - 2 * PAGE_SIZE);
    process_set_stack(process, STACK);
    process_switch(process);
    assert_int_equal(process->stack_low, STACK - PAGE_SIZE); /* one page stays */
    process_set_stack(process, (reg_t)-16);                  /* nonsense is no reason to give up the stack */
    process_switch(process);
    assert_int_equal(process->stack_low, STACK - PAGE_SIZE);
    assert_int_equal(free_pages(), before);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("a process's memory map is the document's", the_map_is_the_document_s),
    AFTER_BOOT("a program is read, written and run", a_program_is_read_written_and_run),
    AFTER_BOOT("a program's accesses have every width", accesses_have_every_width),
    AFTER_BOOT("what is not the program's ends it", what_is_not_the_program_s_ends_it),
    AFTER_BOOT("programs do not see each other", programs_do_not_see_each_other),
    AFTER_BOOT("without a program the user has nothing", without_a_program_the_user_has_nothing),
    AFTER_BOOT("there are 64 processes and no more", a_table_of_processes_is_full_at_64),
    AFTER_BOOT("the break moves up and down", the_break_moves),
    AFTER_BOOT("memory that comes back is zero", memory_that_comes_back_is_zero),
    AFTER_BOOT("a break out of its room is refused", a_break_out_of_its_room_is_refused),
    AFTER_BOOT("no memory for the break leaves it where it was", no_memory_for_the_break),
    AFTER_BOOT("no memory for a process leaves nothing behind", no_memory_for_a_process),
    AFTER_BOOT("a stack grows page by page to 16 pages", a_stack_grows_page_by_page),
    AFTER_BOOT("below the stack pointer is no stack", below_the_pointer_is_no_stack),
    AFTER_BOOT("a stack pointer far below does not grow the stack", a_pointer_far_below_does_not_grow_it),
    AFTER_BOOT("a fetch does not grow the stack", a_fetch_does_not_grow_it),
    AFTER_BOOT("no memory for the stack ends the program", no_memory_for_the_stack_ends_the_program),
    AFTER_BOOT("a stack out of use is given back", a_stack_out_of_use_is_given_back),
};
KMS_TESTS(vimix_process, tests)
