/*
 * paging.h - VanaOS's address spaces: 4 GiB directories that begin as an identity map.
 *
 * A directory is one page of 1024 entries, each for a page table, all 1024 of which exist. They come from the
 * kernel heap, in this order: directory, 1024 tables, descriptor (1026 blocks). See kernel/x86.h for an
 * entry.
 *
 * Addresses. The document writes every address as void *, which on the metal is a number that can be used.
 * Here:
 *   - `void *` names a linear or physical address by its VALUE (0x400000 is (void *)0x400000) and is never used
 *     to reach memory. A value above 32 bits is an address that does not exist.
 *   - `uint32_t *directory` and `struct paging_4gb_chunk *` are C pointers, from hw_ptr() or the heap.
 * So memory from kmalloc() is mapped by PAGING_ADDRESS(hw_linear(ptr)).
 *
 * Functions that return int give 0 or a negative status, and a status means that nothing was changed:
 *   -EINVARG   an address or count that can never be right (unaligned, beyond 4 GiB, a range that wraps, unknown
 *              flags), or a descriptor or directory that is none of this kernel's
 *   -ENOMEM    no memory
 *   -EISTKN    the page is the kernel's own (see paging_set), or the directory is in use
 *
 * CR0.WP stays 0: ring 0 writes through pages that are read-only. Nothing is global, so loading CR3 drops
 * every cached translation, and a change to the directory in use invalidates its page.
 */
#ifndef VANA_PAGING_H
#define VANA_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define PAGING_CACHE_DISABLED  0x10u
#define PAGING_WRITE_THROUGH   0x08u
#define PAGING_ACCESS_FROM_ALL 0x04u
#define PAGING_IS_WRITEABLE    0x02u
#define PAGING_IS_PRESENT      0x01u

#define PAGING_TOTAL_ENTRIES_PER_TABLE 1024
#define PAGING_PAGE_SIZE               4096

#define PAGING_ADDRESS(value) ((void *)(uintptr_t)(value))

/* The descriptor of an address space. In guest memory, so its layout is the same on every host. */
struct paging_4gb_chunk {
    uint32_t directory_entry; /* linear (and physical) address of the directory */
};

/* ---- directories ---- */

/*
 * A new address space: every page maps to itself with these flags, directory entries are writable besides.
 * NULL without memory for all of it, and then nothing stays allocated.
 */
struct paging_4gb_chunk *paging_new_4gb(uint8_t flags);

/* Give the tables, the directory and the descriptor back. -EISTKN while CR3 names it. */
int paging_free_4gb(struct paging_4gb_chunk *chunk);

/* The directory of an address space, or NULL if the descriptor is not one that paging_new_4gb() gave. */
uint32_t *paging_4gb_chunk_get_directory(const struct paging_4gb_chunk *chunk);

/* Make this the current address space (CR3). */
int paging_switch(struct paging_4gb_chunk *chunk);

/* Load CR3 with a directory, without questions. */
void paging_load_directory(uint32_t *directory);

/* Turn paging on (CR0.PG). -EINVARG if CR3 names no directory that paging_switch() loaded. */
int enable_paging(void);

/* ---- mappings ---- */

/*
 * Write one page's entry as it is. An entry that would take the kernel's ground away is refused with -EISTKN:
 *   - a page of the kernel (layout.h) keeps the entry that paging_new_4gb() gave it, but for A and D: its frame, for
 *     the kernel runs there, and its rights, for programs enter and leave the kernel there;
 *   - a frame of the kernel is not mapped elsewhere for users to write;
 *   - a page of the heap stays mapped to itself, and present as long as the directory is in use.
 */
int paging_set(uint32_t *directory, void *virt, uint32_t val);

/* One page's entry. The address need not be aligned. 0, which maps nothing, for an address that does not
 * exist. */
uint32_t paging_get(uint32_t *directory, void *virt);

/*
 * Map pages. Flags are PAGING_ ones; without PAGING_IS_PRESENT the page is unmapped, and its entry keeps the
 * frame. Ranges are checked as a whole before the first entry is written; a count of 0, or an end equal to
 * the start, maps nothing and is no error. phys_end is exclusive.
 */
int paging_map(struct paging_4gb_chunk *chunk, void *virt, void *phys, int flags);
int paging_map_range(struct paging_4gb_chunk *chunk, void *virt, void *phys, int count, int flags);
int paging_map_to(struct paging_4gb_chunk *chunk, void *virt, void *phys, void *phys_end, int flags);

/*
 * The physical address behind a linear one. 0 if nothing is mapped there; as 0 is a physical address too,
 * paging_translate() tells the two apart: 0 and *physical, or -EINVARG.
 */
void *paging_get_physical_address(uint32_t *directory, void *virt);
int paging_translate(uint32_t *directory, void *virt, uint32_t *physical);

/* ---- addresses ---- */

bool paging_is_aligned(void *address);
/* Up to the next page boundary; in the last page of 4 GiB that is 0, as on the metal. */
void *paging_align_address(void *address);
void *paging_align_to_lower_page(void *address);
/* The numbers of the directory entry and of the table entry of an aligned address. */
int paging_get_indexes(void *virt, uint32_t *directory_index, uint32_t *table_index);

/* ---- looking at it ---- */

/* Page tables and directories made so far. */
uint64_t paging_tables_made(void);

/* The first broken invariant of an address space in words, or NULL. The words last until the next call. */
const char *paging_check(const struct paging_4gb_chunk *chunk);

#endif
