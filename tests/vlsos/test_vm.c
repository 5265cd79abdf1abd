/*
 * VlsOs's processes and their memory, hosted in both modes. Addresses are those of process.h, error codes by the
 * manual's "Page-Fault Exceptions"; sizes and counts by hand.
 */
#include "vlsos_fixture.h"

#include <string.h>

#include "process.h"
#include "program.h"
#include "vm_books.h"

VLSOS_UNDER_TEST;

#define READ_ABSENT  PFERR_US
#define WRITE_ABSENT (PFERR_US | PFERR_WR)
#define WRITE_DENIED (PFERR_US | PFERR_WR | PFERR_P)

#define HEAP(page) (VLSOS_PROGRAM_HEAP + (page)*PAGE_SIZE)

/* A program of so many bytes, all of them `fill`; it runs. */
static int program(uint32_t size, unsigned char fill)
{
    static unsigned char bytes[65536];
    int id;

    assert_true(size <= sizeof bytes);
    memset(bytes, fill, size);
    id = process_create(bytes, size);
    assert_true(id >= 0);
    assert_int_equal(process_switch(id), VLSOS_OK);
    return id;
}

static void writes_page(uint32_t linear, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 256)
        user_writes(linear + offset, number + offset);
}

static void reads_page(uint32_t linear, uint32_t number)
{
    for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 256)
        assert_int_equal(user_reads(linear + offset), number + offset);
}

static void limit_frames(uint32_t frames)
{
    assert_int_equal(process_limit_frames(frames), VLSOS_OK);
}

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

/* ---- more than there is ---- */

/*
 * 16 MiB of RAM; four processes of 16 MiB each, every page of them written, and read back in another order. The last
 * one is a duplicate that writes half of its pages.
 */
static void four_times_ram(void **state)
{
    const uint32_t pages = 4096;
    int ids[4];

    (void)state;
    for (int i = 0; i < 3; i++) {
        ids[i] = program(100, (unsigned char)i);
        assert_int_equal(process_alloc(ids[i], pages * PAGE_SIZE), HEAP(0));
        for (uint32_t page = 0; page < pages; page++)
            user_writes(HEAP(page) + page % 1000 * 4, (uint32_t)i << 24 | page);
    }
    ids[3] = process_duplicate(ids[2]);
    assert_true(ids[3] >= 0);
    process_switch(ids[3]);
    for (uint32_t page = 0; page < pages; page += 2)
        user_writes(HEAP(page) + page % 1000 * 4, UINT32_C(3) << 24 | page);
    assert_true((uint64_t)pages * PAGE_SIZE * 4 >= 4 * hw_ram_size());
    for (int i = 3; i >= 0; i--) {
        process_switch(ids[i]);
        for (uint32_t n = 0; n < pages; n++) {
            const uint32_t page = (n * 1021) % pages;
            const uint32_t writer = i == 3 && page % 2 ? 2 : (uint32_t)i;

            assert_int_equal(user_reads(HEAP(page) + page % 1000 * 4), writer << 24 | page);
            assert_int_equal(user_reads(HEAP(page) + 4092), 0);
        }
    }
    assert_true(books.vm.counts.evictions > 4u * 4096);
    assert_int_equal(books.vm.counts.refused, 0);
}

static void every_policy_keeps_every_byte(void **state)
{
    (void)state;
    program(100, 1);
    limit_frames(8);
    process_alloc(0, 40 * PAGE_SIZE);
    for (uint32_t policy = 0; policy < REPLACE_POLICIES; policy++) {
        assert_int_equal(kms_guest_module(fixture_guest())->ops->vm_policy(policy), VLSOS_OK);
        for (uint32_t page = 0; page < 40; page++)
            writes_page(HEAP(page), policy * 1000 + page);
        for (uint32_t page = 0; page < 40; page++)
            reads_page(HEAP(page), policy * 1000 + page);
    }
    assert_int_equal(kms_guest_module(fixture_guest())->ops->vm_policy(REPLACE_POLICIES), VLSOS_EINVAL);
}

