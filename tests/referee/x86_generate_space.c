/* Random page tables for one address. */
#include "x86_generate_impl.h"

#define DATA_4M ((REF_DATA_END - REF_DATA) / 0x400000u)
#define KEY(e)  ((uint64_t)(e) << 59)

static unsigned level_count(enum generate_arch arch)
{
    return arch == ARCH_32BIT ? 2 : arch == ARCH_PAE ? 3 : arch == ARCH_4LEVEL ? 4 : 5;
}

static unsigned shift_of(enum generate_arch arch, unsigned level)
{
    unsigned below = level_count(arch) - 1 - level;
    return 12 + below * (arch == ARCH_32BIT ? 10 : 9);
}

/* Which entry's turn it is to be a leaf: mostly the last, else a large page that the mode knows. */
static unsigned choose_leaf(struct gen *g)
{
    unsigned last = level_count(g->arch) - 1;
    bool huge = g->arch >= ARCH_4LEVEL && cpu_has_1gb(&g->options->cpu) && prng_percent(&g->random, 10);
    if (huge)
        return last - 2;
    return prng_percent(&g->random, 35) ? last - 1 : last;
}

/* Never the ROM's part: index 0 of the root. */
static void choose_linear(struct gen *g, unsigned leaf)
{
    unsigned bits = g->arch == ARCH_32BIT ? 10 : 9;
    g->linear = 0;
    for (unsigned level = 0; level < level_count(g->arch); level++) {
        unsigned entries = g->arch == ARCH_PAE && level == 0 ? 4 : 1u << bits;
        unsigned index = prng_below(&g->random, entries);
        if (level == 0 && index == 0)
            index = 1;
        if (level + 1 == level_count(g->arch) && index == 0)
            index = 1; /* the page below is needed at times */
        g->linear |= (uint64_t)index << shift_of(g->arch, level);
    }
    if (shift_of(g->arch, leaf) == 30) /* stay where a 1 GiB page at 0 has data */
        g->linear = (g->linear & ~0x3ffff000ull) | (REF_DATA + prng_below(&g->random, 0x7fe) * 0x1000u);
    if (g->arch >= ARCH_4LEVEL && g->linear >> (g->arch == ARCH_4LEVEL ? 47 : 56) & 1)
        g->linear |= ~0ull << (g->arch == ARCH_4LEVEL ? 48 : 57);
}

static uint64_t random_frame(struct gen *g, unsigned shift)
{
    if (shift == 30)
        return 0;
    uint64_t size = 1ull << shift;
    return REF_DATA + prng_below(&g->random, (unsigned)((REF_DATA_END - REF_DATA) / size)) * size;
}

/* A frame outside the pattern: high addresses up to MAXPHYADDR, which need no RAM behind them. */
static uint64_t outside_frame(struct gen *g, unsigned shift)
{
    unsigned top = g->options->cpu.maxphyaddr;
    uint64_t frame = prng_next(&g->random) & ((1ull << top) - 1) & ~((1ull << shift) - 1);
    if (g->arch == ARCH_32BIT || top <= 32)
        frame &= 0xffffffffu;
    if (frame < g->options->ram_bytes || frame < 0x100000000ull)
        return g->options->ram_bytes <= 0x80000000u ? 0x80000000u : 0;
    return frame;
}

static uint64_t random_rights(struct gen *g, bool leaf)
{
    struct prng *r = &g->random;
    uint64_t e = prng_percent(r, 94) ? E_P : 0;
    e |= prng_percent(r, 75) ? E_RW : 0;
    e |= prng_percent(r, 70) ? E_US : 0;
    e |= prng_percent(r, 50) ? E_A : 0;
    e |= prng_percent(r, leaf ? 50 : 20) ? E_D : 0;
    e |= prng_percent(r, leaf ? 40 : 10) ? E_G : 0;
    e |= (uint64_t)prng_below(r, 8) << 9; /* for the system's use */
    e |= prng_percent(r, 10) ? 0x18 : 0;  /* PWT, PCD */
    return e;
}

