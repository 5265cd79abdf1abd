/*
 * What the tests of the RISC-V oracle share: a hart with everything, and a memory small enough to write down. Every
 * expected value in riscv_facts*.c was worked out by hand from the section of the specification that its sentence is of.
 */
#ifndef TESTS_ORACLE_RISCV_FACTS_H
#define TESTS_ORACLE_RISCV_FACTS_H

#include "riscv_oracle.h"

#define RV_FACTS_WORDS 16

/* Every word that is not listed reads as 0; memory ends at 4 GiB. */
struct rv_facts_memory {
    unsigned count;
    struct {
        uint64_t address, value;
    } words[RV_FACTS_WORDS];
};

struct rvo_memory rv_facts_memory_of(struct rv_facts_memory *memory);
void rv_facts_poke(struct rv_facts_memory *memory, uint64_t address, uint64_t value);

/* In U-mode, root at 0x1000, ASID 7, hardware sets A and D, no extension. */
struct rvo_cpu rv_facts_cpu(enum rvo_mode mode);

#endif
