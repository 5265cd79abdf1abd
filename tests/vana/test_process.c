/* Addresses, sizes and error codes are those of the document and of the manual's "Page-Fault Exceptions". */
#include "memcheck.h"
#include "vana_fixture.h"

#include <string.h>

#define USER_READ_ABSENT  PFERR_US
#define USER_WRITE_ABSENT (PFERR_US | PFERR_WR)
#define USER_WRITE_DENIED (PFERR_US | PFERR_WR | PFERR_P)

#define PROGRAM 0x00400000u
#define STACK   0x003fb000u

/* descriptor 3, image 1, stack 4, task 1, address space 1026 */
#define SMALL_PROCESS_BLOCKS (3u + 1 + 4 + 1 + 1026)
/* one call each for the first four */
#define PROCESS_ALLOCATIONS  (4u + 1026)

static uint32_t malloc_as(struct process *process, uint32_t size)
{
    assert_int_equal(process_switch(process), 0);
    return (uint32_t)hw_user_syscall(SYSTEM_COMMAND4_MALLOC, size, 0);
}

static int free_as(struct process *process, uint32_t address)
{
    assert_int_equal(process_switch(process), 0);
    return (int)hw_user_syscall(SYSTEM_COMMAND5_FREE, address, 0);
}

/* ---- starting ---- */

static void layouts(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct process), 9364);
    assert_int_equal(sizeof(struct task), 64);
    assert_int_equal(offsetof(struct process, allocations), 116);
    assert_int_equal(offsetof(struct registers, ip), 28);
}

static void a_start(void **state)
{
    const size_t before = blocks_taken();
    struct process *const process = start_program(100, 100, 0x77);
    const struct task *const task = hw_ptr(process->task);

    (void)state;
    assert_int_equal(blocks_taken() - before, SMALL_PROCESS_BLOCKS);
    assert_int_equal(process->id, 0);
    assert_string_equal(process->filename, "0:/program.bin");
    assert_int_equal(task->registers.ip, 0x400000);
    assert_int_equal(task->registers.esp, 0x3ff000);
    assert_int_equal(task->registers.cs, 0x1b);
    assert_int_equal(task->registers.ss, 0x23);
    assert_int_equal(process_switch(process), 0);
    assert_int_equal(user_reads(PROGRAM), 0x77777777);
    user_writes(STACK, 1);
    user_writes(0x003feffc, 2);
    assert_true(hw_user_fetch(PROGRAM));
}

static void around_the_stack(void **state)
{
    (void)state;
    process_switch(start_program(100, 100, 0x77));
    user_write_faults(0x003ff000, USER_WRITE_DENIED);
    process_switch(start_program(100, 100, 0x77));
    user_write_faults(0x003faffc, USER_WRITE_DENIED);
}

static void bss_is_zeroed(void **state)
{
    (void)state;
    dirty_the_heap();
    process_switch(start_program(100, 5000, 0x77));
    assert_int_equal(user_reads(PROGRAM + 96), 0x77777777);
    for (uint32_t offset = 100; offset < 8192; offset += 4)
        assert_int_equal(user_reads(PROGRAM + offset), 0);
    for (uint32_t linear = STACK; linear < 0x003ff000; linear += 4)
        assert_int_equal(user_reads(linear), 0);
    user_writes(PROGRAM + 8188, 5);
}

static void load_refused(uint32_t file_size, uint32_t memory_size)
{
    const size_t before = blocks_taken();
    const struct process_program program = {.file = "", .file_size = file_size, .memory_size = memory_size};
    struct process *process = NULL;

    assert_int_equal(process_load(&program, &process), -EINVARG);
    assert_null(process);
    assert_int_equal(blocks_taken(), before);
}

static void impossible_programs(void **state)
{
    (void)state;
    load_refused(0, 0);
    load_refused(2, 1);
    load_refused(0, 0x001fc001); /* one byte into the ring-0 stack */
    load_refused(0, UINT32_MAX);
    start_program(0, 0x001fc000, 0);
}

