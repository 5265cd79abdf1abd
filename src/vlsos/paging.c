#include "paging.h"

#include <stddef.h>

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "config.h"
#include "layout.h"
#include "memory.h"
#include "pages.h"
#include "paging_table.h"

#define USER_POINTER (PAGING_USER_START >> PAE_DIR_SHIFT) /* the first upper entry of processes */

struct paging_space paging_kernel;
static bool has_nx;
static uint64_t tables_made;
static uint32_t tables_used;

static void print(const char *text)
{
    while (*text)
        hw_putchar(*text++);
}

/* ---- tables ---- */

static uint32_t table_create(void)
{
    const uint32_t table = pages_alloc(0);

    if (table == PAGES_NONE)
        return PAGES_NONE;
    memset(hw_ptr(table), 0, PAGE_SIZE);
    tables_made++;
    tables_used++;
    return table;
}

static void table_free(uint32_t table)
{
    (void)pages_free(table, 0);
    tables_used--;
}

/* A directory with the tables below it; large pages have none. */
static void free_directory(uint32_t page)
{
    const paging_entry *const directory = hw_ptr(page);

    for (uint32_t i = 0; i < PAE_ENTRIES; i++)
        if ((directory[i] & (PTE_P | PDE_PS)) == PTE_P)
            table_free(paging_entry_frame(directory[i]));
    table_free(page);
}

/* The table that an entry leads to, made if there is none. Rights are the last entry's affair. */
static int table_below(paging_entry *entry, paging_entry bits)
{
    uint32_t table;

    if (*entry & PTE_P)
        return VLSOS_OK;
    table = table_create();
    if (table == PAGES_NONE)
        return VLSOS_ENOMEM;
    *entry = table | bits;
    return VLSOS_OK;
}

paging_entry paging_entry_for(uint32_t physical, uint32_t rights)
{
    paging_entry entry = physical | PTE_P;

    if (rights & PAGING_WRITE)
        entry |= PTE_RW;
    if (rights & PAGING_USER)
        entry |= PTE_US;
    if (has_nx && !(rights & PAGING_EXECUTE))
        entry |= PAE_NX;
    return entry;
}

/* ---- the kernel's part ---- */

paging_entry paging_layout_entry(uint32_t page)
{
    const uint32_t layout_rights = layout_page_rights(page);
    uint32_t rights = 0;

    if (!(layout_rights & LAYOUT_READ))
        return 0;
    if (layout_rights & LAYOUT_WRITE)
        rights |= PAGING_WRITE;
    if (layout_rights & LAYOUT_EXECUTE)
        rights |= PAGING_EXECUTE;
    if (layout_rights & LAYOUT_USER)
        rights |= PAGING_USER;
    return paging_entry_for(page, rights);
}

bool paging_layout_is_large(uint32_t start)
{
    return start >= VLSOS_POOL && start + PAE_TABLE_SPAN <= layout_end();
}

static int map_kernel_span(paging_entry *entry, uint32_t start)
{
    paging_entry *table;
    int status;

    if (paging_layout_is_large(start)) {
        *entry = paging_layout_entry(start) | PDE_PS;
        return VLSOS_OK;
    }
    status = table_below(entry, PTE_P | PTE_RW | PTE_US);
    if (status != VLSOS_OK)
        return status;
    table = paging_table(*entry);
    for (uint32_t i = 0; i < PAE_ENTRIES; i++)
        table[i] = paging_layout_entry(start + i * PAGE_SIZE);
    return VLSOS_OK;
}

static int map_kernel(paging_entry *directory)
{
    int status = VLSOS_OK;

    for (uint32_t start = 0; start < layout_end() && status == VLSOS_OK; start += PAE_TABLE_SPAN)
        status = map_kernel_span(&directory[start >> PAE_TABLE_SHIFT], start);
    return status;
}

/* What was made before memory ran out. */
static void drop_kernel(uint32_t page)
{
    const paging_entry *const root = hw_ptr(page);

    if (root[0] & PTE_P)
        free_directory(paging_entry_frame(root[0]));
    table_free(page);
}

int paging_start(void)
{
    paging_entry *root;
    uint32_t page;
    int status;

    tables_made = tables_used = 0;
    paging_kernel.root = 0;
    has_nx = hw_enable_nx();
    page = table_create();
    if (page == PAGES_NONE)
        return VLSOS_ENOMEM;
    root = hw_ptr(page);
    status = table_below(&root[0], PTE_P);
    if (status == VLSOS_OK)
        status = map_kernel(paging_table(root[0]));
    if (status == VLSOS_OK)
        paging_kernel.root = page;
    else
        drop_kernel(page);
    return status;
}

