#include "generate.h"

#include <stdio.h>

#include "x86_generate_impl.h"

#define CR0_WP       0x10000u
#define CR0_ON       0x80000011u
#define CR0_NW       0x20000000u /* without CD: refused */
#define CR4_PSE      0x10u
#define CR4_PAE      0x20u
#define CR4_PGE      0x80u
#define CR4_LA57     0x1000u
#define CR4_PCIDE    0x20000u
#define CR4_SMEP     0x100000u
#define CR4_SMAP     0x200000u
#define CR4_PKE      0x400000u
#define CR4_PKS      0x1000000u
#define CR4_RESERVED 0x8000u
#define EFER_LME     0x100u
#define EFER_NXE     0x800u

#define SHARING        16u                 /* seeds */
#define SHARING_STRIDE 0xd1342543de82ef95u /* so that the sequences of shared and own choices do not meet */

void gen_add(struct gen *g, struct ref_op op)
{
    case_add(g->c, op);
}

static void add_register(struct gen *g, uint8_t code, uint64_t value)
{
    gen_add(g, (struct ref_op){.code = code, .value = value});
}

static enum generate_arch choose_arch(struct gen *g)
{
    unsigned have = ARCH_32BIT | (cpu_has_pae(&g->options->cpu) ? ARCH_PAE : 0);
    if (cpu_has_long_mode(&g->options->cpu))
        have |= ARCH_4LEVEL | (cpu_has_la57(&g->options->cpu) ? ARCH_5LEVEL : 0);
    have &= g->options->arch ? g->options->arch : ARCH_ALL;
    if (!have)
        have = ARCH_32BIT;
    for (;;) {
        unsigned one = 1u << prng_below(&g->random, 4);
        if (have & one)
            return one;
    }
}

static void choose_registers(struct gen *g)
{
    struct prng *r = &g->random;
    const struct ref_cpu *cpu = &g->options->cpu;
    bool wide = g->arch >= ARCH_4LEVEL;
    g->width = g->arch == ARCH_32BIT ? 4 : 8;
    g->cr0 = CR0_ON | (prng_percent(r, 70) ? CR0_WP : 0);
    g->cr4 = g->arch == ARCH_32BIT ? 0 : CR4_PAE;
    g->cr4 |= g->arch == ARCH_5LEVEL ? CR4_LA57 : 0;
    g->cr4 |= prng_percent(r, 75) ? CR4_PSE : 0;
    g->cr4 |= prng_percent(r, 50) && cpu_has_pge(cpu) ? CR4_PGE : 0;
    g->cr4 |= prng_percent(r, 40) && cpu_has_smep(cpu) ? CR4_SMEP : 0;
    g->cr4 |= prng_percent(r, 40) && cpu_has_smap(cpu) ? CR4_SMAP : 0;
    g->cr4 |= prng_percent(r, 40) && cpu_has_pku(cpu) && wide ? CR4_PKE : 0;
    g->cr4 |= prng_percent(r, 40) && cpu_has_pks(cpu) && wide ? CR4_PKS : 0;
    g->cr4 |= prng_percent(r, 30) && cpu_has_pcid(cpu) && wide ? CR4_PCIDE : 0;
    g->efer = wide ? EFER_LME : 0;
    g->efer |= prng_percent(r, 60) && cpu_has_nx(cpu) ? EFER_NXE : 0;
}

/* Key 0 stays open: the ROM's own pages have it. */
static uint64_t random_keys(struct gen *g)
{
    return prng_next(&g->random) & 0xfffffffcu;
}

/*
 * Neighbouring seeds share mode, registers and keys: each change of a register makes an emulator forget its TLB, which
 * costs it more than all else that a case asks for.
 */
static void choose_shared(struct gen *g, uint64_t seed)
{
    struct prng own = g->random;
    g->random = (struct prng){(seed / SHARING) * SHARING_STRIDE};
    g->arch = choose_arch(g);
    choose_registers(g);
    g->pkru = random_keys(g);
    g->pkrs = random_keys(g);
    g->random = own;
    g->cr3 = REF_TABLES + prng_below(&g->random, 16) * 0x1000u;
}

