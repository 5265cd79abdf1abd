/* riscv_generate.h - one case in the making, shared by riscv_generate.c and riscv_space.c. */
#ifndef REFEREE_RISCV_GENERATE_H
#define REFEREE_RISCV_GENERATE_H

#include "generate.h"
#include "prng.h"
#include "riscv_layout.h"

#define GEN_LEVELS 5
#define GEN_STORES 8

/* An entry of the tested path. */
struct gen_entry {
    uint64_t address, value;
    unsigned level;
    bool leaf;
};

struct gen {
    struct prng random;
    const struct generate_options *options;
    struct ref_case *c;
    enum story_mode mode;
    unsigned width; /* of an entry */
    uint64_t xlen_mask;
    uint64_t root;
    unsigned asid;
    bool pbmte;
    uint64_t linear;                   /* of the tested 4 KiB */
    struct gen_entry path[GEN_LEVELS]; /* from the root to the leaf */
    unsigned levels;                   /* of the path */
    struct gen_entry neighbour;        /* the next page's leaf; address 0: none */
    uint64_t frame, neighbour_frame;   /* physical, of the 4 KiB at linear and of the next */
    bool outside, neighbour_outside;   /* no memory there, or not of the data */
    bool global;                       /* some entry has G */
    bool sum, used_sum;                /* mstatus.SUM now, and for some access of S-mode before */
    bool stored, stored_next;
    unsigned stores;
    uint64_t store[GEN_STORES]; /* physical, 8-aligned */
};

/* Choose the tables' places and the entries' values, and poke them. */
void gen_space(struct gen *g);
/* Change an entry of the path a little; false if nothing changed. */
bool gen_change(struct gen *g, bool *leaf);
/* A store went to this offset from the tested page. */
void gen_stored(struct gen *g, unsigned offset);
/* Read all entries, and what was stored. */
void gen_peeks(struct gen *g);
void gen_add(struct gen *g, struct ref_op op);

#endif
