#include "kvm.h"

#include <kernel/hw_riscv.h>

#include "kalloc.h"
#include "memlayout.h"
#include "mmu.h"
#include "status.h"

#define RX (PTE_R | PTE_X)
#define RW (PTE_R | PTE_W)

static pagetable_t kernel_pagetable;

pagetable_t kvm_page_table(void)
{
    return kernel_pagetable;
}

static int map_all(pagetable_t pagetable, const struct vm_mapping *mappings, unsigned count)
{
    int status = VIMIX_OK;

    for (unsigned i = 0; i < count && status == VIMIX_OK; i++)
        status = vm_map(pagetable, &mappings[i]);
    return status;
}

static int map_layout(pagetable_t pagetable, reg_t ram_end)
{
    const reg_t data = KERNEL_TEXT + KERNEL_TEXT_SIZE;
    const struct vm_mapping layout[] = {
        {TEST_DEVICE, TEST_DEVICE, PAGE_SIZE, RW, false},
        {RTC, RTC, PAGE_SIZE, RW, false},
        {CLINT, CLINT, CLINT_SIZE, RW, false},
        {PLIC, PLIC, PLIC_SIZE, RW, true},
        {UART0, UART0, PAGE_SIZE, RW, false},
        {VIRTIO0, VIRTIO0, PAGE_SIZE, RW, false},
        {KERNEL_TEXT, KERNEL_TEXT, KERNEL_TEXT_SIZE, RX, true},
        {data, data, ram_end - data, RW, true},
        {TRAMPOLINE, KERNEL_TRAMPOLINE, PAGE_SIZE, RX, false},
    };

    return map_all(pagetable, layout, sizeof layout / sizeof layout[0]);
}

static int map_stack(pagetable_t pagetable, unsigned process)
{
    void *const page = kalloc();
    struct vm_mapping stack = {KERNEL_STACK(process), 0, PAGE_SIZE, RW | PTE_OWNED, false};
    int status;

    if (!page)
        return -ENOMEM;
    stack.pa = kalloc_physical(page);
    status = vm_map(pagetable, &stack);
    if (status != VIMIX_OK)
        (void)kfree(page);
    return status;
}

static int map_stacks(pagetable_t pagetable)
{
    int status = VIMIX_OK;

    for (unsigned process = 0; process < MAX_PROCS && status == VIMIX_OK; process++)
        status = map_stack(pagetable, process);
    return status;
}

static void load_everywhere(void)
{
    for (unsigned hart = hw_harts(); hart-- > 0;) {
        hw_use_hart(hart);
        mmu_set_page_table(kernel_pagetable, MMU_ASID);
        hw_set_user_satp(mmu_make_satp(kernel_pagetable, MMU_ASID));
    }
}

int kvm_init(reg_t ram_end)
{
    pagetable_t const made = vm_create();
    int status = made ? VIMIX_OK : -ENOMEM;

    if (status == VIMIX_OK)
        status = map_layout(made, ram_end);
    if (status == VIMIX_OK)
        status = map_stacks(made);
    if (status == VIMIX_OK) {
        kernel_pagetable = made;
        load_everywhere();
    } else if (made) {
        vm_free(made);
    }
    return status;
}

int kvm_map(const struct vm_mapping *mapping)
{
    const int status = vm_map(kernel_pagetable, mapping);

    if (status == VIMIX_OK)
        mmu_flush(mapping->va, mapping->size / PAGE_SIZE);
    return status;
}

int kvm_unmap(reg_t va, reg_t pages)
{
    const int status = vm_unmap(kernel_pagetable, va, pages);

    if (status == VIMIX_OK)
        mmu_flush(va, pages);
    return status;
}
