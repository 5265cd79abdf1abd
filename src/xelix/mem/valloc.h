/*
 * valloc.h - runs of pages of a context: addresses alone, or addresses with physical pages behind them.
 *
 *   valloc(pages, context)    addresses that nothing is mapped at, yet
 *   pvalloc(pages, context)   addresses, physical pages, and the mapping, with the context's rights
 *
 * The first address by its value, or NULL: out of anything, nothing is kept. Both place first fit. A pvalloc() run is
 * one run of physical pages too.
 *
 * Freeing names the first page's number and how many, and the context: the document's calls leave the context out,
 * and a page's number does not say whose it is. 0, or a status, and then nothing was changed:
 *   -EINVAL  vfree: a page that is not taken; pvfree: a page that pvalloc() did not map here; no pages
 *   -EBUSY   vfree: a page that is mapped; pvfree: a page that is lent (vm_map.h)
 */
#ifndef XELIX_MEM_VALLOC_H
#define XELIX_MEM_VALLOC_H

#include "paging.h"

void *valloc(uint32_t pages, struct vm_ctx *context);
int vfree(uint32_t num, uint32_t pages, struct vm_ctx *context);

void *pvalloc(uint32_t pages, struct vm_ctx *context);
int pvfree(uint32_t num, uint32_t pages, struct vm_ctx *context);

/* pvalloc() at a page of the caller's choice: 0, -ENOMEM, or as mem_page_alloc_at(). */
int pvalloc_at(uint32_t page, uint32_t pages, struct vm_ctx *context);

/*
 * Map frames that somebody names, a device's say, at pages of the caller's choice; `entry` is the first frame's address
 * and its rights. 0, -ENOMEM, or as mem_page_alloc_at(). Taking them away again: -EINVAL if any page was not so mapped.
 */
int vm_map_at(uint32_t page, uint32_t pages, uint32_t entry, struct vm_ctx *context);
int vm_unmap_at(uint32_t page, uint32_t pages, struct vm_ctx *context);

/* The address that a `void *` of this module names. */
static inline uint32_t vm_address(const void *named)
{
    return (uint32_t)(uintptr_t)named;
}

#endif
