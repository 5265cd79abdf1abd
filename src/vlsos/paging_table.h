/*
 * paging_table.h - tables as C arrays, for paging.c and its checker.
 */
#ifndef VLSOS_PAGING_TABLE_H
#define VLSOS_PAGING_TABLE_H

#include <stddef.h>

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "paging.h"

/* The directory or table that a present entry leads to. */
static inline paging_entry *paging_table(paging_entry entry)
{
    return hw_ptr(paging_entry_frame(entry));
}

static inline paging_entry *paging_root(const struct paging_space *space)
{
    return hw_ptr(space->root);
}

/* The entry of the directory that covers this address; NULL where there is no directory. */
static inline paging_entry *paging_directory_entry(const struct paging_space *space, uint32_t linear)
{
    const paging_entry pointer = paging_root(space)[linear >> PAE_DIR_SHIFT];

    return pointer & PTE_P ? &paging_table(pointer)[(linear >> PAE_TABLE_SHIFT) % PAE_ENTRIES] : NULL;
}

/* The entry that the table of layout.h asks for, A and D clear; 0 where nothing is mapped. */
paging_entry paging_layout_entry(uint32_t page);

/* Whether the kernel maps the 2 MiB from here by one large page. */
bool paging_layout_is_large(uint32_t start);

#endif
