#include "slab_inside.h"

#include "../lib/text.h"

#include "pages.h"

static const char *say(const struct slab_cache *cache, uint32_t linear, const char *broken)
{
    static char words[160];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "slab cache ");
    text_put(&text, cache->is.name);
    text_put(&text, ", slab ");
    text_hex(&text, linear, 8);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

/* ---- one slab ---- */

static bool is_slab(const struct slab_cache *cache, uint32_t linear)
{
    return linear % slab_bytes(cache) == 0 && pages_tag_at(linear) == PAGES_TAG_SLAB + cache->number &&
           buddy_order_at(&kernel_pages, linear) == (int)cache->order && slab_at(linear)->magic == SLAB_MAGIC;
}

/* The chain visits every free object once. */
static const char *check_chain(const struct slab_cache *cache, const struct slab *slab)
{
    uint32_t free = 0, taken = 0;

    for (uint32_t at = slab->free; at != SLAB_LAST; at = slab->chain[at])
        if (at >= cache->per_slab || ++free > cache->per_slab)
            return "the chain of free objects leads astray";
    for (uint32_t i = 0; i < cache->per_slab; i++)
        taken += slab->chain[i] == SLAB_TAKEN || slab->chain[i] == SLAB_SPARE;
    if (taken != slab->taken)
        return "the count of taken objects is not their number";
    return free + taken == cache->per_slab ? NULL : "a free object is not in the chain";
}

static const char *check_zones(const struct slab_cache *cache, struct slab *slab)
{
    const char *broken = NULL;

    for (uint32_t i = 0; MEMORY_DEBUG && i < cache->per_slab && !broken; i++)
        broken = slab_zone_check(cache, slab, i);
    return broken;
}

/* ---- one list ---- */

enum fill {
    FILL_EMPTY,
    FILL_PARTIAL,
    FILL_FULL,
};

struct pass {
    const struct slab_cache *cache;
    uint32_t slabs, objects;
};

static bool belongs(const struct slab_cache *cache, const struct slab *slab, enum fill fill)
{
    if (fill == FILL_EMPTY)
        return slab->taken == 0;
    return fill == FILL_FULL ? slab->taken == cache->per_slab
                             : slab->taken > 0 && slab->taken < cache->per_slab;
}

static const char *check_slab(struct pass *pass, uint32_t linear, enum fill fill)
{
    const struct slab_cache *const cache = pass->cache;
    struct slab *const slab = slab_at(linear);
    const char *broken = check_chain(cache, slab);

    if (!broken && !belongs(cache, slab, fill))
        broken = "in the wrong list";
    if (!broken && slab->first != cache->first + pages_mark_note(pages_mark_at(linear)) * cache->colour_step)
        broken = "its pages have another colour";
    if (!broken && slab->first + cache->per_slab * cache->stride > slab_bytes(cache))
        broken = "its objects leave it";
    pass->slabs++;
    pass->objects += slab->taken;
    return broken ? say(cache, linear, broken) : check_zones(cache, slab);
}

static const char *check_list(struct pass *pass, uint32_t list, enum fill fill)
{
    const struct slab_cache *const cache = pass->cache;
    const char *broken = NULL;
    uint32_t before = 0;

    for (uint32_t linear = list; linear && !broken; linear = slab_at(linear)->next) {
        if (!is_slab(cache, linear))
            return say(cache, linear, "in a list and no slab");
        if (slab_at(linear)->prev != before || pass->slabs > cache->statistics.slabs)
            return say(cache, linear, "the list is not linked both ways");
        broken = check_slab(pass, linear, fill);
        before = linear;
    }
    return broken;
}

static const char *check_spares(const struct slab_cache *cache)
{
    for (uint32_t i = 0; i < cache->spare_count; i++) {
        const struct slab_spare *const spare = &cache->spares[i];
        const uint32_t linear = hw_linear(spare->object);
        struct slab *const slab = slab_of(cache, spare->object, linear);
        const uint32_t index = slab_index(slab, spare->link);

        if (index >= cache->per_slab || slab_object(cache, slab, index) != spare->object ||
            *spare->link != SLAB_SPARE)
            return say(cache, hw_linear(slab), "an object kept aside is not free");
    }
    return NULL;
}

const char *slab_check(const struct slab_cache *cache)
{
    struct pass pass = {.cache = cache};
    const char *broken = check_list(&pass, cache->empty, FILL_EMPTY);

    if (!broken && pass.slabs != cache->statistics.empty_slabs)
        broken = say(cache, cache->empty, "the count of empty slabs is not their number");
    if (!broken)
        broken = check_list(&pass, cache->partial, FILL_PARTIAL);
    if (!broken)
        broken = check_list(&pass, cache->full, FILL_FULL);
    if (!broken && pass.slabs != cache->statistics.slabs)
        broken = say(cache, 0, "the count of slabs is not their number");
    if (!broken)
        broken = check_spares(cache);
    if (!broken && pass.objects != cache->statistics.taken)
        broken = say(cache, 0, "the count of objects is not their number");
    return broken;
}

const char *slab_check_all(void)
{
    const char *broken = NULL;

    for (uint32_t i = 0; i < SLAB_CACHES && !broken; i++)
        if (slab_caches[i])
            broken = slab_check(slab_caches[i]);
    return broken;
}

/* ---- what was never freed ---- */

struct telling {
    uint32_t since;
    zone_teller tell;
    void *context;
};

static uint32_t report_slab(const struct slab_cache *cache, struct slab *slab, const struct telling *telling)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < cache->per_slab; i++) {
        const struct slab_books *const books = slab_books(cache, slab, i);

        if (slab->chain[i] != SLAB_TAKEN || books->when <= telling->since)
            continue;
        count++;
        telling->tell(telling->context,
                      &(struct zone_record){cache, hw_linear(slab_object(cache, slab, i)), books->size,
                                            books->when, zone_owner(books->owner)});
    }
    return count;
}

static uint32_t report_list(const struct slab_cache *cache, uint32_t list, const struct telling *telling)
{
    uint32_t count = 0;

    for (uint32_t linear = list; linear; linear = slab_at(linear)->next)
        count += report_slab(cache, slab_at(linear), telling);
    return count;
}

uint32_t slab_report(uint32_t since, zone_teller tell, void *context)
{
    const struct telling telling = {since, tell, context};
    uint32_t count = 0;

    for (uint32_t i = 0; MEMORY_DEBUG && i < SLAB_CACHES; i++)
        if (slab_caches[i])
            count += report_list(slab_caches[i], slab_caches[i]->partial, &telling) +
                     report_list(slab_caches[i], slab_caches[i]->full, &telling);
    return count;
}
