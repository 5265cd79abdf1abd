/*
 * pages.h - the one buddy allocator of the kernel: the pages from VLSOS_POOL to the end of RAM, its bookkeeping in
 * the frame table.
 *
 * Physical addresses; the kernel reaches a page at hw_ptr(phys_to_virt(address)), which for the pool is
 * hw_ptr(address). What is handed out holds whatever was there.
 */
#ifndef VLSOS_PAGES_H
#define VLSOS_PAGES_H

#include "buddy.h"
#include "config.h"

#define PAGES_NONE BUDDY_NONE

extern struct buddy kernel_pages;
extern uint16_t *pages_tags; /* for each page of the pool: see enum pages_tag, and a note in the upper byte */

/* The address lies in the pool. */
static inline bool pages_has(uint32_t address)
{
    return address >= kernel_pages.start && address < kernel_pages.end;
}

/* Make the pool, with all of it free. VLSOS_ENOMEM for a machine with less RAM than VLSOS_RAM_LEAST. */
int pages_init(void);

/* 2^order pages, contiguous and aligned to their size: the physical address, or PAGES_NONE. */
uint32_t pages_alloc(unsigned order);

/* Give back what pages_alloc() gave for this order. VLSOS_EINVAL for anything else, and nothing is changed. */
int pages_free(uint32_t address, unsigned order);

/*
 * Who is asked to free pages when none is left: it returns whether it did, and then the request is tried again. At most
 * PAGES_RECLAIMERS; more are ignored. pages_init() forgets them.
 */
#define PAGES_RECLAIMERS 4u
typedef bool (*pages_reclaimer)(void);
void pages_add_reclaimer(pages_reclaimer reclaimer);

/*
 * What a block is used for: a tag on each of its pages, 0 until it is set, 0 again when it is freed. So that whoever
 * is given an address finds out what lies there without looking at the memory. Beside it stands a note of 8 bits, of
 * whoever set the tag.
 */
enum pages_tag {
    PAGES_TAG_NONE = 0,
    PAGES_TAG_KMEM = 1,        /* a large block of kmem.h */
    PAGES_TAG_KMEM_MAPPED = 2, /* likewise, and mapped by mapping.h */
    PAGES_TAG_KMEM_BOOKS = 3,  /* with VLSOS_MEMORY_DEBUG, the page before one */
    PAGES_TAG_SLAB = 32,       /* + the number of the slab's cache */
};
#define PAGES_NOTE_MOST   255u
#define PAGES_NOTED(note) ((note) << 8) /* to be added to the tag that is set */
void pages_tag(uint32_t address, unsigned order, unsigned tag);

/* Tag and note of a page; 0 outside of the pool. */
static inline unsigned pages_mark_at(uint32_t address)
{
    return pages_has(address) ? pages_tags[(address - VLSOS_POOL) / BUDDY_FRAME_SIZE] : PAGES_TAG_NONE;
}
static inline unsigned pages_mark_tag(unsigned mark)
{
    return mark & 0xffu;
}
static inline unsigned pages_mark_note(unsigned mark)
{
    return mark >> 8;
}
static inline unsigned pages_tag_at(uint32_t address)
{
    return pages_mark_tag(pages_mark_at(address));
}

#endif
