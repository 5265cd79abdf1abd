/*
 * vm.h - page tables: one page each, 1024 entries of 32 bits (Sv32) or 512 of 64 bits (Sv39).
 *
 * All leaves have V, A and D set, so that neither policy of updating them makes a difference; entries that point to a
 * table have V alone. PTE_OWNED (a bit that the hardware leaves to software) marks a leaf whose page belongs to the
 * address space and goes when it goes; PTE_LENT marks one that a tool has mapped, and may unmap.
 *
 * Invariants, which vm_check() holds: no table below the root is empty; every table is a page handed out by kalloc() and
 * has one entry that points to it; every leaf has a legal combination of rights, and a super page stands on a
 * multiple of its size.
 *
 * Changing a table fences nothing: mmu.h has the fences, and who changes an address space in use calls them.
 */
#ifndef VIMIX_VM_H
#define VIMIX_VM_H

#include <stdbool.h>
#include <stddef.h>

#include <kernel/riscv.h>

typedef reg_t pte_t;
typedef pte_t pagetable_element;
typedef pagetable_element *pagetable_t; /* the root, or any table */

#define PTE_OWNED PTE_RSW0
#define PTE_LENT  PTE_RSW1
#define PTE_PERM  (PTE_R | PTE_W | PTE_X | PTE_U | PTE_OWNED | PTE_LENT) /* what a caller may ask for */

static inline reg_t pte_to_physical(pte_t pte)
{
    return (reg_t)((pte & PTE_PPN) >> PTE_PPN_SHIFT << PAGE_SHIFT);
}

static inline pte_t physical_to_pte(reg_t physical)
{
    return physical >> PAGE_SHIFT << PTE_PPN_SHIFT;
}

static inline bool pte_is_leaf(pte_t pte)
{
    return (pte & PTE_V) && (pte & (PTE_R | PTE_W | PTE_X));
}

static inline bool pte_is_table(pte_t pte)
{
    return (pte & PTE_V) && !pte_is_leaf(pte);
}

/* Bytes that an entry of this level covers; level 0 is the last. */
static inline reg_t level_size(unsigned level)
{
    return (reg_t)1 << (PAGE_SHIFT + PT_INDEX_BITS * level);
}

static inline unsigned level_index(reg_t va, unsigned level)
{
    return (unsigned)(va >> (PAGE_SHIFT + PT_INDEX_BITS * level)) & (PT_ENTRIES - 1);
}

static inline reg_t page_round_down(reg_t address)
{
    return address & ~(reg_t)PAGE_OFFSET;
}

/* Rounds up to a page; an address in the last page of all gives 0. */
static inline reg_t page_round_up(reg_t address)
{
    return page_round_down(address + PAGE_OFFSET);
}

/* One range to map. Addresses and size are multiples of the page size. */
struct vm_mapping {
    reg_t va, pa, size;
    unsigned perm;    /* PTE_PERM bits; R, W or X, and no W without R */
    bool allow_super; /* super pages where they fit */
};

/* An empty root, or NULL. */
pagetable_t vm_create(void);

/*
 * Map a range. Mapping again what is mapped to the same place with the same rights changes nothing and is no error.
 *   -EINVAL  empty, unaligned, wrapping, beyond MAXVA, or impossible rights
 *   -EEXIST  a page of it is mapped otherwise
 *   -ENOMEM  no page for a table
 * After an error the tables are as before.
 */
int vm_map(pagetable_t pagetable, const struct vm_mapping *mapping);

/*
 * The entry that translates an address: a leaf, or the last level's entry that is not valid. NULL if a table is missing
 * on the way (with `alloc`: and there is no page for it; tables made on the way stay) and beyond MAXVA.
 * *is_super says whether it is a super page's; is_super may be NULL.
 */
pte_t *vm_walk(pagetable_t pagetable, reg_t va, bool *is_super, bool alloc);

/*
 * Unmap pages that are all mapped by leaves of the last level; owned ones are freed. -EINVAL: empty, unaligned or
 * beyond MAXVA; -EFAULT: a hole or a super page in the range, and nothing has changed.
 */
int vm_unmap(pagetable_t pagetable, reg_t va, reg_t pages);

/* Free tables that have become empty, on the way to these addresses; a table that vm_walk() made for nothing. */
void vm_prune(pagetable_t pagetable, reg_t va, reg_t size);

/* Free all tables and every owned page. */
void vm_free(pagetable_t pagetable);

/* Tables made since boot. */
size_t vm_tables_made(void);

/* Whether a range is not empty, on page boundaries, and inside what an address space has. */
bool vm_is_range(reg_t va, reg_t size);

/*
 * The first broken invariant in words, or NULL. Each table and each owned page is told to `owns`, which answers false if
 * it belongs to somebody already.
 */
const char *vm_check(pagetable_t pagetable, bool (*owns)(reg_t page));

#endif
