/* Lines that only stories of x86 have; see story.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "layout_impl.h"

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

static bool add_register(struct story_builder *b, uint8_t code, uint64_t value)
{
    return story_add(b, (struct ref_op){.code = code, .value = value});
}

static bool gather_bits(struct story_builder *b, const struct words *w, uint64_t *pg_off)
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
            return story_fail(b, "no such bit");
    }
    return true;
}

/* PCIDE can only be set once IA-32e mode is active. */
static bool turn_on(struct story_builder *b, const struct words *w)
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

bool own_entry_bit(const char *word, uint64_t *bits)
{
    if (strncmp(word, "pk=", 3) == 0)
        *bits = strtoull(word + 3, NULL, 10) << 59;
    else if (strncmp(word, "rsvd=", 5) == 0)
        *bits = 1ull << (strtoull(word + 5, NULL, 10) & 63);
    else
        return find_bit(entry_bits, word, bits);
    return true;
}

uint64_t own_entry_frame(uint64_t number)
{
    return number;
}

uint64_t own_code(uint64_t n)
{
    return 0xcd | n << 8;
}

static bool switch_space(struct story_builder *b, const struct words *w, size_t at)
{
    uint64_t value = b->cr3, pcid, keep = 0;
    for (; at < w->count; at++) {
        if (strcmp(w->word[at], "space1") == 0)
            value = REF_TABLES | (value & 0xfff);
        else if (strcmp(w->word[at], "space2") == 0)
            value = (REF_TABLES + 0x10000) | (value & 0xfff);
        else if (strcmp(w->word[at], "keep") == 0)
            keep = CR3_KEEP;
        else if (strcmp(w->word[at], "pcid") == 0 && at + 1 < w->count &&
                 story_number(b, w->word[++at], &pcid))
            value = (value & ~0xfffull) | pcid;
        else if (strcmp(w->word[at], "reload") != 0)
            return story_fail(b, "cr3 does not know this word");
    }
    b->cr3 = value;
    return add_register(b, REF_CR3, value | keep);
}

/* cr0 +wp -pg: true if this was such a line. */
static bool change_bits(struct story_builder *b, const struct words *w, size_t at,
                        const struct named_bit *table, uint64_t *reg)
{
    for (; at < w->count; at++) {
        uint64_t bit;
        if (!strchr("+-", w->word[at][0]) || !find_bit(table, w->word[at] + 1, &bit))
            return story_fail(b, "no such bit of this register");
        *reg = w->word[at][0] == '+' ? *reg | bit : *reg & ~bit;
    }
    return true;
}

static bool register_line(struct story_builder *b, const struct words *w, bool *handled)
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

void own_story_end(struct story_builder *b)
{
    (void)b;
}

bool own_line(struct story_builder *b, const struct words *w, bool *handled)
{
    *handled = strcmp(w->word[0], "on") == 0;
    return *handled ? turn_on(b, w) : register_line(b, w, handled);
}
