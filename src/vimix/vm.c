#include "vm.h"

#include "../lib/memory.h"
#include "kalloc.h"
#include "memlayout.h"
#include "status.h"

#define ROOT_LEVEL  (PT_LEVELS - 1u)
#define SUPER_LEVEL 1u

static size_t tables_made;

static pagetable_t table_behind(pte_t pte)
{
    return kalloc_pointer(pte_to_physical(pte));
}

pagetable_t vm_create(void)
{
    pagetable_t const table = kalloc();

    if (!table)
        return NULL;
    memset(table, 0, PAGE_SIZE);
    tables_made++;
    return table;
}

size_t vm_tables_made(void)
{
    return tables_made;
}

bool vm_is_range(reg_t va, reg_t size)
{
    return size > 0 && ((va | size) & PAGE_OFFSET) == 0 && va <= MAXVA_LAST && size - 1 <= MAXVA_LAST - va;
}

/* ---- the walk ---- */

/* The entry for va at this level, or a leaf above it; *level says which. NULL if a table is missing. */
static pte_t *walk_to(pagetable_t table, reg_t va, unsigned *level, bool alloc)
{
    for (unsigned at = ROOT_LEVEL;; at--) {
        pte_t *const entry = &table[level_index(va, at)];

        if (at == *level || pte_is_leaf(*entry)) {
            *level = at;
            return entry;
        }
        if (!(*entry & PTE_V)) {
            pagetable_t const made = alloc ? vm_create() : NULL;

            if (!made)
                return NULL;
            *entry = physical_to_pte(kalloc_physical(made)) | PTE_V;
        }
        table = table_behind(*entry);
    }
}

pte_t *vm_walk(pagetable_t pagetable, reg_t va, bool *is_super, bool alloc)
{
    unsigned level = 0;
    pte_t *const entry = va <= MAXVA_LAST ? walk_to(pagetable, va, &level, alloc) : NULL;

    if (is_super)
        *is_super = entry && level > 0;
    return entry;
}

/* ---- mapping ---- */

static pte_t leaf_for(const struct vm_mapping *mapping, reg_t done)
{
    return physical_to_pte(mapping->pa + done) | mapping->perm | PTE_V | PTE_A | PTE_D;
}

/* A super page fits here, and no table is in its way. */
static bool takes_super(pagetable_t pagetable, const struct vm_mapping *mapping, reg_t done)
{
    const reg_t va = mapping->va + done;
    unsigned level = SUPER_LEVEL;
    const pte_t *entry;

    if (!mapping->allow_super || ((va | (mapping->pa + done)) & (SUPERPAGE_SIZE - 1)) ||
        mapping->size - done < SUPERPAGE_SIZE)
        return false;
    entry = walk_to(pagetable, va, &level, false);
    return !entry || !pte_is_table(*entry);
}

static unsigned step_level(pagetable_t pagetable, const struct vm_mapping *mapping, reg_t done)
{
    return takes_super(pagetable, mapping, done) ? SUPER_LEVEL : 0;
}

/* Whether the page at this entry is free, or is what is asked for already: perhaps as a part of a larger page. */
static bool agrees(pte_t entry, unsigned level, const struct vm_mapping *mapping, reg_t done)
{
    const reg_t inside = (mapping->va + done) & (level_size(level) - 1);

    return !(entry & PTE_V) || entry + physical_to_pte(inside) == leaf_for(mapping, done);
}

static int find_conflict(pagetable_t pagetable, const struct vm_mapping *mapping)
{
    for (reg_t done = 0; done != mapping->size;) {
        unsigned level = step_level(pagetable, mapping, done);
        const reg_t step = level_size(level);
        const pte_t *const entry = walk_to(pagetable, mapping->va + done, &level, false);

        if (entry && !agrees(*entry, level, mapping, done))
            return -EEXIST;
        done += step;
    }
    return VIMIX_OK;
}

static int make_tables(pagetable_t pagetable, const struct vm_mapping *mapping)
{
    for (reg_t done = 0; done != mapping->size;) {
        unsigned level = step_level(pagetable, mapping, done);
        const reg_t step = level_size(level);

        if (!walk_to(pagetable, mapping->va + done, &level, true))
            return -ENOMEM;
        done += step;
    }
    return VIMIX_OK;
}

