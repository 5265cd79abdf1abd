#define _GNU_SOURCE
#include "story.h"

#include <stdlib.h>
#include <string.h>

#include "story_layout.h"

#define CR0_ON   0x80000011ull /* PG ET PE */
#define CR4_PAE  0x20ull
#define CR4_LA57 0x1000ull
#define EFER_LME 0x100ull
#define CR3_KEEP (1ull << 63)

struct named_bit {
    const char *name;
    uint64_t bit;
};

static const struct named_bit entry_bits[] = {
    {"p", 1},  {"rw", 2},   {"us", 4},    {"pwt", 8}, {"pcd", 16},        {"a", 32},
    {"d", 64}, {"ps", 128}, {"pat", 128}, {"g", 256}, {"nx", 1ull << 63}, {NULL, 0},
};
static const struct named_bit cr0_bits[] = {{"pe", 1}, {"wp", 0x10000}, {"pg", 0x80000000}, {NULL, 0}};
static const struct named_bit cr4_bits[] = {
    {"pse", 0x10},      {"pae", 0x20},      {"pge", 0x80},     {"la57", 0x1000},   {"pcide", 0x20000},
    {"smep", 0x100000}, {"smap", 0x200000}, {"pke", 0x400000}, {"pks", 0x1000000}, {NULL, 0}};
static const struct named_bit efer_bits[] = {{"lme", 0x100}, {"nxe", 0x800}, {NULL, 0}};

/* One story being turned into one case. */
struct builder {
    struct ref_case *c;
    enum story_mode mode;
    uint64_t cr0, cr3, cr4, efer;
    const char *error;
};

static bool find_bit(const struct named_bit *table, const char *name, uint64_t *bit)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0) {
            *bit = table->bit;
            return true;
        }
    }
    return false;
}

static bool fail(struct builder *b, const char *error)
{
    b->error = error;
    return false;
}

static bool number(void *context, const char *word, uint64_t *value)
{
    const struct builder *b = context;
    return layout_number(b->mode, word, value);
}

static bool add(struct builder *b, struct ref_op op)
{
    return case_add(b->c, op) || fail(b, "too many operations");
}

static bool add_register(struct builder *b, uint8_t code, uint64_t value)
{
    return add(b, (struct ref_op){.code = code, .value = value});
}

/* ---- the words that only stories have ---- */

static bool gather_bits(struct builder *b, const struct words *w, uint64_t *pg_off)
{
    for (size_t i = 1; i < w->count; i++) {
        uint64_t bit;
        if (strcmp(w->word[i], "unpaged") == 0)
            *pg_off = 1;
        else if (find_bit(cr0_bits, w->word[i], &bit))
            b->cr0 |= bit;
        else if (find_bit(cr4_bits, w->word[i], &bit))
            b->cr4 |= bit;
        else if (find_bit(efer_bits, w->word[i], &bit))
            b->efer |= bit;
        else
            return fail(b, "no such bit");
    }
    return true;
}

/* PCIDE can only be set once IA-32e mode is active. */
static bool turn_on(struct builder *b, const struct words *w)
{
    uint64_t unpaged = 0, pcide = 0x20000;
    b->cr0 = CR0_ON;
    b->cr4 = b->mode == STORY_32BIT ? 0 : CR4_PAE;
    b->cr4 |= b->mode == STORY_5LEVEL ? CR4_LA57 : 0;
    b->efer = b->mode >= STORY_4LEVEL ? EFER_LME : 0;
    b->cr3 = REF_TABLES;
    if (!gather_bits(b, w, &unpaged))
        return false;
    layout_link_tables(b->mode, b->c);
    bool added = add_register(b, REF_CR4, b->cr4 & ~pcide) && add_register(b, REF_EFER, b->efer) &&
                 add_register(b, REF_CR3, b->cr3);
    if (added && !unpaged)
        added = add_register(b, REF_CR0, b->cr0);
    if (added && b->cr4 & pcide)
        added = add_register(b, REF_CR4, b->cr4);
    return added;
}

