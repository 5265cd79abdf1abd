/*
 * slab_inside.h - a slab in memory, for slab.c, its zones and its checker.
 */
#ifndef VLSOS_SLAB_INSIDE_H
#define VLSOS_SLAB_INSIDE_H

#include "kernel/hw.h"

#include "buddy.h"
#include "slab.h"

#define SLAB_MAGIC 0x51ab51abu
#define SLAB_TAKEN UINT16_MAX        /* in the chain: handed out */
#define SLAB_LAST  (UINT16_MAX - 1u) /* in the chain: no other free object follows */
#define SLAB_SPARE (UINT16_MAX - 2u) /* in the chain: free, and kept aside by its cache */

/* Books of an object, with VLSOS_MEMORY_DEBUG. Names are numbers: a pointer's width is the host's. */
struct slab_books {
    uint32_t when;
    uint16_t size;
    uint8_t owner, freed_by;
};

struct slab {
    uint32_t magic;
    uint32_t next, prev; /* in the cache's list, or 0 */
    uint32_t first;      /* offset of the first place */
    uint16_t taken;      /* objects handed out or kept aside */
    uint16_t free;       /* the first free one, or SLAB_LAST */
    uint16_t chain[];    /* per_slab numbers; with VLSOS_MEMORY_DEBUG as many books follow */
};

/* Give back the object that starts so many bytes into a slab of this cache. */
int slab_free_at(struct slab_cache *cache, struct slab *slab, uint32_t offset, const char *owner);

extern struct slab_cache *slab_caches[SLAB_CACHES];

static inline struct slab *slab_at(uint32_t linear)
{
    return hw_ptr(linear);
}

static inline uint32_t slab_bytes(const struct slab_cache *cache)
{
    return BUDDY_FRAME_SIZE << cache->order;
}

static inline unsigned char *slab_object(const struct slab_cache *cache, struct slab *slab, uint32_t index)
{
    return (unsigned char *)slab + slab->first + index * cache->stride + cache->lead;
}

/* Bytes of the header with the chain of so many objects, and their books. */
static inline uint32_t slab_header_bytes(uint32_t objects)
{
    const uint32_t chain = (uint32_t)(sizeof(struct slab) + objects * sizeof(uint16_t) + 3u) & ~3u;

    return chain + (MEMORY_DEBUG ? objects * (uint32_t)sizeof(struct slab_books) : 0);
}

static inline struct slab_books *slab_books(const struct slab_cache *cache, struct slab *slab, uint32_t index)
{
    const uint32_t chain = (uint32_t)(sizeof(struct slab) + cache->per_slab * sizeof(uint16_t) + 3u) & ~3u;

    return (struct slab_books *)(void *)((unsigned char *)slab + chain) + index;
}

/* ---- slab_zone.c: nothing without VLSOS_MEMORY_DEBUG ---- */

/* An object of a new slab, or one that is given back: nobody may write to its place. */
void slab_zone_free(const struct slab_cache *cache, struct slab *slab, uint32_t index, const char *owner);

/* An object is handed out, for record->size bytes to record->owner. */
void slab_zone_take(const struct slab_cache *cache, struct slab *slab, uint32_t index,
                    const struct zone_record *record);

/* What is wrong with the place of an object, in words, or NULL. */
const char *slab_zone_check(const struct slab_cache *cache, struct slab *slab, uint32_t index);

#endif
