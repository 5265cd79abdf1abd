#include "duel.h"

#include <stdlib.h>
#include <string.h>

#include "imitate.h"
#include "reduce.h"

#define REDUCE_ATTEMPTS 1000u
#define SINGLE_MS       1000u /* for one case alone: more than enough */

/* A list of cases that the emulator works on, or has worked on. */
struct lane {
    const struct ref_case *cases;
    size_t count, total;
    struct ref_op *ops;
    struct ref_result *theirs;
    size_t room; /* operations in each of the two */
};

struct duel {
    struct duel_options options;
    struct emulator *emulator;
    struct subject *subject;
    struct ref_cpu cpu;
    struct lane lane[2];
    struct lane *running; /* what duel_turn() started last; NULL: nothing */
    bool collected;       /* ... and its answers are here */
    bool survived;        /* ... all of them */
    struct ref_result *mine, *theirs;
    size_t room; /* results in each of the two */
    char error[256];
};

static enum emulator_status start_emulator(struct duel *d)
{
    const struct ref_op reset = {.code = REF_RESET};
    struct ref_result ignored;
    emulator_close(d->emulator);
    d->emulator = NULL;
    enum emulator_status status =
        emulator_open(d->options.oracle, &d->options.emulator, &d->emulator, d->error);
    if (status == EMULATOR_OK)
        status = emulator_run(d->emulator, &reset, &ignored, 1);
    if (status == EMULATOR_OK)
        d->cpu = *emulator_cpu(d->emulator);
    else if (d->emulator)
        snprintf(d->error, sizeof(d->error), "%s", emulator_error(d->emulator));
    return status;
}

static uint64_t ram_bytes(const struct duel *d)
{
    unsigned mib = d->options.emulator.ram_mib;
    return (uint64_t)(mib ? mib : 64) << 20;
}

enum emulator_status duel_open(const struct duel_options *options, struct duel **duel, char error[256])
{
    struct duel *d = calloc(1, sizeof(*d));
    *duel = NULL;
    if (!d) {
        snprintf(error, 256, "no memory");
        return EMULATOR_FAILED;
    }
    d->options = *options;
    enum emulator_status status = start_emulator(d);
    if (status == EMULATOR_OK) {
        const struct subject_options machine = {d->cpu, ram_bytes(d), subject_policies(options->oracle)};
        d->subject = subject_new(&machine);
        snprintf(d->error, sizeof(d->error), "no memory for the machine");
        status = d->subject ? EMULATOR_OK : EMULATOR_FAILED;
    }
    if (status == EMULATOR_OK) {
        *duel = d;
        return status;
    }
    snprintf(error, 256, "%s", d->error);
    duel_close(d);
    return status;
}

void duel_close(struct duel *d)
{
    if (!d)
        return;
    emulator_close(d->emulator);
    subject_free(d->subject);
    for (int i = 0; i < 2; i++) {
        free(d->lane[i].ops);
        free(d->lane[i].theirs);
    }
    free(d->mine);
    free(d->theirs);
    free(d);
}

const struct ref_cpu *duel_cpu(const struct duel *d)
{
    return &d->cpu;
}

enum emulator_kind duel_oracle(const struct duel *d)
{
    return d->options.oracle;
}

struct generate_options duel_generate_options(const struct duel *d, unsigned arch)
{
    return (struct generate_options){d->cpu, arch, d->options.oracle == EMULATOR_BOCHS, ram_bytes(d)};
}

/* For the results of duel_answers(), and the machine's of a lane. */
static bool make_room(struct duel *d, size_t count)
{
    if (count <= d->room)
        return true;
    free(d->mine);
    free(d->theirs);
    d->mine = malloc(count * sizeof(*d->mine));
    d->theirs = malloc(count * sizeof(*d->theirs));
    d->room = d->mine && d->theirs ? count : 0;
    return d->room != 0;
}

/* The emulator must be idle before it is asked for anything else. */
static void collect(struct duel *d)
{
    if (!d->running || d->collected)
        return;
    d->survived = d->emulator && emulator_finish(d->emulator) == EMULATOR_OK;
    d->collected = true;
    if (!d->survived)
        start_emulator(d);
}

