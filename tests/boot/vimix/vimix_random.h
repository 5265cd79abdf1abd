/*
 * vimix_random.h - operations on VIMIX, many of them wrong, the same for the same seed everywhere.
 */
#ifndef TESTS_BOOT_VIMIX_RANDOM_H
#define TESTS_BOOT_VIMIX_RANDOM_H

#include "../../../src/lib/replay.h"

void vimix_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count);

#endif
