/*
 * vlsos_processes.h - operations on VlsOs's processes: by a seed, in few frames and with a store that fails; and a workload
 * of more than four times the RAM that there is.
 */
#ifndef VLSOS_PROCESSES_H
#define VLSOS_PROCESSES_H

#include <stdint.h>

#include "../../../src/lib/replay.h"

/* Processes that are created, duplicated and ended, and read, write, fetch and free, in 6 to 21 frames; limits, policies
 * and failures of allocations and of the store change. The same for the same seed. */
void vlsos_random_processes(uint32_t seed, struct replay_op *ops, uint32_t count);

/*
 * WORKLOAD_PROCESSES processes write WORKLOAD_PAGES pages each, in turns, and then read them back in another order: accesses
 * of 4 bytes across the border of two pages, so that each needs both.
 */
#define WORKLOAD_PROCESSES 4u
#define WORKLOAD_PAGES     2080u
#define WORKLOAD_PAIRS     (WORKLOAD_PAGES / 2)
#define WORKLOAD_READS     (WORKLOAD_PROCESSES * WORKLOAD_PAIRS)
#define WORKLOAD_START     (2 * WORKLOAD_PROCESSES)
#define WORKLOAD_LENGTH    (WORKLOAD_START + 2 * WORKLOAD_READS + 1)

void vlsos_workload(struct replay_op ops[WORKLOAD_LENGTH]);

/* What the n-th of the reads is to find. */
uint32_t vlsos_workload_value(uint32_t n);

#endif
