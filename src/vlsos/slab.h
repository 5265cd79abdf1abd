/*
 * slab.h - caches of objects of one size, on the pages of the buddy allocator.
 *
 *   a slab: 2^order pages, aligned to their size
 *   +--------+--------------+---------+--------+----------+----------+-- ... --+------+
 *   | header | chain, books | colour  | object |  object  |  object  |         | rest |
 *   +--------+--------------+---------+--------+----------+----------+-- ... --+------+
 *
 * The chain has a number for each object: which free one follows, or that it is taken. So a free object keeps what its
 * constructor made, an overflow does not lead the allocator astray, and a second free is seen. Slabs of a cache start
 * their objects at different colours, multiples of the alignment, so that the same object of two slabs does not
 * fight for one line of a processor's cache. A slab's pages have its colour for a note (pages.h), so that whoever gives an
 * object back reaches its number without a look at the header.
 *
 * What was given back last is handed out next: a cache keeps the latest SLAB_SPARES objects aside, and only the
 * others go back to their slabs.
 *
 * A cache keeps slabs in three lists: partly taken, full, and empty. Empty ones stay until slab_reclaim(), which the
 * page allocator calls when it has run out (pages.h). All of them hold linear addresses, which are physical ones.
 *
 * A constructor runs once for each object when its slab is made, not at each allocation: whoever frees an object leaves
 * it constructed.
 *
 * With VLSOS_MEMORY_DEBUG each object stands between two red zones, is filled with poison while it is free (and
 * constructed anew for each allocation), and has books: who asked, when, who freed it. slab_free() and slab_check()
 * then name an object that was overwritten, the side, and its last owner; slab_report() names what was never freed.
 *
 * Statuses mean that nothing was changed: VLSOS_EINVAL for a pointer that is no object of this cache that is handed
 * out; VLSOS_ECORRUPT for an object whose zones were overwritten, which stays taken. Not thread-safe.
 */
#ifndef VLSOS_SLAB_H
#define VLSOS_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "zone.h"

#define SLAB_CACHES      32u   /* that can be made */
#define SLAB_SIZE_MOST   4096u /* of an object */
#define SLAB_ALIGN_LEAST 8u
#define SLAB_ALIGN_MOST  1024u
#define SLAB_ORDER_MOST  3u  /* of a slab: 32 KiB */
#define SLAB_COLOUR      64u /* colours are this far apart, or by the alignment if that is more */

#define SLAB_SPARES 64u /* objects that a cache keeps aside */

struct slab_options {
    const char *name;
    uint32_t size;                   /* of an object, 1 .. SLAB_SIZE_MOST */
    uint32_t align;                  /* a power of two up to SLAB_ALIGN_MOST; 0: SLAB_ALIGN_LEAST */
    void (*construct)(void *object); /* or NULL */
};

struct slab_statistics {
    uint64_t allocations, failures; /* so far; what was freed is allocations less slab_objects() */
    uint64_t slabs_made, slabs_given_back;
    uint32_t taken;              /* from slabs now: handed out, or kept aside */
    uint32_t most_objects;       /* handed out at any time */
    uint32_t slabs, empty_slabs; /* now */
};

/* The longer ways of all caches, so far: what the shorter ones cost, allocations and objects tell. */
struct slab_work {
    uint64_t refilled, put_back; /* objects from slabs, and back to them */
    uint64_t moved;              /* spares, when older ones are put back */
    uint64_t list_words;         /* of 32 bits, read and written */
    uint64_t made, made_bytes;   /* links of new slabs' chains; those with the headers */
};
extern struct slab_work slab_work;

/* A free object that its slab takes for handed out, and its link in the slab's chain. */
struct slab_spare {
    unsigned char *object;
    uint16_t *link;
};

/* A cache belongs to the kernel's static data; its fields are the allocator's. */
struct slab_cache {
    struct slab_options is;
    uint32_t number; /* in the table of caches */
    unsigned order;
    uint32_t per_slab;
    uint32_t lead;                 /* bytes of an object's place before it: the left red zone */
    uint32_t stride;               /* from one place to the next */
    uint32_t first;                /* offset of the first place, without colour */
    uint32_t colours;              /* how many there are */
    uint32_t colour_step;          /* bytes from one to the next */
    uint32_t colour;               /* of the next slab */
    uint32_t origin;               /* of the first object, without colour */
    uint32_t mask;                 /* bytes of a slab, less 1 */
    uint32_t reciprocal;           /* 2^32 / stride, rounded up: a product instead of a division */
    uint32_t partial, full, empty; /* the first slab of each list, or 0 */
    uint32_t spare_count;
    struct slab_spare spares[SLAB_SPARES]; /* the latest last */
    struct slab_statistics statistics;
};

/* Forget all caches: the pages are new. */
void slab_init(void);

/* A cache without slabs. VLSOS_EINVAL for options out of their range, VLSOS_ENOMEM if the table is full. */
int slab_cache_create(struct slab_cache *cache, const struct slab_options *options);

/* Give the cache up, with all of its slabs. VLSOS_EBUSY while an object is handed out. */
int slab_cache_destroy(struct slab_cache *cache);

/*
 * An object, or NULL without memory. What it holds is what its constructor made and its owners left. The owner is whom
 * reports name: the calling function.
 */
#define slab_alloc(cache) slab_alloc_by(cache, (cache)->is.size, __func__)

/* The same for a request of fewer bytes than an object has: what lies behind them is not the caller's. */
void *slab_alloc_by(struct slab_cache *cache, uint32_t size, const char *owner);

/* Give an object back. */
#define slab_free(cache, object) slab_free_by(cache, object, __func__)
int slab_free_by(struct slab_cache *cache, void *object, const char *owner);

/* How many objects are handed out now. */
static inline uint32_t slab_objects(const struct slab_cache *cache)
{
    return cache->statistics.taken - cache->spare_count;
}

/* The cache whose slab holds this address, or NULL: no slab does. */
struct slab_cache *slab_cache_at(uint32_t linear);

/* Give the empty slabs of a cache, or of all caches, back to the pages. Returns how many. */
uint32_t slab_reclaim(struct slab_cache *cache);
uint32_t slab_reclaim_all(void);

/* The first broken invariant of a cache, or of all caches, in words, or NULL. The words last until the next
 * call. */
const char *slab_check(const struct slab_cache *cache);
const char *slab_check_all(void);

/* ---- with VLSOS_MEMORY_DEBUG ---- */

/*
 * Tell of every object that was handed out after allocation number `since` (zone_clock()) and never freed. Returns how
 * many; always 0 without VLSOS_MEMORY_DEBUG.
 */
uint32_t slab_report(uint32_t since, zone_teller tell, void *context);

#endif
