#include "guest.h"

#include <kernel/hw_riscv.h>

#include "../lib/memory.h"
#include "kalloc.h"
#include "kernel.h"
#include "kvm.h"
#include "mmu.h"
#include "process.h"
#include "status.h"
#include "umalloc.h"
#include "uvm.h"

#if KERNEL_XLEN == 32
#define VIMIX_NAME   "vimix32"
#define VIMIX_SCHEME "Sv32"
#define VIMIX_ARCH   GUEST_RV32
#else
#define VIMIX_NAME   "vimix"
#define VIMIX_SCHEME "Sv39"
#define VIMIX_ARCH   GUEST_RV64
#endif

/* Tools hold addresses and sizes of 64 bits; on the 32-bit machine VIMIX has 32. */
static bool fits(uint64_t number)
{
    return number <= (reg_t)-1;
}

/* ---- kalloc ---- */

static guest_addr guest_alloc(uint64_t size, uint32_t flags)
{
    const reg_t page = size == 0 || size > PAGE_SIZE ? 0 : kernel_lend_page();

    if (page && (flags & GUEST_ZEROED))
        memset(kalloc_pointer(page), 0, PAGE_SIZE);
    return page;
}

static int guest_free(guest_addr address)
{
    return fits(address) ? kernel_take_page_back((reg_t)address) : -EINVAL;
}

static int guest_heap_info(struct guest_heap_info *info)
{
    struct kalloc_usage usage;

    kalloc_measure(&usage);
    info->start = KERNEL_END;
    info->size = KERNBASE + hw_ram_size() - KERNEL_END;
    info->unit = PAGE_SIZE;
    info->used_units = info->size / PAGE_SIZE - usage.free;
    info->longest_free_units = usage.free > 0; /* pages are never joined */
    return VIMIX_OK;
}

static int guest_heap_unit(guest_addr address)
{
    if (address < KERNEL_END || address >= KERNBASE + hw_ram_size())
        return -EINVAL;
    return kalloc_state((reg_t)address) != KALLOC_FREE;
}

/* ---- paging: the current process's address space, or the kernel's ---- */

static pagetable_t current_page_table(void)
{
    const struct process *const process = process_current();

    return process ? process->pagetable : kvm_page_table();
}

static int map_current(const struct vm_mapping *mapping)
{
    const struct process *const process = process_current();
    int status;

    if (process && process_uses(process, mapping->va, mapping->size / PAGE_SIZE))
        return -EEXIST;
    status = vm_map(current_page_table(), mapping);
    if (status == VIMIX_OK)
        mmu_flush(mapping->va, mapping->size / PAGE_SIZE);
    return status;
}

/* A page count that no address space has becomes a size that none has. */
static reg_t size_of(uint32_t pages)
{
    return pages > (MAXVA_LAST >> PAGE_SHIFT) ? 0 : (reg_t)pages * PAGE_SIZE;
}

static int guest_map(guest_addr linear, guest_addr physical, uint32_t pages, uint32_t rights)
{
    struct vm_mapping mapping = {(reg_t)linear, (reg_t)physical, size_of(pages), PTE_R | PTE_LENT, false};

    if (!fits(linear) || !fits(physical) || (rights & ~(GUEST_WRITE | GUEST_USER)))
        return -EINVAL;
    if (!vm_is_range(mapping.va, mapping.size))
        return -EINVAL;
    if (rights & GUEST_WRITE)
        mapping.perm |= PTE_W;
    if (rights & GUEST_USER)
        mapping.perm |= PTE_U;
    return map_current(&mapping);
}

/* What tools have mapped is theirs to unmap, and nothing else. */
static int find_not_lent(pagetable_t pagetable, reg_t va, uint32_t pages)
{
    for (uint32_t page = 0; page < pages; page++) {
        const pte_t *const entry = vm_walk(pagetable, va + page * PAGE_SIZE, NULL, false);

        if (!entry || !pte_is_leaf(*entry))
            return -EFAULT;
        if (!(*entry & PTE_LENT))
            return -EEXIST;
    }
    return VIMIX_OK;
}

static int guest_unmap(guest_addr linear, uint32_t pages)
{
    pagetable_t const pagetable = current_page_table();
    int status;

    if (!fits(linear) || !vm_is_range((reg_t)linear, size_of(pages)))
        return -EINVAL;
    status = find_not_lent(pagetable, (reg_t)linear, pages);
    if (status == VIMIX_OK)
        status = vm_unmap(pagetable, (reg_t)linear, pages);
    if (status == VIMIX_OK)
        mmu_flush((reg_t)linear, pages);
    return status;
}

