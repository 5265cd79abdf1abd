/* Where the stories of RISC-V have their pages, tables and frames. */
#include "riscv_layout.h"

#include <stdlib.h>
#include <string.h>

#define SPACE2 0x10000u /* the second address space's tables lie this much higher */
#define LINK   1u       /* V */

#define UPPER_INDEX 1u /* in every table above level 1 */
#define HUGE_INDEX  2u
#define PAGE_TABLE  3u
#define OTHER_TABLE 4u
#define BIG_TABLE   5u
#define PAGE_INDEX  0x45u
#define OTHER_INDEX 0x48u
#define GROUP_INDEX 0x53u
#define BIG_OFFSET  0x50000u
#define HUGE_OFFSET 0x450000u

#define OTHER_LEVEL 6u /* the number of the second last-level table */

const char *const story_mode_words[STORY_MODES] = {"sv32", "sv39", "sv48", "sv57"};

struct place {
    const char *name;
    unsigned index[3];   /* at levels 0, 1 and 2 */
    unsigned last_table; /* number of the table at level 0 */
    unsigned lowest;     /* level of its leaf */
    unsigned offset;
    uint64_t space;
};

static const struct place places[] = {
    {"page", {PAGE_INDEX, PAGE_TABLE, UPPER_INDEX}, 0, 0, 0, 0},
    {"page2", {PAGE_INDEX + 1, PAGE_TABLE, UPPER_INDEX}, 0, 0, 0, 0},
    {"other", {OTHER_INDEX, OTHER_TABLE, UPPER_INDEX}, OTHER_LEVEL, 0, 0, 0},
    {"group", {GROUP_INDEX, PAGE_TABLE, UPPER_INDEX}, 0, 0, 0, 0},
    {"big", {0, BIG_TABLE, UPPER_INDEX}, 0, 1, BIG_OFFSET, 0},
    {"huge", {0, 0, HUGE_INDEX}, 0, 2, HUGE_OFFSET, 0},
    {"space2", {PAGE_INDEX, PAGE_TABLE, UPPER_INDEX}, 0, 0, 0, SPACE2},
    {"space2big", {0, BIG_TABLE, UPPER_INDEX}, 0, 1, BIG_OFFSET, SPACE2},
};

static const struct {
    const char *name;
    uint64_t value;
} frames[] = {
    {"A", RV_RAM + 0x410000}, {"B", RV_RAM + 0x411000},      {"C", RV_RAM + 0x412000},
    {"D", RV_RAM + 0x413000}, {"BIGA", RV_RAM + 0x400000},   {"BIGB", RV_RAM + 0x800000},
    {"HUGEA", RV_RAM},        {"GROUPA", RV_RAM + 0x430000}, {"GROUPB", RV_RAM + 0x440000},
    {"absent", RV_ABSENT},
};

/* Tables by level; number OTHER_LEVEL is a second one of level 0. The root is the table of the highest level. */
static uint64_t table(unsigned number, uint64_t space)
{
    return RV_TABLES + number * 0x1000u + space;
}

uint8_t layout_entry_width(enum story_mode mode)
{
    return mode == (enum story_mode)RV_SV32 ? 4 : 8;
}

static unsigned shift_of(enum story_mode mode, unsigned level)
{
    return 12 + level * rv_index_bits(mode);
}

static unsigned index_of(const struct place *p, unsigned level)
{
    return level < 3 ? p->index[level] : UPPER_INDEX;
}

static uint64_t linear_of(enum story_mode mode, const struct place *p)
{
    uint64_t linear = p->offset;
    for (unsigned level = 0; level < rv_levels(mode); level++)
        linear |= (uint64_t)index_of(p, level) << shift_of(mode, level);
    return linear;
}

static bool entry_of(enum story_mode mode, const struct place *p, const char *level_word, uint64_t *value)
{
    unsigned level = (unsigned)(level_word[1] - '0');
    if (level_word[0] != 'l' || level < p->lowest || level >= rv_levels(mode) || level_word[2])
        return false;
    *value = table(level ? level : p->last_table, p->space) + index_of(p, level) * layout_entry_width(mode);
    return true;
}

static bool place_number(enum story_mode mode, const char *name, uint64_t *value)
{
    const char *dot = strchr(name, '.');
    size_t length = dot ? (size_t)(dot - name) : strlen(name);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place *p = &places[i];
        if (strlen(p->name) != length || strncmp(p->name, name, length) != 0 || p->lowest >= rv_levels(mode))
            continue;
        if (dot)
            return entry_of(mode, p, dot + 1, value);
        *value = linear_of(mode, p);
        return true;
    }
    return false;
}

bool own_symbol(enum story_mode mode, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        if (strcmp(frames[i].name, name) == 0) {
            *value = frames[i].value;
            return true;
        }
    }
    bool second = strcmp(name, "root2") == 0;
    if (second || strcmp(name, "root") == 0) {
        *value = table(rv_levels(mode) - 1, second ? SPACE2 : 0);
        return true;
    }
    if (name[0] == 't' && name[1] >= '0' && name[1] <= '4' && !name[2]) {
        *value = table((unsigned)(name[1] - '0'), 0);
        return true;
    }
    return place_number(mode, name, value);
}

uint64_t own_entry_frame(uint64_t number)
{
    return number >> 12 << 10;
}

static void link_space(enum story_mode mode, struct ref_case *c, uint64_t space)
{
    unsigned width = layout_entry_width(mode);
    for (unsigned level = rv_levels(mode) - 1; level > 0; level--) {
        unsigned index = level == 1 ? PAGE_TABLE : UPPER_INDEX;
        layout_link_entry(mode, c, table(level, space) + index * width,
                          own_entry_frame(table(level - 1, space)) | LINK);
    }
    layout_link_entry(mode, c, table(1, space) + OTHER_TABLE * width,
                      own_entry_frame(table(OTHER_LEVEL, space)) | LINK);
}

void layout_link_tables(enum story_mode mode, struct ref_case *c)
{
    link_space(mode, c, 0);
    link_space(mode, c, SPACE2);
}

uint32_t own_pattern(uint64_t physical)
{
    return physical >= RV_DATA && physical < RV_DATA_END ? RV_PATTERN(physical) : 0;
}

uint64_t own_frame_size(enum story_mode mode, const char *frame)
{
    if (strncmp(frame, "BIG", 3) == 0)
        return mode == (enum story_mode)RV_SV32 ? 0x400000 : 0x200000;
    if (strncmp(frame, "GROUP", 5) == 0)
        return 0x10000;
    return strncmp(frame, "HUGE", 4) == 0 ? 0x40000000 : 0x1000;
}

uint64_t rv_satp(enum story_mode mode, uint64_t root, unsigned asid)
{
    if (mode == (enum story_mode)RV_SV32)
        return 1ull << 31 | (uint64_t)asid << 22 | root >> 12;
    return (uint64_t)(mode + 7) << 60 | (uint64_t)asid << 44 | root >> 12;
}
