#include "imitate.h"

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

static const struct {
    enum quirk quirk;
    enum emulator_kind oracle;
    unsigned imitation;
    bool (*may_matter)(const struct subject *s, const struct ref_case *c);
} rows[] = {
    {QEMU_READ_THEN_WRITE, EMULATOR_QEMU, IMITATE_READ_THEN_WRITE, locks},
    {QEMU_IMPLICIT_WITH_AC, EMULATOR_QEMU, IMITATE_AC_AT_CPL0, implicit_with_ac},
    {QEMU_USER_WITHOUT_PKS, EMULATOR_QEMU, IMITATE_PKS_NOT_FOR_USER, user_with_pks},
    {QEMU_PSE36_ANY_WIDTH, EMULATOR_QEMU, IMITATE_PSE36_ANY_WIDTH, narrow_pse36},
    {BOCHS_IMPLICIT_WITH_AC, EMULATOR_BOCHS, IMITATE_AC_AT_CPL0 | IMITATE_AC_AT_CPL3, implicit_with_ac},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* The set of rows that may matter; each subset of it is worth trying. */
static unsigned candidates(const struct subject *s, enum emulator_kind oracle, const struct ref_case *c)
{
    unsigned set = 0;
    for (unsigned i = 0; i < ROWS; i++)
        set |= rows[i].oracle == oracle && rows[i].may_matter(s, c) ? 1u << i : 0;
    return set;
}

struct question {
    struct subject *subject;
    enum emulator_kind oracle;
    const struct ref_case *c;
    const struct ref_result *theirs;
};

static bool imitation_agrees(const struct question *q, unsigned set, struct tally *tally)
{
    struct ref_result mine[REF_MAX_OPS];
    unsigned imitations = 0;
    for (unsigned i = 0; i < ROWS; i++)
        imitations |= set >> i & 1 ? rows[i].imitation : 0;
    subject_imitate(q->subject, imitations);
    subject_run(q->subject, q->c->ops, mine, q->c->count);
    subject_imitate(q->subject, 0);
    return compare_case(q->oracle, q->c, &(struct answers){mine, q->theirs}, tally) == SIZE_MAX;
}

static void count_set(struct tally *tally, const struct ref_case *c, unsigned set)
{
    for (unsigned i = 0; i < ROWS && tally; i++) {
        if (set >> i & 1)
            tally_count(tally, rows[i].quirk, c);
    }
}

size_t imitate_explain(struct subject *s, enum emulator_kind oracle, const struct ref_case *c,
                       const struct answers *answers, struct tally *tally)
{
    size_t op = compare_case(oracle, c, answers, tally);
    if (op == SIZE_MAX)
        return op;
    const struct question question = {s, oracle, c, answers->theirs};
    unsigned all = candidates(s, oracle, c);
    for (int size = 1; size <= (int)ROWS; size++) {
        for (unsigned set = all; set; set = (set - 1) & all) {
            if (__builtin_popcount(set) != size || !imitation_agrees(&question, set, tally))
                continue;
            count_set(tally, c, set);
            return SIZE_MAX;
        }
    }
    return op;
}
