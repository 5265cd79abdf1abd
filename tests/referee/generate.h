/*
 * generate.h - random cases, biased to what is interesting, each made from one 64-bit seed.
 *
 * A case builds the tables of one random linear address (and of the page after it), with random rights, Accessed,
 * Dirty, global and ignored bits, keys, reserved bits at a random level, any page size; sets CR0, CR3, CR4, EFER, PKRU and
 * PKRS; makes one to five accesses, data and code, explicit and implicit, crossing pages or not; between them it may
 * change an entry or a register, and then invalidates as the manual demands, so that exactly one answer is right
 * (what may stay stale is the stories' affair). It ends by reading every entry and every word that a store may have
 * reached.
 */
#ifndef REFEREE_GENERATE_H
#define REFEREE_GENERATE_H

#include "case.h"

enum generate_arch {
    ARCH_32BIT = 1,
    ARCH_PAE = 2,
    ARCH_4LEVEL = 4,
    ARCH_5LEVEL = 8,
    ARCH_ALL = 15,
    ARCH_SEGMENTS = 16, /* x86: segments instead of paging, if nothing else is asked for */
};

struct generate_options {
    struct ref_cpu cpu;     /* what the CPU under test has; the cases use nothing else */
    unsigned arch;          /* a set of enum generate_arch */
    bool refuses_registers; /* the CPU refuses the register writes that it must (QEMU does not always) */
    uint64_t ram_bytes;     /* frames outside are used for faults and unread accesses alone */
};

/* `seed` and the options decide the case entirely. */
void generate_case(struct ref_case *c, const struct generate_options *options, uint64_t seed);

#endif
