#include "slab_inside.h"

#include "zone.h"

/* An object's place: left zone, object, right zone up to the next place. */
static struct zone_place place_of(const struct slab_cache *cache, struct slab *slab, uint32_t index,
                                  uint32_t size)
{
    unsigned char *const object = slab_object(cache, slab, index);

    return (struct zone_place){object - cache->lead, object, object + size,
                               object - cache->lead + cache->stride};
}

void slab_zone_free(const struct slab_cache *cache, struct slab *slab, uint32_t index, const char *owner)
{
    const struct zone_place place = place_of(cache, slab, index, cache->is.size);

    zone_fill(place.start, place.object, ZONE_LEFT);
    zone_fill(place.object, place.right, ZONE_FREE);
    zone_fill(place.right, place.end, ZONE_RIGHT);
    slab_books(cache, slab, index)->freed_by = zone_owner_number(owner);
    slab_books(cache, slab, index)->size = (uint16_t)cache->is.size;
}

void slab_zone_take(const struct slab_cache *cache, struct slab *slab, uint32_t index,
                    const struct zone_record *record)
{
    const struct zone_place place = place_of(cache, slab, index, record->size);

    zone_fill(place.object, place.right, ZONE_NEW);
    zone_fill(place.right, place.end, ZONE_RIGHT);
    if (cache->is.construct)
        cache->is.construct(place.object);
    *slab_books(cache, slab, index) = (struct slab_books){
        .when = zone_tick(), .size = (uint16_t)record->size, .owner = zone_owner_number(record->owner)};
}

const char *slab_zone_check(const struct slab_cache *cache, struct slab *slab, uint32_t index)
{
    const struct slab_books *const books = slab_books(cache, slab, index);
    const struct zone_place place = place_of(cache, slab, index, books->size);

    return zone_check(&place, &(struct zone_holder){.kind = "slab cache ",
                                                    .name = cache->is.name,
                                                    .part = ", object ",
                                                    .when = books->when,
                                                    .owner = books->owner,
                                                    .freed_by = books->freed_by,
                                                    .is_free = slab->chain[index] != SLAB_TAKEN});
}
