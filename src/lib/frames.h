/*
 * frames.h - the frames that hold processes' pages: how many entries map each, where else its bytes stand, and in
 * which order they came.
 *
 * A frame is known by its number: its physical address, less that of the first, in pages. A page that several
 * address spaces share has the same linear address in all of them, for they share it by duplication; so a frame
 * remembers that address, and whoever looks for the entries that map it asks each space there.
 */
#ifndef LIB_FRAMES_H
#define LIB_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <kernel/x86.h>

#define FRAMES_NONE UINT32_MAX

/* Where the bytes of a frame also stand, if not in a slot of the store. */
#define FRAME_ORIGINAL 0xfffffffeu /* in its area: zeros, or the image */
#define FRAME_UNSAVED  0xffffffffu /* nowhere */

struct frame {
    uint32_t references; /* entries that map it; 0: not in use here */
    uint32_t linear;
    uint32_t copy; /* a slot, FRAME_ORIGINAL or FRAME_UNSAVED */
    uint32_t older, newer;
    uint32_t
        accessed;  /* not 0: an A bit was set, and was cleared for another reason than that this was asked */
    uint32_t seen; /* the checker's */
};

struct frames {
    struct frame *table; /* the caller's, one for each frame of the range */
    uint32_t first;      /* physical address of frame 0 */
    uint32_t count;
    uint32_t used;
    uint32_t limit;          /* no more than so many are used */
    uint32_t oldest, newest; /* of those in use */
    uint32_t pinned;         /* must stay, or FRAMES_NONE */
};

void frames_init(struct frames *frames, struct frame *table, uint32_t first, uint32_t count);

/* The number of a frame that lies in the range. */
static inline uint32_t frames_number(const struct frames *frames, uint32_t physical)
{
    return (physical - frames->first) / PAGE_SIZE;
}

static inline uint32_t frames_address(const struct frames *frames, uint32_t number)
{
    return frames->first + number * PAGE_SIZE;
}

/* A frame comes into use as the newest, with one reference, or goes out of use. */
void frames_add(struct frames *frames, uint32_t number, uint32_t linear, uint32_t copy);
void frames_remove(struct frames *frames, uint32_t number);

/* A frame in use may be evicted. The newest may not: an access that needs two pages could else never be made. */
static inline bool frames_may_leave(const struct frames *frames, uint32_t number)
{
    return number != frames->newest && number != frames->pinned;
}

/* It counts as the newest from now on. */
void frames_renew(struct frames *frames, uint32_t number);

#endif
