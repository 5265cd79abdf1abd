#define _GNU_SOURCE
#include "story_builder.h"

#include <string.h>

#include "case_impl.h"
#include "layout_impl.h"

static bool value_outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    const struct ref_op *op = &b->c->ops[b->c->count - 1];
    uint64_t physical;
    o->kind = OUTCOME_VALUE;
    if (w->word[0][0] == '@') {
        if (!layout_frame_offset(b->mode, w->word[0] + 1, op->address, &physical))
            return story_fail(b, "no such frame");
        o->value = layout_pattern(physical, op->width);
        return true;
    }
    if (w->count != 2 || !story_number(b, w->word[1], &o->value))
        return story_fail(b, "what code was executed?");
    o->value = own_code(o->value);
    return true;
}

static bool entry_outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    struct words shifted = {{NULL, NULL}, w->count + 2};
    for (size_t i = 0; i < w->count && i + 2 < 32; i++)
        shifted.word[i + 2] = w->word[i];
    o->kind = OUTCOME_VALUE;
    return story_entry_value(b, &shifted, &o->value);
}

static bool outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    if (w->count == 0)
        return story_fail(b, "an outcome is missing");
    const char *word = w->word[0];
    *o = (struct outcome){OUTCOME_OK, 0, 0, 0};
    if (strcmp(word, "ok") == 0)
        return true;
    struct reader r = {w, 0, story_number, b, false};
    if (own_fault_read(&r, &b->c->ops[b->c->count - 1], o))
        return (!r.bad && r.next == w->count) ||
               story_fail(b, "a fault needs its code, and perhaps an address");
    *o = (struct outcome){OUTCOME_OK, 0, 0, 0};
    if (word[0] == '@' || strcmp(word, "int") == 0 || strcmp(word, "code") == 0)
        return value_outcome(b, w, o);
    return entry_outcome(b, w, o);
}

bool story_outcomes(struct story_builder *b, char *text)
{
    struct expectation *e = &b->c->expect[b->c->count - 1];
    char *rest = NULL;
    for (char *part = strtok_r(text, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
        struct words w;
        story_split(part, &w);
        if (e->count == CASE_OUTCOMES)
            return story_fail(b, "too many outcomes");
        if (!outcome(b, &w, &e->permitted[e->count++]))
            return false;
    }
    return true;
}
