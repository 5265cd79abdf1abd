#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "case_impl.h"

bool results_differ(const struct ref_op *op, const struct ref_result *mine, const struct ref_result *theirs)
{
    if (own_op_is_silent(op))
        return false; /* nothing to answer; batches do not print them */
    if (mine->status != theirs->status)
        return true;
    if (mine->status == REF_FAULT)
        return mine->vector != theirs->vector || mine->error != theirs->error || mine->cr2 != theirs->cr2;
    return mine->status == REF_DONE && !(op->flags & REF_NO_VALUE) && mine->value != theirs->value;
}

void tally_count(struct tally *tally, enum quirk quirk, const struct ref_case *c)
{
    struct quirk_use *use = &tally->quirk[quirk];
    use->count++;
    if (use->smallest && use->smallest->count <= c->count)
        return;
    if (!use->smallest)
        use->smallest = malloc(sizeof(*c));
    if (use->smallest)
        memcpy(use->smallest, c, sizeof(*c));
}

static size_t first_unexplained(enum emulator_kind oracle, const struct ref_case *c,
                                const struct answers *answers, struct tally *tally)
{
    struct quirk_context context;
    quirk_context_begin(&context, c);
    for (size_t i = 0; i < c->count; i++) {
        const struct answers at = {&answers->mine[i], &answers->theirs[i]};
        if (results_differ(&c->ops[i], at.mine, at.theirs)) {
            enum quirk quirk = quirk_explain(oracle, &context, i, &at);
            if (quirk == QUIRK_NONE)
                return i;
            if (tally)
                tally_count(tally, quirk, c);
        }
        quirk_context_step(&context, i, &at);
    }
    return SIZE_MAX;
}

size_t compare_case(enum emulator_kind oracle, const struct ref_case *c, const struct answers *answers,
                    struct tally *tally)
{
    size_t op = first_unexplained(oracle, c, answers, NULL);
    if (op == SIZE_MAX && tally)
        first_unexplained(oracle, c, answers, tally);
    return op;
}

void tally_free(struct tally *tally)
{
    for (unsigned i = 0; i < QUIRKS; i++)
        free(tally->quirk[i].smallest);
}
