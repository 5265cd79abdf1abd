/* prng.h - splitmix64: a 64-bit counter, stirred. Seed and sequence are the same on every host. */
#ifndef REFEREE_PRNG_H
#define REFEREE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t state;
};

static inline uint64_t prng_next(struct prng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to n-1; n is small, so the bias is of no account. */
static inline unsigned prng_below(struct prng *r, unsigned n)
{
    return (unsigned)((prng_next(r) >> 32) * n >> 32);
}

static inline bool prng_percent(struct prng *r, unsigned percent)
{
    return prng_below(r, 100) < percent;
}

#endif