bool duel_answer_list(struct duel *d, const struct ref_op *ops, struct ref_result *mine,
                      struct ref_result *theirs, size_t count)
{
    collect(d);
    subject_run(d->subject, ops, mine, count);
    if (!d->emulator && start_emulator(d) != EMULATOR_OK)
        return false;
    if (emulator_run(d->emulator, ops, theirs, count) == EMULATOR_OK)
        return true;
    start_emulator(d);
    return false;
}

bool duel_answers(struct duel *d, const struct ref_case *c, struct ref_result *mine,
                  struct ref_result *theirs)
{
    return duel_answer_list(d, c->ops, mine, theirs, c->count);
}

static bool lane_room(struct lane *l, size_t count)
{
    if (count <= l->room)
        return true;
    free(l->ops);
    free(l->theirs);
    l->ops = malloc(count * sizeof(*l->ops));
    l->theirs = malloc(count * sizeof(*l->theirs));
    l->room = l->ops && l->theirs ? count : 0;
    return l->room != 0;
}

static bool gather(struct lane *l, const struct ref_case *cases, size_t count)
{
    *l = (struct lane){cases, count, 0, l->ops, l->theirs, l->room};
    for (size_t i = 0; i < count; i++)
        l->total += cases[i].count;
    if (!lane_room(l, l->total))
        return false;
    struct ref_op *at = l->ops;
    for (size_t i = 0; i < count; i++) {
        memcpy(at, cases[i].ops, cases[i].count * sizeof(*at));
        at += cases[i].count;
    }
    return true;
}

struct findings {
    struct tally *tally;
    struct duel_found *differences;
    size_t count, max;
};

static void judge(struct duel *d, const struct ref_case *c, size_t number, const struct answers *answers,
                  struct findings *f)
{
    size_t op = imitate_explain(d->subject, d->options.oracle, c, answers, f->tally);
    f->tally->cases++;
    f->tally->operations += c->count;
    if (op == SIZE_MAX)
        return;
    if (f->count < f->max)
        f->differences[f->count] = (struct duel_found){number, op};
    f->count++;
}

/* One by one, after a batch did not come back. */
static bool run_singly(struct duel *d, const struct ref_case *cases, size_t count, struct findings *f)
{
    unsigned limit = d->options.emulator.timeout_ms;
    d->options.emulator.timeout_ms = SINGLE_MS;
    bool good = start_emulator(d) == EMULATOR_OK;
    for (size_t i = 0; i < count && good; i++) {
        if (duel_answers(d, &cases[i], d->mine, d->theirs)) {
            judge(d, &cases[i], i, &(struct answers){d->mine, d->theirs}, f);
            continue;
        }
        if (f->count < f->max)
            f->differences[f->count] = (struct duel_found){i, SIZE_MAX};
        f->count++;
        f->tally->cases++;
        good = d->emulator != NULL;
    }
    d->options.emulator.timeout_ms = limit;
    return good && start_emulator(d) == EMULATOR_OK;
}

static bool start_next(struct duel *d, const struct ref_case *cases, size_t count)
{
    struct lane *l = d->running == &d->lane[0] ? &d->lane[1] : &d->lane[0];
    d->running = NULL;
    if (!count)
        return true;
    if (!gather(l, cases, count) || !d->emulator)
        return false;
    d->running = l;
    d->collected = d->survived = false;
    if (emulator_begin(d->emulator, l->ops, l->theirs, l->total) != EMULATOR_OK)
        d->collected = start_emulator(d) == EMULATOR_OK;
    return d->emulator != NULL;
}

static bool judge_lane(struct duel *d, const struct lane *l, struct findings *f)
{
    size_t at = 0;
    if (!make_room(d, l->total))
        return false;
    subject_run(d->subject, l->ops, d->mine, l->total);
    for (size_t i = 0; i < l->count; i++) {
        judge(d, &l->cases[i], i, &(struct answers){d->mine + at, l->theirs + at}, f);
        at += l->cases[i].count;
    }
    return true;
}

