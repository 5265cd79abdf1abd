#include "reduce.h"

#include <string.h>

#include "case_impl.h"

struct reduction {
    still_shows *shows;
    void *context;
    unsigned attempts;
};

static void remove_operation(struct ref_case *c, size_t i)
{
    memmove(&c->ops[i], &c->ops[i + 1], (c->count - i - 1) * sizeof(c->ops[0]));
    memmove(&c->expect[i], &c->expect[i + 1], (c->count - i - 1) * sizeof(c->expect[0]));
    c->count--;
}

/* Take the candidate if it still shows; true if it was taken. */
static bool try_candidate(struct reduction *r, struct ref_case *c, const struct ref_case *candidate)
{
    if (r->attempts == 0)
        return false;
    r->attempts--;
    if (!r->shows(r->context, candidate))
        return false;
    *c = *candidate;
    return true;
}

static bool drop_operations(struct reduction *r, struct ref_case *c)
{
    bool dropped = false;
    for (size_t i = c->count - 1; i > 0; i--) {
        struct ref_case candidate = *c;
        if (own_op_is_essential(&c->ops[i]))
            continue;
        remove_operation(&candidate, i);
        dropped |= try_candidate(r, c, &candidate);
    }
    return dropped;
}

static bool has_value(const struct ref_op *op)
{
    bool writes = op->code == REF_ACCESS && (op->kind == REF_WRITE || op->kind == REF_RMW);
    return !own_op_is_essential(op) && (op->code == REF_POKE || writes || own_op_has_value(op));
}

static bool clear_bits(struct reduction *r, struct ref_case *c)
{
    bool cleared = false;
    for (size_t i = 1; i < c->count; i++) {
        for (unsigned bit = 64; has_value(&c->ops[i]) && bit-- > 0;) {
            struct ref_case candidate = *c;
            if (!(candidate.ops[i].value >> bit & 1))
                continue;
            candidate.ops[i].value &= ~(1ull << bit);
            cleared |= try_candidate(r, c, &candidate);
        }
    }
    return cleared;
}

void reduce_case(struct ref_case *c, still_shows *shows, void *context, unsigned attempts)
{
    struct reduction r = {shows, context, attempts};
    while (drop_operations(&r, c)) {
    }
    while (clear_bits(&r, c) || drop_operations(&r, c)) {
        if (r.attempts == 0)
            break;
    }
}
