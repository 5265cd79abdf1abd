/*
 * kmem_zone.h - the books of large blocks, with VLSOS_MEMORY_DEBUG: behind the request a red zone up to the last bytes
 * of the block's pages, which say who asked for how much.
 */
#ifndef VLSOS_KMEM_ZONE_H
#define VLSOS_KMEM_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "slab_inside.h"

#define KMEM_ZONE 32u /* bytes that a large request grows by, for zone and books */

/* A block of 2^order pages is handed out for so many bytes. */
void kmem_zone_take(uint32_t address, unsigned order, const struct slab_record *record);

/* What is wrong with a block that is handed out, in words, or NULL. */
const char *kmem_zone_check(uint32_t address, unsigned order);

/* The books of a block that kmem_zone_check() finds whole. */
void kmem_zone_read(uint32_t address, unsigned order, struct slab_record *record);

#endif
