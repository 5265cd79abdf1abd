/*
 * xelix_random.h - seeded operations on Xelix, biased to what may go differently hosted and on the metal.
 *
 * Frames that are named lie above all that the kernel hands out here. What is fetched is a program's first page, which is
 * never written: on the metal a fetch executes.
 */
#ifndef TESTS_XELIX_RANDOM_H
#define TESTS_XELIX_RANDOM_H

#include "../../../src/lib/replay.h"

void xelix_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count);

#endif