static bool entry_value(struct builder *b, const struct words *w, uint64_t *value)
{
    if (!number(b, w->word[2], value))
        return fail(b, "no such frame, table or number");
    for (size_t i = 3; i < w->count; i++) {
        const char *word = w->word[i];
        uint64_t bit;
        if (find_bit(entry_bits, word, &bit))
            *value |= bit;
        else if (strncmp(word, "pk=", 3) == 0)
            *value |= strtoull(word + 3, NULL, 10) << 59;
        else if (strncmp(word, "rsvd=", 5) == 0)
            *value |= 1ull << (strtoull(word + 5, NULL, 10) & 63);
        else
            return fail(b, "no such bit of an entry");
    }
    return true;
}

static bool set_entry(struct builder *b, const struct words *w)
{
    uint64_t address, value;
    if (w->count < 3 || !number(b, w->word[1], &address))
        return fail(b, "no such entry in this mode");
    if (!entry_value(b, w, &value))
        return false;
    return add(b, (struct ref_op){REF_POKE, layout_entry_width(b->mode), 0, 0, 0, address, value});
}

static bool peek_entry(struct builder *b, const struct words *w)
{
    uint64_t address;
    if (w->count != 2 || !number(b, w->word[1], &address))
        return fail(b, "no such entry in this mode");
    return add(b, (struct ref_op){REF_PEEK, layout_entry_width(b->mode), 0, 0, 0, address, 0});
}

static bool put_code(struct builder *b, const struct words *w)
{
    uint64_t address, vector;
    if (w->count != 3 || !number(b, w->word[1], &address) || !number(b, w->word[2], &vector))
        return fail(b, "code needs a frame and a vector");
    return add(b, (struct ref_op){REF_POKE, 4, 0, 0, 0, address, 0xcd | vector << 8});
}

static bool switch_space(struct builder *b, const struct words *w, size_t at)
{
    uint64_t value = b->cr3, pcid, keep = 0;
    for (; at < w->count; at++) {
        if (strcmp(w->word[at], "space1") == 0)
            value = REF_TABLES | (value & 0xfff);
        else if (strcmp(w->word[at], "space2") == 0)
            value = (REF_TABLES + 0x10000) | (value & 0xfff);
        else if (strcmp(w->word[at], "keep") == 0)
            keep = CR3_KEEP;
        else if (strcmp(w->word[at], "pcid") == 0 && at + 1 < w->count && number(b, w->word[++at], &pcid))
            value = (value & ~0xfffull) | pcid;
        else if (strcmp(w->word[at], "reload") != 0)
            return fail(b, "cr3 does not know this word");
    }
    b->cr3 = value;
    return add_register(b, REF_CR3, value | keep);
}

/* cr0 +wp -pg: true if this was such a line. */
static bool change_bits(struct builder *b, const struct words *w, size_t at, const struct named_bit *table,
                        uint64_t *reg)
{
    for (; at < w->count; at++) {
        uint64_t bit;
        if (!strchr("+-", w->word[at][0]) || !find_bit(table, w->word[at] + 1, &bit))
            return fail(b, "no such bit of this register");
        *reg = w->word[at][0] == '+' ? *reg | bit : *reg & ~bit;
    }
    return true;
}

static bool register_line(struct builder *b, const struct words *w, bool *handled)
{
    size_t at = strcmp(w->word[0], "try") == 0;
    size_t before = b->c->count;
    *handled = false;
    if (w->count < at + 2 || (w->word[at + 1][0] >= '0' && w->word[at + 1][0] <= '9'))
        return true;
    const char *name = w->word[at];
    *handled = true;
    bool good = true;
    if (strcmp(name, "cr3") == 0)
        good = switch_space(b, w, at + 1);
    else if (strcmp(name, "cr0") == 0)
        good = change_bits(b, w, at + 1, cr0_bits, &b->cr0) && add_register(b, REF_CR0, b->cr0);
    else if (strcmp(name, "cr4") == 0)
        good = change_bits(b, w, at + 1, cr4_bits, &b->cr4) && add_register(b, REF_CR4, b->cr4);
    else if (strcmp(name, "efer") == 0)
        good = change_bits(b, w, at + 1, efer_bits, &b->efer) && add_register(b, REF_EFER, b->efer);
    else
        *handled = false;
    if (*handled && good && at)
        b->c->ops[before].flags |= REF_MAY_FAULT;
    return good;
}