static uint64_t random_upper_bits(struct gen *g, bool leaf)
{
    struct prng *r = &g->random;
    uint64_t e = 0;
    if (g->width == 4)
        return 0;
    if (prng_percent(r, g->efer & 0x800 ? 20 : 3))
        e |= E_NX;
    if (g->arch >= ARCH_4LEVEL)
        e |= (uint64_t)prng_below(r, 128) << 52;
    if (g->arch >= ARCH_4LEVEL && leaf && g->cr4 & 0x1400000)
        e = (e & ~KEY(15)) | KEY(prng_below(r, 4));
    return e;
}

/* One bit that may be reserved, at this level. */
static uint64_t random_reserved(struct gen *g, const struct gen_entry *e)
{
    struct prng *r = &g->random;
    unsigned top = g->options->cpu.maxphyaddr;
    bool large = e->leaf && e->shift > 12;
    if (large && prng_percent(r, 50))
        return 1ull << (13 + prng_below(r, e->shift - 13));
    if (g->width == 4)
        return large ? 1u << 21 : 0;
    if (!e->leaf && e->shift > 30)
        return E_PS;
    if (g->arch == ARCH_PAE && prng_percent(r, 30))
        return 1ull << (52 + prng_below(r, 11));
    return top < 52 ? 1ull << (top + prng_below(r, 52 - top)) : 0;
}

/* A PAE root's entry. Reserved bits make MOV CR3 fault, so they are rare, and none where CR3 is not checked. */
static uint64_t pdpte(struct gen *g, uint64_t table)
{
    static const uint8_t reserved[] = {1, 2, 5, 6, 7, 8};
    struct prng *r = &g->random;
    uint64_t e = table | (prng_percent(r, 96) ? E_P : 0) | (prng_percent(r, 10) ? 0x18 : 0);
    if (prng_percent(r, 3) && g->options->refuses_registers)
        e |= 1ull << reserved[prng_below(r, 6)];
    if (prng_percent(r, 2) && g->options->refuses_registers)
        e |= 1ull << (g->options->cpu.maxphyaddr + prng_below(r, 64 - g->options->cpu.maxphyaddr));
    return e;
}

static void leaf_value(struct gen *g, struct gen_entry *e, bool *outside, uint64_t *frame)
{
    struct prng *r = &g->random;
    bool table = e->shift > 12 && g->width == 4 && !(g->cr4 & 0x10); /* without PSE it is no leaf */
    *outside = !table && prng_percent(r, 3);
    uint64_t base = *outside ? outside_frame(g, e->shift) : random_frame(g, e->shift);
    e->value = base | random_rights(g, true) | random_upper_bits(g, true);
    if (e->shift > 12)
        e->value |= E_PS;
    if (prng_percent(r, 15))
        e->value |= e->shift > 12 ? 0x1000 : E_PS; /* PAT */
    if (prng_percent(r, 9)) {
        e->value |= random_reserved(g, e);
        *outside |= g->width == 4 && e->shift > 12; /* bits 20:13 of a 4 MiB page may be address bits */
    }
    *frame = base + (g->linear & ((1ull << e->shift) - 1) & ~0xfffull);
}

static void upper_value(struct gen *g, struct gen_entry *e, uint64_t table)
{
    if (g->arch == ARCH_PAE && e->shift == 30) {
        e->value = pdpte(g, table);
        return;
    }
    e->value = table | random_rights(g, false) | random_upper_bits(g, false);
    e->value &= ~(e->shift > 12 ? (uint64_t)E_PS : 0);
    if (prng_percent(&g->random, 3))
        e->value |= random_reserved(g, e);
}

static uint64_t index_offset(const struct gen *g, uint64_t linear, unsigned shift)
{
    uint64_t mask = g->arch == ARCH_32BIT ? 0x3ff : g->arch == ARCH_PAE && shift == 30 ? 3 : 0x1ff;
    return (linear >> shift & mask) * g->width;
}

static void poke_entry(struct gen *g, const struct gen_entry *e)
{
    gen_add(g, (struct ref_op){REF_POKE, (uint8_t)g->width, 0, 0, 0, e->address, e->value});
}

