#include "imitate_impl.h"

/* The set of rows that may matter; each subset of it is worth trying. */
static unsigned candidates(const struct subject *s, enum emulator_kind oracle, const struct ref_case *c)
{
    unsigned set = 0;
    for (unsigned i = 0; i < own_imitation_count; i++)
        set |= own_imitations[i].oracle == oracle && own_imitations[i].may_matter(s, c) ? 1u << i : 0;
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
    for (unsigned i = 0; i < own_imitation_count; i++)
        imitations |= set >> i & 1 ? own_imitations[i].imitation : 0;
    subject_imitate(q->subject, imitations);
    subject_run(q->subject, q->c->ops, mine, q->c->count);
    subject_imitate(q->subject, 0);
    return compare_case(q->oracle, q->c, &(struct answers){mine, q->theirs}, tally) == SIZE_MAX;
}

static void count_set(struct tally *tally, const struct ref_case *c, unsigned set)
{
    for (unsigned i = 0; i < own_imitation_count && tally; i++) {
        if (set >> i & 1)
            tally_count(tally, own_imitations[i].quirk, c);
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
    for (int size = 1; size <= (int)own_imitation_count; size++) {
        for (unsigned set = all; set; set = (set - 1) & all) {
            if (__builtin_popcount(set) != size || !imitation_agrees(&question, set, tally))
                continue;
            count_set(tally, c, set);
            return SIZE_MAX;
        }
    }
    return op;
}
