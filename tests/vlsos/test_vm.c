/*
 * VlsOs's processes and their memory, hosted in both modes. Addresses are those of process.h, error codes by the
 * manual's "Page-Fault Exceptions"; sizes and counts by hand.
 */
#include "process_fixture.h"

#include "program.h"
#include "vm_books.h"

VLSOS_UNDER_TEST;

#define WRITE_DENIED (PFERR_US | PFERR_WR | PFERR_P)

/* ---- what a process has ---- */

static void a_program_comes_on_demand(void **state)
{
    const int id = program(5000, 0x77);

    (void)state;
    assert_int_equal(id, 0);
    assert_int_equal(process_current(), 0);
    assert_int_equal(books.vm.frames.used, 0);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT), 0x77777777);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT + 4996), 0x77777777);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT + 5000), 0);
    assert_true(hw_user_fetch(VLSOS_PROGRAM_TEXT + 16));
    assert_int_equal(books.vm.frames.used, 2);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA + 100), 0x77777777);
    user_writes(VLSOS_PROGRAM_DATA + 100, 1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT + 100), 0x77777777);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA + 2 * PAGE_SIZE), 0);
    user_writes(VLSOS_PROGRAM_DATA + 17 * PAGE_SIZE, 2);
}

static void no_room_behind_bss(void **state)
{
    (void)state;
    program(5000, 1);
    user_write_faults(VLSOS_PROGRAM_DATA + 18 * PAGE_SIZE, WRITE_ABSENT);
}

static void programs_do_not_write_their_text(void **state)
{
    (void)state;
    program(100, 1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT), 0x01010101);
    user_write_faults(VLSOS_PROGRAM_TEXT, WRITE_DENIED);
    assert_int_equal(process_end(0), VLSOS_EACCES);
}

static void programs_do_not_run_data(void **state)
{
    (void)state;
    program(100, 1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 0x01010101);
    assert_true(paging_has_nx());
    assert_false(hw_user_fetch(VLSOS_PROGRAM_DATA));
    assert_int_equal(process_end(0), VLSOS_EACCES);
}

static void the_kernel_is_out_of_reach(void **state)
{
    (void)state;
    program(100, 1);
    user_read_faults(VLSOS_DATA, PFERR_US | PFERR_P);
    assert_int_equal(process_end(0), VLSOS_EACCES);
    program(100, 1);
    user_write_faults(HEAP_START, WRITE_DENIED);
    program(100, 1);
    user_read_faults(0, READ_ABSENT);
    assert_int_equal(process_end(0), VLSOS_EFAULT);
}

static void a_stack_grows(void **state)
{
    (void)state;
    program(100, 1);
    for (uint32_t at = VLSOS_PROGRAM_STACK_TOP - 4; at > VLSOS_PROGRAM_STACK_TOP - VLSOS_PROGRAM_STACK_MOST;
         at -= 8 * PAGE_SIZE)
        user_writes(at, at);
    for (uint32_t at = VLSOS_PROGRAM_STACK_TOP - 4; at > VLSOS_PROGRAM_STACK_TOP - VLSOS_PROGRAM_STACK_MOST;
         at -= 8 * PAGE_SIZE)
        assert_int_equal(user_reads(at), at);
    user_write_faults(VLSOS_PROGRAM_STACK_TOP - VLSOS_PROGRAM_STACK_MOST - 4, WRITE_ABSENT);
    assert_int_equal(process_end(0), VLSOS_EFAULT);
}

/* ---- several ---- */

static void same_address_two_memories(void **state)
{
    const int first = program(100, 1);
    const int second = program(100, 2);

    (void)state;
    user_writes(VLSOS_PROGRAM_DATA, 22);
    process_switch(first);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 0x01010101);
    user_writes(VLSOS_PROGRAM_DATA, 11);
    process_switch(second);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 22);
}

static void a_fault_ends_its_process_only(void **state)
{
    const int first = program(100, 1);
    const int second = program(100, 2);

    (void)state;
    user_write_faults(HEAP(0), WRITE_ABSENT);
    assert_int_equal(process_current(), -1);
    assert_int_equal(process_switch(second), VLSOS_EINVAL);
    assert_int_equal(process_end(second), VLSOS_EFAULT);
    assert_int_equal(process_switch(first), VLSOS_OK);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT), 0x01010101);
    assert_int_equal(process_end(first), VLSOS_OK);
}

