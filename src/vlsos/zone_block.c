#include <stddef.h>

#include "kernel/hw.h"

#include "../lib/text.h"
#include "zone.h"

#define BOOKS_SEAL 0x1a26eb10u

struct books {
    uint32_t size, when;
    uint8_t owner, freed_by;
    uint16_t is_free;
    uint32_t seal; /* of all that, and the address: other bytes are no books */
};

_Static_assert(sizeof(struct books) + ZONE_BYTES == ZONE_LEAD, "books and the least left zone");

static struct books *books_of(const struct zone_block *block)
{
    return hw_ptr(block->start);
}

static uint32_t seal_of(const struct zone_block *block)
{
    const struct books *const books = books_of(block);

    return BOOKS_SEAL ^ block->start ^ books->size ^ books->when << 8 ^ (uint32_t)books->owner << 24 ^
           (uint32_t)books->freed_by << 16 ^ books->is_free;
}

static bool are_books(const struct zone_block *block)
{
    return books_of(block)->seal == seal_of(block);
}

static struct zone_place place_of(const struct zone_block *block, uint32_t size)
{
    unsigned char *const start = hw_ptr(block->start);
    unsigned char *const object = start + block->lead;

    return (struct zone_place){start + sizeof(struct books), object, object + size,
                               start + (block->end - block->start)};
}

void zone_block_take(const struct zone_block *block, uint32_t size, const char *owner)
{
    const struct zone_place place = place_of(block, size);
    struct books *const books = books_of(block);

    zone_fill(place.start, place.object, ZONE_LEFT);
    zone_fill(place.object, place.right, ZONE_NEW);
    zone_fill(place.right, place.end, ZONE_RIGHT);
    *books = (struct books){.size = size, .when = zone_tick(), .owner = zone_owner_number(owner)};
    books->seal = seal_of(block);
}

void zone_block_free(const struct zone_block *block, const char *owner)
{
    struct books *const books = books_of(block);
    const struct zone_place place = place_of(block, books->size);

    zone_fill(place.object, place.right, ZONE_FREE);
    books->freed_by = zone_owner_number(owner);
    books->is_free = 1;
    books->seal = seal_of(block);
}

enum zone_state zone_block_read(const struct zone_block *block, struct zone_record *record)
{
    const struct books *const books = books_of(block);

    if (!are_books(block))
        return ZONE_NO_BLOCK;
    *record = (struct zone_record){NULL, block->start + block->lead, books->size, books->when,
                                   zone_owner(books->is_free ? books->freed_by : books->owner)};
    return books->is_free ? ZONE_FREED : ZONE_TAKEN;
}

static const char *say_books_are_gone(const struct zone_block *block)
{
    static char words[100];
    struct text text = text_in(words, sizeof words);

    text_put(&text, block->kind);
    text_hex(&text, block->start + block->lead, 8);
    text_put(&text, ": written before its left end, over its books");
    return words;
}

const char *zone_block_check(const struct zone_block *block)
{
    const struct books *const books = books_of(block);
    struct zone_place place;

    if (!are_books(block))
        return say_books_are_gone(block);
    place = place_of(block, books->size);
    return zone_check(&place, &(struct zone_holder){.kind = block->kind,
                                                    .name = "",
                                                    .part = "",
                                                    .when = books->when,
                                                    .owner = books->owner,
                                                    .freed_by = books->freed_by,
                                                    .is_free = books->is_free});
}