/* The kernel asks for all of its memory: processes' pages go to the store, and come back when there is room. */
static void the_kernel_comes_first(void **state)
{
    uint32_t blocks = 0;
    uint32_t block, last = PAGES_NONE;

    (void)state;
    program(100, 1);
    process_alloc(0, 1000 * PAGE_SIZE);
    for (uint32_t page = 0; page < 1000; page++)
        writes_page(HEAP(page), page);
    process_switch(-1);
    while ((block = pages_alloc(0)) != PAGES_NONE && blocks < 5000) {
        *(uint32_t *)hw_ptr(block) = last;
        last = block;
        blocks++;
    }
    assert_true(books.vm.counts.evictions >= 900);
    while (last != PAGES_NONE) {
        block = *(uint32_t *)hw_ptr(last);
        assert_int_equal(pages_free(last, 0), VLSOS_OK);
        last = block;
    }
    process_switch(0);
    for (uint32_t page = 0; page < 1000; page++)
        reads_page(HEAP(page), page);
}

/* ---- the store fails ---- */

static int with_pages_out(void)
{
    const int id = program(100, 1);

    limit_frames(8);
    process_alloc(id, 40 * PAGE_SIZE);
    for (uint32_t page = 0; page < 40; page++)
        writes_page(HEAP(page), page);
    return id;
}

static void a_failed_read_ends_with_eio(void **state)
{
    const int first = with_pages_out();
    const int second = process_duplicate(first);

    (void)state;
    store_fail(&books.vm.store, STORE_FAILED, 1);
    user_read_faults(HEAP(0), READ_ABSENT);
    assert_int_equal(process_end(first), VLSOS_EIO);
    assert_int_equal(process_switch(second), VLSOS_OK);
    for (uint32_t page = 0; page < 40; page++)
        reads_page(HEAP(page), page);
}

static void a_full_store_ends_with_enospc(void **state)
{
    const int first = program(100, 1);
    const int second = program(100, 2);

    (void)state;
    limit_frames(8);
    assert_int_equal(process_limit_slots(16), VLSOS_OK);
    process_alloc(second, 100 * PAGE_SIZE);
    for (uint32_t page = 0; page < 24; page++)
        user_writes(HEAP(page), page);
    user_write_faults(HEAP(24), WRITE_ABSENT);
    assert_int_equal(process_end(second), VLSOS_ENOSPC);
    process_switch(first);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT), 0x01010101);
    process_alloc(first, 20 * PAGE_SIZE);
    for (uint32_t page = 0; page < 20; page++)
        user_writes(HEAP(page), page);
}

/*
 * Whichever transfer fails, in whatever way: one of three processes ends with a status at most, the others have every
 * byte.
 */
static void any_transfer_fails(enum store_failure failure)
{
    unsigned ended = 0;

    for (uint32_t n = 1; n <= 60; n += 3) {
        int ids[3];

        for (int i = 0; i < 3; i++) {
            ids[i] = program(100, 1);
            process_alloc(ids[i], 12 * PAGE_SIZE);
            limit_frames(8);
            for (uint32_t page = 0; page < 12; page++)
                user_writes(HEAP(page) + 8, (uint32_t)i * 100 + page);
        }
        store_fail(&books.vm.store, failure, n);
        for (uint32_t page = 0; page < 12; page++)
            for (int i = 0; i < 3; i++) {
                uint64_t value = 0;

                if (process_switch(ids[i]) != VLSOS_OK)
                    continue;
                if (hw_user_load(HEAP(page) + 8, 4, &value))
                    assert_int_equal(value, (uint32_t)i * 100 + page);
                else
                    assert_int_equal(process_end(ids[i]), VLSOS_EIO);
                ended += process_end(ids[i]) != VLSOS_OK;
            }
        assert_null(kernel_check());
        store_fail(&books.vm.store, STORE_GOOD, 0);
        for (int i = 0; i < 3; i++)
            (void)process_exit(ids[i]);
    }
    if (failure == STORE_SHORT || failure == STORE_SLOW)
        assert_int_equal(ended, 0);
    else
        assert_true(ended > 5 && ended <= 20);
}

