#include "shadow.h"

#include <string.h>

void shadow_reset(struct shadow *shadow, size_t total)
{
    shadow->total = total;
    shadow->live_count = 0;
}

static void insert(struct shadow *shadow, size_t at, struct interval interval)
{
    memmove(shadow->live + at + 1, shadow->live + at, (shadow->live_count - at) * sizeof interval);
    shadow->live[at] = interval;
    shadow->live_count++;
}

long shadow_allocate(struct shadow *shadow, size_t bytes, uint32_t name)
{
    const size_t blocks = bytes / 4096 + (bytes % 4096 != 0);
    uint32_t gap = 0;

    if (blocks == 0)
        return -1;
    for (size_t i = 0; i <= shadow->live_count; i++) {
        const size_t gap_end = i < shadow->live_count ? shadow->live[i].start : shadow->total;

        if (gap_end - gap >= blocks) {
            insert(shadow, i, (struct interval){gap, gap + (uint32_t)blocks, name});
            return gap;
        }
        gap = i < shadow->live_count ? shadow->live[i].end : gap;
    }
    return -1;
}

size_t shadow_start(const struct shadow *shadow, size_t choice)
{
    return shadow->live[choice % shadow->live_count].start;
}

uint32_t shadow_free(struct shadow *shadow, size_t choice)
{
    const size_t at = choice % shadow->live_count;
    const uint32_t name = shadow->live[at].name;

    shadow->live_count--;
    memmove(shadow->live + at, shadow->live + at + 1, (shadow->live_count - at) * sizeof shadow->live[0]);
    return name;
}

bool shadow_is_first(const struct shadow *shadow, size_t block)
{
    for (size_t i = 0; i < shadow->live_count; i++) {
        if (shadow->live[i].start == block)
            return true;
    }
    return false;
}

void shadow_table(const struct shadow *shadow, uint8_t *entries)
{
    memset(entries, 0x00, shadow->total);
    for (size_t i = 0; i < shadow->live_count; i++) {
        const struct interval *const interval = &shadow->live[i];
        const uint32_t last = interval->end - 1;

        memset(entries + interval->start, 0x81, interval->end - interval->start);
        entries[interval->start] |= 0x40;
        entries[last] &= 0x7f;
    }
}
