#include "memory_map.h"

#include <kernel/hw.h>
#include <kernel/x86.h>
#include <stddef.h>

#define LAST_PAGE_END (UINT64_MAX - PAGE_OFFSET)

/* An entry of a Multiboot memory map: its own size, which does not count this field, then base, length and type. */
#define ENTRY_SIZE_FIELD 4u
#define ENTRY_FIELDS     20u
#define TYPE_USABLE      1u

static uint64_t page_up(uint64_t address)
{
    return address > LAST_PAGE_END ? LAST_PAGE_END : (address + PAGE_OFFSET) & ~(uint64_t)PAGE_OFFSET;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)PAGE_OFFSET;
}

static bool add(struct memory_map *map, const struct memory_range *range, bool usable)
{
    if (range->start >= range->end)
        return true;
    if (map->count == MEMORY_MAP_RANGES)
        return false;
    map->ranges[map->count] = *range;
    map->usable[map->count++] = usable;
    return true;
}

static uint64_t end_of(uint64_t start, uint64_t size)
{
    return size > LAST_PAGE_END - start ? LAST_PAGE_END : start + size;
}

bool memory_map_add_usable(struct memory_map *map, uint64_t start, uint64_t size)
{
    return start >= LAST_PAGE_END || add(map, &(struct memory_range){start, end_of(start, size)}, true);
}

/* Every page that it touches. */
bool memory_map_add_reserved(struct memory_map *map, uint64_t start, uint64_t size)
{
    if (start >= LAST_PAGE_END || size == 0)
        return true;
    return add(map, &(struct memory_range){page_down(start), page_up(end_of(start, size))}, false);
}

static uint32_t read32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t read64(const uint8_t *bytes)
{
    return read32(bytes) | (uint64_t)read32(bytes + 4) << 32;
}

static bool add_entry(struct memory_map *map, const uint8_t *fields)
{
    const uint64_t base = read64(fields);
    const uint64_t length = read64(fields + 8);

    return read32(fields + 16) == TYPE_USABLE ? memory_map_add_usable(map, base, length)
                                              : memory_map_add_reserved(map, base, length);
}

bool memory_map_from_multiboot(struct memory_map *map, const void *entries, uint32_t length)
{
    const uint8_t *const bytes = entries;
    uint32_t at = 0;

    map->count = 0;
    while (at < length) {
        const uint32_t left = length - at;
        const uint32_t size = left < ENTRY_SIZE_FIELD ? 0 : read32(bytes + at);

        if (size < ENTRY_FIELDS || size > left - ENTRY_SIZE_FIELD ||
            !add_entry(map, bytes + at + ENTRY_SIZE_FIELD))
            return false;
        at += ENTRY_SIZE_FIELD + size;
    }
    return true;
}

bool memory_map_of_machine(struct memory_map *map)
{
    struct hw_memory_range range;
    bool room = true;

    map->count = 0;
    for (uint32_t i = 0; room && hw_memory_range(i, &range); i++)
        room = range.usable ? memory_map_add_usable(map, range.start, range.size)
                            : memory_map_add_reserved(map, range.start, range.size);
    return room;
}

/* A range of this kind that holds the address, or NULL. */
static const struct memory_range *range_at(const struct memory_map *map, bool usable, uint64_t address)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (map->usable[i] == usable && map->ranges[i].start <= address && address < map->ranges[i].end)
            return &map->ranges[i];
    return NULL;
}

/* The lowest start of a range of this kind from `from` on and below `limit`; the limit if there is none. */
static uint64_t next_start(const struct memory_map *map, bool usable, const struct memory_range *between)
{
    uint64_t lowest = between->end;

    for (uint32_t i = 0; i < map->count; i++) {
        const uint64_t start = map->ranges[i].start;

        if (map->usable[i] == usable && start >= between->start && start < lowest)
            lowest = start;
    }
    return lowest;
}

/* The first byte from here on that may be used; LAST_PAGE_END if there is none. */
static uint64_t first_usable(const struct memory_map *map, uint64_t at)
{
    while (at < LAST_PAGE_END) {
        const struct memory_range *const reserved = range_at(map, false, at);

        if (!reserved && range_at(map, true, at))
            return at;
        at = reserved ? reserved->end : next_start(map, true, &(struct memory_range){at, LAST_PAGE_END});
    }
    return LAST_PAGE_END;
}

/* The first byte from here on that may not be used. */
static uint64_t first_unusable(const struct memory_map *map, uint64_t at)
{
    const struct memory_range *usable;

    while ((usable = range_at(map, true, at)) != NULL) {
        const uint64_t end = next_start(map, false, &(struct memory_range){at, usable->end});

        if (end < usable->end)
            return end;
        at = end;
    }
    return at;
}

bool memory_map_next(const struct memory_map *map, uint64_t from, struct memory_range *run)
{
    uint64_t at = page_up(from);

    while ((at = first_usable(map, at)) < LAST_PAGE_END) {
        const uint64_t end = first_unusable(map, at);

        *run = (struct memory_range){page_up(at), page_down(end)};
        if (run->start < run->end)
            return true;
        at = end;
    }
    return false;
}

uint64_t memory_map_usable_bytes(const struct memory_map *map)
{
    struct memory_range run = {0, 0};
    uint64_t bytes = 0;

    while (memory_map_next(map, run.end, &run))
        bytes += run.end - run.start;
    return bytes;
}
