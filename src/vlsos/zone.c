#include "zone.h"

#include <stddef.h>

#include "kernel/hw.h"

#include "../lib/text.h"

#define NAMES 256u

static const char *names[NAMES];
static uint32_t names_used;
static uint32_t clock;

/* ---- when and who ---- */

void zone_init(void)
{
    names_used = 0;
    clock = 0;
}

uint32_t zone_tick(void)
{
    return ++clock;
}

uint32_t zone_clock(void)
{
    return clock;
}

/* Owners are few: functions of the kernel. All beyond the table share its last number. */
uint8_t zone_owner_number(const char *name)
{
    uint32_t number = 0;

    while (number < names_used && names[number] != name)
        number++;
    if (number == names_used && names_used < NAMES)
        names[names_used++] = number < NAMES - 1 ? name : "somebody";
    return (uint8_t)(number < NAMES ? number : NAMES - 1);
}

const char *zone_owner(uint8_t number)
{
    return number < names_used ? names[number] : "nobody";
}

/* ---- looking ---- */

void zone_fill(unsigned char *from, const unsigned char *end, enum zone_fill byte)
{
    while (from < end)
        *from++ = (unsigned char)byte;
}

/* The first byte from here on that is not this one, or NULL. */
static const unsigned char *first_other(const unsigned char *from, const unsigned char *end,
                                        enum zone_fill byte)
{
    while (from < end && *from == byte)
        from++;
    return from < end ? from : NULL;
}

struct damage {
    const unsigned char *at; /* NULL: none */
    ptrdiff_t distance;
    const char *words;
};

static struct damage find_damage(const struct zone_place *place, bool is_free)
{
    const unsigned char *at = first_other(place->start, place->object, ZONE_LEFT);

    if (at)
        return (struct damage){at, place->object - at, "before its left end"};
    at = first_other(place->right, place->end, ZONE_RIGHT);
    if (at)
        return (struct damage){at, at - place->right + 1, "beyond its right end"};
    at = is_free ? first_other(place->object, place->right, ZONE_FREE) : NULL;
    return (struct damage){at, at ? at - place->object : 0, "into it, after it was freed"};
}

/* ---- words ---- */

static void put_damage(struct text *text, const struct damage *damage)
{
    text_put(text, ": written ");
    text_decimal(text, (uint64_t)damage->distance);
    text_put(text, damage->distance == 1 ? " byte " : " bytes ");
    text_put(text, damage->words);
}

static void put_holder(struct text *text, const struct zone_holder *holder)
{
    if (holder->is_free) {
        text_put(text, "; freed by ");
        text_put(text, zone_owner(holder->freed_by));
        return;
    }
    text_put(text, "; last owner ");
    text_put(text, zone_owner(holder->owner));
    text_put(text, ", allocation ");
    text_decimal(text, holder->when);
}

const char *zone_check(const struct zone_place *place, const struct zone_holder *holder)
{
    static char words[200];
    const struct damage damage = find_damage(place, holder->is_free);
    struct text text = text_in(words, sizeof words);

    if (!damage.at)
        return NULL;
    text_put(&text, holder->kind);
    text_put(&text, holder->name);
    text_put(&text, holder->part);
    text_hex(&text, hw_linear(place->object), 8);
    put_damage(&text, &damage);
    put_holder(&text, holder);
    return words;
}
