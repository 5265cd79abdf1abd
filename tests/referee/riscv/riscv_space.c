/* The tables of a random case: one path from the root to a leaf, and perhaps the leaf of the next page. */
#include "riscv_generate.h"

#define E_V 0x01ull
#define E_R 0x02ull
#define E_W 0x04ull
#define E_X 0x08ull
#define E_U 0x10ull
#define E_G 0x20ull
#define E_A 0x40ull
#define E_D 0x80ull
#define E_N (1ull << 63)

#define RSW_SHIFT    8
#define PPN_SHIFT    10
#define PBMT_SHIFT   61
#define RESERVED_LOW 54
#define PPN_BITS     0x3ffffffffffc00ull
#define NAPOT_SIZE   (8ull << PPN_SHIFT)
#define NAPOT_MASK   (15ull << PPN_SHIFT)

#define EMPTY_TABLE (RV_TABLES + 0xf0000u) /* which no path has */
#define DATA_FRAMES ((RV_DATA_END - RV_DATA) >> 12)

static bool wide(const struct gen *g)
{
    return g->width == 8;
}

static bool extended(const struct gen *g)
{
    return g->options->cpu.rv_cpu_extended != 0;
}

static unsigned shift_of(const struct gen *g, unsigned level)
{
    return 12 + level * rv_index_bits(g->mode);
}

static uint64_t choose_leaf_bits(struct gen *g)
{
    static const uint64_t usual[] = {E_R | E_W, E_R | E_W | E_X, E_R, E_R | E_X, E_X};
    struct prng *r = &g->random;
    uint64_t bits = usual[prng_below(r, 5)] | E_V;
    if (prng_percent(r, 6))
        bits = prng_next(r) & 0xff; /* anything: W without R, a pointer in the last table, not valid */
    bits |= prng_percent(r, 50) ? E_U : 0;
    bits |= prng_percent(r, 60) ? E_A : 0;
    bits |= prng_percent(r, 50) ? E_D : 0;
    bits |= prng_percent(r, 15) ? E_G : 0;
    return bits | (uint64_t)prng_below(r, 4) << RSW_SHIFT;
}

/* QEMU looks at fewer reserved bits of a leaf once it has Svnapot or Svpbmt: its quirk, which the stories show. */
static uint64_t reserved_bits(struct gen *g, bool leaf)
{
    unsigned from = extended(g) ? PBMT_SHIFT : RESERVED_LOW;
    if (!wide(g) || (leaf && extended(g)) || !prng_percent(&g->random, 8))
        return 0;
    return 1ull << (from + prng_below(&g->random, 64 - from));
}

/* What Svpbmt and Svnapot give a leaf; a size that is reserved comes with A and D, see QEMU_NAPOT_ACCESSED. */
static uint64_t extension_bits(struct gen *g, unsigned level, uint64_t *ppn)
{
    struct prng *r = &g->random;
    uint64_t bits = 0;
    if (g->pbmte && prng_percent(r, 30))
        bits |= (uint64_t)prng_below(r, 3) << PBMT_SHIFT;
    if (!prng_percent(r, 20))
        return bits;
    if (level == 0 && prng_percent(r, 75)) {
        *ppn = (*ppn & ~NAPOT_MASK) | NAPOT_SIZE;
        return bits | E_N;
    }
    return bits | E_N | E_A | E_D;
}

/* QEMU keeps 32 bits of an address that Sv32 makes: what is beyond 4 GiB is the stories' affair there. */
static uint64_t outside_frame(struct gen *g, unsigned level)
{
    if (level >= 2) /* RV_ABSENT shares its GiB with memory */
        return 1ull << 50;
    if (!wide(g) || prng_percent(&g->random, 50))
        return RV_ABSENT + prng_below(&g->random, 0x1000) * 0x1000ull;
    return (1ull << 40) + prng_below(&g->random, 0x10000) * 0x1000ull;
}

/* A leaf at this level for the 4 KiB at `frame`. */
static uint64_t make_leaf(struct gen *g, unsigned level, uint64_t frame)
{
    uint64_t base = frame & ~((1ull << shift_of(g, level)) - 1);
    uint64_t ppn = base >> 12 << PPN_SHIFT;
    uint64_t bits = choose_leaf_bits(g) | reserved_bits(g, true);
    if (level && !(bits & (E_R | E_W | E_X))) /* a pointer after all: to an empty table */
        return bits | EMPTY_TABLE >> 12 << PPN_SHIFT;
    if (level && prng_percent(&g->random, 6))
        ppn |= 1ull << (PPN_SHIFT + prng_below(&g->random, level * rv_index_bits(g->mode)));
    if (extended(g))
        bits |= extension_bits(g, level, &ppn);
    g->global |= (bits & E_G) != 0;
    return bits | ppn;
}

