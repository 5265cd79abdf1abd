#include "slab.h"

#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "pages.h"
#include "slab_inside.h"

struct slab_work slab_work;

/* The sanitizers watch objects where nothing else does, and not those that keep what a constructor made. */
static bool is_watched(const struct slab_cache *cache)
{
    return KERNEL_BLOCKS_ARE_WATCHED && !MEMORY_DEBUG && !cache->is.construct;
}

/* ---- lists ---- */

static void list_add(uint32_t *list, struct slab *slab, uint32_t linear)
{
    slab_work.list_words += *list ? 3 : 2;
    slab->prev = 0;
    slab->next = *list;
    if (*list)
        slab_at(*list)->prev = linear;
    *list = linear;
}

static void list_remove(uint32_t *list, const struct slab *slab)
{
    slab_work.list_words += 2u + (uint32_t)(slab->next != 0) + (uint32_t)(slab->prev != 0);
    if (slab->next)
        slab_at(slab->next)->prev = slab->prev;
    if (slab->prev)
        slab_at(slab->prev)->next = slab->next;
    else
        *list = slab->next;
}

/* ---- slabs ---- */

static uint32_t next_colour(struct slab_cache *cache)
{
    const uint32_t colour = cache->colour;

    cache->colour = colour + 1 < cache->colours ? colour + 1 : 0;
    return colour;
}

static void fill_chain(const struct slab_cache *cache, struct slab *slab)
{
    for (uint32_t i = 0; i < cache->per_slab; i++)
        slab->chain[i] = (uint16_t)(i + 1 < cache->per_slab ? i + 1 : SLAB_LAST);
}

static void make_objects(const struct slab_cache *cache, struct slab *slab)
{
    for (uint32_t i = 0; i < cache->per_slab; i++) {
        if (cache->is.construct && !MEMORY_DEBUG)
            cache->is.construct(slab_object(cache, slab, i));
        if (MEMORY_DEBUG)
            slab_zone_free(cache, slab, i, "nobody");
    }
    if (is_watched(cache))
        kernel_pool_opened((unsigned char *)slab + slab->first, cache->per_slab * cache->stride);
}

static uint32_t slab_create(struct slab_cache *cache)
{
    const uint32_t linear = pages_alloc(cache->order);
    struct slab *slab;
    uint32_t colour;

    if (linear == PAGES_NONE)
        return 0;
    colour = next_colour(cache);
    pages_tag(linear, cache->order, PAGES_TAG_SLAB + cache->number + PAGES_NOTED(colour));
    slab = slab_at(linear);
    *slab = (struct slab){.magic = SLAB_MAGIC, .first = cache->first + colour * cache->colour_step};
    fill_chain(cache, slab);
    make_objects(cache, slab);
    cache->statistics.slabs++;
    cache->statistics.slabs_made++;
    slab_work.made += cache->per_slab;
    slab_work.made_bytes += sizeof *slab + cache->per_slab * sizeof slab->chain[0];
    return linear;
}

static void slab_give_back(struct slab_cache *cache, uint32_t linear)
{
    if (is_watched(cache))
        kernel_pool_closed((unsigned char *)slab_at(linear) + slab_at(linear)->first,
                           cache->per_slab * cache->stride);
    slab_at(linear)->magic = 0;
    (void)pages_free(linear, cache->order);
    cache->statistics.slabs--;
    cache->statistics.slabs_given_back++;
}

static void put_into_slab(struct slab_cache *cache, const struct slab_spare *object)
{
    struct slab *const slab = slab_of(cache, object->object, hw_linear(object->object));
    const bool was_full = slab->free == SLAB_LAST;

    *object->link = slab->free;
    slab->free = (uint16_t)slab_index(slab, object->link);
    slab->taken--;
    if (was_full || slab->taken == 0) {
        const uint32_t linear = hw_linear(slab);

        list_remove(was_full ? &cache->full : &cache->partial, slab);
        list_add(slab->taken == 0 ? &cache->empty : &cache->partial, slab, linear);
        cache->statistics.empty_slabs += slab->taken == 0;
    }
}

/* The oldest spares go back to their slabs, until so many are left. */
static void put_spares(struct slab_cache *cache, uint32_t left)
{
    const uint32_t gone = cache->spare_count - left;

    for (uint32_t i = 0; i < gone; i++)
        put_into_slab(cache, &cache->spares[i]);
    for (uint32_t i = 0; i < left; i++)
        cache->spares[i] = cache->spares[gone + i];
    cache->spare_count = left;
    cache->statistics.taken -= gone;
    slab_work.put_back += gone;
    slab_work.moved += gone ? left : 0;
}

