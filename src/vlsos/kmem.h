/*
 * kmem.h - memory of any size that comes and goes: small requests from slabs of 16, 32, ... 2048 bytes, large ones from
 * the pages.
 *
 * What is given is aligned to KMEM_ALIGN, large requests to a page; nothing else is promised about alignment. It holds
 * whatever was there; kmem_zalloc() zeroes the bytes asked for.
 *
 * With VLSOS_MEMORY_DEBUG all of it has red zones on both sides and books, exact to the byte. A large block then has a page
 * before it, for it has to begin on one, and so mostly takes twice the memory; the greatest is a page smaller.
 */
#ifndef VLSOS_KMEM_H
#define VLSOS_KMEM_H

#include <stddef.h>
#include <stdint.h>

#include "slab.h"
#include "status.h"

#define KMEM_ALIGN   16u
#define KMEM_SMALL   2048u /* the greatest request that a slab answers */
#define KMEM_CLASSES 8u

/* Make the caches. */
int kmem_init(void);

/* Memory, or NULL: none is left, or size is 0, or this failure was ordered. */
#define kmem_alloc(size)  kmem_alloc_by(size, __func__)
#define kmem_zalloc(size) kmem_zalloc_by(size, __func__)
void *kmem_alloc_by(size_t size, const char *owner);
void *kmem_zalloc_by(size_t size, const char *owner);

/* Whole pages, aligned to one. */
#define kmem_alloc_pages(size) kmem_alloc_pages_by(size, __func__)
void *kmem_alloc_pages_by(size_t size, const char *owner);

/* Give memory back. VLSOS_EINVAL: not handed out here, or not any more; VLSOS_EBUSY: mapped
 * a second time (mapping.h); VLSOS_ECORRUPT: it was overwritten beyond its
 * ends, and stays taken. */
#define kmem_free(ptr) kmem_free_by(ptr, __func__)
int kmem_free_by(void *ptr, const char *owner);

/* Fail the n-th request from now, 1 being the next; 0 takes the order back. */
void kmem_fail_at(uint32_t n);

/*
 * What small requests did to the books of slabs so far: spares and links of chains, scanned and written; and their bytes,
 * with headers, lists, and the tag that says whose page it is. What VLSOS_MEMORY_DEBUG
 * writes besides is not in it, nor are the tags of large blocks.
 */
struct kmem_work {
    uint64_t scanned, written, bytes;
};
void kmem_measure(struct kmem_work *work);

/* What is wrong with a large block, in words, or NULL. The small ones are slab_check_all()'s. */
const char *kmem_check(void);

/* With VLSOS_MEMORY_DEBUG, tell of everything in slabs and large blocks that was handed out after allocation number
 * `since` (zone_clock()) and never freed. Returns how many, without it 0. A large block has no cache. */
uint32_t kmem_report(uint32_t since, zone_teller tell, void *context);

#endif
