/*
 * vana_random.h - seeded operations on VanaOS, biased to what may go differently hosted and on the metal.
 *
 * Reads stay where both machines hold the same bytes (programs, stacks, frames from 6 MiB up), and nothing is written
 * by pointers that may have become a page table.
 */
#ifndef TESTS_VANA_RANDOM_H
#define TESTS_VANA_RANDOM_H

#include "../../../src/lib/replay.h"

void vana_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count);

#endif
