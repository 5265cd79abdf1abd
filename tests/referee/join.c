#include "join.h"

#include <string.h>

#define RAM_BYTES (64ull << 20)

static bool expectable(const struct ref_result *r)
{
    if (r->status == REF_FAULT)
        return r->vector == 14 || (r->error == 0 && (r->vector == 13 || r->vector == 6));
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
        bool silent = op->code == REF_RESET || op->code == REF_POKE || op->code == REF_AC;
        bool known = i != wrong && results_differ(op, &a->mine[i], &a->theirs[i]);
        c->expect[i] = (struct expectation){0};
        if (!silent && !known && expectable(&a->theirs[i]))
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
    char oracle[8];
    if (sscanf(name, "%7[a-z]-%u-", oracle, &cpu.maxphyaddr) != 2 || cpu.maxphyaddr < 32 ||
        cpu.maxphyaddr > 52)
        return NULL;
    unsigned policies = strcmp(oracle, "qemu") == 0 ? POLICY_ACCESSED_ON_WALK : 0;
    return subject_new(&(struct subject_options){cpu, RAM_BYTES, policies});
}
