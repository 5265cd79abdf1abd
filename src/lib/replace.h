/*
 * replace.h - which frame leaves memory next: replacement policies over the frames in their order of arrival.
 *
 *   REPLACE_CLOCK   the oldest whose page was not accessed since it was looked at the last time; one that was counts
 *                   as new, with its A bits cleared: the clock, or second chance
 *   REPLACE_FIFO    the oldest
 *   REPLACE_RANDOM  any, by a generator that starts the same each time
 *
 * Only what frames_may_leave() is chosen.
 */
#ifndef LIB_REPLACE_H
#define LIB_REPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "frames.h"

enum replace_policy { REPLACE_CLOCK, REPLACE_FIFO, REPLACE_RANDOM, REPLACE_POLICIES };

struct replace {
    enum replace_policy policy;
    uint32_t random; /* state of the generator, not 0 */
    uint64_t looks;  /* at frames, so far */
};

/* Whether a page was accessed since this was asked the last time. */
struct replace_accesses {
    bool (*test_and_clear)(void *context, uint32_t number);
    void *context;
};

void replace_init(struct replace *replace);

/* A frame to evict, or FRAMES_NONE if none may be. */
uint32_t replace_choose(struct replace *replace, struct frames *frames,
                        const struct replace_accesses *accesses);

/* "clock", "fifo", "random"; NULL for another number. */
const char *replace_name(unsigned policy);

#endif
