/*
 * x86_generate_segment.c - random cases about segments: descriptors in free places of the ROM's GDT, then loads, accesses,
 * jumps, IRETs and interrupts with them, and at the end what became of the descriptors and of memory.
 */
#include <stdio.h>

#include "rom/selectors.h"
#include "x86_generate_impl.h"

#define S          (1ull << 44)
#define PRESENT    (1ull << 47)
#define WIDE       (1ull << 54)
#define GRANULAR   (1ull << 55)
#define TYPE_SHIFT 40
#define DPL_SHIFT  45

#define TYPE_CODE   10u /* readable */
#define TYPE_STACK  2u  /* writable */
#define TYPE_LDT    2u
#define TYPE_TSS    9u
#define DATA_BASE   0x500000u
#define STACK_BASE  0x700000u
#define STACK_TOP   0x400u
#define LDT_BASE    0x800000u
#define LDT_LIMIT   0x1fu
#define STACK_LEVEL 2u
#define TSS_ESP2    20u
#define TSS_SS2     24u
#define GS          5u

/*
 * Each number is drawn in a statement of its own: the order within an expression is the compiler's, and cases must be
 * the same with every compiler.
 */

/* Free places of the ROM's GDT. */
enum { SLOT_A = 0x38, SLOT_B = 0x50, SLOT_LDT = 0x78, SLOT_TSS = 0x70 };

#define E_PS_PAGE (E_PS | E_P)
#define CR4_PSE   0x10u
#define CR0_PAGED 0x80000011u
#define CR0_WP    0x10000u

static void poke(struct gen *g, uint8_t width, uint64_t address, uint64_t value)
{
    gen_add(g, (struct ref_op){REF_POKE, width, 0, 0, 0, address, value});
}

static void peek(struct gen *g, uint8_t width, uint64_t address, uint8_t flags)
{
    gen_add(g, (struct ref_op){REF_PEEK, width, 0, flags, 0, address, 0});
}

static uint64_t descriptor(uint32_t base, uint32_t limit, uint64_t rights)
{
    return (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24) << 56 | (limit & 0xffff) |
           (uint64_t)(limit >> 16 & 0xf) << 48 | rights;
}

static uint32_t choose_limit(struct gen *g)
{
    static const uint32_t limits[] = {0, 1, 3, 0xff, 0x7ff, 0xfff, 0x1000, 0xffff, 0x10000, 0xfffff};
    return limits[prng_below(&g->random, sizeof(limits) / sizeof(limits[0]))];
}

/* Mostly present code or data of this type, fit for this level. */
static uint64_t choose_rights(struct gen *g, unsigned type, unsigned level)
{
    struct prng *r = &g->random;
    uint64_t rights = prng_percent(r, 92) ? PRESENT : 0;
    rights |= prng_percent(r, 92) ? S : 0;
    rights |= (uint64_t)(prng_percent(r, 60) ? type | prng_below(r, 2) : prng_below(r, 16)) << TYPE_SHIFT;
    rights |= (uint64_t)(prng_percent(r, 75) ? level : prng_below(r, 4)) << DPL_SHIFT;
    rights |= prng_percent(r, 60) ? WIDE : 0;
    return rights | (prng_percent(r, 40) ? GRANULAR : 0);
}

/* Program and kernel mostly, and the levels between. */
static unsigned choose_level(struct gen *g)
{
    static const unsigned levels[] = {3, 3, 3, 0, 0, 0, 1, 2};
    return levels[prng_below(&g->random, 8)];
}

static uint8_t level_flags(unsigned level)
{
    static const uint8_t flags[] = {0, REF_LEVEL1, REF_LEVEL2, REF_USER};
    return flags[level];
}

static unsigned choose_rpl(struct gen *g, unsigned level)
{
    return prng_percent(&g->random, 75) ? level : prng_below(&g->random, 4);
}

/* LLDT or LTR, seldom by a program, seldom of a selector of the LDT. */
static void load_table(struct gen *g, uint8_t kind, uint32_t slot)
{
    const uint8_t flags = prng_percent(&g->random, 6) ? level_flags(1 + prng_below(&g->random, 3)) : 0;
    const uint32_t of_ldt = prng_percent(&g->random, 5) ? 4 : 0;
    gen_add(g, (struct ref_op){.code = REF_SEGMENT, .kind = kind, .flags = flags, .extra = slot | of_ldt});
}

