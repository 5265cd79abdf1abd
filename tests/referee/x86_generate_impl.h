/* generate_impl.h - one case in the making, shared by generate.c and generate_space.c. */
#ifndef REFEREE_GENERATE_IMPL_H
#define REFEREE_GENERATE_IMPL_H

#include "cpu_features.h"
#include "generate.h"
#include "prng.h"

#define E_P  0x001u
#define E_RW 0x002u
#define E_US 0x004u
#define E_A  0x020u
#define E_D  0x040u
#define E_PS 0x080u
#define E_G  0x100u
#define E_NX (1ull << 63)

#define MAX_LEVELS 6

/* An entry of the tested path. */
struct gen_entry {
    uint64_t address; /* physical */
    uint64_t value;
    unsigned shift; /* log2 of what it covers */
    bool leaf;
};

struct gen {
    struct prng random;
    const struct generate_options *options;
    struct ref_case *c;
    enum generate_arch arch;
    unsigned width; /* of an entry */
    uint64_t cr0, cr3, cr4, efer, pkru, pkrs;
    uint64_t linear;                   /* of the page (with a large page: of 4 KiB in it) */
    struct gen_entry path[MAX_LEVELS]; /* from the root to the leaf */
    unsigned levels;
    struct gen_entry neighbour; /* the next page's leaf; address 0: none */
    uint64_t frame;             /* physical address of the 4 KiB at `linear` */
    uint64_t neighbour_frame;
    bool
        outside; /* the frame is not in the pattern region: values mean nothing, and nothing there may be executed */
    bool neighbour_outside;
    bool implicit; /* the page below maps the ROM's table for `implicit_kind` */
    unsigned implicit_kind;
    bool stored; /* something was written: no fetch may cross any more */
};

/* Choose the tables' places and the entries' values, and poke them. Registers are chosen already. */
void generate_space(struct gen *g);
/* Change one bit or so of an entry of the path; returns false if nothing changed. */
bool generate_change(struct gen *g);
void gen_add(struct gen *g, struct ref_op op);
/* A whole case about segments. */
void generate_segments(struct gen *g);

#endif
