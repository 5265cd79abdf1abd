/*
 * Random machines: tables, registers and operations made from a stream of choices, which is either a seeded
 * generator (the tests) or a fuzzer's bytes. Biased to what is interesting: entries that are mostly present,
 * frames that mostly exist, rights mixed at every level, now and then a reserved bit.
 */
#ifndef TESTS_ORACLE_CHOICES_H
#define TESTS_ORACLE_CHOICES_H

#include "choose.h"
#include "judge.h"

/* Registers of a consistent CPU in this mode, CR3 on a frame in RAM. With `all_features` the model has
 * everything. */
struct oracle_cpu choose_cpu(struct choices *choices, enum oracle_mode mode, bool all_features);

/* Fills both memories with entries of the mode. */
void choose_tables(struct choices *choices, struct judge *judge);

/* One entry for this mode; level 1 to 5 bends the odds (PS and leaf frames). */
uint64_t choose_entry(struct choices *choices, const struct oracle_cpu *cpu);

/* One of a few addresses, in 16 pages spread over the address space, so that accesses meet again. */
uint64_t choose_linear(struct choices *choices, const struct oracle_cpu *cpu);

struct oracle_access choose_access(struct choices *choices, const struct oracle_cpu *cpu);

/* Changes one entry of the walk of this address, in both memories: a bit, or all of it. */
void choose_damage(struct choices *choices, struct judge *judge, uint64_t linear);

/*
 * One operation: an access, a changed entry, a register write, an invalidation. False: a disagreement. Where
 * to the oracle there is no TLB, whatever could make a translation stale is followed by a flush.
 */
bool choose_operation(struct choices *choices, struct judge *judge);

#endif