/* Where a descriptor goes: the GDT, or behind an LDTR that is loaded first. Returns its selector without RPL. */
static uint32_t place(struct gen *g, uint64_t value)
{
    struct prng *r = &g->random;
    if (prng_percent(r, 75)) {
        poke(g, 8, REF_GDT_BASE + SLOT_A, value);
        return SLOT_A;
    }
    uint64_t ldt =
        prng_percent(r, 85) ? PRESENT | (uint64_t)TYPE_LDT << TYPE_SHIFT : choose_rights(g, TYPE_LDT, 0);
    poke(g, 8, REF_GDT_BASE + SLOT_LDT, descriptor(LDT_BASE, LDT_LIMIT, ldt & ~GRANULAR));
    poke(g, 8, LDT_BASE + 0x18, value);
    load_table(g, REF_SEG_LLDT, SLOT_LDT);
    return 0x1c;
}

static uint32_t choose_selector(struct gen *g, uint32_t placed, unsigned level)
{
    struct prng *r = &g->random;
    if (prng_percent(r, 4))
        return prng_below(r, 4);
    if (prng_percent(r, 4))
        return 0x80 + prng_below(r, 0x80); /* beyond the tables */
    return placed | choose_rpl(g, level);
}

static void peek_descriptors(struct gen *g, uint32_t placed)
{
    peek(g, 8, placed & 4 ? LDT_BASE + (placed & 0xf8u) : REF_GDT_BASE + (placed & 0xf8u), 0);
    if (placed & 4)
        peek(g, 8, REF_GDT_BASE + SLOT_LDT, 0);
}

/* ---- loads and accesses ---- */

static unsigned choose_register(struct gen *g, bool accesses, bool inner)
{
    static const unsigned registers[] = {0, 3, 4, GS, 2};
    return registers[prng_below(&g->random, accesses && inner ? 4 : 5)];
}

static uint64_t choose_offset(struct gen *g, uint32_t limit)
{
    struct prng *r = &g->random;
    const uint32_t edges[] = {limit, limit, limit, 0, 0xffff, 0xffffffff};
    const uint32_t edge = edges[prng_below(r, 6)];
    return (uint32_t)(edge - 6u + prng_below(r, 12));
}

static void access_case(struct gen *g)
{
    struct prng *r = &g->random;
    const unsigned level = choose_level(g);
    const bool accesses = prng_percent(r, 65);
    const unsigned which = choose_register(g, accesses, level == 0);
    uint32_t limit = choose_limit(g);
    uint64_t rights = choose_rights(g, prng_percent(r, 70) ? TYPE_STACK : prng_below(r, 16), level);
    uint32_t placed = place(g, descriptor(DATA_BASE, limit, rights));
    struct ref_op op = {.code = REF_SEGMENT, .kind = REF_SEG_LOAD, .flags = level_flags(level)};
    op.extra = which << 16 | choose_selector(g, placed, level);
    op.width = (uint8_t)(1u << prng_below(r, 3));
    if (accesses) {
        uint32_t bytes = rights & GRANULAR ? limit << 12 | 0xfff : limit;
        op.kind = prng_percent(r, 50) ? REF_SEG_READ : REF_SEG_WRITE;
        op.address = choose_offset(g, bytes);
        op.value = prng_next(r) & ((1ull << 8 * op.width) - 1);
    }
    uint32_t linear = DATA_BASE + (uint32_t)op.address;
    bool null = (op.extra & 0xfffc) == 0; /* whose base is 0 where nobody checks */
    bool in_data = !null && linear >= REF_DATA && linear < REF_DATA_END - 16;
    op.flags |= in_data ? 0 : REF_NO_VALUE;
    op.kind = op.kind == REF_SEG_WRITE && !in_data ? (uint8_t)REF_SEG_READ : op.kind;
    gen_add(g, op);
    peek_descriptors(g, placed);
    if (op.kind == REF_SEG_WRITE) {
        peek(g, 8, linear & ~7u, 0);
        peek(g, 8, (linear & ~7u) + 8, 0);
    }
}

