/* Random cases of RISC-V; generate.h says what a case is. Tables and frames are riscv_space.c's affair. */
#include "riscv_generate.h"

#include <stdio.h>

#define LOW_BITS(n) ((1ull << (n)) - 1)

void gen_add(struct gen *g, struct ref_op op)
{
    case_add(g->c, op);
}

static void choose_mode(struct gen *g)
{
    unsigned have = g->options->cpu.rv_cpu_modes;
    if (g->options->arch & have)
        have &= g->options->arch;
    do
        g->mode = (enum story_mode)prng_below(&g->random, 4);
    while (!(have >> g->mode & 1));
    g->width = g->mode == (enum story_mode)RV_SV32 ? 4 : 8;
    g->xlen_mask = g->mode == (enum story_mode)RV_SV32 ? LOW_BITS(32) : ~0ull;
}

static void write_satp(struct gen *g)
{
    gen_add(g, (struct ref_op){.code = RV_SATP, .value = rv_satp(g->mode, g->root, g->asid)});
}

static void write_status(struct gen *g)
{
    uint32_t value;
    static const uint32_t values[] = {0, RV_STATUS_SUM, RV_STATUS_MXR, RV_STATUS_SUM | RV_STATUS_MXR};
    value = values[prng_below(&g->random, 4)];
    g->sum = value & RV_STATUS_SUM;
    gen_add(g, (struct ref_op){.code = RV_STATUS, .value = value});
}

/* A mode that no CPU has leaves satp as it was. */
static void try_reserved_mode(struct gen *g)
{
    uint64_t mode = 1 + prng_below(&g->random, 7);
    if (g->mode != (enum story_mode)RV_SV32)
        gen_add(g, (struct ref_op){
                       .code = RV_SATP, .flags = REF_MAY_FAULT, .value = mode << 60 | RV_TABLES >> 12});
}

static void write_registers(struct gen *g)
{
    if (prng_percent(&g->random, 10))
        try_reserved_mode(g);
    if (g->pbmte)
        gen_add(g, (struct ref_op){.code = RV_ENVCFG, .value = RV_ENVCFG_PBMTE});
    if (prng_percent(&g->random, 70))
        write_status(g);
    write_satp(g);
}

/* Where the last byte of a page and the first of the next are both meant. */
static unsigned crossing_offset(struct gen *g, unsigned width)
{
    return width == 1 ? 0xfff : 0x1000 - 1 - prng_below(&g->random, width - 1);
}

/*
 * The parts of an access over two pages have no order: with a frame where no memory is, more than one answer is right. A
 * store may even have been done in part.
 */
static bool may_cross(const struct gen *g, unsigned kind)
{
    return g->neighbour.address && !g->outside && kind != REF_RMW &&
           (kind == REF_READ || !g->neighbour_outside);
}

/* Data that is written lies in the upper half of a page, what is executed in the lower. */
static void data_access(struct gen *g)
{
    struct prng *r = &g->random;
    unsigned widths = g->mode == (enum story_mode)RV_SV32 ? 3 : 4;
    struct ref_op op = {
        REF_ACCESS, (uint8_t)(1u << prng_below(r, widths)), (uint8_t)prng_below(r, 3), 0, 0, 0, 0};
    unsigned offset = 0x800 + prng_below(r, 0x7f8);
    if (op.kind == REF_RMW)
        op.width = widths == 3 || prng_percent(r, 50) ? 4 : 8;
    if (prng_percent(r, op.kind == REF_RMW ? 100 : 40))
        offset &= ~7u;
    if (may_cross(g, op.kind) && prng_percent(r, 40))
        offset = crossing_offset(g, op.width);
    bool crosses = offset + op.width > 0x1000;
    op.flags = (prng_percent(r, 50) ? REF_USER : 0) | (prng_percent(r, 30) ? REF_MPRV : 0);
    op.address = (g->linear + offset) & g->xlen_mask;
    op.value = op.kind == REF_READ ? 0 : prng_next(r) & (op.width == 8 ? ~0ull : LOW_BITS(8 * op.width));
    g->stored |= op.kind != REF_READ;
    g->used_sum |= g->sum && !(op.flags & REF_USER);
    g->stored_next |= op.kind != REF_READ && crosses;
    gen_add(g, op);
    if (op.kind != REF_READ)
        gen_stored(g, offset);
}