static uint64_t make_pointer(struct gen *g, uint64_t table)
{
    struct prng *r = &g->random;
    uint64_t bits = E_V | (uint64_t)prng_below(r, 4) << RSW_SHIFT;
    bits |= prng_percent(r, 8) ? E_G : 0;
    if (prng_percent(r, 3))
        bits &= ~E_V;
    if (prng_percent(r, 4))
        bits |= prng_percent(r, 34) ? E_A : prng_percent(r, 50) ? E_D : E_U;
    if (prng_percent(r, 30))
        bits |= reserved_bits(g, false);
    g->global |= (bits & E_G) != 0;
    return bits | table >> 12 << PPN_SHIFT;
}

static void poke_entry(struct gen *g, const struct gen_entry *e)
{
    gen_add(g, (struct ref_op){REF_POKE, (uint8_t)g->width, 0, 0, 0, e->address, e->value});
}

/* Distinct frames: the root first, then one for each level. */
static uint64_t table_frame(struct gen *g, unsigned depth)
{
    return RV_TABLES + ((depth * 0x30u) + prng_below(&g->random, 0x30u)) * 0x1000ull;
}

static void choose_linear(struct gen *g, unsigned leaf_level)
{
    struct prng *r = &g->random;
    unsigned top = rv_levels(g->mode) - 1, bits = rv_index_bits(g->mode);
    uint64_t below = (1ull << shift_of(g, leaf_level)) - 1;
    g->linear = (g->frame & below) | (prng_next(r) & ~below & ~0xfffull);
    g->linear &= (1ull << shift_of(g, top + 1)) - 1;
    if (g->linear >> shift_of(g, top) == (1ull << bits) - 1) /* the stubs' part */
        g->linear ^= 1ull << shift_of(g, top);
    if (g->linear >> 20 ==
        RV_RAM >> 20) /* or QEMU would execute it instead of the program; docs/fidelity.md */
        g->linear ^= 1ull << 30;
    if (wide(g) && g->linear >> (shift_of(g, top + 1) - 1))
        g->linear |= ~0ull << shift_of(g, top + 1);
    if (wide(g) && prng_percent(r, 4)) /* not a valid address */
        g->linear ^= 1ull << (shift_of(g, top + 1) + prng_below(r, 64 - shift_of(g, top + 1)));
}

static unsigned choose_level(struct gen *g)
{
    unsigned roll = prng_below(&g->random, 100);
    unsigned level = roll < 60 ? 0 : roll < 80 ? 1 : roll < 92 ? 2 : 3 + prng_below(&g->random, 2);
    return level < rv_levels(g->mode) ? level : rv_levels(g->mode) - 1;
}

static uint64_t entry_address(const struct gen *g, uint64_t table, unsigned level, uint64_t linear)
{
    uint64_t index = linear >> shift_of(g, level) & ((1ull << rv_index_bits(g->mode)) - 1);
    return table + index * g->width;
}

static void build_path(struct gen *g, unsigned leaf_level, uint64_t frame)
{
    uint64_t table = g->root;
    for (unsigned level = rv_levels(g->mode); level-- > leaf_level;) {
        struct gen_entry *e = &g->path[g->levels++];
        *e = (struct gen_entry){entry_address(g, table, level, g->linear), 0, level, level == leaf_level};
        table = table_frame(g, g->levels);
        if (!e->leaf && prng_percent(&g->random, 2))
            table = RV_ABSENT; /* a table where no memory is */
        e->value = e->leaf ? make_leaf(g, level, frame) : make_pointer(g, table);
        if (!e->leaf && table == RV_ABSENT) {
            g->outside = true;
            poke_entry(g, e);
            return;
        }
        poke_entry(g, e);
    }
}

/* Of an entry of the last table; a page of 64 KiB takes four more bits from the address. */
static uint64_t leaf_frame(uint64_t leaf, uint64_t linear)
{
    uint64_t frame = (leaf & PPN_BITS) >> PPN_SHIFT << 12;
    return leaf & E_N ? (frame & ~0xffffull) | (linear & 0xf000) : frame;
}