static void long_names(void **state)
{
    char name[300];
    const struct process_program program = {.filename = name, .file = "x", .file_size = 1, .memory_size = 1};
    struct process *process = NULL;

    (void)state;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(process_load(&program, &process), 0);
    assert_int_equal(strlen(process->filename), 107);
}

static void thirteenth_process(void **state)
{
    const struct process_program program = {.file = "x", .file_size = 1, .memory_size = 1};
    struct process *process = NULL;
    size_t before;

    (void)state;
    for (int i = 0; i < 12; i++)
        assert_int_equal(start_program(1, 1, 0)->id, i);
    before = blocks_taken();
    assert_int_equal(process_load(&program, &process), -EISTKN);
    assert_int_equal(blocks_taken(), before);
    assert_int_equal(process_terminate(process_get(5)), 0);
    assert_int_equal(start_program(1, 1, 0)->id, 5);
}

static void out_of_memory_anywhere(void **state)
{
    const size_t before = blocks_taken();
    const struct process_program program = {.file = "x", .file_size = 1, .memory_size = 1};
    struct process *process = NULL;

    (void)state;
    for (uint32_t n = 1; n <= PROCESS_ALLOCATIONS; n = next_failure(n, PROCESS_ALLOCATIONS)) {
        kheap_fail_at(n);
        assert_int_equal(process_load(&program, &process), -ENOMEM);
        assert_null(process);
        assert_int_equal(blocks_taken(), before);
        assert_null(task_get_head());
    }
    kheap_fail_at(PROCESS_ALLOCATIONS + 1);
    assert_int_equal(process_load(&program, &process), 0);
}

/* ---- running ---- */

static void same_address_two_memories(void **state)
{
    struct process *const first = start_program(100, 100, 0x11);
    struct process *const second = start_program(100, 100, 0x22);

    (void)state;
    process_switch(first);
    user_writes(PROGRAM, 1);
    process_switch(second);
    assert_int_equal(user_reads(PROGRAM), 0x22222222);
    user_writes(PROGRAM, 2);
    process_switch(first);
    assert_int_equal(user_reads(PROGRAM), 1);
    assert_ptr_equal(process_current(), first);
    assert_int_equal(hw_read_cr3(), task_chunk(task_current())->directory_entry);
}

static void the_kernel_is_not_writable(void **state)
{
    static const uint32_t addresses[] = {0, VANA_HEAP_TABLE_ADDRESS, 0x100000, 0x1ffffc, 0x5ffffc, 0x1000000};

    (void)state;
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        process_switch(start_program(1, 1, 0));
        (void)user_reads(addresses[i]); /* the document's design: readable everywhere */
        user_write_faults(addresses[i], USER_WRITE_DENIED);
    }
}

static void a_fault_ends_its_process(void **state)
{
    struct process *const other = start_program(100, 100, 0x22);
    const size_t before = blocks_taken();
    struct process *const offender = start_program(100, 100, 0x11);
    struct guest_fault fault;

    (void)state;
    assert_int_not_equal(malloc_as(offender, 9000), 0);
    assert_false(hw_user_store(0x00100000, 4, 1));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, 0x00100000);
    assert_int_equal(fault.error, USER_WRITE_DENIED);
    assert_int_equal(fault.process, 1);
    assert_null(process_get(1));
    assert_null(task_current());
    assert_int_equal(blocks_taken(), before);
    assert_int_equal(hw_read_cr3(), kernel_chunk()->directory_entry);
    process_switch(other);
    assert_int_equal(user_reads(PROGRAM), 0x22222222);
}

static void a_kernel_fault_ends_nobody(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    struct guest_fault fault;
    uint64_t value;

    (void)state;
    assert_int_equal(paging_map(kernel_chunk(), PAGING_ADDRESS(0x800000), PAGING_ADDRESS(0x800000), 0), 0);
    assert_false(hw_kernel_load(0x800010, 4, &value));
    assert_true(kernel_take_fault(&fault));
    assert_int_equal(fault.address, 0x800010);
    assert_int_equal(fault.error, 0);
    assert_int_equal(fault.process, -1);
    assert_ptr_equal(process_get(0), process);
}

