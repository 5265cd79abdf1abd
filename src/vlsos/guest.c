#include "guest.h"
#include "guest_vm.h"

#include <stdbool.h>
#include <stddef.h>

#include "kernel/hw.h"

#include "../lib/fits.h"
#include "config.h"
#include "kernel.h"
#include "kmem.h"
#include "mapping.h"
#include "memory.h"
#include "pages.h"
#include "paging.h"
#include "process.h"
#include "status.h"
#include "vm_books.h"

/* ---- memory ---- */

static guest_addr guest_alloc(uint64_t size, uint32_t flags)
{
    void *ptr;

    if (!fits(size))
        return 0;
    ptr = flags & GUEST_ALIGNED ? kmem_alloc_pages((size_t)size) : kmem_alloc((size_t)size);
    if (!ptr)
        return 0;
    if (flags & GUEST_ZEROED)
        memset(ptr, 0, (size_t)size);
    return hw_linear(ptr);
}

static int guest_free(guest_addr address)
{
    if (!fits(address) || !pages_has((uint32_t)address))
        return VLSOS_EINVAL;
    return kmem_free(hw_ptr((uint32_t)address));
}

/* A unit is a page: slabs are taken pages, whatever is free in them. */
static int guest_heap_info(struct guest_heap_info *info)
{
    const int highest = buddy_highest_order(&kernel_pages);
    struct memory_usage usage;

    memory_measure(&usage);
    *info = (struct guest_heap_info){.start = kernel_pages.start,
                                     .size = kernel_pages.end - kernel_pages.start,
                                     .unit = BUDDY_FRAME_SIZE,
                                     .used_units = usage.pages_used,
                                     .longest_free_units = highest < 0 ? 0 : UINT64_C(1) << highest};
    return VLSOS_OK;
}

static int guest_heap_unit(guest_addr address)
{
    const uint32_t page = (uint32_t)address & ~(BUDDY_FRAME_SIZE - 1u);

    if (!fits(address) || !pages_has((uint32_t)address))
        return VLSOS_EINVAL;
    if (buddy_order_at(&kernel_pages, page) >= 0)
        return 1;
    return buddy_is_free(&kernel_pages, page) ? 0 : 2;
}

/* ---- paging in the current address space ---- */

static int guest_map(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights)
{
    struct mapping mapping = {.pages = pages};

    if (!fits(linear) || !fits(physical) || (rights & ~(GUEST_WRITE | GUEST_USER)))
        return VLSOS_EINVAL;
    mapping.linear = (uint32_t)linear;
    mapping.physical = (uint32_t)physical;
    if (rights & GUEST_WRITE)
        mapping.rights |= PAGING_WRITE;
    if (rights & GUEST_USER)
        mapping.rights |= PAGING_USER;
    return mapping_add(&mapping);
}

static int guest_unmap(guest_addr linear, uint32_t pages)
{
    return fits(linear) ? mapping_remove((uint32_t)linear, pages) : VLSOS_EINVAL;
}

static int guest_physical(guest_addr linear, guest_addr *physical)
{
    const uint32_t found = fits(linear) ? virt_to_phys((uint32_t)linear) : PAGING_NONE;

    if (found == PAGING_NONE)
        return VLSOS_EFAULT;
    *physical = found;
    return VLSOS_OK;
}

static void guest_work(struct guest_work *work)
{
    struct buddy_work pages;
    struct kmem_work small;

    buddy_measure(&kernel_pages, &pages);
    kmem_measure(&small);
    *work = (struct guest_work){.entries_scanned = pages.scanned + small.scanned,
                                .entries_written = pages.written + small.written,
                                .bytes_touched = pages.bytes + small.bytes,
                                .tables_made = paging_tables_made() + books.vm.counts.tables_made};
}

static void guest_fail_allocation(uint32_t n)
{
    kmem_fail_at(n);
    books_fail_at(n);
}

const struct guest_ops vlsos_guest = {
    .abi = GUEST_ABI,
    .name = "vlsos",
    .title = "VlsOs: a buddy allocator, slabs, and virtual memory on PAE tables",
    .ram_size = VLSOS_RAM_BYTES,
    .store_pages = VLSOS_STORE_PAGES,
    .boot = kernel_main,
    .alloc = guest_alloc,
    .free = guest_free,
    .heap_info = guest_heap_info,
    .heap_unit = guest_heap_unit,
    .map = guest_map,
    .unmap = guest_unmap,
    .physical = guest_physical,
    .process_create = process_create,
    .process_switch = guest_process_switch,
    .process_exit = process_exit,
    .process_alloc = guest_process_alloc,
    .process_free = guest_process_free,
    .take_fault = kernel_take_fault,
    .fail_allocation = guest_fail_allocation,
    .check = kernel_check,
    .status_name = vlsos_status_name,
    .work = guest_work,
    .process_end = process_end,
    .process_duplicate = guest_process_duplicate,
    .fail_store = guest_fail_store,
    .vm_limit = guest_vm_limit,
    .vm_policy_name = guest_vm_policy_name,
    .vm_policy = guest_vm_policy,
    .vm_info = guest_vm_info,
};