/* Would one entry of Svnapot map the next page too? */
static bool same_group(const struct gen *g)
{
    return (g->linear & 0xf000) != 0xf000;
}

static void build_neighbour(struct gen *g)
{
    const struct gen_entry *leaf = &g->path[g->levels - 1];
    bool group = leaf->value & E_N && same_group(g), aged = (leaf->value & (E_A | E_D)) == (E_A | E_D);
    if (!leaf->leaf || leaf->level || (leaf->address & 0xfff) >= 0x1000 - 2 * g->width)
        return;
    if (group && !aged) /* a cached group leaves A and D of its other entries alone, or does not */
        return;
    g->neighbour = (struct gen_entry){leaf->address + g->width, 0, 0, true};
    uint64_t frame = RV_DATA + prng_below(&g->random, DATA_FRAMES) * 0x1000ull;
    if (prng_percent(&g->random, 6)) {
        g->neighbour_outside = true;
        frame = outside_frame(g, 0);
    }
    g->neighbour.value = make_leaf(g, 0, frame);
    if (group) { /* all entries of a group say the same, or anything may happen */
        g->neighbour.value = leaf->value;
        g->neighbour_outside = g->outside;
    } else if (same_group(g)) {
        g->neighbour.value &= ~E_N;
    }
    g->neighbour_frame = leaf_frame(g->neighbour.value, g->linear + 0x1000);
    poke_entry(g, &g->neighbour);
}

void gen_space(struct gen *g)
{
    struct prng *r = &g->random;
    unsigned level = choose_level(g);
    uint64_t frame;
    g->pbmte = extended(g) && prng_percent(r, 60);
    g->asid = prng_below(r, 4);
    g->root = table_frame(g, 0);
    g->frame = RV_DATA + prng_below(r, DATA_FRAMES - 1) * 0x1000ull;
    choose_linear(g, level);
    frame = g->frame;
    if (prng_percent(r, 8)) {
        g->outside = true;
        frame = outside_frame(g, level);
    }
    build_path(g, level, frame);
    if (g->path[g->levels - 1].leaf && level == 0)
        g->frame = leaf_frame(g->path[g->levels - 1].value, g->linear);
    build_neighbour(g);
}

bool gen_change(struct gen *g, bool *leaf)
{
    struct prng *r = &g->random;
    struct gen_entry *e = &g->path[prng_below(r, 3) ? g->levels - 1 : prng_below(r, g->levels)];
    if (g->neighbour.address && prng_percent(r, 25))
        e = &g->neighbour;
    static const uint64_t flips[] = {E_R, E_W | E_R, E_X, E_U, E_A, E_D, E_V};
    *leaf = e->leaf;
    if (!e->leaf)
        e->value ^= E_V;
    else if (extended(g) && e->value & E_N)
        return false;
    else
        e->value ^= flips[prng_below(r, 7)];
    if (e->leaf && e->level && !(e->value & (E_R | E_W | E_X))) /* data must not become a table */
        e->value |= E_X;
    poke_entry(g, e);
    return true;
}

void gen_stored(struct gen *g, unsigned offset)
{
    uint64_t frame = offset >= 0x1000 ? g->neighbour_frame : g->frame;
    bool known = offset >= 0x1000 ? !g->neighbour_outside : !g->outside;
    if (known && g->stores < GEN_STORES)
        g->store[g->stores++] = (frame + (offset & 0xfff)) & ~7ull;
}

void gen_peeks(struct gen *g)
{
    for (unsigned i = 0; i < g->levels; i++)
        gen_add(g,
                (struct ref_op){.code = REF_PEEK, .width = (uint8_t)g->width, .address = g->path[i].address});
    if (g->neighbour.address)
        gen_add(g, (struct ref_op){
                       .code = REF_PEEK, .width = (uint8_t)g->width, .address = g->neighbour.address});
    for (unsigned i = 0; i < g->stores; i++) {
        gen_add(g, (struct ref_op){.code = REF_PEEK, .width = 8, .address = g->store[i]});
        if (g->store[i] + 8 < RV_DATA_END)
            gen_add(g, (struct ref_op){.code = REF_PEEK, .width = 8, .address = g->store[i] + 8});
    }
    if (g->stored_next && !g->neighbour_outside && g->neighbour.address)
        gen_add(g, (struct ref_op){.code = REF_PEEK, .width = 8, .address = g->neighbour_frame});
}