static void gone_processes(void **state)
{
    (void)state;
    start_program(1, 1, 0);
    assert_int_equal(vana_guest.process_exit(0), 0);
    assert_int_equal(vana_guest.process_exit(0), -EINVARG);
    assert_int_equal(vana_guest.process_switch(0), -EINVARG);
    assert_int_equal(vana_guest.process_free(0, 0x1000000), -EINVARG);
    assert_int_equal(vana_guest.process_alloc(0, 1), 0);
    assert_int_equal(vana_guest.process_exit(-1), -EINVARG);
    assert_int_equal(vana_guest.process_exit(12), -EINVARG);
}

static void an_exit_gives_everything_back(void **state)
{
    const size_t before = blocks_taken();
    struct process *const process = start_program(6000, 20000, 1);

    (void)state;
    for (uint32_t size = 1; size < 40000; size += 5000)
        assert_int_not_equal(malloc_as(process, size), 0);
    assert_int_equal(vana_guest.process_exit(process->id), 0);
    assert_int_equal(blocks_taken(), before);
    assert_null(task_current());
}

static void the_list_of_tasks(void **state)
{
    struct process *process[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        process[i] = start_program(1, 1, 0);
    process_terminate(process[1]);
    assert_int_equal(hw_linear(task_get_head()), process[0]->task);
    assert_int_equal(hw_linear(task_get_next(task_get_head())), process[2]->task);
    process_terminate(process[0]);
    assert_int_equal(hw_linear(task_get_head()), process[2]->task);
    process_terminate(process[2]);
    assert_null(task_get_head());
}

/* ---- its memory ---- */

static void malloc_gives_private_memory(void **state)
{
    struct process *const owner = start_program(1, 1, 0);
    struct process *const other = start_program(1, 1, 0);
    uint32_t address;

    (void)state;
    dirty_the_heap();
    address = malloc_as(owner, 5000);
    assert_int_not_equal(address, 0);
    for (uint32_t offset = 0; offset < 8192; offset += 4)
        assert_int_equal(user_reads(address + offset), 0);
    user_writes(address + 8188, 42);
    assert_int_equal(owner->allocations[0].ptr, address);
    assert_int_equal(owner->allocations[0].size, 5000);
    process_switch(other);
    assert_int_equal(user_reads(address + 8188), 42);
    user_write_faults(address, USER_WRITE_DENIED);
}

static void freed_memory_is_gone(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const size_t before = blocks_taken();
    const uint32_t address = malloc_as(process, 5000);
    const struct task *const task = hw_ptr(process->task);

    (void)state;
    user_writes(address + 4096, 1);
    assert_int_equal(free_as(process, address), 0);
    assert_int_equal(process->allocations[0].ptr, 0);
    kernel_page();
    assert_int_equal(*entry_of(task_chunk(task), address) & (PAGE_FRAME | PTE_P), address);
    task_page();
    assert_int_equal(blocks_taken(), before);
    user_read_faults(address + 4096, USER_READ_ABSENT);
}

static void memory_comes_back_after_free(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const uint32_t address = malloc_as(process, 4096);

    (void)state;
    user_writes(address, 0x5ec2e7);
    assert_int_equal(free_as(process, address), 0);
    assert_int_equal(malloc_as(process, 4096), address);
    assert_int_equal(user_reads(address), 0);
    user_writes(address, 1);
}

/* The kernel reuses a block that the process in whose directory it is absent gave back. */
static void the_kernel_reuses_what_a_process_freed(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const uint32_t address = malloc_as(process, 4096);

    (void)state;
    assert_int_equal(free_as(process, address), 0);
    assert_ptr_equal(process_current(), process);
    assert_int_equal(vana_guest.alloc(4096, GUEST_ZEROED), address);
    assert_int_equal(vana_guest.free(address), 0);
    assert_int_equal(vana_guest.process_create("x", 1), 1);
    assert_null(vana_guest.check());
}

static void foreign_pointers(void **state)
{
    struct process *const owner = start_program(1, 1, 0);
    struct process *const other = start_program(1, 1, 0);
    const uint32_t address = malloc_as(owner, 9000);
    const uint32_t kernels = hw_linear(kernel_chunk());
    const size_t before = blocks_taken();

    (void)state;
    assert_int_equal(free_as(other, address), -EINVARG);
    assert_int_equal(free_as(owner, address + 1), -EINVARG);
    assert_int_equal(free_as(owner, address + 4096), -EINVARG);
    assert_int_equal(free_as(owner, 0), -EINVARG);
    assert_int_equal(free_as(owner, 0xfffff000), -EINVARG);
    assert_int_equal(free_as(owner, kernels), -EINVARG);
    assert_int_equal(free_as(owner, owner->ptr), -EINVARG);
    assert_int_equal(blocks_taken(), before);
    assert_int_equal(free_as(owner, address), 0);
    assert_int_equal(free_as(owner, address), -EINVARG);
}

static void impossible_sizes(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const size_t before = blocks_taken();

    (void)state;
    assert_int_equal(malloc_as(process, 0), 0);
    assert_int_equal(malloc_as(process, 104857601), 0);
    assert_int_equal(malloc_as(process, 0xfffff001), 0);
    assert_int_equal(malloc_as(process, UINT32_MAX), 0);
    assert_int_equal(vana_guest.process_alloc(0, 0x100000001), 0);
    assert_null(process_malloc(NULL, 1));
    assert_int_equal(process_free(NULL, NULL), -EINVARG);
    assert_int_equal(blocks_taken(), before);
}

static void a_failed_malloc(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const size_t before = blocks_taken();

    (void)state;
    kheap_fail_at(1);
    assert_int_equal(malloc_as(process, 4096), 0);
    assert_int_equal(process->allocations[0].ptr, 0);
    assert_int_equal(blocks_taken(), before);
    assert_int_not_equal(malloc_as(process, 4096), 0);
}

static void a_full_ledger(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    uint32_t first = 0;
    size_t before;

    (void)state;
    for (int i = 0; i < 1024; i++) {
        void *const ptr = process_malloc(process, 1);

        assert_non_null(ptr);
        first = i == 0 ? hw_linear(ptr) : first;
    }
    before = blocks_taken();
    assert_null(process_malloc(process, 1));
    assert_int_equal(blocks_taken(), before);
    assert_int_equal(process_free(process, hw_ptr(first)), 0);
    assert_non_null(process_malloc(process, 1));
}

static void free_in_the_live_directory(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    const uint32_t address = malloc_as(process, 4096);

    (void)state;
    assert_int_equal(process_free(process, hw_ptr(address)), -EISTKN);
    user_writes(address, 1);
    assert_int_equal(free_as(process, address), 0);
}

/* ---- system calls and the guest table ---- */

static void unknown_commands(void **state)
{
    (void)state;
    assert_int_equal((int)hw_user_syscall(SYSTEM_COMMAND4_MALLOC, 1, 0), -EINVARG);
    process_switch(start_program(1, 1, 0));
    assert_int_equal((int)hw_user_syscall(3, 1, 0), -EUNIMP);
    assert_int_equal((int)hw_user_syscall(UINT32_MAX, 1, 0), -EUNIMP);
    assert_int_equal(hw_read_cr3(), task_chunk(task_current())->directory_entry);
}

static void calls_for_another_process(void **state)
{
    struct process *const first = start_program(1, 1, 0);
    struct process *const second = start_program(1, 1, 0);
    guest_addr address;

    (void)state;
    process_switch(first);
    address = vana_guest.process_alloc(second->id, 100);
    assert_int_not_equal(address, 0);
    assert_ptr_equal(process_current(), first);
    assert_int_equal(vana_guest.process_free(first->id, address), -EINVARG);
    assert_int_equal(vana_guest.process_free(second->id, address), 0);
}

static void process_memory_is_not_moved(void **state)
{
    struct process *const process = start_program(5000, 5000, 0x77);
    const uint32_t block = malloc_as(process, 5000);
    const uint32_t pages[] = {PROGRAM, PROGRAM + 4096, STACK, STACK + 12288, block, block + 4096};

    (void)state;
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        assert_int_equal(vana_guest.map(pages[i], 0x900000, 1, GUEST_WRITE | GUEST_USER), -EISTKN);
        assert_int_equal(vana_guest.unmap(pages[i], 1), -EISTKN);
    }
    assert_int_equal(vana_guest.unmap(PROGRAM - 0x100000, 0x200), -EISTKN);
    assert_int_equal(vana_guest.map(PROGRAM + 8192, 0x900000, 1, GUEST_WRITE | GUEST_USER), 0);
    assert_int_equal(user_reads(PROGRAM), 0x77777777);
}

