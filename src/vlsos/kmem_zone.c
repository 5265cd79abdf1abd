#include "kmem_zone.h"

#include "../lib/text.h"

#include "memory.h"

#define ZONE_BYTE  0xccu
#define BOOKS_SEAL 0x1a26eb10u

struct books {
    uint32_t size, when, owner;
    uint32_t seal; /* of the three: whoever runs over the zone breaks it */
};

static struct books *books_of(uint32_t address, unsigned order)
{
    return (struct books *)hw_ptr(address + (BUDDY_FRAME_SIZE << order) - (uint32_t)sizeof(struct books));
}

static uint32_t seal_of(const struct books *books)
{
    return BOOKS_SEAL ^ books->size ^ books->when << 8 ^ books->owner << 24;
}

void kmem_zone_take(uint32_t address, unsigned order, const struct slab_record *record)
{
    unsigned char *const block = hw_ptr(address);
    struct books *const books = books_of(address, order);
    const size_t zone = (size_t)((unsigned char *)books - block) - record->size;

    memset(block + record->size, ZONE_BYTE, zone);
    *books = (struct books){record->size, slab_zone_tick(), slab_zone_number(record->owner), 0};
    books->seal = seal_of(books);
}

static const char *say(uint32_t address, const struct books *books, uint32_t distance)
{
    static char words[160];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "large block ");
    text_hex(&text, address, 8);
    text_put(&text, ": written ");
    if (!books) {
        text_put(&text, "beyond its right end, over its books");
        return words;
    }
    text_decimal(&text, distance);
    text_put(&text, distance == 1 ? " byte" : " bytes");
    text_put(&text, " beyond its right end; last owner ");
    text_put(&text, slab_zone_owner((uint8_t)books->owner));
    text_put(&text, ", allocation ");
    text_decimal(&text, books->when);
    return words;
}

const char *kmem_zone_check(uint32_t address, unsigned order)
{
    const struct books *const books = books_of(address, order);
    const unsigned char *const block = hw_ptr(address);
    const unsigned char *at = block + books->size;

    if (books->seal != seal_of(books))
        return say(address, NULL, 0);
    while (at < (const unsigned char *)books && *at == ZONE_BYTE)
        at++;
    return at < (const unsigned char *)books ? say(address, books, (uint32_t)(at - block) - books->size + 1)
                                             : NULL;
}

void kmem_zone_read(uint32_t address, unsigned order, struct slab_record *record)
{
    const struct books *const books = books_of(address, order);

    *record =
        (struct slab_record){NULL, address, books->size, books->when, slab_zone_owner((uint8_t)books->owner)};
}
