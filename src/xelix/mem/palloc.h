/*
 * palloc.h - runs of physical pages.
 *
 * The fastest allocation in Xelix, with two limits: it gives whole pages, and it does not remember how many. To free a
 * run, its size is supplied again. What palloc() gives is a physical address by its value; nothing is mapped there,
 * and it is never used as a pointer.
 *
 * Errors: palloc() gives NULL without memory, and for no pages. pfree() answers 0, or -EINVAL for pages that are not
 * taken, were never RAM, or belong to the kernel's first pages (config.h), and then changes nothing. The document's
 * pfree() answers nothing.
 */
#ifndef XELIX_MEM_PALLOC_H
#define XELIX_MEM_PALLOC_H

#include "page_alloc.h"

/* Every usable page of the machine's memory map behind the kernel's own first pages becomes free. -ENOMEM if those are
 * not all in one usable run. */
int palloc_init(void);

/* The lowest run of so many free pages. */
void *palloc(uint32_t num_pages);
/* page_id is the number of the first page: its address / 4096. */
int pfree(uint32_t page_id, uint32_t num_pages);

/* Whether these are pages that palloc() hands out, taken now or not. */
bool palloc_may_give(uint32_t page_id, uint32_t num_pages);
bool palloc_is_taken(uint32_t page_id);

struct palloc_usage {
    uint32_t pages; /* that can be handed out at all */
    uint32_t taken;
    uint32_t longest_free;
};
struct palloc_usage palloc_stats(void);

const char *palloc_check(void);

#endif
