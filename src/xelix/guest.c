#include "guest.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../lib/fits.h"
#include "config.h"
#include "kernel.h"
#include "mem/kmalloc.h"
#include "mem/palloc.h"
#include "mem/valloc.h"
#include "syscall.h"
#include "tasks/task.h"

/* ---- kmalloc ---- */

static guest_addr guest_alloc(uint64_t size, uint32_t flags)
{
    static void *(*const functions[])(size_t) = {kmalloc, zmalloc, kmalloc_a, zmalloc_a};

    _Static_assert(GUEST_ZEROED == 1 && GUEST_ALIGNED == 2, "the flags number the functions");
    return fits(size) ? kmalloc_address(functions[flags & (GUEST_ZEROED | GUEST_ALIGNED)]((size_t)size)) : 0;
}

static bool in_arena(guest_addr address)
{
    const uint32_t start = kmalloc_arena_address();

    return address >= start && address - start < XELIX_ARENA_PAGES * (guest_addr)PAGE_SIZE;
}

static int guest_free(guest_addr address)
{
    return in_arena(address) ? kfree(kmalloc_pointer((uint32_t)address)) : -EINVAL;
}

#define UNIT 8u

static int guest_heap_info(struct guest_heap_info *info)
{
    const struct kmalloc_stats stats = kmalloc_get_stats();

    info->start = kmalloc_arena_address();
    info->size = stats.total;
    info->unit = UNIT;
    info->used_units = stats.used / UNIT;
    info->longest_free_units = stats.longest / UNIT;
    return XELIX_OK;
}

static int guest_heap_unit(guest_addr address)
{
    return in_arena(address) ? kmalloc_unit((uint32_t)address) : -EINVAL;
}

/* ---- the current task's context, or the kernel's ---- */

static struct vm_ctx *current_context(void)
{
    return task_current() ? &task_current()->ctx : &vm_kernel;
}

static bool is_page(guest_addr address)
{
    return fits(address) && address % PAGE_SIZE == 0;
}

static int guest_map(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights)
{
    const uint32_t bits = (rights & GUEST_WRITE ? PTE_RW : 0) | (rights & GUEST_USER ? PTE_US : 0);

    if (!is_page(linear) || !is_page(physical) || (rights & ~(GUEST_WRITE | GUEST_USER)))
        return -EINVAL;
    if (pages > XELIX_PAGES || physical / PAGE_SIZE + pages > XELIX_PAGES)
        return -EINVAL;
    return vm_map_at((uint32_t)linear / PAGE_SIZE, pages, (uint32_t)physical | bits, current_context());
}

static int guest_unmap(guest_addr linear, uint32_t pages)
{
    return is_page(linear) ? vm_unmap_at((uint32_t)linear / PAGE_SIZE, pages, current_context()) : -EINVAL;
}

static int guest_physical(guest_addr linear, guest_addr *physical)
{
    uint32_t found = 0;
    const int status = fits(linear) ? vm_translate(current_context(), (uint32_t)linear, &found) : -EINVAL;

    if (status == XELIX_OK)
        *physical = found;
    return status;
}

/* ---- tasks ---- */

static int guest_process_create(const void *image, uint32_t size)
{
    return task_new(image, size);
}

static int guest_process_switch(int id)
{
    return task_get(id) ? task_switch(id) : -ESRCH;
}

/* A system call as this task, whichever was current before. */
static uint32_t call_as(int id, uint32_t command, uint32_t argument)
{
    const int before = task_current_id();
    uint32_t result;

    (void)task_switch(id);
    result = (uint32_t)hw_user_syscall(command, argument, 0);
    (void)task_switch(before);
    return result;
}

static guest_addr guest_process_alloc(int id, uint64_t size)
{
    return task_get(id) && fits(size) ? call_as(id, SYSCALL_MMAP, (uint32_t)size) : 0;
}

static int guest_process_free(int id, guest_addr address)
{
    if (!task_get(id))
        return -ESRCH;
    return fits(address) ? (int)call_as(id, SYSCALL_MUNMAP, (uint32_t)address) : -EINVAL;
}

/* ---- everything else ---- */

static void guest_work(struct guest_work *work)
{
    const struct kmalloc_work bytes = kmalloc_work();

    work->entries_scanned = bytes.scanned + mem_page_work.words_scanned;
    work->entries_written = bytes.written + mem_page_work.words_written;
    work->tables_made = paging_tables_made();
    work->bytes_touched = 2 * sizeof(uint32_t) * bytes.scanned + sizeof(uint32_t) * bytes.written +
                          sizeof(uint64_t) * (mem_page_work.words_scanned + mem_page_work.words_written);
}

const struct guest_ops xelix_guest = {
    .abi = GUEST_ABI,
    .name = "xelix",
    .title =
        "Xelix: page bitmaps for each context, boundary-tag kmalloc, a kernel that tasks do not have mapped",
    .ram_size = XELIX_RAM_BYTES,
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
    .process_exit = task_exit,
    .process_alloc = guest_process_alloc,
    .process_free = guest_process_free,
    .take_fault = kernel_take_fault,
    .fail_allocation = mem_fail_at,
    .check = kernel_check,
    .status_name = xelix_status_name,
    .work = guest_work,
};
