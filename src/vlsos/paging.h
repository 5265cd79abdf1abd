/*
 * paging.h - VlsOs's address spaces: PAE tables, the kernel's GiB in all of them.
 *
 *   0x00000000 .. 0x3fffffff   the kernel: RAM at its own addresses, with the rights of layout.h, one directory
 *                              that every space shares. Not for programs, but for the gates' page
 *   0x40000000 .. 0xffffffff   a process: nothing until it is mapped
 *
 * PAE for the sake of its bit against fetches (NX): where the CPU has it, nothing is both writable and
 * executable, and data cannot be run. Where it has not, reading and writing are guarded all the same. CR0.WP is
 * set, so that .text and .rodata are read-only for the kernel too. The kernel's RAM above the first 4 MiB is mapped by
 * large pages.
 *
 * An entry's low bits are those of kernel/x86.h; bits 9 to 11, and all but bit 0 of an entry that is not present, are
 * the caller's.
 *
 * The CPU reads the four upper entries when CR3 is loaded, and only then: a space in use that gets or loses one
 * is loaded again.
 *
 * Statuses mean that nothing was changed. Not thread-safe.
 */
#ifndef VLSOS_PAGING_H
#define VLSOS_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

#define PAGING_USER_START 0x40000000u
#define PAGING_NONE       UINT32_MAX /* no address: what is asked for is mapped nowhere */

/* Rights of a mapping. Reading is always allowed. */
#define PAGING_WRITE   0x1u
#define PAGING_USER    0x2u
#define PAGING_EXECUTE 0x4u

typedef uint64_t paging_entry;

/* An address space, by the physical address of its four upper entries. */
struct paging_space {
    uint32_t root;
};

/* ---- the document's four ---- */

/* Make the kernel's tables, by the table of layout.h. Without memory for them: a message on the console, and none.
 * paging_start() is the same with a status. */
void paging_init(void);
int paging_start(void);

/* Load the kernel's space and turn paging on, with CR0.WP, CR4.PAE and NX. Without tables: a message, and paging
 * stays off. */
void paging_enable(void);

/* The physical address behind a linear one in the current space, or PAGING_NONE; the same number while paging is off. */
uint32_t virt_to_phys(uint32_t linear);

/* The address at which the kernel reaches a physical one, or PAGING_NONE: page 0, beyond the end of RAM. */
uint32_t phys_to_virt(uint32_t physical);

/* ---- address spaces ---- */

/* The space with nothing but the kernel. root is 0 before paging_start(). */
extern struct paging_space paging_kernel;

/* Whether entries carry NX here. */
bool paging_has_nx(void);

/* A space with an empty process part. VLSOS_ENOMEM. */
int paging_space_create(struct paging_space *space);

/* Give back the tables of a space, not the pages that they map. VLSOS_EBUSY while it is in use, VLSOS_EINVAL for
 * none, or the kernel's. */
int paging_space_destroy(struct paging_space *space);

/* Make this the current space (CR3). */
void paging_space_switch(const struct paging_space *space);
bool paging_space_is_current(const struct paging_space *space);
/* The space that CR3 names. */
struct paging_space paging_current(void);

/* ---- entries of the process part ---- */

/* The entry of a page; NULL if it has no table, or if the address is the kernel's. The pointer lasts as long as the
 * table: until paging_space_destroy(). Whoever changes an entry that was present calls paging_invalidate(). */
paging_entry *paging_entry_at(const struct paging_space *space, uint32_t linear);

/* The same, with tables made where there are none: VLSOS_OK, VLSOS_ENOMEM, or VLSOS_EINVAL for the kernel's part. */
int paging_entry_make(struct paging_space *space, uint32_t linear, paging_entry **entry);

/* An entry that maps a frame, a multiple of the page size, with these rights; A and D are clear. */
paging_entry paging_entry_for(uint32_t physical, uint32_t rights);

/* The frame of a present entry. */
static inline uint32_t paging_entry_frame(paging_entry entry)
{
    return (uint32_t)(entry & UINT64_C(0xfffff000));
}

/* Drop what the CPU remembers of a page, if the space is the current one; the kernel's part always. */
void paging_invalidate(const struct paging_space *space, uint32_t linear);

/* Map one page of the process part. VLSOS_EINVAL: an address that is unaligned, the kernel's, or beyond RAM;
 * VLSOS_EBUSY: mapped already; VLSOS_ENOMEM. */
int paging_map(struct paging_space *space, uint32_t linear, uint32_t physical, uint32_t rights);

/* Take the mapping of one page away. VLSOS_EFAULT: there is none. */
int paging_unmap(struct paging_space *space, uint32_t linear);

/* The physical address behind a linear one in any space, by a walk: VLSOS_OK or VLSOS_EFAULT. */
int paging_translate(const struct paging_space *space, uint32_t linear, uint32_t *physical);

/* ---- looking at it ---- */

/* Directories and tables made so far, and those that are in use. */
uint64_t paging_tables_made(void);
uint32_t paging_tables_used(void);

/* The first broken invariant of a space in words, the kernel's part included, or NULL. The words last until the next
 * call. */
const char *paging_check(const struct paging_space *space);

#endif
