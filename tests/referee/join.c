#include "join.h"

#include <string.h>

#include "case_impl.h"

#define RAM_BYTES (64ull << 20)

static bool expectable(const struct ref_result *r)
{
    if (r->status == REF_FAULT)
        return own_fault_has_words(r);
    return r->status == REF_DONE;
}

static struct expectation expectation_of(const struct ref_op *op, const struct ref_result *r)
{
    bool reads =
        op->code == REF_PEEK || (op->code == REF_ACCESS && op->kind != REF_WRITE && op->kind <= REF_FETCH);
    struct outcome o = {OUTCOME_OK, 0, 0, 0};
    if (r->status == REF_FAULT)
        o = (struct outcome){OUTCOME_FAULT, r->vector, r->error, r->cr2};
    else if (reads && !(op->flags & REF_NO_VALUE))
        o = (struct outcome){OUTCOME_VALUE, 0, 0, r->value};
    return (struct expectation){1, {o}};
}

static void expect_theirs(struct ref_case *c, const struct answers *a, size_t wrong)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ref_op *op = &c->ops[i];
        bool known = i != wrong && results_differ(op, &a->mine[i], &a->theirs[i]);
        c->expect[i] = (struct expectation){0};
        if (!own_op_is_silent(op) && !known && expectable(&a->theirs[i]))
            c->expect[i] = expectation_of(op, &a->theirs[i]);
    }
}

bool join_write(const char *directory, const struct join_origin *origin, const struct ref_case *c,
                const struct answers *answers, char path[512])
{
    struct ref_case expecting = *c;
    const char *seed = strstr(c->name, "0x");
    expect_theirs(&expecting, answers, origin->op);
    snprintf(path, 512, "%s/%s-%u-%s.case", directory, emulator_name(origin->oracle), origin->phys_bits,
             seed ? seed : "unknown");
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    case_write(f, &expecting);
    return fclose(f) == 0;
}

struct subject *join_subject(const char *path)
{
    struct ref_cpu cpu = {~0u, ~0u, ~0u, ~0u, ~0u, 0};
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char word[12];
    enum emulator_kind oracle = 0;
    if (sscanf(name, "%11[a-z0-9]-%u-", word, &cpu.maxphyaddr) != 2)
        return NULL;
    while (oracle < EMULATORS && strcmp(word, emulator_name(oracle)) != 0)
        oracle++;
    if (oracle == EMULATORS || !own_cpu(oracle, &cpu))
        return NULL;
    return subject_new(&(struct subject_options){cpu, RAM_BYTES, subject_policies(oracle)});
}