void paging_init(void)
{
    if (paging_start() != VLSOS_OK)
        print("Failed to make the kernel's page tables\n");
}

void paging_enable(void)
{
    if (paging_kernel.root == 0) {
        print("Failed to enable paging: there are no page tables\n");
        return;
    }
    hw_write_cr4(hw_read_cr4() | CR4_PAE);
    hw_write_cr3(paging_kernel.root);
    hw_write_cr0(hw_read_cr0() | CR0_WP | CR0_PG);
}

bool paging_has_nx(void)
{
    return has_nx;
}

/* ---- spaces ---- */

int paging_space_create(struct paging_space *space)
{
    const uint32_t page = table_create();

    if (page == PAGES_NONE)
        return VLSOS_ENOMEM;
    paging_root(&(struct paging_space){page})[0] = paging_root(&paging_kernel)[0];
    space->root = page;
    return VLSOS_OK;
}

int paging_space_destroy(struct paging_space *space)
{
    if (space->root == 0 || space->root == paging_kernel.root)
        return VLSOS_EINVAL;
    if (paging_space_is_current(space))
        return VLSOS_EBUSY;
    for (uint32_t i = USER_POINTER; i < PAE_POINTERS; i++)
        if (paging_root(space)[i] & PTE_P)
            free_directory(paging_entry_frame(paging_root(space)[i]));
    table_free(space->root);
    space->root = 0;
    return VLSOS_OK;
}

void paging_space_switch(const struct paging_space *space)
{
    hw_write_cr3(space->root);
}

struct paging_space paging_current(void)
{
    return (struct paging_space){hw_read_cr3() & ~(PAE_ROOT_ALIGN - 1u)};
}

bool paging_space_is_current(const struct paging_space *space)
{
    return (hw_read_cr0() & CR0_PG) && paging_current().root == space->root;
}

/* ---- entries ---- */

paging_entry *paging_entry_at(const struct paging_space *space, uint32_t linear)
{
    const paging_entry *const above =
        linear >= PAGING_USER_START ? paging_directory_entry(space, linear) : NULL;

    return above && (*above & PTE_P) ? &paging_table(*above)[(linear >> PAGE_SHIFT) % PAE_ENTRIES] : NULL;
}

/* The directory of this address; the CPU has to be told of a new one. */
static int make_directory(struct paging_space *space, uint32_t linear)
{
    paging_entry *const pointer = &paging_root(space)[linear >> PAE_DIR_SHIFT];
    const bool is_new = !(*pointer & PTE_P);
    const int status = table_below(pointer, PTE_P);

    if (status == VLSOS_OK && is_new && paging_space_is_current(space))
        paging_space_switch(space);
    return status;
}

int paging_entry_make(struct paging_space *space, uint32_t linear, paging_entry **entry)
{
    int status;

    if (linear < PAGING_USER_START)
        return VLSOS_EINVAL;
    status = make_directory(space, linear);
    if (status == VLSOS_OK)
        status = table_below(paging_directory_entry(space, linear), PTE_P | PTE_RW | PTE_US);
    if (status == VLSOS_OK)
        *entry = paging_entry_at(space, linear);
    return status;
}

void paging_invalidate(const struct paging_space *space, uint32_t linear)
{
    if (linear < PAGING_USER_START || paging_space_is_current(space))
        hw_invlpg(linear);
}

static bool may_map(uint32_t linear, uint32_t physical)
{
    return linear >= PAGING_USER_START && linear % PAGE_SIZE == 0 && physical % PAGE_SIZE == 0 &&
           physical < layout_end();
}

int paging_map(struct paging_space *space, uint32_t linear, uint32_t physical, uint32_t rights)
{
    paging_entry *entry = NULL;
    int status;

    if (!may_map(linear, physical))
        return VLSOS_EINVAL;
    status = paging_entry_make(space, linear, &entry);
    if (status != VLSOS_OK)
        return status;
    if (*entry & PTE_P)
        return VLSOS_EBUSY;
    *entry = paging_entry_for(physical, rights);
    return VLSOS_OK;
}

int paging_unmap(struct paging_space *space, uint32_t linear)
{
    paging_entry *const entry = paging_entry_at(space, linear);

    if (!entry || !(*entry & PTE_P))
        return VLSOS_EFAULT;
    *entry = 0;
    paging_invalidate(space, linear);
    return VLSOS_OK;
}

uint64_t paging_tables_made(void)
{
    return tables_made;
}

uint32_t paging_tables_used(void)
{
    return tables_used;
}
