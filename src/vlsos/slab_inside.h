/*
 * slab_inside.h - a slab in memory, for slab.c, its zones and its checker.
 */
#ifndef VLSOS_SLAB_INSIDE_H
#define VLSOS_SLAB_INSIDE_H

#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "pages.h"
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

/* The slab that holds an object, and its number there. */
static inline struct slab *slab_of(const struct slab_cache *cache, unsigned char *object, uint32_t linear)
{
    return (struct slab *)(void *)(object - (linear & cache->mask));
}

static inline uint32_t slab_index(const struct slab *slab, const uint16_t *link)
{
    return (uint32_t)(link - slab->chain);
}

/* The longer ways, in slab.c: no spare is left, or there is no room for another. */
void *slab_take_refilled(struct slab_cache *cache, uint32_t size, const char *owner);
int slab_keep_when_full(struct slab_cache *cache, struct slab_spare object, const char *owner);

/* With VLSOS_MEMORY_DEBUG: the zones of an object that is handed out were written to. */
bool slab_is_damaged(const struct slab_cache *cache, const struct slab_spare *object);

/* Tell whoever watches that an object is handed out, or nobody's. */
void slab_open_object(const struct slab_cache *cache, const struct slab_spare *object,
                      const struct zone_record *record);
void slab_close_object(const struct slab_cache *cache, const struct slab_spare *object, const char *owner);

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

/* ---- the short ways: here, because each call on them costs as much as their work ---- */

static inline void *slab_take_spare(struct slab_cache *cache, uint32_t size, const char *owner)
{
    const struct slab_spare *const spare = &cache->spares[--cache->spare_count];

    *spare->link = SLAB_TAKEN;
    cache->statistics.allocations++;
    if (MEMORY_DEBUG || KERNEL_BLOCKS_ARE_WATCHED)
        slab_open_object(cache, spare, &(struct zone_record){.size = size, .owner = owner});
    return spare->object;
}

/* An object for so many bytes, not more than it has. */
static inline void *slab_take(struct slab_cache *cache, uint32_t size, const char *owner)
{
    if (cache->spare_count == 0)
        return slab_take_refilled(cache, size, owner);
    return slab_take_spare(cache, size, owner);
}

static inline int slab_keep_spare(struct slab_cache *cache, const struct slab_spare *object,
                                  const char *owner)
{
    cache->spares[cache->spare_count++] = *object;
    *object->link = SLAB_SPARE;
    if (MEMORY_DEBUG || KERNEL_BLOCKS_ARE_WATCHED)
        slab_close_object(cache, object, owner);
    return VLSOS_OK;
}

/* An object to be given back, and where it lies, on a page whose tag is the cache's. */
struct slab_return {
    unsigned char *object;
    uint32_t linear;
    unsigned mark; /* of the page */
    const char *owner;
};

/* The link of an object that is handed out, or NULL. */
static inline uint16_t *slab_taken_link(const struct slab_cache *cache, const struct slab_return *back)
{
    const uint32_t colour = pages_mark_note(back->mark) * cache->colour_step;
    const uint32_t offset = (back->linear & cache->mask) - cache->origin - colour;
    const uint32_t index = (uint32_t)((uint64_t)offset * cache->reciprocal >> 32);
    uint16_t *link;

    if (index >= cache->per_slab || index * cache->stride != offset)
        return NULL;
    link = &slab_of(cache, back->object, back->linear)->chain[index];
    return *link == SLAB_TAKEN ? link : NULL;
}

static inline int slab_free_at(struct slab_cache *cache, const struct slab_return *back)
{
    const struct slab_spare object = {back->object, slab_taken_link(cache, back)};

    if (!object.link)
        return VLSOS_EINVAL;
    if (MEMORY_DEBUG && slab_is_damaged(cache, &object))
        return VLSOS_ECORRUPT;
    if (cache->spare_count == SLAB_SPARES)
        return slab_keep_when_full(cache, object, back->owner);
    return slab_keep_spare(cache, &object, back->owner);
}

#endif