static void mappings_of_a_process(void **state)
{
    guest_addr physical = 0;

    (void)state;
    process_switch(start_program(1, 1, 0));
    assert_int_equal(vana_guest.map(0x800000, 0x900000, 1, GUEST_WRITE | GUEST_USER), 0);
    user_writes(0x800000, 3);
    assert_int_equal(physical_word(0x900000), 3);
    assert_int_equal(vana_guest.physical(0x800abc, &physical), 0);
    assert_int_equal(physical, 0x900abc);
    assert_int_equal(vana_guest.unmap(0x800000, 1), 0);
    assert_int_equal(vana_guest.physical(0x800abc, &physical), -EINVARG);
    user_write_faults(0x800000, USER_WRITE_ABSENT);
}

static void addresses_beyond_the_machine(void **state)
{
    guest_addr physical = 0;

    (void)state;
    assert_int_equal(vana_guest.alloc(0x100000000, 0), 0);
    assert_int_equal(vana_guest.free(0x101000000), -EINVARG);
    assert_int_equal(vana_guest.free(0), -EINVARG);
    assert_int_equal(vana_guest.map(0x100800000, 0x900000, 1, 0), -EINVARG);
    assert_int_equal(vana_guest.map(0x800000, 0x900000, UINT32_MAX, 0), -EINVARG);
    assert_int_equal(vana_guest.map(0x800000, 0x900000, 1, 4), -EINVARG);
    assert_int_equal(vana_guest.unmap(0x100800000, 1), -EINVARG);
    assert_int_equal(vana_guest.physical(0x100000000, &physical), -EINVARG);
    assert_int_equal(vana_guest.heap_unit(0x101000000), -EINVARG);
}

