#include "slab.h"

#include "pages.h"
#include "slab_inside.h"

struct slab_cache *slab_caches[SLAB_CACHES];

static bool is_power_of_two(uint32_t number)
{
    return number > 0 && (number & (number - 1)) == 0;
}

static uint32_t round_up(uint32_t number, uint32_t align)
{
    return (number + align - 1) & ~(align - 1);
}

/* How many objects a slab of so many bytes holds. */
static uint32_t capacity(const struct slab_cache *cache, uint32_t bytes)
{
    uint32_t objects = bytes / cache->stride;

    while (objects > 0 &&
           round_up(slab_header_bytes(objects), cache->is.align) + objects * cache->stride > bytes)
        objects--;
    return objects;
}

/* The least order that wastes no more than an eighth, or the highest. */
static void choose_order(struct slab_cache *cache)
{
    for (cache->order = 0;; cache->order++) {
        const uint32_t bytes = slab_bytes(cache);

        cache->per_slab = capacity(cache, bytes);
        if (cache->order == SLAB_ORDER_MOST || bytes - cache->per_slab * cache->stride <= bytes / 8)
            return;
    }
}

static void shape(struct slab_cache *cache)
{
    const uint32_t align = cache->is.align;
    const uint32_t step = align > SLAB_COLOUR ? align : SLAB_COLOUR;

    cache->lead = MEMORY_DEBUG ? round_up(ZONE_BYTES, align) : 0;
    cache->stride = round_up(cache->lead + cache->is.size + (MEMORY_DEBUG ? ZONE_BYTES : 0), align);
    choose_order(cache);
    cache->first = round_up(slab_header_bytes(cache->per_slab), align);
    cache->origin = cache->first + cache->lead;
    cache->mask = slab_bytes(cache) - 1u;
    cache->colour_step = step;
    cache->colours = (slab_bytes(cache) - cache->first - cache->per_slab * cache->stride) / step + 1;
    if (cache->colours > PAGES_NOTE_MOST + 1)
        cache->colours = PAGES_NOTE_MOST + 1;
    cache->reciprocal = UINT32_MAX / cache->stride + 1;
}

static bool are_options(const struct slab_options *options)
{
    return options->name && options->size > 0 && options->size <= SLAB_SIZE_MOST &&
           (options->align == 0 || (is_power_of_two(options->align) && options->align <= SLAB_ALIGN_MOST));
}

static uint32_t free_number(void)
{
    uint32_t number = 0;

    while (number < SLAB_CACHES && slab_caches[number])
        number++;
    return number;
}

void slab_init(void)
{
    for (uint32_t i = 0; i < SLAB_CACHES; i++)
        slab_caches[i] = NULL;
}

int slab_cache_create(struct slab_cache *cache, const struct slab_options *options)
{
    const uint32_t number = free_number();

    if (!are_options(options))
        return VLSOS_EINVAL;
    if (number == SLAB_CACHES)
        return VLSOS_ENOMEM;
    *cache = (struct slab_cache){.is = *options, .number = number};
    if (cache->is.align < SLAB_ALIGN_LEAST)
        cache->is.align = SLAB_ALIGN_LEAST;
    shape(cache);
    slab_caches[number] = cache;
    return VLSOS_OK;
}

int slab_cache_destroy(struct slab_cache *cache)
{
    if (cache->number >= SLAB_CACHES || slab_caches[cache->number] != cache)
        return VLSOS_EINVAL;
    if (slab_objects(cache) > 0)
        return VLSOS_EBUSY;
    (void)slab_reclaim(cache);
    slab_caches[cache->number] = NULL;
    return VLSOS_OK;
}
