#include "replace.h"

#include <stddef.h>

#define SEED 0x2545f491u

void replace_init(struct replace *replace)
{
    replace->policy = REPLACE_CLOCK;
    replace->random = SEED;
    replace->looks = 0;
}

const char *replace_name(unsigned policy)
{
    static const char *const names[REPLACE_POLICIES] = {"clock", "fifo", "random"};

    return policy < REPLACE_POLICIES ? names[policy] : NULL;
}

static uint32_t first_that_may_leave(struct replace *replace, const struct frames *frames)
{
    uint32_t number = frames->oldest;

    while (number != FRAMES_NONE && !frames_may_leave(frames, number)) {
        number = frames->table[number].newer;
        replace->looks++;
    }
    return number;
}

/* Twice round at most: the first round clears every A bit that it finds. */
static uint32_t clock_choice(struct replace *replace, struct frames *frames,
                             const struct replace_accesses *accesses)
{
    uint32_t number = first_that_may_leave(replace, frames);

    for (uint32_t left = 2 * frames->used; left > 0 && number != FRAMES_NONE; left--) {
        replace->looks++;
        if (!accesses->test_and_clear(accesses->context, number))
            return number;
        frames_renew(frames, number);
        number = first_that_may_leave(replace, frames);
    }
    return number;
}

/* Marsaglia's xorshift of 32 bits. */
static uint32_t next_random(struct replace *replace)
{
    replace->random ^= replace->random << 13;
    replace->random ^= replace->random >> 17;
    replace->random ^= replace->random << 5;
    return replace->random;
}

static uint32_t random_choice(struct replace *replace, const struct frames *frames)
{
    uint32_t number = frames->oldest;

    for (uint32_t steps = next_random(replace) % frames->used; steps > 0; steps--)
        number = frames->table[number].newer;
    replace->looks++;
    return frames_may_leave(frames, number) ? number : first_that_may_leave(replace, frames);
}

uint32_t replace_choose(struct replace *replace, struct frames *frames,
                        const struct replace_accesses *accesses)
{
    if (frames->used == 0)
        return FRAMES_NONE;
    switch (replace->policy) {
    case REPLACE_CLOCK: return clock_choice(replace, frames, accesses);
    case REPLACE_RANDOM: return random_choice(replace, frames);
    default: return first_that_may_leave(replace, frames);
    }
}