/* ---- jumps and returns ---- */

/* A place in a code segment for the code that comes back, at or near its end. */
static uint32_t landing(struct gen *g, uint32_t limit, uint64_t rights)
{
    uint32_t bytes = rights & GRANULAR ? limit << 12 | 0xfff : limit;
    uint32_t offset = prng_percent(&g->random, 60) ? 0x100 : bytes - 8 + prng_below(&g->random, 12);
    offset &= 0x1ffffc;
    poke(g, 4, DATA_BASE + offset, REF_LANDING);
    return offset;
}

/* A far JMP to a gate or a TSS is another thing, which the machine does not model. */
static uint64_t no_gate(uint64_t rights)
{
    unsigned type = rights >> TYPE_SHIFT & 15;
    bool leads_elsewhere = type == 1 || type == 4 || type == 5 || type == 9 || type == 12;
    return leads_elsewhere && !(rights & S) ? rights | S : rights;
}

static void jump_case(struct gen *g)
{
    const unsigned level = choose_level(g);
    uint32_t limit = choose_limit(g) | 3; /* all of the landing, or nothing */
    uint64_t rights = no_gate(choose_rights(g, TYPE_CODE, level));
    uint32_t placed = place(g, descriptor(DATA_BASE, limit, rights));
    const uint32_t selector = choose_selector(g, placed, level);
    gen_add(g, (struct ref_op){.code = REF_SEGMENT,
                               .kind = REF_SEG_JUMP,
                               .flags = level_flags(level),
                               .extra = selector,
                               .address = landing(g, limit, rights)});
    peek_descriptors(g, placed);
}

static void return_case(struct gen *g)
{
    struct prng *r = &g->random;
    unsigned level = prng_below(r, 4);
    uint32_t limit = choose_limit(g) | 3; /* all of the landing, or nothing */
    uint64_t rights = choose_rights(g, TYPE_CODE, level);
    uint32_t placed = place(g, descriptor(DATA_BASE, limit, rights));
    poke(g, 8, REF_GDT_BASE + SLOT_B,
         descriptor(STACK_BASE, 0xffff, choose_rights(g, TYPE_STACK, level) & ~GRANULAR));
    uint32_t stack = prng_percent(r, 5) ? prng_below(r, 4) : SLOT_B | choose_rpl(g, level);
    const uint32_t selector = choose_selector(g, placed, level);
    gen_add(g, (struct ref_op){.code = REF_SEGMENT,
                               .kind = REF_SEG_IRET,
                               .extra = stack << 16 | selector,
                               .address = landing(g, limit, rights)});
    peek_descriptors(g, placed);
    peek(g, 8, REF_GDT_BASE + SLOT_B, 0);
}

/* ---- interrupts ---- */

/* SS, ESP, EFLAGS and CS of a 32-bit frame; the EIP is the ROM's own affair. */
static void peek_frame(struct gen *g, bool wide)
{
    for (uint32_t i = 1; i <= 6; i++)
        peek(g, 4, STACK_BASE + STACK_TOP - 4 * i, wide && i <= 4 ? 0 : REF_NO_VALUE);
}

/* Never a 16-bit TSS that can be loaded: the ROM's way back from CPL 3 is in a 32-bit one. */
static void load_task(struct gen *g)
{
    struct prng *r = &g->random;
    uint64_t type = prng_percent(r, 80) ? TYPE_TSS : prng_below(r, 16);
    uint64_t rights = (type == 1 ? TYPE_TSS : type) << TYPE_SHIFT | (uint64_t)prng_below(r, 4) << DPL_SHIFT;
    uint32_t limit = prng_percent(r, 60) ? 0x67 : 16 + prng_below(r, 16);
    rights |= prng_percent(r, 90) ? PRESENT : 0;
    poke(g, 8, REF_GDT_BASE + SLOT_TSS, descriptor(REF_TSS_BASE, limit, rights));
    load_table(g, REF_SEG_LTR, SLOT_TSS);
}

