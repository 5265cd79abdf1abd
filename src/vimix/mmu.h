/*
 * mmu.h - satp and fences: from a page table to what a hart uses, and how harts forget what has changed.
 *
 * The kernel and all processes use ASID 0, so every change of satp is followed by a fence of everything, which the
 * trampoline makes on its way between the two levels. A change in a table that a hart may use now is followed by a
 * fence on every hart: the local one is not enough, because each hart has a TLB of its own.
 */
#ifndef VIMIX_MMU_H
#define VIMIX_MMU_H

#include <stdbool.h>

#include "vm.h"

#define MMU_ASID 0u

/* The value of satp for a table. */
reg_t mmu_make_satp(pagetable_t pagetable, unsigned asid);
/* The table that a value of satp stands for; NULL for Bare. */
pagetable_t mmu_page_table(reg_t satp);

/* Load a table on the acting hart at the kernel's level, and fence there. */
void mmu_set_page_table(pagetable_t pagetable, unsigned asid);

/* Every hart forgets these pages; beyond a few, everything. */
void mmu_flush(reg_t va, reg_t pages);

/* For the demonstration of what happens without: mmu_flush() leaves out the other harts. True at boot, but in
 * vimix_unfenced and vimix32_unfenced. */
void mmu_fence_others(bool fence);

#endif