static void numbers_run_out(void **state)
{
    (void)state;
    for (int id = 0; id < VLSOS_PROCESSES; id++)
        assert_int_equal(program(100, 1), id);
    assert_int_equal(process_create("x", 1), VLSOS_EBUSY);
    assert_int_equal(process_duplicate(3), VLSOS_EBUSY);
    assert_int_equal(process_exit(5), VLSOS_OK);
    assert_int_equal(process_duplicate(3), 5);
}

static void impossible_programs(void **state)
{
    (void)state;
    assert_int_equal(process_create("x", 0), VLSOS_EINVAL);
    assert_int_equal(process_create(NULL, 10), VLSOS_EINVAL);
    assert_int_equal(process_create("x", VLSOS_PROGRAM_MOST + 1), VLSOS_EINVAL);
    for (int id = -1; id <= VLSOS_PROCESSES; id++) {
        assert_int_equal(process_exit(id), VLSOS_EINVAL);
        assert_int_equal(process_duplicate(id), VLSOS_EINVAL);
        assert_int_equal(process_free(id, HEAP(0)), VLSOS_EINVAL);
        assert_int_equal(process_alloc(id, 1), 0);
    }
}

static void an_exit_gives_everything_back(void **state)
{
    uint32_t before;

    (void)state;
    process_exit(program(100, 1));
    before = kernel_pages.free_frames;
    program(30000, 1);
    assert_int_equal(process_alloc(0, 100000), HEAP(0));
    for (uint32_t page = 0; page < 25; page++)
        writes_page(HEAP(page), page);
    process_duplicate(0);
    user_writes(HEAP(3), 3);
    process_exit(0);
    process_switch(1);
    user_writes(HEAP(4), 3);
    process_exit(1);
    assert_int_equal(kernel_pages.free_frames, before);
    assert_int_equal(program_pages(), 0);
}

/* ---- system calls for memory ---- */

static void memory_for_the_asking(void **state)
{
    (void)state;
    program(100, 1);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_ALLOC, 5000, 0), HEAP(0));
    assert_int_equal(hw_user_syscall(VLSOS_CALL_ALLOC, 1, 0), HEAP(2));
    user_writes(HEAP(1) + 4092, 7);
    assert_int_equal(user_reads(HEAP(2)), 0);
    assert_int_equal((int32_t)hw_user_syscall(VLSOS_CALL_FREE, HEAP(1), 0), VLSOS_EINVAL);
    assert_int_equal((int32_t)hw_user_syscall(VLSOS_CALL_FREE, VLSOS_PROGRAM_DATA, 0), VLSOS_EINVAL);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_FREE, HEAP(0), 0), VLSOS_OK);
    assert_int_equal((int32_t)hw_user_syscall(VLSOS_CALL_FREE, HEAP(0), 0), VLSOS_EINVAL);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_ALLOC, 4096, 0), HEAP(0));
    assert_int_equal(user_reads(HEAP(0)), 0);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_ALLOC, 8192, 0), HEAP(3));
    user_write_faults(HEAP(1), WRITE_ABSENT);
}

static void too_much_memory(void **state)
{
    (void)state;
    program(100, 1);
    assert_int_equal(process_alloc(0, 0), 0);
    assert_int_equal(process_alloc(0, VLSOS_PROGRAM_HEAP_END - VLSOS_PROGRAM_HEAP + 1), 0);
    assert_int_equal(process_alloc(0, UINT32_MAX), 0);
    assert_int_equal(process_alloc(0, VLSOS_PROGRAM_HEAP_END - VLSOS_PROGRAM_HEAP), HEAP(0));
    assert_int_equal(process_alloc(0, 1), 0);
    user_writes(VLSOS_PROGRAM_HEAP_END - 4, 1);
}

static void other_calls(void **state)
{
    (void)state;
    program(100, 1);
    user_writes(VLSOS_PROGRAM_DATA, 5);
    assert_int_equal((int32_t)hw_user_syscall(77, 0, 0), VLSOS_EINVAL);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_DUPLICATE, 0, 0), 1);
    assert_int_equal(hw_user_syscall(VLSOS_CALL_EXIT, 0, 0), VLSOS_OK);
    assert_int_equal(process_current(), -1);
    assert_int_equal((int32_t)hw_user_syscall(VLSOS_CALL_EXIT, 0, 0), VLSOS_EINVAL);
    process_switch(1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 5);
}

