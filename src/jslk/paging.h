/*
 * paging.h - the virtual memory manager: pages, page tables, the one directory of the kernel.
 *
 * Virtual memory of the kernel:
 *   0 .. end of placement memory        identity-mapped: image, stack, placement memory
 *   JSLK_KHEAP_START .. end of the heap pages of frames that the physical memory manager gave
 *   everything else                     whatever paging_map() maps there
 * All of it is writable and for ring 0 alone, but for what paging_map() is asked.
 *
 * The tables of the heap's first 16 MiB, which are more than there are frames, are made before paging is on, so a heap
 * that grows needs no memory for tables. A table that paging_map() needs comes from the heap, and goes back to it when its
 * last page is unmapped.
 */
#ifndef JSLK_PAGING_H
#define JSLK_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <kernel/x86.h>

#include "heap.h"

/* An entry of a page table, in the layout of the hardware (kernel/x86.h); 0 is a page that is not there. */
typedef struct {
    uint32_t entry;
} page_t;

typedef struct {
    page_t pages[TABLE_ENTRIES];
} page_table_t;

typedef struct {
    uint32_t tables[TABLE_ENTRIES];         /* virtual addresses of the tables, 0 for none */
    uint32_t tablesPhysical[TABLE_ENTRIES]; /* what the hardware reads: the entries of the directory */
    uint32_t physicalAddr;                  /* of tablesPhysical */
} page_directory_t;

_Static_assert(sizeof(page_table_t) == PAGE_SIZE, "a table is a page");
_Static_assert(sizeof(page_directory_t) == 2 * PAGE_SIZE + 4, "the directory's layout");

/* Rights of a page. */
#define PAGE_WRITEABLE PTE_RW
#define PAGE_USER      PTE_US

/* In a bit that the hardware leaves to software: the frame is the page's own, and goes back when the page does. */
#define PAGE_OWNS_FRAME 0x200u

static inline bool page_present(const page_t *page)
{
    return (page->entry & PTE_P) != 0;
}

static inline bool page_owns_frame(const page_t *page)
{
    return (page->entry & PAGE_OWNS_FRAME) != 0;
}

static inline uint32_t page_frame(const page_t *page)
{
    return page->entry >> PAGE_SHIFT;
}

/* The hardware sets these two. */
static inline bool page_accessed(const page_t *page)
{
    return (page->entry & PTE_A) != 0;
}

static inline bool page_dirty(const page_t *page)
{
    return (page->entry & PTE_D) != 0;
}

static inline void page_set(page_t *page, uint32_t frame, uint32_t bits)
{
    page->entry = frame << PAGE_SHIFT | bits | PTE_P;
}

/* ---- the directory ---- */

extern page_directory_t *kernel_directory; /* NULL until initialise_paging() */

/*
 * Map placement memory and a page behind it, end it there, map the heap's first pages, load the directory and turn paging
 * on. JSLK_NO_MEMORY: too little placement memory, or too few frames.
 */
int initialise_paging(void);

/* Load CR3 and turn paging on. The directory has to map what runs. */
void switch_page_directory(const page_directory_t *directory);

/* Forget the directory, for a kernel that begins again. */
void paging_forget(void);

/*
 * The entry for an address; the pointer is good until its table is given back. Where there is no table: NULL, or with
 * `make` a new empty one, and NULL without memory for it.
 */
page_t *get_page(uint32_t address, int make, page_directory_t *directory);

/* Tables and directories made so far. */
uint64_t paging_tables_made(void);

/* ---- frames of pages ---- */

/* Give a page a free frame, with these rights; one that is present keeps what it has. JSLK_NO_MEMORY: there is none. */
int alloc_frame(page_t *page, uint32_t rights);

/* The page is there no more, and its own frame is free. Whoever may have used it invalidates its translation. */
void free_frame(page_t *page);

/* ---- pages for others ---- */

/* The heap's pages, in the kernel's directory. */
extern const struct heap_pages paging_heap_pages;

/* Pages that somebody asks to map. */
struct mapping {
    uint32_t linear, physical, pages;
    uint32_t rights; /* PAGE_WRITEABLE, PAGE_USER */
};

/*
 * Map pages to frames of the caller's choice, whatever was mapped there by an earlier call. JSLK_INVALID: an address that is
 * no page's, or a range that ends beyond 4 GiB; JSLK_TAKEN: it meets placement memory or the heap's area;
 * JSLK_NO_MEMORY: no memory for a table. Nothing is changed then.
 */
int paging_map(const struct mapping *mapping);

/* Unmap pages that paging_map() mapped; those that are not mapped stay so. Errors as above. */
int paging_unmap(uint32_t linear, uint32_t pages);

/* The physical address behind a virtual one, by the tables; its own before paging is on. JSLK_INVALID: not mapped. */
int paging_physical(uint32_t address, uint32_t *physical);

/* The first broken invariant of tables and frames in words, or NULL. The words last until the next call. */
const char *paging_check(const heap_t *heap);

/* End of the identity-mapped range. */
uint32_t paging_identity_end(void);

#endif
