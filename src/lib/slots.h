/*
 * slots.h - which pages of the backing store are in use, by how many, and whose bytes also stand in memory.
 *
 * A slot is a page of the store. It is held by every entry of a page table that says "my page is there", and by the
 * frame that has the same bytes. A slot that nobody holds is free.
 */
#ifndef LIB_SLOTS_H
#define LIB_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOTS_NONE UINT32_MAX
#define SLOTS_MAX  0x00100000u /* numbers of slots fit the frame field of a 32-bit entry */

struct slot {
    uint32_t frame;   /* the frame with the same bytes, or SLOTS_NONE; of a free slot the next free one */
    uint32_t holders; /* entries, and the frame; 0: free */
    uint32_t seen;    /* the checker's */
};

struct slots {
    struct slot *table; /* the caller's */
    uint32_t count;
    uint32_t used;
    uint32_t limit; /* no more than so many are used */
    uint32_t first_free;
};

/* All of them free, in ascending order of use. count is at most SLOTS_MAX. */
void slots_init(struct slots *slots, struct slot *table, uint32_t count);

/* A free slot for a frame's bytes, held by it; SLOTS_NONE if all that may be are used. */
uint32_t slots_take(struct slots *slots, uint32_t frame);

static inline void slots_hold(struct slots *slots, uint32_t slot)
{
    slots->table[slot].holders++;
}

void slots_release(struct slots *slots, uint32_t slot);

/* The frame that held it has other bytes now, or none. */
void slots_forget_frame(struct slots *slots, uint32_t slot);

#endif
