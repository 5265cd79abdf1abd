/*
 * memory_zone.h - with VLSOS_MEMORY_DEBUG, the blocks of malloc() one by one: each has its books and zones before and behind
 * it (zone.h), and from one follows the next.
 */
#ifndef VLSOS_MEMORY_ZONE_H
#define VLSOS_MEMORY_ZONE_H

#include "zone.h"

/* What a block takes beside the bytes asked for and their alignment. */
#define MEMORY_LEAD (MEMORY_DEBUG ? ZONE_LEAD : 0u)
#define MEMORY_TAIL (MEMORY_DEBUG ? ZONE_BYTES : 0u)

/* The heap is empty. */
void memory_zone_init(void);

/* The block from start up to end, exclusive, is handed out for so many bytes. */
void memory_zone_take(uint32_t start, uint32_t end, uint32_t size, const char *owner);

/* An object is given back; what is none, or was given back before, is remembered for memory_zone_check(). */
void memory_zone_free(uint32_t object, const char *owner);

/* Blocks up to heap_ptr. */
const char *memory_zone_check(uint32_t heap_ptr);
uint32_t memory_zone_report(uint32_t heap_ptr, uint32_t since, zone_teller tell, void *context);

#endif
