/*
 * shadow.h - JSLK's heap as a list, for tests and for the fuzz target: the rules of the document without its structures.
 *
 * Blocks stand in a plain array in the order of their addresses, and every search looks at all of them. Knows where each
 * block goes and when the heap grows and shrinks; knows nothing of frames but their number. Shares no code with the kernel.
 */
#ifndef TESTS_JSLK_SHADOW_H
#define TESTS_JSLK_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#define SHADOW_BLOCKS 4096u

struct shadow_block {
    uint32_t start, size; /* header and footer included */
    bool hole;
};

struct shadow {
    struct shadow_block blocks[SHADOW_BLOCKS];
    unsigned count;
    uint32_t start, end;
    uint32_t min_size; /* end - start never shrinks below */
    uint32_t frames;   /* free */
};

/* One block asked for. */
struct shadow_wish {
    uint32_t size;
    bool aligned; /* to a page */
    bool fresh;   /* if the heap grows for it, its data lies in no older page */
};

void shadow_begin(struct shadow *shadow, uint32_t start, uint32_t end);

/* Pages by which the heap would grow; 0 if the block fits. */
uint32_t shadow_growth(const struct shadow *shadow, const struct shadow_wish *wish);

/* The block's address, or 0 where there are too few frames. */
uint32_t shadow_alloc(struct shadow *shadow, const struct shadow_wish *wish);

/* False: no block that is handed out begins there. */
bool shadow_free(struct shadow *shadow, uint32_t address);

/* Bytes in blocks that are handed out. */
uint32_t shadow_used(const struct shadow *shadow);

#endif
