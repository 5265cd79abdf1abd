/*
 * vlsos_dice.h - a linear congruential generator: the same numbers everywhere.
 */
#ifndef VLSOS_DICE_H
#define VLSOS_DICE_H

#include <stdint.h>

struct dice {
    uint32_t state;
};

/* A number below sides. */
static inline uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 1664525u + 1013904223u;
    return (dice->state >> 8) % sides;
}

#endif
