/*
 * What the tests of the oracle itself share: a CPU with everything, and a memory small enough to write down.
 * Every expected value in facts_*.c was worked out by hand from the section of the manual that the row names.
 */
#ifndef TESTS_ORACLE_FACTS_H
#define TESTS_ORACLE_FACTS_H

#include "x86_oracle.h"

#define FACTS_WORDS 16

/* Sparse memory: every 4- or 8-byte word that is not listed reads as 0. */
struct facts_memory {
    unsigned count;
    struct facts_word {
        uint64_t address, value;
    } words[FACTS_WORDS];
};

/* The callbacks over a sparse memory. */
struct oracle_memory facts_memory_of(struct facts_memory *memory);
void facts_poke(struct facts_memory *memory, uint64_t address, uint64_t value);
uint64_t facts_peek(const struct facts_memory *memory, uint64_t address);

/* CPL 0, MAXPHYADDR 46, every feature, CR3 = 0x1000; NXE, WP and whatever CR4 does not need for the mode are
 * off. */
struct oracle_cpu facts_cpu(enum oracle_mode mode);

#endif
