#include "story_run.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_features.h"

/* All stories that the CPU can be told, one after the other. */
struct telling {
    struct duel *duel;
    FILE *out;
    struct ref_op *ops;
    struct ref_result *mine, *theirs;
    size_t count;
    struct story_score score;
};

static void print_wrong(const struct telling *t, const char *who, const struct ref_case *c, size_t i,
                        const struct ref_result *result)
{
    char op[160], answer[96];
    if (!t->out)
        return;
    op_write(op, sizeof(op), &c->ops[i]);
    result_write(answer, sizeof(answer), &c->ops[i], result);
    fprintf(t->out, "%s: %s answers %s to operation %zu, %s\n", c->name, who, answer, i, op);
}

/* The first operation whose answer is not permitted (exact: not the first of those permitted). */
static size_t first_wrong(const struct ref_case *c, const struct ref_result *results, bool exact)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!expectation_met(&c->expect[i], &results[i], exact))
            return i;
    }
    return SIZE_MAX;
}

/* What the emulator answers to the operation, knowing that all before it was permitted. */
static enum quirk quirk_at(enum emulator_kind oracle, const struct ref_case *c, size_t wrong,
                           const struct answers *answers)
{
    struct quirk_context context;
    quirk_context_begin(&context, c);
    for (size_t i = 0; i < wrong; i++)
        quirk_context_step(&context, i, &(struct answers){&answers->mine[i], &answers->theirs[i]});
    const struct answers at = {&answers->mine[wrong], &answers->theirs[wrong]};
    enum quirk quirk = quirk_explain(oracle, &context, wrong, &at);
    return quirk == QUIRK_NONE ? quirk_of_story(oracle, &context, wrong, &at) : quirk;
}

static bool excused(struct telling *t, const struct ref_case *c, size_t wrong, const struct answers *answers)
{
    enum emulator_kind oracle = duel_oracle(t->duel);
    enum quirk quirk = quirk_at(oracle, c, wrong, answers);
    if (quirk != QUIRK_NONE)
        tally_count(&t->score.tally, quirk, c);
    return quirk != QUIRK_NONE || duel_imitates(t->duel, c, answers, &t->score.tally);
}

static void judge(struct telling *t, const struct ref_case *c, const struct ref_result *mine,
                  const struct ref_result *theirs)
{
    bool exact = duel_oracle(t->duel) == EMULATOR_BOCHS; /* which shares the machine's defaults */
    size_t wrong = first_wrong(c, mine, exact);
    if (wrong != SIZE_MAX) {
        t->score.machine_wrong++;
        print_wrong(t, "the machine", c, wrong, &mine[wrong]);
    }
    wrong = first_wrong(c, theirs, false);
    if (wrong == SIZE_MAX)
        return;
    if (excused(t, c, wrong, &(struct answers){mine, theirs})) {
        t->score.excused++;
        return;
    }
    t->score.oracle_wrong++;
    print_wrong(t, emulator_name(duel_oracle(t->duel)), c, wrong, &theirs[wrong]);
}

static bool can_tell(const struct telling *t, const struct ref_case *c)
{
    bool dies = duel_oracle(t->duel) == EMULATOR_QEMU && quirk_kills_qemu(c);
    return !dies && !cpu_lacks(duel_cpu(t->duel), c);
}

static void tell_singly(struct telling *t, const struct story_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct ref_case *c = &list->cases[i];
        if (!can_tell(t, c))
            continue;
        if (duel_answers(t->duel, c, t->mine, t->theirs)) {
            judge(t, c, t->mine, t->theirs);
            continue;
        }
        t->score.lost++;
        if (t->out)
            fprintf(t->out, "%s: %s did not survive\n", c->name, emulator_name(duel_oracle(t->duel)));
    }
}

static void tell_all(struct telling *t, const struct story_list *list)
{
    size_t at = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct ref_case *c = &list->cases[i];
        if (!can_tell(t, c)) {
            t->score.beyond++;
            continue;
        }
        memcpy(&t->ops[t->count], c->ops, c->count * sizeof(*t->ops));
        t->count += c->count;
    }
    if (!duel_answer_list(t->duel, t->ops, t->mine, t->theirs, t->count)) {
        tell_singly(t, list);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!can_tell(t, &list->cases[i]))
            continue;
        judge(t, &list->cases[i], t->mine + at, t->theirs + at);
        at += list->cases[i].count;
    }
}

struct story_score story_run(const struct story_list *list, struct duel *duel, FILE *out)
{
    struct telling t = {.duel = duel, .out = out};
    size_t room = REF_MAX_OPS;
    for (size_t i = 0; i < list->count; i++)
        room += list->cases[i].count;
    t.ops = malloc(room * sizeof(*t.ops));
    t.mine = malloc(room * sizeof(*t.mine));
    t.theirs = malloc(room * sizeof(*t.theirs));
    if (t.ops && t.mine && t.theirs)
        tell_all(&t, list);
    else
        t.score.lost = list->count;
    free(t.ops);
    free(t.mine);
    free(t.theirs);
    return t.score;
}
