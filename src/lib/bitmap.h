/*
 * bitmap.h - a row of units, one bit each: set is taken, clear is free. The lowest free run, whole words at a
 * time.
 *
 * The words belong to the caller and hold nothing else, so a bitmap may lie in guest memory:
 *
 *      unit   63      ...      1 0    127     ...     64        bits beyond the last unit are always set,
 *            +------------------+    +------------------+       so no search finds them
 *            |     words[0]     |    |     words[1]     |  ...
 *            +------------------+    +------------------+
 *
 * A search starts at first_free, the first word that may have a free unit. Its cost is the words between there
 * and the run that it finds; runs.h finds a run at a cost that hardly depends on the length of the row, for
 * three times the memory.
 *
 * Nothing here is checked against misuse: every unit named is below units, every count is at least 1. Questions
 * about a range that a caller was handed are bitmap_any_free() and bitmap_any_taken().
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITMAP_WORD 64u /* units in a word */
#define BITMAP_NONE SIZE_MAX

/* Words that so many units take: a constant expression for a constant. */
#define BITMAP_WORDS(units) (((units) + BITMAP_WORD - 1) / BITMAP_WORD)

struct bitmap {
    uint64_t *words; /* BITMAP_WORDS(units) of them */
    size_t units;
    size_t first_free; /* every word before this one is full */
};

/* All units of the row become free; there is at least one. */
void bitmap_create(struct bitmap *bitmap, size_t units, uint64_t *words);

/* Units first .. first + count - 1 become taken, or free, whatever they were. */
void bitmap_set(struct bitmap *bitmap, size_t first, size_t count);
void bitmap_clear(struct bitmap *bitmap, size_t first, size_t count);

static inline bool bitmap_get(const struct bitmap *bitmap, size_t unit)
{
    return bitmap->words[unit / BITMAP_WORD] >> unit % BITMAP_WORD & 1;
}

/* The first unit of the lowest run of at least count free units; BITMAP_NONE if there is none, and for more
 * than the row has. */
size_t bitmap_find(const struct bitmap *bitmap, size_t count);

/* Whether any unit of first .. first + count - 1 is free, or is taken. */
bool bitmap_any_free(const struct bitmap *bitmap, size_t first, size_t count);
bool bitmap_any_taken(const struct bitmap *bitmap, size_t first, size_t count);

/* The first free unit at or above one, and the first taken one; the number of units if there is none. */
size_t bitmap_next_free(const struct bitmap *bitmap, size_t from);
size_t bitmap_next_taken(const struct bitmap *bitmap, size_t from);

/* How many units are taken, and the length of the longest free run. */
size_t bitmap_count(const struct bitmap *bitmap);
size_t bitmap_longest(const struct bitmap *bitmap);

/* The first broken invariant in words, or NULL. */
const char *bitmap_check(const struct bitmap *bitmap);

#endif
