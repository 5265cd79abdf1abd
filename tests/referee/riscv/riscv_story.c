/* Lines that only stories of RISC-V have; see riscv_layout.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "riscv_layout.h"

#define NAPOT_64K (1ull << 63 | 8ull << 10)

struct named_bit {
    const char *name;
    uint64_t bit;
};

static const struct named_bit entry_bits[] = {
    {"v", 0x01}, {"r", 0x02}, {"w", 0x04},       {"x", 0x08},          {"u", 0x10}, {"g", 0x20},
    {"a", 0x40}, {"d", 0x80}, {"n", 1ull << 63}, {"napot", NAPOT_64K}, {NULL, 0},
};
static const struct named_bit status_bits[] = {{"sum", RV_STATUS_SUM}, {"mxr", RV_STATUS_MXR}, {NULL, 0}};
static const struct named_bit envcfg_bits[] = {
    {"pbmte", RV_ENVCFG_PBMTE}, {"adue", RV_ENVCFG_ADUE}, {NULL, 0}};

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

bool own_entry_bit(const char *word, uint64_t *bits)
{
    if (strncmp(word, "pbmt=", 5) == 0)
        *bits = (strtoull(word + 5, NULL, 10) & 3) << 61;
    else if (strncmp(word, "rsvd=", 5) == 0)
        *bits = 1ull << (strtoull(word + 5, NULL, 10) & 63);
    else
        return find_bit(entry_bits, word, bits);
    return true;
}

uint64_t own_code(uint64_t n)
{
    return RV_NARROW(n);
}

static bool add_register(struct story_builder *b, uint8_t code, uint64_t value)
{
    return story_add(b, (struct ref_op){.code = code, .value = value});
}

/* satp space2 asid 3: words from `at` on. */
static bool write_satp(struct story_builder *b, const struct words *w, size_t at)
{
    uint64_t root = 0, asid = b->asid;
    bool bare = false;
    for (; at < w->count; at++) {
        const char *word = w->word[at];
        if (strcmp(word, "space1") == 0 || strcmp(word, "space2") == 0)
            story_number(b, word[5] == '2' ? "root2" : "root", &root);
        else if (strcmp(word, "asid") == 0 && at + 1 < w->count && story_number(b, w->word[at + 1], &asid))
            at++;
        else if (strcmp(word, "bare") == 0)
            bare = true;
        else if (strcmp(word, "reload") != 0)
            return story_fail(b, "satp does not know this word");
    }
    b->root = root ? root : b->root;
    b->asid = asid;
    return add_register(b, RV_SATP, bare ? 0 : rv_satp(b->mode, b->root, (unsigned)asid));
}

static bool turn_on(struct story_builder *b, const struct words *w)
{
    bool bare = false;
    unsigned needs = 0;
    for (size_t i = 1; i < w->count; i++) {
        uint64_t bit;
        if (strcmp(w->word[i], "extended") == 0)
            needs |= RV_NEEDS_EXTENSIONS;
        else if (strcmp(w->word[i], "plain") == 0)
            needs |= RV_NEEDS_NONE;
        else if (find_bit(status_bits, w->word[i], &bit))
            b->status |= bit;
        else if (find_bit(envcfg_bits, w->word[i], &bit))
            b->envcfg |= bit;
        else if (strcmp(w->word[i], "bare") == 0)
            bare = true;
        else if (strcmp(w->word[i], "asid") == 0 && i + 1 < w->count &&
                 story_number(b, w->word[i + 1], &b->asid))
            i++;
        else
            return story_fail(b, "no such bit");
    }
    layout_link_tables(b->mode, b->c);
    story_number(b, "root", &b->root);
    if ((b->status && !add_register(b, RV_STATUS, b->status)) ||
        (b->envcfg && !add_register(b, RV_ENVCFG, b->envcfg)))
        return false;
    return bare || story_add(b, (struct ref_op){.code = RV_SATP,
                                                .extra = needs,
                                                .value = rv_satp(b->mode, b->root, (unsigned)b->asid)});
}

/* status +sum -mxr */
static bool change_bits(struct story_builder *b, const struct words *w, const struct named_bit *table,
                        uint64_t *reg)
{
    for (size_t at = 1; at < w->count; at++) {
        uint64_t bit;
        if (!strchr("+-", w->word[at][0]) || !find_bit(table, w->word[at] + 1, &bit))
            return story_fail(b, "no such bit of this register");
        *reg = w->word[at][0] == '+' ? *reg | bit : *reg & ~bit;
    }
    return true;
}

static void peek_in_every_frame(struct story_builder *b, uint64_t linear)
{
    static const char *const frames[] = {"A", "B", "C", "D", "BIGA", "BIGB", "GROUPA", "GROUPB"};
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        uint64_t physical;
        if (layout_frame_offset(b->mode, frames[i], linear, &physical))
            story_add(b, (struct ref_op){.code = REF_PEEK, .width = 8, .address = physical & ~7ull});
    }
}

/* What is peeked is brought back by the next reset: all places that the stores may have reached. */
void own_story_end(struct story_builder *b)
{
    size_t count = b->c->count;
    for (size_t i = 0; i < count; i++) {
        const struct ref_op op = b->c->ops[i];
        if (op.code != REF_ACCESS || (op.kind != REF_WRITE && op.kind != REF_RMW))
            continue;
        peek_in_every_frame(b, op.address);
        peek_in_every_frame(b, op.address + op.width - 1);
    }
}

bool own_line(struct story_builder *b, const struct words *w, bool *handled)
{
    const char *word = w->word[0];
    *handled = true;
    if (strcmp(word, "on") == 0)
        return turn_on(b, w);
    *handled = w->count > 1 && !(w->word[1][0] >= '0' && w->word[1][0] <= '9');
    if (*handled && strcmp(word, "satp") == 0)
        return write_satp(b, w, 1);
    if (*handled && strcmp(word, "status") == 0)
        return change_bits(b, w, status_bits, &b->status) && add_register(b, RV_STATUS, b->status);
    if (*handled && strcmp(word, "envcfg") == 0)
        return change_bits(b, w, envcfg_bits, &b->envcfg) && add_register(b, RV_ENVCFG, b->envcfg);
    *handled = false;
    return true;
}
