/* What may lead QEMU and Bochs astray for a whole case. */
#include "imitate_impl.h"

#define CR4_PSE  0x10u
#define CR4_PAE  0x20u
#define CR4_SMAP 0x200000u
#define CR4_PKS  0x1000000u

static uint64_t cr4_bits(const struct ref_case *c)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < c->count; i++)
        bits |= c->ops[i].code == REF_CR4 ? c->ops[i].value : 0;
    return bits;
}

static bool locks(const struct subject *s, const struct ref_case *c)
{
    (void)s;
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_ACCESS && c->ops[i].kind == REF_RMW)
            return true;
    }
    return false;
}

static bool implicit_with_ac(const struct subject *s, const struct ref_case *c)
{
    bool ac = false, implicit = false;
    (void)s;
    for (size_t i = 0; i < c->count; i++) {
        ac |= c->ops[i].code == REF_AC && c->ops[i].value;
        implicit |= ac && c->ops[i].code == REF_ACCESS && c->ops[i].kind > REF_FETCH;
    }
    return implicit && cr4_bits(c) & CR4_SMAP;
}

static bool user_with_pks(const struct subject *s, const struct ref_case *c)
{
    (void)s;
    return cr4_bits(c) & CR4_PKS;
}

static bool narrow_pse36(const struct subject *s, const struct ref_case *c)
{
    uint64_t bits = cr4_bits(c);
    return subject_cpu(s)->maxphyaddr < 40 && bits & CR4_PSE && !(bits & CR4_PAE);
}

const struct imitation own_imitations[] = {
    {QEMU_READ_THEN_WRITE, EMULATOR_QEMU, IMITATE_READ_THEN_WRITE, locks},
    {QEMU_IMPLICIT_WITH_AC, EMULATOR_QEMU, IMITATE_AC_AT_CPL0, implicit_with_ac},
    {QEMU_USER_WITHOUT_PKS, EMULATOR_QEMU, IMITATE_PKS_NOT_FOR_USER, user_with_pks},
    {QEMU_PSE36_ANY_WIDTH, EMULATOR_QEMU, IMITATE_PSE36_ANY_WIDTH, narrow_pse36},
    {BOCHS_IMPLICIT_WITH_AC, EMULATOR_BOCHS, IMITATE_AC_AT_CPL0 | IMITATE_AC_AT_CPL3, implicit_with_ac},
};
const size_t own_imitation_count = sizeof(own_imitations) / sizeof(own_imitations[0]);