static void fetch_access(struct gen *g)
{
    struct prng *r = &g->random;
    struct ref_op op = {REF_ACCESS, 4, REF_FETCH, 0, 0, 0, 0};
    uint64_t offset = 0x100 + prng_below(r, 0x1b0) * 4ull;
    op.flags = prng_percent(r, 50) ? REF_USER : 0;
    if (g->neighbour.address && !g->neighbour_outside && !g->stored && prng_percent(r, 40)) {
        offset = 0xffe;
        gen_add(g, (struct ref_op){REF_POKE, 2, 0, 0, 0, g->frame + 0xffe, RV_OPCODE});
    } else if (prng_percent(r, 20)) {
        op.width = 2;
        offset = 0x7c0 + prng_below(r, 0x10) * 4ull;
        gen_add(g, (struct ref_op){REF_POKE, 2, 0, 0, 0, g->frame + offset, RV_NARROW(prng_below(r, 1000))});
    }
    op.address = (g->linear + offset) & g->xlen_mask;
    if (g->used_sum && !op.flags)
        gen_add(g, (struct ref_op){
                       .code = RV_SFENCE}); /* or QEMU would execute what it has read: QEMU_SUM_FETCH */
    gen_add(g, op);
}

static void add_access(struct gen *g)
{
    if (prng_percent(&g->random, 15))
        write_status(g);
    if (!g->outside && prng_percent(&g->random, 35))
        fetch_access(g);
    else
        data_access(g);
}

/* All that the specification demands after a change; `leaf`: only of an entry that maps pages. */
static void fence(struct gen *g, bool leaf)
{
    struct ref_op op = {.code = RV_SFENCE, .extra = g->asid};
    unsigned way = prng_below(&g->random, 4);
    if (g->global)
        way &= ~(unsigned)RV_FENCE_ASID;
    if (!leaf)
        way &= ~(unsigned)RV_FENCE_ADDRESS;
    op.kind = (uint8_t)way;
    op.address = way & RV_FENCE_ADDRESS ? g->linear : 0;
    op.extra = way & RV_FENCE_ASID ? g->asid : 0;
    gen_add(g, op);
    if (way & RV_FENCE_ADDRESS && g->neighbour.address) {
        op.address = (g->linear + 0x1000) & g->xlen_mask;
        gen_add(g, op);
    }
}

static void add_change(struct gen *g)
{
    bool leaf;
    if (!prng_percent(&g->random, 40) || !gen_change(g, &leaf))
        return;
    if (!g->global && prng_percent(&g->random, 20)) {
        g->asid ^= 1; /* which no translation has yet, or is fenced below */
        write_satp(g);
        gen_add(g, (struct ref_op){.code = RV_SFENCE, .kind = RV_FENCE_ASID, .extra = g->asid});
    } else {
        fence(g, leaf);
    }
}

/* With MPRV and satp bare, an access reaches physical memory. */
static void access_bare(struct gen *g)
{
    struct ref_op op = {REF_ACCESS, 4, REF_READ, REF_MPRV, 0, RV_DATA + prng_below(&g->random, 0x1000) * 4ull,
                        0};
    op.flags |= prng_percent(&g->random, 50) ? REF_USER : 0;
    gen_add(g, op);
}

void generate_case(struct ref_case *c, const struct generate_options *options, uint64_t seed)
{
    struct gen g = {.random = {seed}, .options = options, .c = c};
    char name[32];
    snprintf(name, sizeof(name), "seed 0x%llx", (unsigned long long)seed);
    case_begin(c, name);
    choose_mode(&g);
    gen_space(&g);
    if (prng_percent(&g.random, 3))
        access_bare(&g);
    write_registers(&g);
    unsigned accesses = 1 + prng_below(&g.random, 5);
    for (unsigned i = 0; i < accesses; i++) {
        add_access(&g);
        add_change(&g);
    }
    gen_peeks(&g);
}
