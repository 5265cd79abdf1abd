#include "mmu.h"

#include <kernel/hw_riscv.h>

#include "kalloc.h"

#define SINGLE_FENCES 16u /* more pages than this are one fence of everything */

#if !defined(VIMIX_FENCE_OTHERS)
#define VIMIX_FENCE_OTHERS 1 /* 0: vimix_unfenced, which forgets them */
#endif

static bool leave_others = !VIMIX_FENCE_OTHERS;

reg_t mmu_make_satp(pagetable_t pagetable, unsigned asid)
{
    return SATP_MODE | (reg_t)asid << SATP_ASID_SHIFT | kalloc_physical(pagetable) >> PAGE_SHIFT;
}

pagetable_t mmu_page_table(reg_t satp)
{
    return satp & SATP_MODE ? kalloc_pointer((satp & SATP_PPN) << PAGE_SHIFT) : NULL;
}

void mmu_set_page_table(pagetable_t pagetable, unsigned asid)
{
    hw_write_satp(mmu_make_satp(pagetable, asid));
    hw_sfence_vma(NULL, NULL);
}

void mmu_fence_others(bool fence)
{
    leave_others = !fence;
}

static void fence(const uint64_t *address)
{
    hw_sfence_vma(address, NULL);
    if (!leave_others)
        hw_remote_sfence_vma(address, NULL);
}

void mmu_flush(reg_t va, reg_t pages)
{
    if (pages > SINGLE_FENCES) {
        fence(NULL);
        return;
    }
    for (reg_t page = 0; page < pages; page++)
        fence(&(uint64_t){va + page * PAGE_SIZE});
}
