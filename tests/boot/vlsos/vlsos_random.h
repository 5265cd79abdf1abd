/*
 * vlsos_random.h - operations on VlsOs by a seed: blocks of every size, mappings, accesses at both levels, misuse.
 */
#ifndef VLSOS_RANDOM_H
#define VLSOS_RANDOM_H

#include <stdint.h>

#include "../../../src/lib/replay.h"

/* The same operations for the same seed, on every host. */
void vlsos_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count);

#endif