static void interrupt_case(struct gen *g)
{
    static const uint64_t types[] = {6, 7, 14, 14, 14, 15, 15};
    struct prng *r = &g->random;
    const unsigned from = prng_percent(r, 60) ? 3 : choose_level(g);
    unsigned level = prng_percent(r, 60) ? STACK_LEVEL : prng_percent(r, 50) ? 0 : 3;
    uint32_t limit = choose_limit(g) | 3; /* all of the landing, or nothing */
    uint64_t rights = choose_rights(g, TYPE_CODE, level < from ? level : from);
    uint64_t type = prng_percent(r, 92) ? types[prng_below(r, 7)] : prng_below(r, 32);
    if (prng_percent(r, 25))
        load_task(g);
    uint32_t placed = place(g, descriptor(DATA_BASE, limit, rights));
    uint64_t selector = choose_selector(g, placed, level);
    uint32_t offset = landing(g, limit, rights);
    type = (type & 31) == 5 || (type & 31) == 1 || (type & 31) == 3 ? 14 : type; /* no task gates */
    const uint64_t dpl = prng_percent(r, 80) ? 3 : prng_below(r, 4);
    const uint64_t present = prng_percent(r, 92) ? PRESENT : 0;
    poke(g, 8, REF_IDT_BASE + REF_SEGMENT_VECTOR * 8,
         (offset & 0xffff) | selector << 16 | (uint64_t)(offset >> 16) << 48 | type << TYPE_SHIFT |
             dpl << DPL_SHIFT | present);
    poke(g, 4, DATA_BASE + (offset & 0xffff), REF_LANDING); /* of a 16-bit gate */
    const uint64_t stack_rights = choose_rights(g, TYPE_STACK, STACK_LEVEL) & ~GRANULAR;
    const uint32_t stack_limit = prng_percent(r, 80) ? 0xffff : STACK_TOP - 24 + prng_below(r, 24);
    poke(g, 8, REF_GDT_BASE + SLOT_B, descriptor(STACK_BASE, stack_limit, stack_rights));
    poke(g, 4, REF_TSS_BASE + TSS_ESP2, STACK_TOP);
    poke(g, 4, REF_TSS_BASE + TSS_SS2,
         prng_percent(r, 5) ? prng_below(r, 4) : SLOT_B | choose_rpl(g, STACK_LEVEL));
    gen_add(g, (struct ref_op){.code = REF_SEGMENT, .kind = REF_SEG_INT, .flags = level_flags(from)});
    peek_descriptors(g, placed);
    peek(g, 8, REF_GDT_BASE + SLOT_B, 0);
    peek_frame(g, (type & 8) != 0);
}

/*
 * Pages of 4 MiB at their own addresses, for what cases use: data, code and stacks in the second, an LDT in the third,
 * which is never read-only: QEMU has another CR2 than the processor's byte where an accessed bit cannot be written.
 */
static void turn_paging_on(struct gen *g)
{
    struct prng *r = &g->random;
    uint32_t data = E_PS_PAGE | E_RW | E_US, table = E_PS_PAGE | E_RW;
    data &= prng_percent(r, 10) ? ~E_US : ~0u;
    data &= prng_percent(r, 10) ? ~E_RW : ~0u;
    data &= prng_percent(r, 8) ? ~E_P : ~0u;
    table |= prng_percent(r, 50) ? E_US : 0;
    table &= prng_percent(r, 15) ? ~E_P : ~0u;
    const uint32_t wp = prng_percent(r, 50) ? CR0_WP : 0;
    poke(g, 4, REF_TABLES, REF_ROOT0_32BIT);
    poke(g, 4, REF_TABLES + 4, 0x400000u | data);
    poke(g, 4, REF_TABLES + 8, 0x800000u | table);
    gen_add(g, (struct ref_op){.code = REF_CR4, .value = CR4_PSE});
    gen_add(g, (struct ref_op){.code = REF_CR3, .value = REF_TABLES});
    gen_add(g, (struct ref_op){.code = REF_CR0, .value = CR0_PAGED | wp});
}

void generate_segments(struct gen *g)
{
    static void (*const kinds[])(struct gen *) = {access_case, access_case,    jump_case,
                                                  return_case, interrupt_case, interrupt_case};
    if (prng_percent(&g->random, 40))
        turn_paging_on(g);
    kinds[prng_below(&g->random, sizeof(kinds) / sizeof(kinds[0]))](g);
}