static bool operation(struct builder *b, struct words *w)
{
    bool handled;
    struct ref_op op;
    if (strcmp(w->word[0], "on") == 0)
        return turn_on(b, w);
    if (strcmp(w->word[0], "set") == 0)
        return set_entry(b, w);
    if (strcmp(w->word[0], "peek") == 0)
        return peek_entry(b, w);
    if (strcmp(w->word[0], "code") == 0)
        return put_code(b, w);
    if (!register_line(b, w, &handled))
        return false;
    if (handled)
        return true;
    return op_read(&op, w, number, b) ? add(b, op) : fail(b, "not understood");
}

/* ---- outcomes ---- */

static bool value_outcome(struct builder *b, const struct words *w, struct outcome *o)
{
    const struct ref_op *op = &b->c->ops[b->c->count - 1];
    uint64_t physical;
    o->kind = OUTCOME_VALUE;
    if (w->word[0][0] == '@') {
        if (!layout_frame_offset(b->mode, w->word[0] + 1, op->address, &physical))
            return fail(b, "no such frame");
        o->value = layout_pattern(physical, op->width);
        return true;
    }
    if (strcmp(w->word[0], "int") == 0 && w->count == 2 && number(b, w->word[1], &o->value)) {
        o->value = 0xcd | o->value << 8;
        return true;
    }
    return entry_value(b, &(struct words){{NULL, NULL}, 0}, &o->value);
}

static bool entry_outcome(struct builder *b, const struct words *w, struct outcome *o)
{
    struct words shifted = {{NULL, NULL}, w->count + 2};
    for (size_t i = 0; i < w->count && i + 2 < 32; i++)
        shifted.word[i + 2] = w->word[i];
    o->kind = OUTCOME_VALUE;
    return entry_value(b, &shifted, &o->value);
}

static bool fault_outcome(struct builder *b, const struct words *w, struct outcome *o)
{
    uint64_t error = 0;
    *o = (struct outcome){OUTCOME_FAULT, 14, 0, b->c->ops[b->c->count - 1].address};
    if (w->count < 2 || !number(b, w->word[1], &error))
        return fail(b, "pf needs an error code");
    o->error = (uint32_t)error;
    if (w->count == 2)
        return true;
    return (w->count == 4 && strcmp(w->word[2], "at") == 0 && number(b, w->word[3], &o->value)) ||
           fail(b, "pf CODE at ADDRESS");
}

