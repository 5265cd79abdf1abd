#include "kernel.h"

#include <kernel/hw_riscv.h>

#include "../lib/last_fault.h"
#include "kalloc.h"
#include "kvm.h"
#include "memlayout.h"
#include "process.h"
#include "status.h"
#include "syscall.h"

static struct last_fault last_fault;
static uint32_t lent[KALLOC_PAGES_MAX / 32]; /* to tools */
static size_t lent_count;

static uint32_t owned[KALLOC_PAGES_MAX / 32];
static size_t owned_count;

/* ---- boot ---- */

static int find_memory(void)
{
    static struct memory_map map;

    map.count = 0;
    if (!memory_map_of_machine(&map) || !memory_map_add_reserved(&map, 0, KERNEL_END) ||
        !memory_map_add_reserved(&map, DTB_BASE, DTB_SIZE) ||
        !memory_map_add_reserved(&map, INITRD_BASE, INITRD_SIZE))
        return -EINVAL;
    return kalloc_init(&map);
}

/* ---- sets of pages ---- */

static void forget_pages(uint32_t *set)
{
    for (size_t i = 0; i < KALLOC_PAGES_MAX / 32; i++)
        set[i] = 0;
}

/* Whether the page is in the set afterwards. */
static bool flip_page(uint32_t *set, reg_t page)
{
    const size_t number = (size_t)((page - KERNEL_END) >> PAGE_SHIFT);

    set[number / 32] ^= (uint32_t)1 << number % 32;
    return set[number / 32] >> number % 32 & 1u;
}

reg_t kernel_lend_page(void)
{
    void *const page = kalloc();

    if (!page)
        return 0;
    (void)flip_page(lent, kalloc_physical(page));
    lent_count++;
    return kalloc_physical(page);
}

int kernel_take_page_back(reg_t page)
{
    if ((page & PAGE_OFFSET) || kalloc_state(page) != KALLOC_TAKEN)
        return -EINVAL;
    if (flip_page(lent, page)) {
        (void)flip_page(lent, page); /* it was not lent, and is not */
        return -EINVAL;
    }
    lent_count--;
    return kfree(kalloc_pointer(page));
}

static bool handle_trap(const struct hw_trap *trap);

int kernel_main(void)
{
    int status = hw_ram_base() == KERNBASE ? find_memory() : -EINVAL;

    if (status == VIMIX_OK)
        status = kvm_init(KERNBASE + (reg_t)hw_ram_size());
    if (status != VIMIX_OK)
        return status;
    process_init();
    last_fault.is_there = false;
    forget_pages(lent);
    lent_count = 0;
    hw_set_trap_handler(handle_trap);
    hw_set_ecall_handler(syscall_handle);
    return VIMIX_OK;
}

/* ---- faults ---- */

static bool is_data_fault(uint64_t cause)
{
    return cause == CAUSE_LOAD_PAGE_FAULT || cause == CAUSE_STORE_PAGE_FAULT;
}

static bool handle_trap(const struct hw_trap *trap)
{
    struct process *const process = trap->user ? process_current() : NULL;

    if (process && is_data_fault(trap->cause) && process_grow_stack(process, (reg_t)trap->value))
        return true;
    last_fault_keep(&last_fault, &(struct guest_fault){(reg_t)trap->value, (uint32_t)trap->cause,
                                                       process ? process->id : -1});
    if (process)
        process_exit(process);
    return false;
}

int kernel_take_fault(struct guest_fault *fault)
{
    return last_fault_take(&last_fault, fault);
}

/* ---- the checker ---- */

static bool owns(reg_t page)
{
    if (flip_page(owned, page)) {
        owned_count++;
        return true;
    }
    return false;
}

static const char *check_owners(void)
{
    struct kalloc_usage usage;

    kalloc_measure(&usage);
    if (usage.managed - usage.free != owned_count + lent_count)
        return "a page is handed out and belongs to nobody";
    return NULL;
}

const char *kernel_check(void)
{
    const char *broken = kalloc_check();

    forget_pages(owned);
    owned_count = 0;
    if (!broken)
        broken = vm_check(kvm_page_table(), owns);
    if (!broken)
        broken = process_check(owns);
    return broken ? broken : check_owners();
}
