/*
 * shadow.h - what a first-fit block heap must hold, as a sorted list of the intervals that are taken. It has no table
 * and shares nothing with the heap that it judges.
 */
#ifndef SHADOW_H
#define SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHADOW_MAX 256u /* blocks */

struct interval {
    uint32_t start, end; /* blocks, end exclusive */
    uint32_t name;       /* of the operation that took it */
};

struct shadow {
    size_t total;
    struct interval live[SHADOW_MAX]; /* in the order of their places */
    size_t live_count;
};

void shadow_reset(struct shadow *shadow, size_t total);

/* Take the lowest gap that holds so many bytes: its first block, or -1. */
long shadow_allocate(struct shadow *shadow, size_t bytes, uint32_t name);

/* One of the live intervals, by any number, of which there must be one: where it starts; and free it, giving its name. */
size_t shadow_start(const struct shadow *shadow, size_t choice);
uint32_t shadow_free(struct shadow *shadow, size_t choice);

bool shadow_is_first(const struct shadow *shadow, size_t block);

/* The bytes that VanaOS's table must hold for all blocks. */
void shadow_table(const struct shadow *shadow, uint8_t *entries);

#endif