static void write_registers(struct gen *g)
{
    add_register(g, REF_CR4, g->cr4 & ~(uint64_t)CR4_PCIDE);
    if (g->efer)
        add_register(g, REF_EFER, g->efer);
    add_register(g, REF_CR3, g->cr3);
    add_register(g, REF_CR0, g->cr0);
    if (g->cr4 & CR4_PCIDE) {
        add_register(g, REF_CR4, g->cr4);
        g->cr3 |= prng_below(&g->random, 4);
        add_register(g, REF_CR3, g->cr3);
    }
    if (g->cr4 & CR4_PKE)
        add_register(g, REF_PKRU, g->pkru);
    if (g->cr4 & CR4_PKS)
        add_register(g, REF_PKRS, g->pkrs);
}

static uint8_t random_width(struct gen *g)
{
    return (uint8_t)(1u << prng_below(&g->random, g->arch >= ARCH_4LEVEL ? 4 : 3));
}

/* Data that is written lies in the upper half of a page, what is executed in the lower, at whole dwords. */
static void data_access(struct gen *g)
{
    struct prng *r = &g->random;
    struct ref_op op = {REF_ACCESS, random_width(g), (uint8_t)prng_below(r, 3), 0, 0, 0, prng_next(r)};
    unsigned offset = 0x800 + prng_below(r, 0x7f8);
    if (prng_percent(r, 40))
        offset &= ~7u;
    if (g->neighbour.address && prng_percent(r, 40))
        offset =
            0x1000 - prng_below(r, op.width); /* crosses if wide enough; 0x1000 is the neighbour itself */
    op.flags = prng_percent(r, 50) ? REF_USER : 0;
    op.flags |= g->outside || (g->neighbour_outside && offset + op.width > 0x1000) ? REF_NO_VALUE : 0;
    op.address = g->linear + offset;
    op.value = op.kind == REF_READ ? 0 : op.width == 8 ? op.value : op.value & ((1ull << 8 * op.width) - 1);
    g->stored |= op.kind != REF_READ;
    gen_add(g, op);
}

static void fetch_access(struct gen *g)
{
    struct prng *r = &g->random;
    struct ref_op op = {REF_ACCESS, 1, REF_FETCH, 0, 0, g->linear + 0x100 + prng_below(r, 0x1bf) * 4, 0};
    op.flags = prng_percent(r, 50) ? REF_USER : 0;
    if (g->neighbour.address && !g->neighbour_outside && !g->stored && prng_percent(r, 40)) {
        op.width = 2;
        op.address = g->linear + 0xfff;
        gen_add(g, (struct ref_op){REF_POKE, 1, 0, 0, 0, g->frame + 0xfff, 0xcd});
    }
    gen_add(g, op);
}

static void implicit_access(struct gen *g)
{
    bool user = g->implicit_kind == REF_TSS || prng_percent(&g->random, 50);
    gen_add(g,
            (struct ref_op){REF_ACCESS, 0, (uint8_t)g->implicit_kind, user ? REF_USER : 0, 0, g->linear, 0});
}

static void add_access(struct gen *g)
{
    if (g->cr4 & CR4_SMAP && prng_percent(&g->random, 40))
        add_register(g, REF_AC, prng_below(&g->random, 2));
    if (g->implicit && !g->outside && prng_percent(&g->random, 60))
        implicit_access(g);
    else if (!g->outside && prng_percent(&g->random, 35))
        fetch_access(g);
    else
        data_access(g);
}

/* All that the manual demands after a change of the tables or of rights. */
static void invalidate(struct gen *g)
{
    unsigned way = prng_below(&g->random, 4);
    if (way == 0 && !(g->cr4 & CR4_PGE) && !(g->cr4 & CR4_PCIDE)) {
        add_register(g, REF_CR3, g->cr3);
    } else if (way == 1 && cpu_has_invpcid(&g->options->cpu) && g->arch >= ARCH_4LEVEL) {
        gen_add(g, (struct ref_op){.code = REF_INVPCID, .kind = 2});
    } else {
        gen_add(g, (struct ref_op){.code = REF_INVLPG, .address = g->linear});
        if (g->neighbour.address)
            gen_add(g, (struct ref_op){.code = REF_INVLPG, .address = g->linear + 0x1000});
    }
}

