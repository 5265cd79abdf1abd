/* Where the stories of x86 have their pages, tables and frames. */
#include <string.h>

#include "layout_impl.h"

#define ROOT   (REF_TABLES + 0x0000u)
#define PML4   (REF_TABLES + 0x1000u)
#define PDPT   (REF_TABLES + 0x2000u)
#define PD     (REF_TABLES + 0x3000u)
#define PT     (REF_TABLES + 0x4000u)
#define PT2    (REF_TABLES + 0x5000u)
#define FAR_PD (REF_TABLES + 0x6000u)
#define FAR_PT (REF_TABLES + 0x7000u)
#define SPACE2 0x10000u /* the second address space's tables lie this much higher */

/* Indices that keep the tested pages away from the ROM's in direct-mapped emulator TLBs. */
#define PAGE_INDEX   0x45u
#define OTHER_INDEX  0x48u
#define PAGE_TABLE   3u
#define OTHER_TABLE  4u
#define BIG_TABLE    5u
#define BIG_OFFSET   0x50000u
#define HUGE_OFFSET  0x450000u
#define UPPER_INDEX  1u /* in every table above the page directory */
#define SECOND_INDEX 2u /* huge, far */

#define LINK 0x27u /* P RW US A */

struct place {
    const char *name;
    unsigned upper;  /* index in the PDPT */
    unsigned table;  /* index in the page directory */
    unsigned page;   /* index in the page table */
    unsigned offset; /* added to the linear address */
    uint64_t pd, pt; /* physical; 0: none */
    uint64_t space;
};

static const struct place places[] = {
    {"page", UPPER_INDEX, PAGE_TABLE, PAGE_INDEX, 0, PD, PT, 0},
    {"page2", UPPER_INDEX, PAGE_TABLE, PAGE_INDEX + 1, 0, PD, PT, 0},
    {"before", UPPER_INDEX, PAGE_TABLE, PAGE_INDEX - 1, 0, PD, PT, 0},
    {"other", UPPER_INDEX, OTHER_TABLE, OTHER_INDEX, 0, PD, PT2, 0},
    {"big", UPPER_INDEX, BIG_TABLE, 0, BIG_OFFSET, PD, 0, 0},
    {"huge", SECOND_INDEX, 0, 0, HUGE_OFFSET, 0, 0, 0},
    {"far", SECOND_INDEX, PAGE_TABLE, PAGE_INDEX, 0, FAR_PD, FAR_PT, 0},
    {"space2", UPPER_INDEX, PAGE_TABLE, PAGE_INDEX, 0, PD, PT, SPACE2},
    {"space2big", UPPER_INDEX, BIG_TABLE, 0, BIG_OFFSET, PD, 0, SPACE2},
};

static const struct {
    const char *name;
    uint64_t value;
} constants[] = {
    {"A", 0x410000},
    {"B", 0x411000},
    {"C", 0x412000},
    {"D", 0x413000},
    {"BIGA", 0x400000},
    {"BIGB", 0x800000},
    {"HUGEA", 0},
    {"root", ROOT},
    {"root2", ROOT + SPACE2},
    {"pdpt", PDPT},
    {"pt", PT},
    {"pt2", PT2},
    {"pd", PD},
    {"fardirectory", FAR_PD},
    {"fartable", FAR_PT},
    {"gdtframe", REF_GDT_FRAME},
    {"tssframe", REF_TSS_FRAME},
};

uint8_t layout_entry_width(enum story_mode mode)
{
    return mode == STORY_32BIT ? 4 : 8;
}

static uint64_t linear_of(enum story_mode mode, const struct place *p)
{
    if (mode == STORY_32BIT)
        return ((uint64_t)p->table << 22 | (uint64_t)p->page << 12) + p->offset;
    uint64_t linear =
        ((uint64_t)p->upper << 30 | (uint64_t)p->table << 21 | (uint64_t)p->page << 12) + p->offset;
    if (mode >= STORY_4LEVEL)
        linear |= (uint64_t)UPPER_INDEX << 39;
    if (mode == STORY_5LEVEL)
        linear |= (uint64_t)UPPER_INDEX << 48;
    return linear;
}

