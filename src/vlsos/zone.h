/*
 * zone.h - with VLSOS_MEMORY_DEBUG: what watches memory that was handed out. Red zones on both sides, poison where nobody
 * has anything, and books: who asked, when, who gave it back.
 *
 *   +-------+-----------+--------+------------+
 *   | books | left zone | object | right zone |     a block of malloc() (memory.h) or a large one of kmem.h
 *   +-------+-----------+--------+------------+
 *
 * A slab's objects have the zones too; their books stand in the slab's header (slab_inside.h). Without the option nothing
 * here is called. Words last until the next call.
 */
#ifndef VLSOS_ZONE_H
#define VLSOS_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#define ZONE_BYTES 16u /* of a red zone, at least */

/* ---- when and who ---- */

/* Forget all names; the clock begins at 0. */
void zone_init(void);

/* The number of the next allocation over all allocators, from 1; and of the latest. */
uint32_t zone_tick(void);
uint32_t zone_clock(void);

/* An owner's name as a number, and back: what stands in guest memory has no pointers. */
uint8_t zone_owner_number(const char *name);
const char *zone_owner(uint8_t number);

/* ---- what is told of memory that was never freed ---- */

struct slab_cache;

struct zone_record {
    const struct slab_cache *cache; /* NULL: no slab's */
    uint32_t object;                /* linear address */
    uint32_t size;                  /* as requested */
    uint32_t when;                  /* zone_tick() */
    const char *owner;
};
typedef void (*zone_teller)(void *context, const struct zone_record *record);

/* ---- one object between its zones ---- */

enum zone_fill {
    ZONE_LEFT = 0xbb,
    ZONE_RIGHT = 0xcc,
    ZONE_FREE = 0x6b, /* nobody has it */
    ZONE_NEW = 0x5a,  /* what a fresh object holds */
};

struct zone_place {
    unsigned char *start, *object, *right, *end; /* of left zone, object and right zone, and behind that */
};

/* Whose it is, in the words of a report: kind and name together, such as "slab cache file, object". */
struct zone_holder {
    const char *kind, *name, *part;
    uint32_t when;
    uint8_t owner, freed_by;
    bool is_free;
};

void zone_fill(unsigned char *from, const unsigned char *end, enum zone_fill byte);

/* Which side was written to and how far from the object, or that it was written after it was freed; NULL: neither. */
const char *zone_check(const struct zone_place *place, const struct zone_holder *holder);

/* ---- a block with its books ---- */

struct zone_block {
    const char *kind; /* in reports */
    uint32_t start;   /* linear, of the books */
    uint32_t lead;    /* bytes before the object, ZONE_LEAD at least */
    uint32_t end;     /* of the right zone */
};

#define ZONE_LEAD 32u /* books and the least left zone */

/* The block is handed out for so many bytes. */
void zone_block_take(const struct zone_block *block, uint32_t size, const char *owner);

/* Nobody may write to its object any more. */
void zone_block_free(const struct zone_block *block, const char *owner);

/* Whether its books stand there whole, and what they say; of one that was freed record->owner is who freed it. */
enum zone_state {
    ZONE_NO_BLOCK,
    ZONE_TAKEN,
    ZONE_FREED,
};
enum zone_state zone_block_read(const struct zone_block *block, struct zone_record *record);

/* What is wrong with a block that was handed out, in words, or NULL. */
const char *zone_block_check(const struct zone_block *block);

#endif