/* The page after the tested one, where the same table maps it. */
static void add_neighbour(struct gen *g, uint64_t table)
{
    uint64_t next = g->linear + 0x1000;
    g->neighbour = (struct gen_entry){0, 0, 12, true};
    if (index_offset(g, next, 12) == 0)
        return;
    g->neighbour.address = table + index_offset(g, next, 12);
    leaf_value(g, &g->neighbour, &g->neighbour_outside, &g->neighbour_frame);
    if (prng_percent(&g->random, 15))
        g->neighbour.value = 0;
    poke_entry(g, &g->neighbour);
}

/* The page before the tested one maps a table of the ROM's, for implicit accesses. */
static void add_alias(struct gen *g, uint64_t table)
{
    static const uint64_t frames[] = {REF_GDT_FRAME, REF_IDT32_FRAME, REF_TSS_FRAME};
    unsigned which = prng_below(&g->random, 3);
    uint64_t frame = which == 1 && g->arch >= ARCH_4LEVEL ? REF_IDT64_FRAME : frames[which];
    struct gen_entry before = {table + index_offset(g, g->linear - 0x1000, 12),
                               frame | E_P | E_RW | E_A | E_D, 12, true};
    g->implicit = true;
    g->implicit_kind = REF_GDT + which;
    for (unsigned i = 0; i + 1 < g->levels; i++) { /* or the ROM would lose its table */
        uint64_t keep = g->arch == ARCH_PAE && i == 0 ? 0xfffff018
                        : g->width == 4               ? 0xffffff7f
                                                      : 0x000ffffffffff17f;
        g->path[i].value = (g->path[i].value & keep) | E_P;
        if (g->width == 8)
            g->path[i].value &= (1ull << g->options->cpu.maxphyaddr) - 1;
    }
    poke_entry(g, &before);
}

void generate_space(struct gen *g)
{
    static const uint64_t first[] = {0, REF_ROOT0_32BIT, REF_ROOT0_PAE, 0, REF_ROOT0_4LEVEL, 0, 0,
                                     0, REF_ROOT0_5LEVEL};
    unsigned leaf = choose_leaf(g);
    uint64_t table = g->cr3 & ~0xfffull;
    choose_linear(g, leaf);
    g->levels = leaf + 1;
    struct gen_entry root = {table, first[g->arch], 0, false};
    poke_entry(g, &root);
    for (unsigned level = 0; level <= leaf; level++) {
        struct gen_entry *e = &g->path[level];
        uint64_t next = REF_TABLES + 0x10000u + (level * 16 + prng_below(&g->random, 16)) * 0x1000u;
        *e = (struct gen_entry){0, 0, shift_of(g->arch, level), level == leaf};
        e->address = table + index_offset(g, g->linear, e->shift);
        if (level == leaf)
            leaf_value(g, e, &g->outside, &g->frame);
        else
            upper_value(g, e, next);
        if (level < leaf)
            table = next;
    }
    if (g->path[leaf].shift == 12 && prng_percent(&g->random, 50))
        add_neighbour(g, table);
    if (g->path[leaf].shift == 12 && !g->neighbour.address && prng_percent(&g->random, 30))
        add_alias(g, table);
    for (unsigned level = 0; level <= leaf; level++)
        poke_entry(g, &g->path[level]);
}

bool generate_change(struct gen *g)
{
    static const uint64_t bits[] = {E_P, E_RW, E_US, E_A, E_D, E_G};
    unsigned from = g->arch == ARCH_PAE ? 1 : 0; /* PDPTEs count when CR3 is loaded */
    if (from >= g->levels || g->implicit)
        return false;
    struct gen_entry *e = &g->path[from + prng_below(&g->random, g->levels - from)];
    e->value ^= bits[prng_below(&g->random, 6)];
    if (g->width == 8 && g->efer & 0x800 && prng_percent(&g->random, 20))
        e->value ^= E_NX;
    poke_entry(g, e);
    return true;
}
