#define _GNU_SOURCE
#include "story_builder.h"

#include <string.h>

#include "story_layout.h"

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
    if (strcmp(w->word[0], "int") == 0 && w->count == 2 && story_number(b, w->word[1], &o->value)) {
        o->value = 0xcd | o->value << 8;
        return true;
    }
    return story_fail(b, "int needs a vector");
}

static bool entry_outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    struct words shifted = {{NULL, NULL}, w->count + 2};
    for (size_t i = 0; i < w->count && i + 2 < 32; i++)
        shifted.word[i + 2] = w->word[i];
    o->kind = OUTCOME_VALUE;
    return story_entry_value(b, &shifted, &o->value);
}

static bool fault_outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    uint64_t error = 0;
    *o = (struct outcome){OUTCOME_FAULT, 14, 0, b->c->ops[b->c->count - 1].address};
    if (w->count < 2 || !story_number(b, w->word[1], &error))
        return story_fail(b, "pf needs an error code");
    o->error = (uint32_t)error;
    if (w->count == 2)
        return true;
    return (w->count == 4 && strcmp(w->word[2], "at") == 0 && story_number(b, w->word[3], &o->value)) ||
           story_fail(b, "pf CODE at ADDRESS");
}

static bool outcome(struct story_builder *b, const struct words *w, struct outcome *o)
{
    if (w->count == 0)
        return story_fail(b, "an outcome is missing");
    const char *word = w->word[0];
    *o = (struct outcome){OUTCOME_OK, 0, 0, 0};
    if (strcmp(word, "ok") == 0)
        return true;
    if (strcmp(word, "pf") == 0)
        return fault_outcome(b, w, o);
    if (strcmp(word, "gp") == 0 || strcmp(word, "ud") == 0) {
        *o = (struct outcome){OUTCOME_FAULT, word[0] == 'g' ? 13 : 6, 0, 0};
        return true;
    }
    if (word[0] == '@' || strcmp(word, "int") == 0)
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