static void set_leaves(pagetable_t pagetable, const struct vm_mapping *mapping)
{
    for (reg_t done = 0; done != mapping->size;) {
        unsigned level = step_level(pagetable, mapping, done);
        const reg_t step = level_size(level);
        pte_t *const entry = walk_to(pagetable, mapping->va + done, &level, false);

        if (!(*entry & PTE_V))
            *entry = leaf_for(mapping, done);
        done += step;
    }
}

static bool is_mapping(const struct vm_mapping *mapping)
{
    const unsigned rights = mapping->perm & (PTE_R | PTE_W | PTE_X);

    return vm_is_range(mapping->va, mapping->size) && (mapping->pa & PAGE_OFFSET) == 0 &&
           mapping->size - 1 <= (reg_t)-1 - mapping->pa && (mapping->perm & ~PTE_PERM) == 0 && rights != 0 &&
           (rights & (PTE_R | PTE_W)) != PTE_W;
}

/* Everything that can fail comes before the first leaf is set. */
int vm_map(pagetable_t pagetable, const struct vm_mapping *mapping)
{
    int status;

    if (!is_mapping(mapping))
        return -EINVAL;
    status = find_conflict(pagetable, mapping);
    if (status == VIMIX_OK)
        status = make_tables(pagetable, mapping);
    if (status == -ENOMEM)
        vm_prune(pagetable, mapping->va, mapping->size);
    if (status == VIMIX_OK)
        set_leaves(pagetable, mapping);
    return status;
}

/* ---- unmapping ---- */

static bool is_empty(const pte_t *table)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        if (table[i])
            return false;
    }
    return true;
}

/* Free what is empty on the way to one address, from the last table up. */
static void prune_at(pagetable_t table, reg_t va, unsigned level)
{
    pte_t *const entry = &table[level_index(va, level)];
    pagetable_t below;

    if (level == 0 || !pte_is_table(*entry))
        return;
    below = table_behind(*entry);
    prune_at(below, va, level - 1);
    if (!is_empty(below))
        return;
    *entry = 0;
    (void)kfree(below);
}

void vm_prune(pagetable_t pagetable, reg_t va, reg_t size)
{
    const reg_t last = va + (size - 1);

    for (reg_t at = va;; at += SUPERPAGE_SIZE - (at & (SUPERPAGE_SIZE - 1))) {
        prune_at(pagetable, at, ROOT_LEVEL);
        if (last - at < SUPERPAGE_SIZE - (at & (SUPERPAGE_SIZE - 1)))
            return;
    }
}

static bool has_hole(pagetable_t pagetable, reg_t va, reg_t pages)
{
    for (reg_t page = 0; page < pages; page++) {
        bool is_super;
        const pte_t *const entry = vm_walk(pagetable, va + page * PAGE_SIZE, &is_super, false);

        if (!entry || is_super || !pte_is_leaf(*entry))
            return true;
    }
    return false;
}

static void drop_leaf(pte_t *entry)
{
    if (*entry & PTE_OWNED)
        (void)kfree(kalloc_pointer(pte_to_physical(*entry)));
    *entry = 0;
}

int vm_unmap(pagetable_t pagetable, reg_t va, reg_t pages)
{
    if (pages > MAXVA_LAST >> PAGE_SHIFT || !vm_is_range(va, pages * PAGE_SIZE))
        return -EINVAL;
    if (has_hole(pagetable, va, pages))
        return -EFAULT;
    for (reg_t page = 0; page < pages; page++)
        drop_leaf(vm_walk(pagetable, va + page * PAGE_SIZE, NULL, false));
    vm_prune(pagetable, va, pages * PAGE_SIZE);
    return VIMIX_OK;
}

void vm_free(pagetable_t pagetable)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        if (pte_is_table(pagetable[i]))
            vm_free(table_behind(pagetable[i]));
        else if (pte_is_leaf(pagetable[i]))
            drop_leaf(&pagetable[i]);
    }
    (void)kfree(pagetable);
}