static int guest_physical(guest_addr linear, guest_addr *physical)
{
    bool is_super;
    const pte_t *entry;

    if (!fits(linear))
        return -EINVAL;
    entry = vm_walk(current_page_table(), (reg_t)linear, &is_super, false);
    if (!entry || !pte_is_leaf(*entry))
        return -EFAULT;
    *physical = pte_to_physical(*entry) + (linear & ((is_super ? SUPERPAGE_SIZE : PAGE_SIZE) - 1));
    return VIMIX_OK;
}

/* ---- processes ---- */

static int guest_process_create(const void *image, uint32_t size)
{
    return process_create(image, size);
}

static int guest_process_switch(int id)
{
    struct process *const process = process_get(id);

    if (!process)
        return -ESRCH;
    process_switch(process);
    return VIMIX_OK;
}

static int guest_process_exit(int id)
{
    struct process *const process = process_get(id);

    if (!process)
        return -ESRCH;
    process_exit(process);
    return VIMIX_OK;
}

/* Go back to what the acting hart ran, unless that has ended meanwhile. */
static void go_back(int before)
{
    process_switch(process_get(before));
}

/* From here until go_back() the acting hart runs this process; what it ran before, or -1. */
static int run_as(struct process *process)
{
    const struct process *const before = process_current();

    process_switch(process);
    return before ? before->id : -1;
}

static guest_addr guest_process_alloc(int id, uint64_t size)
{
    struct process *const process = process_get(id);
    reg_t address = 0;
    int before;

    if (!process || !fits(size))
        return 0;
    before = run_as(process);
    if (umalloc(process->libc_data, (reg_t)size, &address) != VIMIX_OK)
        address = 0;
    go_back(before);
    return address;
}

static int guest_process_free(int id, guest_addr address)
{
    struct process *const process = process_get(id);
    int before;
    int status;

    if (!process)
        return -ESRCH;
    if (!fits(address))
        return -EINVAL;
    before = run_as(process);
    status = umalloc_free(process->libc_data, (reg_t)address);
    go_back(before);
    return status;
}

static guest_addr guest_process_realloc(int id, guest_addr old, uint64_t size)
{
    struct process *const process = process_get(id);
    reg_t address = 0;
    int before;

    if (!process || !fits(old) || !fits(size))
        return 0;
    before = run_as(process);
    if (umalloc_realloc(process->libc_data, (reg_t)old, (reg_t)size, &address) != VIMIX_OK)
        address = 0;
    go_back(before);
    return address;
}

static guest_addr guest_process_sbrk(int id, int64_t change)
{
    struct process *const process = process_get(id);
    reg_t old = 0;
    int before;
    int status;

    if (!process || (int64_t)(sreg_t)change != change)
        return GUEST_NO_ADDRESS;
    before = run_as(process);
    status = umalloc_sbrk((sreg_t)change, &old);
    go_back(before);
    return status == VIMIX_OK ? old : GUEST_NO_ADDRESS;
}

static int guest_process_stack(int id, guest_addr pointer)
{
    struct process *const process = process_get(id);

    if (!process)
        return -ESRCH;
    if (!fits(pointer))
        return -EINVAL;
    process_set_stack(process, (reg_t)pointer);
    return VIMIX_OK;
}

static int guest_use_cpu(unsigned cpu)
{
    if (cpu >= hw_harts())
        return -EINVAL;
    hw_use_hart(cpu);
    return VIMIX_OK;
}

/* ---- everything else ---- */

static void guest_work(struct guest_work *work)
{
    struct kalloc_usage usage;
    struct umalloc_work units;
    uint64_t moves;

    kalloc_measure(&usage);
    umalloc_measure(&units);
    moves = usage.handed_out + usage.taken_back;
    work->entries_scanned = usage.handed_out + units.headers_read; /* the list's head, each time */
    work->entries_written = moves + units.headers_written;
    work->bytes_touched = moves * KALLOC_MOVE_BYTES + units.begin_words * sizeof(reg_t) +
                          (units.headers_read + units.headers_written) * UMALLOC_UNIT;
    work->tables_made = vm_tables_made();
}

static void guest_fail_allocation(uint32_t n)
{
    kalloc_fail_at(n);
}

const struct guest_ops vimix_guest = {
    .abi = GUEST_ABI,
    .name = VIMIX_NAME,
    .title =
        "VIMIX: pages on a free list, " VIMIX_SCHEME " with super pages, sbrk() and a C library's malloc()",
    .ram_size = RAM_DEFAULT,
    .arch = VIMIX_ARCH,
    .cpus = 2,
    .ram_base = KERNBASE,
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
    .fail_allocation = guest_fail_allocation,
    .check = kernel_check,
    .status_name = vimix_status_name,
    .work = guest_work,
    .process_sbrk = guest_process_sbrk,
    .process_realloc = guest_process_realloc,
    .process_stack = guest_process_stack,
    .use_cpu = guest_use_cpu,
};
