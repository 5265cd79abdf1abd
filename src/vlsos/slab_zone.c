#include "slab_inside.h"

#include "../lib/text.h"

#include "memory.h"

#define LEFT_BYTE  0xbbu
#define RIGHT_BYTE 0xccu
#define FREE_BYTE  0x6bu /* poison of an object that nobody has */
#define NEW_BYTE   0x5au /* what a fresh object holds */
#define NAMES      256u

static const char *names[NAMES];
static uint32_t names_used;
static uint32_t clock;

void slab_zone_init(void)
{
    names_used = 0;
    clock = 0;
}

uint32_t slab_zone_tick(void)
{
    return ++clock;
}

uint32_t slab_clock(void)
{
    return clock;
}

/* Owners are few: functions of the kernel. All beyond the table share its last number. */
uint8_t slab_zone_number(const char *name)
{
    uint32_t number = 0;

    while (number < names_used && names[number] != name)
        number++;
    if (number == names_used && names_used < NAMES)
        names[names_used++] = number < NAMES - 1 ? name : "somebody";
    return (uint8_t)(number < NAMES ? number : NAMES - 1);
}

const char *slab_zone_owner(uint8_t number)
{
    return number < names_used ? names[number] : "nobody";
}

/* ---- an object's place: left zone, object, right zone up to the next place ---- */

struct place {
    unsigned char *start, *object, *right, *end;
};

static struct place place_of(const struct slab_cache *cache, struct slab *slab, uint32_t index, uint32_t size)
{
    unsigned char *const object = slab_object(cache, slab, index);

    return (struct place){object - cache->lead, object, object + size, object - cache->lead + cache->stride};
}

void slab_zone_free(const struct slab_cache *cache, struct slab *slab, uint32_t index, const char *owner)
{
    const struct place place = place_of(cache, slab, index, cache->is.size);

    memset(place.start, LEFT_BYTE, cache->lead);
    memset(place.object, FREE_BYTE, cache->is.size);
    memset(place.right, RIGHT_BYTE, (size_t)(place.end - place.right));
    slab_books(cache, slab, index)->freed_by = slab_zone_number(owner);
    slab_books(cache, slab, index)->size = (uint16_t)cache->is.size;
}

void slab_zone_take(const struct slab_cache *cache, struct slab *slab, uint32_t index,
                    const struct slab_record *record)
{
    const struct place place = place_of(cache, slab, index, record->size);

    memset(place.object, NEW_BYTE, record->size);
    memset(place.right, RIGHT_BYTE, (size_t)(place.end - place.right));
    if (cache->is.construct)
        cache->is.construct(place.object);
    *slab_books(cache, slab, index) = (struct slab_books){
        .when = slab_zone_tick(), .size = (uint16_t)record->size, .owner = slab_zone_number(record->owner)};
}

/* ---- looking ---- */

/* The first byte from here on that is not this one, or NULL. */
static const unsigned char *first_other(const unsigned char *from, const unsigned char *end, unsigned byte)
{
    while (from < end && *from == byte)
        from++;
    return from < end ? from : NULL;
}

static void put_distance(struct text *text, long distance, const char *words)
{
    text_decimal(text, (uint64_t)distance);
    text_put(text, distance == 1 ? " byte " : " bytes ");
    text_put(text, words);
}

static void put_books(struct text *text, const struct slab_books *books, bool is_free)
{
    if (is_free) {
        text_put(text, "; freed by ");
        text_put(text, slab_zone_owner(books->freed_by));
        return;
    }
    text_put(text, "; last owner ");
    text_put(text, slab_zone_owner(books->owner));
    text_put(text, ", allocation ");
    text_decimal(text, books->when);
}

struct damage {
    const unsigned char *at; /* NULL: none */
    long distance;
    const char *words;
};

static struct damage find_damage(const struct place *place, bool is_free)
{
    const unsigned char *at = first_other(place->start, place->object, LEFT_BYTE);

    if (at)
        return (struct damage){at, place->object - at, "before its left end"};
    at = first_other(place->right, place->end, RIGHT_BYTE);
    if (at)
        return (struct damage){at, at - place->right + 1, "beyond its right end"};
    at = is_free ? first_other(place->object, place->right, FREE_BYTE) : NULL;
    return (struct damage){at, at ? at - place->object : 0, "into it, after it was freed"};
}

const char *slab_zone_check(const struct slab_cache *cache, struct slab *slab, uint32_t index)
{
    static char words[200];
    const bool is_free = slab->chain[index] != SLAB_TAKEN;
    const struct slab_books *const books = slab_books(cache, slab, index);
    const struct place place = place_of(cache, slab, index, books->size);
    const struct damage damage = find_damage(&place, is_free);
    struct text text = text_in(words, sizeof words);

    if (!damage.at)
        return NULL;
    text_put(&text, "slab cache ");
    text_put(&text, cache->is.name);
    text_put(&text, ", object ");
    text_hex(&text, hw_linear(place.object), 8);
    text_put(&text, ": written ");
    put_distance(&text, damage.distance, damage.words);
    put_books(&text, books, is_free);
    return words;
}