/* Rights in registers take effect at once (but for WP and SMEP, whose cached rights the CPU forgets with them). */
static void change_register(struct gen *g)
{
    unsigned which = prng_below(&g->random, 4);
    if (which == 0) {
        add_register(g, REF_CR0, g->cr0 ^= CR0_WP);
    } else if (which == 1 && g->cr4 & CR4_PKE) {
        add_register(g, REF_PKRU, random_keys(g));
    } else if (which == 2 && cpu_has_smep(&g->options->cpu)) {
        add_register(g, REF_CR4, g->cr4 ^= CR4_SMEP);
    } else if (which == 3 && cpu_has_smap(&g->options->cpu)) {
        add_register(g, REF_CR4, g->cr4 ^= CR4_SMAP);
    } else {
        return;
    }
    invalidate(g);
}

/* Writes that the manual refuses. Where a CPU accepts them the ROM may lose its own tables: see refuses_registers. */
static void try_register(struct gen *g)
{
    bool wide = g->arch >= ARCH_4LEVEL;
    unsigned top = g->options->cpu.maxphyaddr;
    const struct ref_op tries[] = {
        {REF_CR0, 0, 0, REF_MAY_FAULT, 0, 0, CR0_ON & ~1u},
        {REF_CR0, 0, 0, REF_MAY_FAULT, 0, 0, g->cr0 | CR0_NW},
        {REF_CR4, 0, 0, REF_MAY_FAULT, 0, 0, g->cr4 | CR4_RESERVED},
        {REF_CR4, 0, 0, REF_MAY_FAULT, 0, 0, wide ? g->cr4 & ~(uint64_t)CR4_PAE : g->cr4 | CR4_RESERVED},
        {REF_CR4, 0, 0, REF_MAY_FAULT, 0, 0, wide ? g->cr4 ^ CR4_LA57 : g->cr4 | CR4_PCIDE},
        {REF_CR3, 0, 0, REF_MAY_FAULT, 0, 0, wide && top < 52 ? g->cr3 | 1ull << top : g->cr3},
        {REF_EFER, 0, 0, REF_MAY_FAULT, 0, 0, g->efer ^ EFER_LME},
    };
    gen_add(g, tries[prng_below(&g->random, sizeof(tries) / sizeof(tries[0]))]);
}

static void peek_words(struct gen *g, uint64_t frame)
{
    uint64_t last = 0;
    for (size_t i = 0; i < g->c->count; i++) {
        const struct ref_op *op = &g->c->ops[i];
        if (op->code != REF_ACCESS || (op->kind != REF_WRITE && op->kind != REF_RMW))
            continue;
        uint64_t at = frame + (op->address & 0xff8);
        if (at != last)
            gen_add(g, (struct ref_op){REF_PEEK, 8, 0, 0, 0, at, 0});
        last = at;
        if ((op->address & 7) + op->width > 8 && (op->address & 0xfff) < 0xff8)
            gen_add(g, (struct ref_op){REF_PEEK, 8, 0, 0, 0, at + 8, 0});
    }
}

static void peek_all(struct gen *g)
{
    for (unsigned i = 0; i < g->levels; i++)
        gen_add(g, (struct ref_op){REF_PEEK, (uint8_t)g->width, 0, 0, 0, g->path[i].address, 0});
    if (g->neighbour.address)
        gen_add(g, (struct ref_op){REF_PEEK, (uint8_t)g->width, 0, 0, 0, g->neighbour.address, 0});
    if (!g->outside)
        peek_words(g, g->frame);
    if (g->neighbour.address && !g->neighbour_outside) {
        peek_words(g, g->neighbour_frame);
        gen_add(g, (struct ref_op){REF_PEEK, 8, 0, 0, 0, g->neighbour_frame, 0});
    }
}

static void accesses(struct gen *g)
{
    unsigned count = 1 + prng_below(&g->random, 4);
    for (unsigned i = 0; i < count; i++) {
        add_access(g);
        if (i + 1 == count)
            break;
        if (prng_percent(&g->random, 25) && generate_change(g))
            invalidate(g);
        else if (prng_percent(&g->random, 15))
            change_register(g);
        else if (g->options->refuses_registers && prng_percent(&g->random, 8))
            try_register(g);
    }
}

void generate_case(struct ref_case *c, const struct generate_options *options, uint64_t seed)
{
    char name[64];
    struct gen g = {.random = {seed}, .options = options, .c = c};
    snprintf(name, sizeof(name), "seed 0x%llx", (unsigned long long)seed);
    case_begin(c, name);
    if (options->arch == ARCH_SEGMENTS) {
        generate_segments(&g);
        return;
    }
    choose_shared(&g, seed);
    generate_space(&g);
    write_registers(&g);
    accesses(&g);
    peek_all(&g);
}
