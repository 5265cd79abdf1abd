/*
 * memory_map.h - which physical memory may be used, from what a boot loader reports: ranges in any order that may
 * overlap, with holes between them and reserved parts inside.
 *
 * What no usable range covers is a hole; a byte that both kinds cover is reserved, whichever was reported first. Pages
 * are the unit of the answers: a page is usable if usable ranges cover all of it and no reserved range touches it.
 */
#ifndef LIB_MEMORY_MAP_H
#define LIB_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_MAP_RANGES 64u

/* Addresses in bytes; end is exclusive. */
struct memory_range {
    uint64_t start, end;
};

struct memory_map {
    struct memory_range ranges[MEMORY_MAP_RANGES]; /* as reported */
    bool usable[MEMORY_MAP_RANGES];
    uint32_t count;
};

/*
 * Add a range; one that reaches beyond the last 64-bit address is cut there, and an empty one is ignored. False, and
 * nothing added: the map is full.
 */
bool memory_map_add_usable(struct memory_map *map, uint64_t start, uint64_t size);
bool memory_map_add_reserved(struct memory_map *map, uint64_t start, uint64_t size);

/*
 * Fill an empty map from the entries of a Multiboot memory map ("Multiboot Specification", "Boot information format",
 * mmap_addr and mmap_length): type 1 is usable, every other reserved. False: an entry does not fit in the bytes or is
 * shorter than its fields, or there are too many; the map then holds the entries before it.
 */
bool memory_map_from_multiboot(struct memory_map *map, const void *entries, uint32_t length);

/* Fill an empty map from the machine below (hw_memory_range()). False: there are too many ranges. */
bool memory_map_of_machine(struct memory_map *map);

/*
 * The lowest run of usable pages at or above an address, as long as it can be. False: there is none. To go over all,
 * start at 0 and go on at the end of each.
 */
bool memory_map_next(const struct memory_map *map, uint64_t from, struct memory_range *run);

/* Bytes of all usable pages. */
uint64_t memory_map_usable_bytes(const struct memory_map *map);

#endif
