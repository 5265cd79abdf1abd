#include "guest.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "../lib/fits.h"
#include "kernel.h"
#include "kheap.h"
#include "layout.h"
#include "paging.h"
#include "process.h"
#include "syscall.h"

/* ---- the heap: the kernel works in its own directory ---- */

static guest_addr guest_alloc(uint64_t size, uint32_t flags)
{
    guest_addr address = 0;
    void *ptr;

    if (!fits(size))
        return 0;
    kernel_page();
    ptr = flags & GUEST_ZEROED ? kzalloc((size_t)size) : kmalloc((size_t)size);
    if (ptr)
        address = hw_linear(ptr);
    task_page();
    return address;
}

static int guest_free(guest_addr address)
{
    int status;

    if (!fits(address) || !vana_in_heap((uint32_t)address))
        return -EINVARG;
    kernel_page();
    status = kheap_release(hw_ptr((uint32_t)address));
    task_page();
    return status;
}

static int guest_heap_info(struct guest_heap_info *info)
{
    struct heap_usage usage;

    kernel_page();
    heap_measure(&kernel_heap, &usage);
    task_page();
    info->start = VANA_HEAP_ADDRESS;
    info->size = VANA_HEAP_SIZE_BYTES;
    info->unit = VANA_HEAP_BLOCK_SIZE;
    info->used_units = usage.used_blocks;
    info->longest_free_units = usage.longest_free_run;
    return VANA_ALL_OK;
}

static int guest_heap_unit(guest_addr address)
{
    HEAP_BLOCK_TABLE_ENTRY entry;

    if (!fits(address) || !vana_in_heap((uint32_t)address))
        return -EINVARG;
    entry = kernel_heap_table.entries[((uint32_t)address - VANA_HEAP_ADDRESS) / VANA_HEAP_BLOCK_SIZE];
    if ((entry & HEAP_BLOCK_TABLE_ENTRY_TYPE) == HEAP_BLOCK_TABLE_ENTRY_FREE)
        return 0;
    return entry & HEAP_BLOCK_IS_FIRST ? 1 : 2;
}

/* ---- paging in the current address space ---- */

static struct paging_4gb_chunk *current_chunk(void)
{
    return task_current() ? task_chunk(task_current()) : kernel_chunk();
}

/* What a process was given is moved by the process calls only. */
static int map_current(uint32_t linear, uint32_t physical, uint32_t pages, uint32_t flags)
{
    int status = -EISTKN;

    kernel_page();
    if (!process_current() || !process_uses(process_current(), linear, pages))
        status = paging_map_range(current_chunk(), PAGING_ADDRESS(linear), PAGING_ADDRESS(physical),
                                  (int)pages, (int)flags);
    task_page();
    return status;
}

static int guest_map(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights)
{
    uint32_t flags = PAGING_IS_PRESENT;

    if (!fits(linear) || !fits(physical) || pages > INT32_MAX || (rights & ~(GUEST_WRITE | GUEST_USER)))
        return -EINVARG;
    if (rights & GUEST_WRITE)
        flags |= PAGING_IS_WRITEABLE;
    if (rights & GUEST_USER)
        flags |= PAGING_ACCESS_FROM_ALL;
    return map_current((uint32_t)linear, (uint32_t)physical, pages, flags);
}

/* An unmapped page's entry holds its own address, as in a new directory, only without P. */
static int guest_unmap(guest_addr linear, uint32_t pages)
{
    if (!fits(linear) || pages > INT32_MAX)
        return -EINVARG;
    return map_current((uint32_t)linear, (uint32_t)linear, pages, 0);
}

static int guest_physical(guest_addr linear, guest_addr *physical)
{
    uint32_t found = 0;
    int status = -EINVARG;

    if (!fits(linear))
        return status;
    kernel_page();
    status = paging_translate(paging_4gb_chunk_get_directory(current_chunk()),
                              PAGING_ADDRESS((uintptr_t)linear), &found);
    task_page();
    if (status == VANA_ALL_OK)
        *physical = found;
    return status;
}

/* ---- processes ---- */

static int guest_process_create(const void *image, uint32_t size)
{
    const struct process_program program = {.file = image, .file_size = size, .memory_size = size};
    struct process *process = NULL;
    int status;

    kernel_page();
    status = process_load(&program, &process);
    if (status == VANA_ALL_OK)
        status = process->id;
    task_page();
    return status;
}

static int guest_process_switch(int id)
{
    return process_switch(process_get(id));
}

static int guest_process_exit(int id)
{
    int status;

    kernel_page();
    status = process_terminate(process_get(id));
    task_page();
    return status;
}

/* A system call as this process, wherever the machine was before. */
static uint32_t call_as(struct process *process, uint32_t command, uint32_t argument)
{
    struct task *const before = task_current();
    uint32_t result;

    (void)process_switch(process);
    result = (uint32_t)hw_user_syscall(command, argument, 0);
    (void)task_switch(before);
    return result;
}

static guest_addr guest_process_alloc(int id, uint64_t size)
{
    struct process *const process = process_get(id);

    return process && fits(size) ? call_as(process, SYSTEM_COMMAND4_MALLOC, (uint32_t)size) : 0;
}

static int guest_process_free(int id, guest_addr address)
{
    struct process *const process = process_get(id);

    if (!process || !fits(address))
        return -EINVARG;
    return (int)call_as(process, SYSTEM_COMMAND5_FREE, (uint32_t)address);
}

/* ---- everything else ---- */

static const char *guest_check(void)
{
    const char *broken;

    kernel_page();
    broken = kernel_check();
    task_page();
    return broken;
}

static void guest_work(struct guest_work *work)
{
    work->entries_scanned = kernel_heap.work.entries_scanned;
    work->entries_written = kernel_heap.work.entries_written;
    work->bytes_touched = work->entries_scanned * sizeof(struct runs_node) +
                          work->entries_written * sizeof(HEAP_BLOCK_TABLE_ENTRY);
    work->tables_made = paging_tables_made();
}

const struct guest_ops vana_guest = {
    .abi = GUEST_ABI,
    .name = "vana",
    .title = "VanaOS: a block-table heap, and a 4 GiB identity directory for each process",
    .ram_size = VANA_RAM_BYTES,
    .boot = kernel_main,
    .alloc = guest_alloc,
    .free = guest_free,
    .heap_info = guest_heap_info,
    .heap_unit = guest_heap_unit,
    .map = guest_map,
    .unmap = guest_unmap,
    .physical = guest_physical,
    .process_create = guest_process_create,
    .process_switch = guest_process_switch,
    .process_exit = guest_process_exit,
    .process_alloc = guest_process_alloc,
    .process_free = guest_process_free,
    .take_fault = kernel_take_fault,
    .fail_allocation = kheap_fail_at,
    .check = guest_check,
    .status_name = vana_status_name,
    .work = guest_work,
};
