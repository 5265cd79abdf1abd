/*
 * jslk_random.h - seeded operations on JSLK, biased to what may go differently hosted and on the metal.
 *
 * What is read was written just before, or lies in frames that hold the same bytes on both machines. At the end nothing
 * is mapped beside the kernel's own memory.
 */
#ifndef TESTS_JSLK_RANDOM_H
#define TESTS_JSLK_RANDOM_H

#include "../../../src/lib/replay.h"

void jslk_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count);

#endif
