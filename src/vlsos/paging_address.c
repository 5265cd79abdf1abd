#include "paging.h"

#include <stddef.h>

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "layout.h"
#include "paging_table.h"

int paging_translate(const struct paging_space *space, uint32_t linear, uint32_t *physical)
{
    const paging_entry *const above = paging_directory_entry(space, linear);
    paging_entry entry;

    if (!above || !(*above & PTE_P))
        return VLSOS_EFAULT;
    if (*above & PDE_PS) {
        *physical = paging_entry_frame(*above) + linear % PAE_TABLE_SPAN;
        return VLSOS_OK;
    }
    entry = paging_table(*above)[(linear >> PAGE_SHIFT) % PAE_ENTRIES];
    if (!(entry & PTE_P))
        return VLSOS_EFAULT;
    *physical = paging_entry_frame(entry) + linear % PAGE_SIZE;
    return VLSOS_OK;
}

uint32_t virt_to_phys(uint32_t linear)
{
    const struct paging_space current = paging_current();
    uint32_t physical = linear;

    if ((hw_read_cr0() & CR0_PG) && paging_translate(&current, linear, &physical) != VLSOS_OK)
        return PAGING_NONE;
    return physical;
}

uint32_t phys_to_virt(uint32_t physical)
{
    return layout_page_rights(physical) & LAYOUT_READ ? physical : PAGING_NONE;
}
