/*
 * bits.h - questions about the bits of a 64-bit word, answered without calling a library on any machine.
 */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include <stdint.h>

/* The number of the lowest bit set; the word is not 0. By the highest one of what is left when all others are
 * cleared: compilers have no instruction sequence for the lowest bit of 64 on 32-bit machines. */
static inline unsigned lowest_bit(uint64_t word)
{
    return 63u ^ (unsigned)__builtin_clzll(word & (0 - word));
}

/* How many bits are set from bit 0 upwards, and from bit 63 downwards, before the first that is clear; 64 if
 * none is. */
static inline unsigned ones_at_bottom(uint64_t word)
{
    return word == UINT64_MAX ? 64u : lowest_bit(~word);
}

static inline unsigned ones_at_top(uint64_t word)
{
    return word == UINT64_MAX ? 64u : (unsigned)__builtin_clzll(~word);
}

#endif
