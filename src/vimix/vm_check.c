#include "vm.h"

#include "kalloc.h"

#define ROOT_LEVEL (PT_LEVELS - 1u)

static const char *check_leaf(pte_t entry, unsigned level, bool (*owns)(reg_t page))
{
    const reg_t physical = pte_to_physical(entry);

    if ((entry & (PTE_R | PTE_W)) == PTE_W)
        return "a leaf may be written and not read";
    if ((entry & (PTE_A | PTE_D)) != (PTE_A | PTE_D))
        return "a leaf lacks A or D";
    if (physical & (level_size(level) - 1))
        return "a super page does not stand on a multiple of its size";
    if (!(entry & PTE_OWNED))
        return NULL;
    if (level > 0)
        return "a super page is owned";
    if (kalloc_state(physical) != KALLOC_TAKEN)
        return "a page that is mapped is free";
    return owns(physical) ? NULL : "a page has two owners";
}

static const char *check_table(pagetable_t table, unsigned level, bool (*owns)(reg_t page));

static const char *check_below(pte_t entry, unsigned level, bool (*owns)(reg_t page))
{
    const reg_t physical = pte_to_physical(entry);

    if (level == 0)
        return "an entry of the last level points to a table";
    if (entry & ~(PTE_PPN | PTE_V))
        return "an entry that points to a table has other bits than V";
    if (kalloc_state(physical) != KALLOC_TAKEN)
        return "a page table is in no page that was handed out";
    if (!owns(physical))
        return "a page table has two owners";
    return check_table(kalloc_pointer(physical), level - 1, owns);
}

static const char *check_table(pagetable_t table, unsigned level, bool (*owns)(reg_t page))
{
    const char *broken = NULL;
    unsigned valid = 0;

    for (unsigned i = 0; i < PT_ENTRIES && !broken; i++) {
        const pte_t entry = table[i];

        valid += entry != 0;
        if (pte_is_leaf(entry))
            broken = check_leaf(entry, level, owns);
        else if (pte_is_table(entry))
            broken = check_below(entry, level, owns);
        else if (entry)
            broken = "an entry that is not valid is not zero";
    }
    if (!broken && valid == 0 && level != ROOT_LEVEL)
        broken = "a page table is empty";
    return broken;
}

const char *vm_check(pagetable_t pagetable, bool (*owns)(reg_t page))
{
    if (!owns(kalloc_physical(pagetable)))
        return "a page table has two owners";
    return check_table(pagetable, ROOT_LEVEL, owns);
}