size_t duel_turn(struct duel *d, const struct ref_case *cases, size_t count, struct duel_findings *findings)
{
    struct findings f = {findings->tally, findings->differences, 0, findings->max};
    const struct lane *done = d->running;
    bool good = true;
    collect(d);
    bool survived = d->survived;
    if (done && !survived)
        good = make_room(d, REF_MAX_OPS) && run_singly(d, done->cases, done->count, &f);
    good = good && start_next(d, cases, count);
    if (good && done && survived)
        good = judge_lane(d, done, &f);
    return good ? f.count : SIZE_MAX;
}

size_t duel_difference(struct duel *d, const struct ref_case *c, const struct answers *answers)
{
    return imitate_explain(d->subject, d->options.oracle, c, answers, NULL);
}

bool duel_imitates(struct duel *d, const struct ref_case *c, const struct answers *answers,
                   struct tally *tally)
{
    return imitate_explain(d->subject, d->options.oracle, c, answers, tally) == SIZE_MAX;
}

/* What a difference looks like, so that reducing does not slide from one to another. */
struct signature {
    uint8_t code, kind, mine_status, their_status;
    uint32_t mine_error, their_error;
    uint64_t distance; /* of peeked values */
};

static struct signature signature_of(const struct ref_op *op, const struct ref_result *mine,
                                     const struct ref_result *theirs)
{
    uint64_t distance = op->code == REF_PEEK ? mine->value ^ theirs->value : 0;
    return (struct signature){op->code,    op->kind,      mine->status, theirs->status,
                              mine->error, theirs->error, distance};
}

struct reducing {
    struct duel *duel;
    struct signature signature;
};

static bool find_difference(struct duel *d, const struct ref_case *c, struct signature *signature)
{
    if (!duel_answers(d, c, d->mine, d->theirs))
        return false;
    const struct answers answers = {d->mine, d->theirs};
    size_t op = imitate_explain(d->subject, d->options.oracle, c, &answers, NULL);
    if (op == SIZE_MAX)
        return false;
    *signature = signature_of(&c->ops[op], &d->mine[op], &d->theirs[op]);
    return true;
}

static bool shows_the_same(void *context, const struct ref_case *c)
{
    const struct reducing *r = context;
    struct signature now = {0};
    return find_difference(r->duel, c, &now) && memcmp(&now, &r->signature, sizeof(now)) == 0;
}

void duel_reduce(struct duel *d, struct ref_case *c)
{
    bool bochs = d->options.oracle == EMULATOR_BOCHS;
    struct reducing r = {.duel = d};
    unsigned limit = d->options.emulator.timeout_ms;
    collect(d);
    d->options.emulator.timeout_ms = SINGLE_MS;
    start_emulator(d); /* with the shorter time, for candidates that hang */
    if (make_room(d, REF_MAX_OPS) && find_difference(d, c, &r.signature))
        reduce_case(c, shows_the_same, &r, bochs ? REDUCE_ATTEMPTS / 10 : REDUCE_ATTEMPTS);
    d->options.emulator.timeout_ms = limit;
    start_emulator(d);
}

void duel_print(FILE *out, struct duel *d, const struct ref_case *c)
{
    char op[160], mine[96], theirs[96];
    bool alive = make_room(d, REF_MAX_OPS) && duel_answers(d, c, d->mine, d->theirs);
    fprintf(out, "case %s\n", c->name);
    for (size_t i = 1; i < c->count; i++) {
        op_write(op, sizeof(op), &c->ops[i]);
        result_write(mine, sizeof(mine), &c->ops[i], &d->mine[i]);
        if (alive)
            result_write(theirs, sizeof(theirs), &c->ops[i], &d->theirs[i]);
        else
            snprintf(theirs, sizeof(theirs), "no answer");
        if (alive && !results_differ(&c->ops[i], &d->mine[i], &d->theirs[i]))
            fprintf(out, "%-44s # %s\n", op, mine);
        else
            fprintf(out, "%-44s # machine: %s; %s: %s\n", op, mine, emulator_name(d->options.oracle), theirs);
    }
}