/* ---- the table for tools ---- */

static void what_tools_see(void **state)
{
    const struct guest_ops *const ops = kms_guest_module(fixture_guest())->ops;
    struct guest_vm_info info;
    const int id = program(100, 1);

    (void)state;
    assert_int_equal(ops->vm_limit(GUEST_LIMIT_FRAMES, 6), VLSOS_OK);
    assert_int_equal(ops->vm_limit(GUEST_LIMIT_SLOTS, 20), VLSOS_OK);
    assert_int_equal(ops->vm_limit(GUEST_LIMITS, 20), VLSOS_EINVAL);
    assert_int_equal(ops->process_alloc(id, 10 * PAGE_SIZE), HEAP(0));
    for (uint32_t page = 0; page < 10; page++)
        user_writes(HEAP(page), page);
    assert_int_equal(ops->process_duplicate(id), 1);
    ops->vm_info(&info);
    assert_int_equal(info.frames, 6);
    assert_int_equal(info.frames_used, 6);
    assert_int_equal(info.slots, 20);
    assert_int_equal(info.slots_used, 4);
    assert_int_equal(info.tables, 10); /* upper entries, three directories and a table for each */
    assert_int_equal(info.faults, 10);
    assert_int_equal(info.fills, 10);
    assert_int_equal(info.evictions, 4);
    assert_int_equal(info.write_backs, 4);
    assert_int_equal(info.refused, 0);
    assert_int_equal(info.policy, REPLACE_CLOCK);
    assert_string_equal(ops->vm_policy_name(1), "fifo");
    assert_null(ops->vm_policy_name(3));
    assert_int_equal(ops->process_free(1, HEAP(0)), VLSOS_OK);
    assert_int_equal(ops->process_free(id, HEAP(1)), VLSOS_EINVAL);
    assert_int_equal(ops->process_switch(-1), VLSOS_EINVAL);
    assert_int_equal(ops->fail_store(GUEST_STORE_FAILURES, 1), VLSOS_EINVAL);
    assert_int_equal(process_current(), id);
}

static void the_checker_knows_whose_frames_they_are(void **state)
{
    (void)state;
    fixture_is_broken();
    program(100, 1);
    user_writes(VLSOS_PROGRAM_DATA, 1);
    assert_null(kernel_check());
    assert_int_equal(pages_free(frames_address(&books.vm.frames, books.vm.frames.oldest), 0), VLSOS_OK);
    assert_string_equal(kernel_check(), "a frame of a process is no page that was handed out");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("a program comes into memory where it is touched", a_program_comes_on_demand),
    AFTER_BOOT("behind a program's zeros there is nothing", no_room_behind_bss),
    AFTER_BOOT("a program that writes its text ends with EACCES", programs_do_not_write_their_text),
    AFTER_BOOT("a program that runs its data ends with EACCES", programs_do_not_run_data),
    AFTER_BOOT("the kernel's memory is out of a program's reach", the_kernel_is_out_of_reach),
    AFTER_BOOT("a stack grows to its end and no further", a_stack_grows),
    AFTER_BOOT("two processes have different memory at the same address", same_address_two_memories),
    AFTER_BOOT("a fault ends its own process and says why", a_fault_ends_its_process_only),
    AFTER_BOOT("there are thirty-two processes, and a number is used again", numbers_run_out),
    AFTER_BOOT("impossible programs and numbers are refused", impossible_programs),
    AFTER_BOOT("an exit gives everything back", an_exit_gives_everything_back),
    AFTER_BOOT("system calls give memory and take it back", memory_for_the_asking),
    AFTER_BOOT("more memory than addresses is refused", too_much_memory),
    AFTER_BOOT("a process duplicates and ends itself", other_calls),
    AFTER_BOOT("tools see what virtual memory does", what_tools_see),
    AFTER_BOOT("the checker names a frame that the pages do not know",
               the_checker_knows_whose_frames_they_are),
};
KMS_TESTS(vlsos_vm, tests)
