/* Two harts with a TLB each: what a fence on the others is for, and programs on both. */
#include "vimix_programs.h"

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

static const struct CMUnitTest tests[] = {
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
};
KMS_TESTS(vimix_harts, tests)
