/*
 * places.h - pages that the fuzz target maps beside JSLK's own memory, and what has to stand behind them.
 *
 * Places 0 to 3 are neighbours on both sides of a border between two page tables. A table is a block of the heap while a
 * place of it is mapped.
 */
#ifndef FUZZ_JSLK_PLACES_H
#define FUZZ_JSLK_PLACES_H

#include "shadow.h"

#define PLACES       4u
#define PLACE_FIRST  0x3ffff000u
#define TARGETS      4u
#define TARGET_FIRST 0x00ff0000u /* frames that the target's heaps never come to */
#define PAGE_BYTES   4096u

struct places {
    bool mapped[PLACES];
    unsigned target[PLACES];
    uint32_t tables[2];     /* the heap's blocks, 0 for none */
    uint32_t word[TARGETS]; /* what stands at the start of each target */
};

struct place_range {
    unsigned first, count;
    unsigned target; /* the first of as many, to map to */
    unsigned fail;   /* which allocation on the way fails; 0: none */
};

/* False: no memory, and no change. */
bool places_map(struct places *places, struct shadow *heap, const struct place_range *range);

void places_unmap(struct places *places, struct shadow *heap, const struct place_range *range);

#endif