static bool outcome(struct builder *b, const struct words *w, struct outcome *o)
{
    if (w->count == 0)
        return fail(b, "an outcome is missing");
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

static void split(char *text, struct words *w)
{
    char *rest = NULL;
    w->count = 0;
    for (char *word = strtok_r(text, " \t\r\n", &rest); word && w->count < 32;
         word = strtok_r(NULL, " \t\r\n", &rest))
        w->word[w->count++] = word;
}

static bool outcomes(struct builder *b, char *text)
{
    struct expectation *e = &b->c->expect[b->c->count - 1];
    char *rest = NULL;
    for (char *part = strtok_r(text, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
        struct words w;
        split(part, &w);
        if (e->count == CASE_OUTCOMES)
            return fail(b, "too many outcomes");
        if (!outcome(b, &w, &e->permitted[e->count++]))
            return false;
    }
    return true;
}

static void expect_ok(struct builder *b, size_t from)
{
    for (size_t i = from; i < b->c->count; i++) {
        uint8_t code = b->c->ops[i].code;
        if ((code >= REF_CR0 && code <= REF_PKRS) || code >= REF_INVLPG)
            b->c->expect[i] = (struct expectation){1, {{OUTCOME_OK, 0, 0, 0}}};
    }
}

static bool story_line(struct builder *b, const char *line)
{
    char text[512];
    struct words w;
    snprintf(text, sizeof(text), "%s", line);
    text[strcspn(text, "#")] = 0;
    char *arrow = strstr(text, "->");
    if (arrow)
        *arrow = 0;
    split(text, &w);
    if (w.count == 0)
        return true;
    size_t before = b->c->count;
    if (!operation(b, &w))
        return false;
    if (arrow && b->c->count > 1)
        return outcomes(b, arrow + 2);
    expect_ok(b, before);
    return true;
}

/* ---- files ---- */

struct file {
    const char *path;
    char **lines;
    size_t count;
};

static struct ref_case *append_case(struct story_list *list)
{
    struct ref_case *grown = realloc(list->cases, (list->count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    list->cases = grown;
    return &grown[list->count++];
}

static const char *const mode_words[] = {"32bit", "pae", "4level", "5level"};

/* Bits of the modes named in a `modes` line. */
static unsigned modes_named(const char *line)
{
    unsigned modes = 0;
    for (unsigned m = 0; m < STORY_MODES; m++)
        modes |= strstr(line, mode_words[m]) ? 1u << m : 0;
    return modes;
}

static bool one_case(const struct file *f, size_t from, size_t to, enum story_mode mode,
                     struct story_list *list, char error[256])
{
    char name[CASE_NAME];
    const char *title = f->lines[from] + strcspn(f->lines[from], " ");
    struct builder b = {append_case(list), mode, 0x11, 0, 0, 0, NULL};
    if (!b.c) {
        snprintf(error, 256, "no memory");
        return false;
    }
    snprintf(name, sizeof(name), "%.*s%s%s", (int)strcspn(title + 1, "\r\n"), title + 1,
             mode == STORY_RAW ? "" : ", ", mode == STORY_RAW ? "" : mode_words[mode]);
    case_begin(b.c, name);
    for (size_t i = from + 1; i < to; i++) {
        if (strncmp(f->lines[i], "modes ", 6) == 0 || story_line(&b, f->lines[i]))
            continue;
        snprintf(error, 256, "%s:%zu: %s", f->path, i + 1, b.error ? b.error : "not understood");
        return false;
    }
    return true;
}

static bool one_block(const struct file *f, size_t from, size_t to, struct story_list *list, char error[256])
{
    unsigned modes = 0;
    list->stories++;
    if (strncmp(f->lines[from], "case ", 5) == 0)
        return one_case(f, from, to, STORY_RAW, list, error);
    for (size_t i = from; i < to; i++)
        modes |= strncmp(f->lines[i], "modes ", 6) == 0 ? modes_named(f->lines[i]) : 0;
    for (enum story_mode m = STORY_32BIT; m < STORY_MODES; m++) {
        if ((!modes || modes >> m & 1) && !one_case(f, from, to, m, list, error))
            return false;
    }
    return true;
}

static bool starts_block(const char *line)
{
    return strncmp(line, "story ", 6) == 0 || strncmp(line, "case ", 5) == 0;
}

static bool read_blocks(const struct file *f, struct story_list *list, char error[256])
{
    size_t from = 0;
    while (from < f->count && !starts_block(f->lines[from]))
        from++;
    while (from < f->count) {
        size_t to = from + 1;
        while (to < f->count && !starts_block(f->lines[to]))
            to++;
        if (!one_block(f, from, to, list, error))
            return false;
        from = to;
    }
    return true;
}

static bool read_lines(FILE *in, struct file *f)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        char **grown = realloc(f->lines, (f->count + 1) * sizeof(*grown));
        if (!grown)
            break;
        f->lines = grown;
        f->lines[f->count++] = line;
        line = NULL;
        room = 0;
    }
    bool good = feof(in);
    free(line);
    return good;
}

bool story_read(const char *path, struct story_list *list, char error[256])
{
    struct file f = {path, NULL, 0};
    FILE *in = fopen(path, "r");
    if (!in) {
        snprintf(error, 256, "%s: cannot be opened", path);
        return false;
    }
    bool good = read_lines(in, &f);
    fclose(in);
    if (!good)
        snprintf(error, 256, "%s: cannot be read", path);
    good = good && read_blocks(&f, list, error);
    for (size_t i = 0; i < f.count; i++)
        free(f.lines[i]);
    free(f.lines);
    return good;
}

void story_free(struct story_list *list)
{
    free(list->cases);
    *list = (struct story_list){NULL, 0, 0};
}