static void any_transfer_is_short(void **state)
{
    (void)state;
    any_transfer_fails(STORE_SHORT);
}

static void any_transfer_is_slow(void **state)
{
    (void)state;
    any_transfer_fails(STORE_SLOW);
}

static void any_transfer_is_lost(void **state)
{
    (void)state;
    any_transfer_fails(STORE_FAILED);
}

static void any_transfer_is_stuck(void **state)
{
    (void)state;
    any_transfer_fails(STORE_STUCK);
}

/* ---- allocations fail ---- */

static void any_allocation_of_a_start_fails(void **state)
{
    int id = VLSOS_ENOMEM;

    (void)state;
    for (uint32_t n = 1; id < 0; n++) {
        const uint32_t before = kernel_pages.free_frames;

        books_fail_at(n);
        id = process_create("abc", 3);
        books_fail_at(0);
        assert_true(id == 0 || id == VLSOS_ENOMEM);
        /* the books, once they are there, stay */
        assert_true(id == 0 || kernel_pages.free_frames == before || n == 4);
        assert_null(kernel_check());
        assert_true(n < 12);
    }
    assert_int_equal(process_switch(0), VLSOS_OK);
    assert_int_equal(user_reads(VLSOS_PROGRAM_TEXT) & 0xffffff, 0x636261);
}

static void any_allocation_of_a_duplication_fails(void **state)
{
    int id = VLSOS_ENOMEM;
    uint32_t before;

    (void)state;
    program(100, 1);
    user_writes(VLSOS_PROGRAM_DATA, 1);
    user_writes(VLSOS_PROGRAM_STACK_TOP - 4, 2);
    store_fail(&books.vm.store, STORE_BROKEN, 1); /* so that no page can make room for a table */
    before = kernel_pages.free_frames;
    for (uint32_t n = 1; id < 0; n++) {
        books_fail_at(n);
        id = process_duplicate(0);
        books_fail_at(0);
        assert_true(id == 1 || id == VLSOS_EIO);
        assert_true(id == 1 || kernel_pages.free_frames == before);
        assert_null(kernel_check());
        assert_true(n < 12);
    }
    assert_int_equal(user_reads(VLSOS_PROGRAM_DATA), 1);
    process_switch(1);
    assert_int_equal(user_reads(VLSOS_PROGRAM_STACK_TOP - 4), 2);
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
    AFTER_BOOT("four processes of 16 MiB keep every byte in 16 MiB of RAM", four_times_ram),
    AFTER_BOOT("every policy keeps every byte", every_policy_keeps_every_byte),
    AFTER_BOOT("the kernel's own needs send processes' pages to the store", the_kernel_comes_first),
    AFTER_BOOT("a page that cannot be read ends its process with EIO and no other",
               a_failed_read_ends_with_eio),
    AFTER_BOOT("a full store ends the process that needs more with ENOSPC", a_full_store_ends_with_enospc),
    AFTER_BOOT("whichever transfer is short, nobody notices", any_transfer_is_short),
    AFTER_BOOT("whichever transfer is slow, nobody notices", any_transfer_is_slow),
    AFTER_BOOT("whichever transfer fails, one process ends and the others have every byte",
               any_transfer_is_lost),
    AFTER_BOOT("whichever transfer hangs, one process ends and the others have every byte",
               any_transfer_is_stuck),
    AFTER_BOOT("whichever allocation of a start fails, nothing is lost", any_allocation_of_a_start_fails),
    AFTER_BOOT("whichever allocation of a duplication fails, nothing is lost",
               any_allocation_of_a_duplication_fails),
    AFTER_BOOT("tools see what virtual memory does", what_tools_see),
    AFTER_BOOT("the checker names a frame that the pages do not know",
               the_checker_knows_whose_frames_they_are),
};
KMS_TESTS(vlsos_vm, tests)
