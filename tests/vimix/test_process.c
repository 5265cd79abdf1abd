/*
 * Processes: their memory map, the break, the stack, and two harts with a TLB each. A program of one page and less ends
 * in that page with the library's static data (32 or 16 bytes) behind it, so its break begins at a place counted by hand.
 */
#include "vimix_fixture.h"

#include <string.h>

#define PROGRAM     ((reg_t)USER_TEXT_START)
#define STACK       USER_STACK_HIGH
#define SMALL       100u
#define KERNEL_DATA ((reg_t)0x80300000u) /* memory that nobody uses */

/* 0x1000 + 100 rounded up to 16 is 0x1070; 32 or 16 bytes of static data follow. */
#define SMALL_BREAK ((reg_t)BY_WIDTH(0x1090, 0x1080))

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

static bool loads(reg_t address)
{
    uint64_t value;

    return hw_user_load(address, 4, &value);
}

static bool stores(reg_t address)
{
    return hw_user_store(address, 4, 0);
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

/* ---- harts ---- */

#define SHARED ((reg_t)0x30000000u)

static void map_shared(reg_t pa)
{
    const struct vm_mapping mapping = {SHARED, pa, PAGE_SIZE, PTE_R | PTE_W, false};

    assert_int_equal(kvm_map(&mapping), 0);
}

static uint32_t kernel_reads(reg_t address)
{
    uint64_t value = 0;

    assert_true(hw_kernel_load(address, 4, &value));
    return (uint32_t)value;
}

/* Hart 1 has used a page of the kernel's when hart 0 maps another one there. */
static uint32_t hart_1_reads_after_a_change(bool fence)
{
    const reg_t old = kernel_lend_page();
    const reg_t new = kernel_lend_page();
    uint32_t seen;

    set_physical_word((uint32_t)old, 0x01d);
    set_physical_word((uint32_t) new, 0x2e3);
    map_shared(old);
    hw_use_hart(1);
    assert_int_equal(kernel_reads(SHARED), 0x01d);
    hw_use_hart(0);
    assert_int_equal(kernel_reads(SHARED), 0x01d);
    mmu_fence_others(fence);
    assert_int_equal(kvm_unmap(SHARED, 1), 0);
    map_shared(new);
    mmu_fence_others(true);
    assert_int_equal(kernel_reads(SHARED), 0x2e3); /* hart 0 fenced itself */
    hw_use_hart(1);
    seen = kernel_reads(SHARED);
    hw_use_hart(0);
    return seen;
}

static void a_remote_fence_shows_the_change(void **state)
{
    (void)state;
    assert_int_equal(hart_1_reads_after_a_change(true), 0x2e3);
}

static void without_a_remote_fence_a_hart_uses_the_old_page(void **state)
{
    (void)state;
    assert_int_equal(hart_1_reads_after_a_change(false), 0x01d);
}

static void a_system_call_goes_over_the_trampoline_which_fences(void **state)
{
    const reg_t old = kernel_lend_page();
    const reg_t new = kernel_lend_page();
    pte_t *entry;
    reg_t end;

    (void)state;
    set_physical_word((uint32_t)old, 0x01d);
    set_physical_word((uint32_t) new, 0x2e3);
    map_shared(old);
    (void)start_program(SMALL, 0x11);
    assert_int_equal(kernel_reads(SHARED), 0x01d);
    entry = vm_walk(kvm_page_table(), SHARED, NULL, false);
    *entry = (*entry & ~PTE_PPN) | physical_to_pte(new);
    assert_int_equal(kernel_reads(SHARED), 0x01d);
    assert_int_equal(umalloc_sbrk(0, &end), 0);
    assert_int_equal(kernel_reads(SHARED), 0x2e3);
}

/* What it means: the first page that hart 0 takes from one process and gives to another is still in hart 1's TLB. Freed
 * last, the upper one of the two pages is handed out first: the other process has it right behind its program. */
static void take_and_give(bool fence)
{
    struct process *const second = start_program(SMALL, 0x22);
    struct process *const first = start_program(SMALL, 0x11);

    moves_break(2 * PAGE_SIZE);
    hw_use_hart(1);
    process_switch(first);
    user_writes(PROGRAM + 2 * PAGE_SIZE, 0x5ec);
    hw_use_hart(0);
    mmu_fence_others(fence);
    moves_break(-(sreg_t)(2 * PAGE_SIZE));
    mmu_fence_others(true);
    process_switch(second);
    moves_break(PAGE_SIZE);
    assert_int_equal(user_reads(PROGRAM + PAGE_SIZE), 0);
    hw_use_hart(1);
}

static void a_missing_remote_fence_lets_a_program_write_another_s_memory(void **state)
{
    (void)state;
    take_and_give(false);
    user_writes(PROGRAM + 2 * PAGE_SIZE, 0xbad); /* the first program, on hart 1 */
    hw_use_hart(0);
    assert_int_equal(user_reads(PROGRAM + PAGE_SIZE), 0xbad); /* the second one's memory */
}

static void with_it_the_program_faults(void **state)
{
    (void)state;
    take_and_give(true);
    assert_false(stores(PROGRAM + 2 * PAGE_SIZE));
    hw_use_hart(0);
    assert_int_equal(user_reads(PROGRAM + PAGE_SIZE), 0);
}

static void harts_run_programs_of_their_own(void **state)
{
    struct process *const first = start_program(SMALL, 0x11);
    struct process *second;

    (void)state;
    assert_int_equal(hw_harts(), 2);
    hw_use_hart(1);
    assert_null(process_current());
    second = start_program(SMALL, 0x22);
    hw_use_hart(0);
    assert_ptr_equal(process_current(), first);
    assert_int_equal(user_reads(PROGRAM), 0x11111111);
    hw_use_hart(1);
    assert_ptr_equal(process_current(), second);
    assert_int_equal(user_reads(PROGRAM), 0x22222222);
    hw_use_hart(0);
    process_exit(second); /* while hart 1 runs it */
    hw_use_hart(1);
    assert_null(process_current());
    assert_false(loads(PROGRAM));
    hw_use_hart(0);
}

static void both_harts_use_the_kernel_s_table(void **state)
{
    (void)state;
    hw_use_hart(1);
    assert_int_equal(hw_read_satp(), mmu_make_satp(kvm_page_table(), MMU_ASID));
    assert_int_equal(vimix_guest.use_cpu(2), -EINVAL);
    assert_int_equal(hw_hart(), 1);
    assert_int_equal(vimix_guest.use_cpu(0), 0);
}

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
    AFTER_BOOT("a remote fence shows another hart what has changed", a_remote_fence_shows_the_change),
    AFTER_BOOT("without a remote fence a hart uses the old page",
               without_a_remote_fence_a_hart_uses_the_old_page),
    AFTER_BOOT("a system call goes over the trampoline, which fences",
               a_system_call_goes_over_the_trampoline_which_fences),
    AFTER_BOOT("without a remote fence a program writes another's memory",
               a_missing_remote_fence_lets_a_program_write_another_s_memory),
    AFTER_BOOT("with a remote fence that program faults", with_it_the_program_faults),
    AFTER_BOOT("harts run programs of their own", harts_run_programs_of_their_own),
    AFTER_BOOT("both harts use the kernel's table", both_harts_use_the_kernel_s_table),
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
KMS_TESTS(vimix_process, tests)
