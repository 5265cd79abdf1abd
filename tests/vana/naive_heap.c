#include "naive_heap.h"

static void mark_taken(uint8_t *entries, size_t start, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        uint8_t entry = 0x01;

        if (i == 0)
            entry |= 0x40;
        if (i + 1 < blocks)
            entry |= 0x80;
        entries[start + i] = entry;
    }
}

long naive_allocate(uint8_t *entries, size_t total, size_t blocks)
{
    size_t length = 0;

    for (size_t i = 0; i < total; i++) {
        length = (entries[i] & 0x0f) == 0 ? length + 1 : 0;
        if (length == blocks) {
            mark_taken(entries, i + 1 - blocks, blocks);
            return (long)(i + 1 - blocks);
        }
    }
    return -1;
}

void naive_free(uint8_t *entries, size_t start)
{
    uint8_t entry;

    do {
        entry = entries[start];
        entries[start++] = 0x00;
    } while (entry & 0x80);
}