/* Entries above the page directory; 0 where the mode has none. */
static uint64_t upper_entry(enum story_mode mode, const struct place *p, const char *level)
{
    if (strcmp(level, "pml5e") == 0)
        return mode == STORY_5LEVEL ? ROOT + UPPER_INDEX * 8u + p->space : 0;
    if (strcmp(level, "pml4e") == 0 && mode == STORY_5LEVEL)
        return PML4 + UPPER_INDEX * 8u + p->space;
    if (strcmp(level, "pml4e") == 0)
        return mode == STORY_4LEVEL ? ROOT + UPPER_INDEX * 8u + p->space : 0;
    if (strcmp(level, "pdpte") == 0 && mode == STORY_PAE)
        return ROOT + p->upper * 8u + p->space;
    if (strcmp(level, "pdpte") == 0)
        return mode >= STORY_4LEVEL ? PDPT + p->upper * 8u + p->space : 0;
    return 0;
}

static uint64_t entry_of(enum story_mode mode, const struct place *p, const char *level)
{
    unsigned width = layout_entry_width(mode);
    uint64_t pd = mode == STORY_32BIT ? ROOT : p->pd;
    if (strcmp(level, "pte") == 0)
        return p->pt ? p->pt + p->page * width + p->space : 0;
    if (strcmp(level, "pde") == 0)
        return pd ? pd + p->table * width + p->space : 0;
    return upper_entry(mode, p, level);
}

static bool place_number(enum story_mode mode, const char *name, uint64_t *value)
{
    const char *dot = strchr(name, '.');
    size_t length = dot ? (size_t)(dot - name) : strlen(name);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct place *p = &places[i];
        if (strlen(p->name) != length || strncmp(p->name, name, length) != 0)
            continue;
        *value = dot ? entry_of(mode, p, dot + 1) : linear_of(mode, p);
        return !dot || *value != 0;
    }
    return false;
}

bool own_symbol(enum story_mode mode, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        if (strcmp(constants[i].name, name) == 0) {
            *value = constants[i].value;
            return true;
        }
    }
    if (strcmp(name, "idtframe") == 0) {
        *value = mode >= STORY_4LEVEL ? REF_IDT64_FRAME : REF_IDT32_FRAME;
        return true;
    }
    return place_number(mode, name, value);
}

static void link_upper(enum story_mode mode, struct ref_case *c, uint64_t space)
{
    static const uint64_t first[] = {REF_ROOT0_32BIT, REF_ROOT0_PAE, REF_ROOT0_4LEVEL, REF_ROOT0_5LEVEL};
    uint64_t pdpt = mode == STORY_PAE ? ROOT : PDPT;
    unsigned bits = mode == STORY_PAE ? 1 : LINK; /* of PDPTEs: others are reserved in PAE */
    layout_link_entry(mode, c, ROOT + space, first[mode]);
    if (mode == STORY_5LEVEL)
        layout_link_entry(mode, c, ROOT + space + UPPER_INDEX * 8u, (PML4 + space) | LINK);
    if (mode >= STORY_4LEVEL)
        layout_link_entry(mode, c, (mode == STORY_5LEVEL ? PML4 : ROOT) + space + UPPER_INDEX * 8u,
                          (PDPT + space) | LINK);
    if (mode != STORY_32BIT)
        layout_link_entry(mode, c, pdpt + space + UPPER_INDEX * 8u, (PD + space) | bits);
    if (mode == STORY_PAE) {
        layout_link_entry(mode, c, ROOT + space + SECOND_INDEX * 8u, (FAR_PD + space) | bits);
        layout_link_entry(mode, c, FAR_PD + space + PAGE_TABLE * 8u, (FAR_PT + space) | LINK);
    }
}

void layout_link_tables(enum story_mode mode, struct ref_case *c)
{
    uint64_t pd = mode == STORY_32BIT ? ROOT : PD;
    unsigned width = layout_entry_width(mode);
    for (uint64_t space = 0; space <= SPACE2; space += SPACE2) {
        link_upper(mode, c, space);
        layout_link_entry(mode, c, pd + space + PAGE_TABLE * width, (PT + space) | LINK);
        layout_link_entry(mode, c, pd + space + OTHER_TABLE * width, (PT2 + space) | LINK);
    }
}

uint32_t own_pattern(uint64_t physical)
{
    return physical >= REF_DATA && physical < REF_DATA_END ? REF_PATTERN(physical) : 0;
}

uint64_t own_frame_size(enum story_mode mode, const char *frame)
{
    if (strncmp(frame, "BIG", 3) == 0)
        return mode == STORY_32BIT ? 0x400000 : 0x200000;
    return strncmp(frame, "HUGE", 4) == 0 ? 0x40000000 : 0x1000;
}

const char *const story_mode_words[STORY_MODES] = {"32bit", "pae", "4level", "5level"};
