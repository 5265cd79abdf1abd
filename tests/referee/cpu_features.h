/* cpu_features.h - the CPUID bits that matter, by name. */
#ifndef REFEREE_CPU_FEATURES_H
#define REFEREE_CPU_FEATURES_H

#include "case.h"

static inline bool cpu_has_pse(const struct ref_cpu *c)
{
    return c->leaf1_edx >> 3 & 1;
}
static inline bool cpu_has_pae(const struct ref_cpu *c)
{
    return c->leaf1_edx >> 6 & 1;
}
static inline bool cpu_has_pge(const struct ref_cpu *c)
{
    return c->leaf1_edx >> 13 & 1;
}
static inline bool cpu_has_pat(const struct ref_cpu *c)
{
    return c->leaf1_edx >> 16 & 1;
}
static inline bool cpu_has_pse36(const struct ref_cpu *c)
{
    return c->leaf1_edx >> 17 & 1;
}
static inline bool cpu_has_pcid(const struct ref_cpu *c)
{
    return c->leaf1_ecx >> 17 & 1;
}
static inline bool cpu_has_smep(const struct ref_cpu *c)
{
    return c->leaf7_ebx >> 7 & 1;
}
static inline bool cpu_has_invpcid(const struct ref_cpu *c)
{
    return c->leaf7_ebx >> 10 & 1;
}
static inline bool cpu_has_smap(const struct ref_cpu *c)
{
    return c->leaf7_ebx >> 20 & 1;
}
static inline bool cpu_has_pku(const struct ref_cpu *c)
{
    return c->leaf7_ecx >> 3 & 1;
}
static inline bool cpu_has_la57(const struct ref_cpu *c)
{
    return c->leaf7_ecx >> 16 & 1;
}
static inline bool cpu_has_pks(const struct ref_cpu *c)
{
    return c->leaf7_ecx >> 31 & 1;
}
static inline bool cpu_has_nx(const struct ref_cpu *c)
{
    return c->ext1_edx >> 20 & 1;
}
static inline bool cpu_has_1gb(const struct ref_cpu *c)
{
    return c->ext1_edx >> 26 & 1;
}
static inline bool cpu_has_long_mode(const struct ref_cpu *c)
{
    return c->ext1_edx >> 29 & 1;
}

/* A feature that the case needs and the CPU lacks, in a word; NULL if there is none. */
const char *cpu_lacks(const struct ref_cpu *cpu, const struct ref_case *c);

#endif
