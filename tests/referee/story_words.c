#define _GNU_SOURCE
#include "layout_impl.h"

#include <stdlib.h>
#include <string.h>

#include "case_impl.h"

bool story_fail(struct story_builder *b, const char *error)
{
    b->error = error;
    return false;
}

bool story_number(void *context, const char *word, uint64_t *value)
{
    const struct story_builder *b = context;
    return layout_number(b->mode, word, value);
}

bool story_add(struct story_builder *b, struct ref_op op)
{
    return case_add(b->c, op) || story_fail(b, "too many operations");
}

/* ---- the words that only stories have ---- */

bool story_entry_value(struct story_builder *b, const struct words *w, uint64_t *value)
{
    if (!story_number(b, w->word[2], value))
        return story_fail(b, "no such frame, table or number");
    if (w->word[2][0] < '0' || w->word[2][0] > '9')
        *value = own_entry_frame(*value);
    for (size_t i = 3; i < w->count; i++) {
        uint64_t bits;
        if (!own_entry_bit(w->word[i], &bits))
            return story_fail(b, "no such bit of an entry");
        *value |= bits;
    }
    return true;
}

static bool set_entry(struct story_builder *b, const struct words *w)
{
    uint64_t address, value;
    if (w->count < 3 || !story_number(b, w->word[1], &address))
        return story_fail(b, "no such entry in this mode");
    if (!story_entry_value(b, w, &value))
        return false;
    return story_add(b, (struct ref_op){REF_POKE, layout_entry_width(b->mode), 0, 0, 0, address, value});
}

static bool peek_entry(struct story_builder *b, const struct words *w)
{
    uint64_t address;
    if (w->count != 2 || !story_number(b, w->word[1], &address))
        return story_fail(b, "no such entry in this mode");
    return story_add(b, (struct ref_op){REF_PEEK, layout_entry_width(b->mode), 0, 0, 0, address, 0});
}

static bool put_code(struct story_builder *b, const struct words *w)
{
    uint64_t address, vector;
    if (w->count != 3 || !story_number(b, w->word[1], &address) || !story_number(b, w->word[2], &vector))
        return story_fail(b, "code needs a frame and a number");
    return story_add(b, (struct ref_op){REF_POKE, 4, 0, 0, 0, address, own_code(vector)});
}

static bool operation(struct story_builder *b, struct words *w)
{
    bool handled;
    struct ref_op op;
    if (strcmp(w->word[0], "set") == 0)
        return set_entry(b, w);
    if (strcmp(w->word[0], "peek") == 0)
        return peek_entry(b, w);
    if (strcmp(w->word[0], "code") == 0)
        return put_code(b, w);
    if (!own_line(b, w, &handled))
        return false;
    if (handled)
        return true;
    return op_read(&op, w, story_number, b) ? story_add(b, op) : story_fail(b, "not understood");
}

void story_split(char *text, struct words *w)
{
    char *rest = NULL;
    w->count = 0;
    for (char *word = strtok_r(text, " \t\r\n", &rest); word && w->count < 32;
         word = strtok_r(NULL, " \t\r\n", &rest))
        w->word[w->count++] = word;
}

static void expect_ok(struct story_builder *b, size_t from)
{
    for (size_t i = from; i < b->c->count; i++) {
        if (own_op_must_be_ok(&b->c->ops[i]))
            b->c->expect[i] = (struct expectation){1, {{OUTCOME_OK, 0, 0, 0}}};
    }
}

bool story_line(struct story_builder *b, const char *line)
{
    char text[512];
    struct words w;
    snprintf(text, sizeof(text), "%s", line);
    text[strcspn(text, "#")] = 0;
    char *arrow = strstr(text, "->");
    if (arrow)
        *arrow = 0;
    story_split(text, &w);
    if (w.count == 0)
        return true;
    size_t before = b->c->count;
    if (!operation(b, &w))
        return false;
    if (arrow && b->c->count > 1)
        return story_outcomes(b, arrow + 2);
    expect_ok(b, before);
    return true;
}
