#include "case_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[REF_KINDS] = {"read", "write", "rmw", "fetch", "gdt", "idt", "tss"};

void case_begin(struct ref_case *c, const char *name)
{
    memset(c, 0, sizeof(*c));
    snprintf(c->name, sizeof(c->name), "%s", name);
    c->ops[0] = (struct ref_op){.code = REF_RESET};
    c->count = 1;
}

bool case_add(struct ref_case *c, struct ref_op op)
{
    if (c->count == REF_MAX_OPS)
        return false;
    c->ops[c->count] = op;
    c->expect[c->count++] = (struct expectation){0};
    return true;
}

/* ---- writing ---- */

static void access_write(char *text, size_t size, const struct ref_op *op)
{
    const char *user = op->flags & REF_USER ? " user" : "";
    const char *mprv = op->flags & REF_MPRV ? " mprv" : "";
    const char *novalue = op->flags & REF_NO_VALUE ? " novalue" : "";
    const char *word = kind_words[op->kind];
    unsigned long long address = op->address, value = op->value;
    if (op->kind == REF_WRITE || op->kind == REF_RMW)
        snprintf(text, size, "%s%u%s%s 0x%llx 0x%llx%s", word, op->width, mprv, user, address, value,
                 novalue);
    else if (op->kind <= REF_FETCH)
        snprintf(text, size, "%s%u%s%s 0x%llx%s", word, op->width, mprv, user, address, novalue);
    else
        snprintf(text, size, "%s%s 0x%llx", word, user, address);
}

void op_write(char *text, size_t size, const struct ref_op *op)
{
    unsigned long long address = op->address, value = op->value;
    switch (op->code) {
    case REF_RESET: snprintf(text, size, "reset"); break;
    case REF_POKE: snprintf(text, size, "poke%u 0x%llx 0x%llx", op->width, address, value); break;
    case REF_PEEK: snprintf(text, size, "peek%u 0x%llx", op->width, address); break;
    case REF_ACCESS: access_write(text, size, op); break;
    default: own_op_write(text, size, op);
    }
}

static void outcome_write(char *text, size_t size, const struct outcome *o)
{
    if (o->kind == OUTCOME_OK)
        snprintf(text, size, "ok");
    else if (o->kind == OUTCOME_VALUE)
        snprintf(text, size, "0x%llx", (unsigned long long)o->value);
    else
        own_fault_write(text, size, o);
}

void result_write(char *text, size_t size, const struct ref_op *op, const struct ref_result *r)
{
    const struct outcome fault = {OUTCOME_FAULT, r->vector, r->error, r->cr2};
    bool reads = op->code == REF_PEEK || (op->code == REF_ACCESS && op->kind != REF_WRITE);
    if (r->status == REF_SKIPPED)
        snprintf(text, size, "skipped");
    else if (r->status == REF_UNSUPPORTED)
        snprintf(text, size, "unsupported");
    else if (r->status == REF_FAULT && own_fault_has_words(r))
        own_fault_write(text, size, &fault);
    else if (r->status == REF_FAULT)
        snprintf(text, size, "exception %u error 0x%x", r->vector, r->error);
    else if (reads)
        snprintf(text, size, "0x%llx", (unsigned long long)r->value);
    else
        snprintf(text, size, "ok");
}

void case_write(FILE *out, const struct ref_case *c)
{
    char text[160];
    fprintf(out, "case %s\n", c->name);
    for (size_t i = 1; i < c->count; i++) {
        op_write(text, sizeof(text), &c->ops[i]);
        fprintf(out, "%s", text);
        for (unsigned k = 0; k < c->expect[i].count; k++) {
            outcome_write(text, sizeof(text), &c->expect[i].permitted[k]);
            fprintf(out, "%s%s", k ? " | " : " -> ", text);
        }
        fputc('\n', out);
    }
}

/* ---- judging ---- */

static bool outcome_is(const struct outcome *o, const struct ref_result *r)
{
    if (o->kind == OUTCOME_FAULT)
        return r->status == REF_FAULT && r->vector == o->vector && r->error == o->error && r->cr2 == o->value;
    return r->status == REF_DONE && (o->kind == OUTCOME_OK || r->value == o->value);
}

bool expectation_met(const struct expectation *expected, const struct ref_result *result, bool exact)
{
    unsigned count = exact && expected->count ? 1 : expected->count;
    for (unsigned i = 0; i < count; i++) {
        if (outcome_is(&expected->permitted[i], result))
            return true;
    }
    return count == 0;
}

/* ---- reading ---- */

bool plain_number(void *context, const char *word, uint64_t *value)
{
    char *end;
    (void)context;
    if (word[0] < '0' || word[0] > '9')
        return false;
    errno = 0;
    *value = strtoull(word, &end, strncmp(word, "0x", 2) == 0 ? 16 : 10);
    return errno == 0 && *end == 0;
}

bool reader_accept(struct reader *r, const char *word)
{
    if (r->next >= r->words->count || strcmp(r->words->word[r->next], word) != 0)
        return false;
    r->next++;
    return true;
}

uint64_t reader_number(struct reader *r)
{
    uint64_t value = 0;
    if (r->next >= r->words->count || !r->number(r->context, r->words->word[r->next++], &value))
        r->bad = true;
    return value;
}

/* `word` is `stem` and a width: true, and the width. */
static bool stem_and_width(const char *word, const char *stem, uint8_t *width)
{
    size_t n = strlen(stem);
    if (strncmp(word, stem, n) != 0 || !strchr("1248", word[n]) || !word[n] || word[n + 1])
        return false;
    *width = (uint8_t)(word[n] - '0');
    return true;
}

static bool read_memory(struct reader *r, struct ref_op *op, const char *word)
{
    if (stem_and_width(word, "poke", &op->width))
        op->code = REF_POKE;
    else if (stem_and_width(word, "peek", &op->width))
        op->code = REF_PEEK;
    else
        return false;
    op->address = reader_number(r);
    if (op->code == REF_POKE)
        op->value = reader_number(r);
    return true;
}

static bool access_word(struct ref_op *op, const char *word)
{
    for (uint8_t kind = REF_READ; kind < REF_KINDS; kind++) {
        bool match = kind <= REF_FETCH ? stem_and_width(word, kind_words[kind], &op->width)
                                       : strcmp(word, kind_words[kind]) == 0;
        op->kind = kind;
        if (match)
            return true;
    }
    return false;
}

static bool read_access(struct reader *r, struct ref_op *op, const char *word)
{
    if (!access_word(op, word))
        return false;
    op->code = REF_ACCESS;
    if (reader_accept(r, "mprv"))
        op->flags |= REF_MPRV;
    if (reader_accept(r, "user"))
        op->flags |= REF_USER;
    op->address = reader_number(r);
    if (op->kind == REF_WRITE || op->kind == REF_RMW)
        op->value = reader_number(r);
    if (reader_accept(r, "novalue"))
        op->flags |= REF_NO_VALUE;
    return true;
}

bool op_read(struct ref_op *op, const struct words *words, number_reader *read_number, void *context)
{
    struct reader r = {words, 0, read_number, context, false};
    *op = (struct ref_op){0};
    if (reader_accept(&r, "try"))
        op->flags = REF_MAY_FAULT;
    if (r.next >= words->count)
        return false;
    const char *word = words->word[r.next++];
    bool known = read_memory(&r, op, word) || read_access(&r, op, word) || own_op_read(&r, op, word);
    return known && !r.bad && r.next == words->count;
}
