#include "choose.h"

/* splitmix64 */
static uint64_t generate(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t next_byte(struct choices *choices)
{
    if (choices->left == 0)
        return 0;
    choices->left--;
    return *choices->bytes++;
}

uint64_t choose(struct choices *choices, uint64_t bound)
{
    if (!choices->bytes)
        return generate(&choices->seed) % bound;
    uint64_t value = next_byte(choices);
    for (uint64_t reach = 256; reach < bound; reach <<= 8)
        value = value << 8 | next_byte(choices);
    return value % bound;
}

bool one_in(struct choices *choices, unsigned n)
{
    return choose(choices, n) == n - 1; /* no is the answer when the bytes are used up */
}
