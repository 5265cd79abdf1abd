#include "cpu_features.h"

#define CR4_LA57  0x1000u
#define CR4_PCIDE 0x20000u
#define CR4_SMEP  0x100000u
#define CR4_SMAP  0x200000u
#define CR4_PKE   0x400000u
#define CR4_PKS   0x1000000u

static const char *lacks_for_cr4(const struct ref_cpu *cpu, uint64_t cr4)
{
    const struct {
        uint64_t bit;
        bool has;
        const char *word;
    } rows[] = {
        {CR4_LA57, cpu_has_la57(cpu), "LA57"}, {CR4_PCIDE, cpu_has_pcid(cpu), "PCID"},
        {CR4_SMEP, cpu_has_smep(cpu), "SMEP"}, {CR4_SMAP, cpu_has_smap(cpu), "SMAP"},
        {CR4_PKE, cpu_has_pku(cpu), "PKU"},    {CR4_PKS, cpu_has_pks(cpu), "PKS"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (cr4 & rows[i].bit && !rows[i].has)
            return rows[i].word;
    }
    return NULL;
}

const char *cpu_lacks(const struct ref_cpu *cpu, const struct ref_case *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_op *op = &c->ops[i];
        const char *word = NULL;
        if (op->code == REF_CR4 && !(op->flags & REF_MAY_FAULT))
            word = lacks_for_cr4(cpu, op->value);
        else if (op->code == REF_INVPCID && !cpu_has_invpcid(cpu))
            word = "INVPCID";
        if (word)
            return word;
    }
    return NULL;
}