static void the_heap_as_tools_see_it(void **state)
{
    struct guest_heap_info info;
    guest_addr address;

    (void)state;
    address = vana_guest.alloc(8192, 0);
    assert_int_equal(vana_guest.heap_info(&info), 0);
    assert_int_equal(info.start, 0x01000000);
    assert_int_equal(info.size, 104857600);
    assert_int_equal(info.unit, 4096);
    assert_int_equal(info.used_units, 1026 + 2);
    assert_int_equal(info.longest_free_units, 25600 - 1026 - 2);
    assert_int_equal(vana_guest.heap_unit(address), 1);
    assert_int_equal(vana_guest.heap_unit(address + 8191), 2);
    assert_int_equal(vana_guest.heap_unit(address + 8192), 0);
    assert_int_equal(vana_guest.free(address + 4096), -EINVARG);
    assert_int_equal(vana_guest.free(address), 0);
}

/* ---- the checker ---- */

static void broken_ledgers(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    struct process_allocation *const slot = process->allocations;
    struct process_allocation good;

    (void)state;
    fixture_is_broken();
    assert_non_null(process_malloc(process, 5000));
    assert_non_null(process_malloc(process, 1));
    assert_null(process_check());
    good = slot[0];
    slot[0].size = 4096;
    assert_string_equal(process_check(),
                        "slot 0 of process 0 is not a taken block of its size in the heap table");
    slot[0].size = 0;
    assert_string_equal(process_check(), "slot 0 of process 0 has a size that no allocation has");
    slot[0] = good;
    slot[5] = slot[1];
    assert_string_equal(process_check(), "slot 5 of process 0 holds an address that another slot holds");
    slot[5].ptr = 0;
    assert_string_equal(process_check(), "slot 5 of process 0 has a size and no address");
    slot[5].size = 0;
    *entry_of(task_chunk(hw_ptr(process->task)), good.ptr + 4096) &= ~PTE_RW;
    assert_string_equal(process_check(),
                        "slot 0 of process 0 is not mapped user writable at its own address");
}

