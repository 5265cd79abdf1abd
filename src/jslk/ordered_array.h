/*
 * ordered_array.h - the heap's index of holes: an array of their addresses, ordered by size, and by address where sizes
 * are equal.
 *
 * A search halves the array; an insertion and a removal move what lies behind, so they cost what the array is long. The
 * array lies in the kernel's own memory; what an item's size is, its owner tells.
 */
#ifndef JSLK_ORDERED_ARRAY_H
#define JSLK_ORDERED_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t array;    /* address of max_size words */
    uint32_t size;     /* items now */
    uint32_t max_size; /* items that there is room for */
    uint32_t (*size_of)(uint32_t item);
    uint64_t scanned, written; /* items, so far */
} ordered_array_t;

/* An empty array in memory that is there. */
void place_ordered_array(ordered_array_t *array, uint32_t address, uint32_t max_size,
                         uint32_t (*size_of)(uint32_t item));

/* Item number i, which is below size. */
uint32_t lookup_ordered_array(uint32_t i, ordered_array_t *array);

/* Number of the first item that is of this size and at this address or after that in order; size if there is none. */
uint32_t find_ordered_array(uint32_t size, uint32_t item, ordered_array_t *array);

/* Insert an item, whose size is known to size_of(); there is room for it. */
void insert_ordered_array(uint32_t item, ordered_array_t *array);

void remove_ordered_array(uint32_t i, ordered_array_t *array);

/* Item number i has another size now, or another item takes its place: move it to where it belongs. */
void reorder_ordered_array(uint32_t i, uint32_t item, ordered_array_t *array);

#endif