uint32_t slab_reclaim(struct slab_cache *cache)
{
    uint32_t count = 0;

    put_spares(cache, 0);
    while (cache->empty) {
        const uint32_t linear = cache->empty;

        list_remove(&cache->empty, slab_at(linear));
        slab_give_back(cache, linear);
        count++;
    }
    cache->statistics.empty_slabs = 0;
    return count;
}

uint32_t slab_reclaim_all(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SLAB_CACHES; i++)
        if (slab_caches[i])
            count += slab_reclaim(slab_caches[i]);
    return count;
}

/* ---- objects ---- */

/* A slab with a free object at the head of the partial list: true. */
static bool find_slab(struct slab_cache *cache)
{
    uint32_t linear = cache->empty;

    if (cache->partial)
        return true;
    if (linear) {
        list_remove(&cache->empty, slab_at(linear));
        cache->statistics.empty_slabs--;
    } else {
        linear = slab_create(cache);
    }
    if (linear)
        list_add(&cache->partial, slab_at(linear), linear);
    return linear != 0;
}

static struct slab_spare take_from_slab(struct slab_cache *cache)
{
    const uint32_t linear = cache->partial;
    struct slab *const slab = slab_at(linear);
    const uint32_t index = slab->free;

    slab->free = slab->chain[index];
    slab->taken++;
    if (slab->free == SLAB_LAST) {
        list_remove(&cache->partial, slab);
        list_add(&cache->full, slab, linear);
    }
    return (struct slab_spare){slab_object(cache, slab, index), &slab->chain[index]};
}

/* One spare from a slab; false: no memory. Everything is handed out then, so that there are never more than now: no other
 * place counts the most. */
static bool refill(struct slab_cache *cache)
{
    if (!find_slab(cache))
        return false;
    cache->spares[cache->spare_count++] = take_from_slab(cache);
    if (++cache->statistics.taken > cache->statistics.most_objects)
        cache->statistics.most_objects = cache->statistics.taken;
    slab_work.refilled++;
    return true;
}

void *slab_take_refilled(struct slab_cache *cache, uint32_t size, const char *owner)
{
    if (refill(cache))
        return slab_take_spare(cache, size, owner);
    cache->statistics.failures++;
    return NULL;
}

void *slab_alloc_by(struct slab_cache *cache, uint32_t size, const char *owner)
{
    if (size <= cache->is.size)
        return slab_take(cache, size, owner);
    cache->statistics.failures++;
    return NULL;
}

int slab_keep_when_full(struct slab_cache *cache, struct slab_spare object, const char *owner)
{
    put_spares(cache, SLAB_SPARES / 2);
    return slab_keep_spare(cache, &object, owner);
}

/* ---- who watches ---- */

static struct slab *slab_of_spare(const struct slab_cache *cache, const struct slab_spare *object)
{
    return slab_of(cache, object->object, hw_linear(object->object));
}

void slab_open_object(const struct slab_cache *cache, const struct slab_spare *object,
                      const struct zone_record *record)
{
    struct slab *const slab = slab_of_spare(cache, object);

    if (MEMORY_DEBUG)
        slab_zone_take(cache, slab, slab_index(slab, object->link), record);
    else if (is_watched(cache))
        kernel_block_handed_out((unsigned char *)slab + slab->first, object->object, record->size);
}

void slab_close_object(const struct slab_cache *cache, const struct slab_spare *object, const char *owner)
{
    struct slab *const slab = slab_of_spare(cache, object);

    if (MEMORY_DEBUG)
        slab_zone_free(cache, slab, slab_index(slab, object->link), owner);
    else if (is_watched(cache))
        kernel_block_taken_back((unsigned char *)slab + slab->first, object->object, cache->stride);
}

bool slab_is_damaged(const struct slab_cache *cache, const struct slab_spare *object)
{
    struct slab *const slab = slab_of_spare(cache, object);

    return slab_zone_check(cache, slab, slab_index(slab, object->link)) != NULL;
}

/* ---- giving back ---- */

int slab_free_by(struct slab_cache *cache, void *object, const char *owner)
{
    const uint32_t linear = object ? hw_linear(object) : 0;
    const unsigned mark = pages_mark_at(linear);

    if (pages_mark_tag(mark) != PAGES_TAG_SLAB + cache->number)
        return VLSOS_EINVAL;
    return slab_free_at(cache, &(struct slab_return){object, linear, mark, owner});
}

struct slab_cache *slab_cache_at(uint32_t linear)
{
    const unsigned tag = pages_tag_at(linear);

    return tag >= PAGES_TAG_SLAB ? slab_caches[tag - PAGES_TAG_SLAB] : NULL;
}