static void broken_processes(void **state)
{
    struct process *const process = start_program(1, 1, 0);
    struct task *const task = hw_ptr(process->task);
    struct paging_4gb_chunk *const chunk = task_chunk(task);

    (void)state;
    fixture_is_broken();
    *entry_of(chunk, STACK) &= ~PTE_US;
    assert_string_equal(process_check(), "process 0: its stack is not mapped user writable");
    *entry_of(chunk, PROGRAM) &= ~PTE_P;
    assert_string_equal(process_check(), "process 0: its image is not mapped user writable");
    task->prev = 1;
    *entry_of(chunk, STACK) |= PTE_US;
    *entry_of(chunk, PROGRAM) |= PTE_P;
    assert_string_equal(process_check(), "the list of tasks is broken");
    task->process = 0;
    assert_string_equal(process_check(), "process 0: its task names another process");
    kfree(hw_ptr(process->stack));
    task->process = hw_linear(process);
    assert_string_equal(process_check(), "process 0: its stack is not a taken block of its size");
    process->id = 3;
    assert_string_equal(process_check(), "process 3: it stands in the slot of another number");
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("structures in memory have their documented sizes", layouts),
    AFTER_BOOT("a program starts at its virtual address with its stack below", a_start),
    AFTER_BOOT("the pages around the stack are not the program's", around_the_stack),
    AFTER_BOOT("BSS beyond the file is zeroed, to the end of its page", bss_is_zeroed),
    AFTER_BOOT("programs that are empty, inconsistent or reach the ring-0 stack are refused",
               impossible_programs),
    AFTER_BOOT("a long name is cut", long_names),
    AFTER_BOOT("there are twelve processes, and a slot is used again", thirteenth_process),
    AFTER_BOOT("out of memory at any allocation of a start gives everything back", out_of_memory_anywhere),
    AFTER_BOOT("two programs have different memory at the same address", same_address_two_memories),
    AFTER_BOOT("a program reads the kernel's memory and cannot write it", the_kernel_is_not_writable),
    AFTER_BOOT("a page fault ends the process that made it and nothing else", a_fault_ends_its_process),
    AFTER_BOOT("a page fault of the kernel's own ends no process", a_kernel_fault_ends_nobody),
    AFTER_BOOT("a process that is gone or never was is refused", gone_processes),
    AFTER_BOOT("an exit gives everything back", an_exit_gives_everything_back),
    AFTER_BOOT("the list of tasks follows starts and exits", the_list_of_tasks),
    AFTER_BOOT("system call 4 gives zeroed memory that only its owner writes", malloc_gives_private_memory),
    AFTER_BOOT("memory given back by system call 5 is no longer present", freed_memory_is_gone),
    AFTER_BOOT("memory that was given back can be had again, zeroed", memory_comes_back_after_free),
    AFTER_BOOT("the kernel may reuse what the current process gave back",
               the_kernel_reuses_what_a_process_freed),
    AFTER_BOOT("pointers that are not exactly the process's own are refused", foreign_pointers),
    AFTER_BOOT("sizes of 0 and sizes that wrap give no memory", impossible_sizes),
    AFTER_BOOT("a failed allocation leaves the ledger as it was", a_failed_malloc),
    AFTER_BOOT("a full ledger gives no memory and loses none", a_full_ledger),
    AFTER_BOOT("memory is not unmapped under a kernel that runs in that directory",
               free_in_the_live_directory),
    AFTER_BOOT("unknown system calls, and calls without a process, have a status", unknown_commands),
    AFTER_BOOT("a call for another process leaves the current one current", calls_for_another_process),
    AFTER_BOOT("what a process was given is not mapped over", process_memory_is_not_moved),
    AFTER_BOOT("mappings made in a process take effect and end", mappings_of_a_process),
    AFTER_BOOT("addresses and sizes beyond 32 bits are refused", addresses_beyond_the_machine),
    AFTER_BOOT("tools see the heap's extent and the state of each unit", the_heap_as_tools_see_it),
    AFTER_BOOT("the checker names a broken ledger slot", broken_ledgers),
    AFTER_BOOT("the checker names a broken process", broken_processes),
};
KMS_TESTS(vana_process, tests)
