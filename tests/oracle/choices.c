#include "choices.h"

static uint64_t some_of(struct choices *choices, uint64_t bits)
{
    uint64_t word = choose(choices, (uint64_t)1 << 32);
    return bits & word;
}

/* ---- registers
 * ------------------------------------------------------------------------------------------------ */

static struct oracle_features choose_features(struct choices *choices, enum oracle_mode mode)
{
    uint64_t missing = one_in(choices, 2) ? choose(choices, 1u << 16) & choose(choices, 1u << 16) : 0;
    bool long_mode = mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL;
    static const unsigned widths[] = {52, 32, 36, 39, 40, 41, 46, 48};
    return (struct oracle_features){.maxphyaddr = widths[choose(choices, 8)],
                                    .pse = !(missing & 1),
                                    .pse36 = !(missing & 2),
                                    .pae = mode >= ORACLE_MODE_PAE || !(missing & 4),
                                    .pge = !(missing & 8),
                                    .pat = long_mode || !(missing & 0x10),
                                    .nx = !(missing & 0x20),
                                    .lm = long_mode,
                                    .page1g = !(missing & 0x40),
                                    .la57 = mode == ORACLE_MODE_5LEVEL,
                                    .pcid = !(missing & 0x80),
                                    .invpcid = !(missing & 0x80),
                                    .smep = !(missing & 0x100),
                                    .smap = !(missing & 0x200),
                                    .pku = !(missing & 0x400),
                                    .pks = !(missing & 0x800),
                                    .wp = true,
                                    .cr4_others = judge_everything().cr4_others,
                                    .efer_others = long_mode ? ORACLE_EFER_SCE : 0};
}

static uint64_t optional_cr4(const struct oracle_features *has, bool long_mode)
{
    uint64_t bits = 0;
    bits |= has->pse ? ORACLE_CR4_PSE : 0;
    bits |= has->pge ? ORACLE_CR4_PGE : 0;
    bits |= has->smep ? ORACLE_CR4_SMEP : 0;
    bits |= has->smap ? ORACLE_CR4_SMAP : 0;
    bits |= has->pku ? ORACLE_CR4_PKE : 0;
    bits |= has->pks ? ORACLE_CR4_PKS : 0;
    bits |= has->pcid && long_mode ? ORACLE_CR4_PCIDE : 0;
    return bits;
}

static void choose_privilege(struct choices *choices, struct oracle_cpu *cpu)
{
    static const unsigned privileges[] = {3, 0, 3, 0, 3, 0, 1, 2};
    cpu->cpl = privileges[choose(choices, 8)];
    cpu->ac = one_in(choices, 2);
}

static void choose_keys(struct choices *choices, struct oracle_cpu *cpu)
{
    cpu->pkru = (uint32_t)(choose(choices, (uint64_t)1 << 32) & choose(choices, (uint64_t)1 << 32));
    cpu->pkrs = (uint32_t)(choose(choices, (uint64_t)1 << 32) & choose(choices, (uint64_t)1 << 32));
}

static void load_pdptes(struct oracle_cpu *cpu, struct choices *choices)
{
    for (unsigned i = 0; i < 4; i++)
        cpu->pdpte[i] = (choose(choices, 16) << 12) | (one_in(choices, 8) ? 0 : ORACLE_P);
}

struct oracle_cpu choose_cpu(struct choices *choices, enum oracle_mode mode, bool all_features)
{
    struct oracle_cpu cpu = {.cr0 = ORACLE_CR0_PE | ORACLE_CR0_ET};
    bool long_mode = mode == ORACLE_MODE_4LEVEL || mode == ORACLE_MODE_5LEVEL;
    cpu.has = all_features ? judge_everything() : choose_features(choices, mode);
    cpu.cr0 |= mode != ORACLE_MODE_NONE ? ORACLE_CR0_PG : 0;
    cpu.cr0 |= some_of(choices, ORACLE_CR0_WP);
    cpu.cr3 = choose(choices, 16) << 12;
    cpu.cr4 = some_of(choices, optional_cr4(&cpu.has, long_mode));
    cpu.cr4 |= mode >= ORACLE_MODE_PAE ? ORACLE_CR4_PAE : 0;
    cpu.cr4 |= mode == ORACLE_MODE_5LEVEL ? ORACLE_CR4_LA57 : 0;
    cpu.efer = long_mode ? ORACLE_EFER_LME | ORACLE_EFER_LMA : 0;
    cpu.efer |= cpu.has.nx ? some_of(choices, ORACLE_EFER_NXE) : 0;
    choose_privilege(choices, &cpu);
    choose_keys(choices, &cpu);
    load_pdptes(&cpu, choices);
    return cpu;
}

/* ---- tables
 * --------------------------------------------------------------------------------------------------- */

static unsigned entry_bytes(const struct oracle_cpu *cpu)
{
    return cpu->cr4 & ORACLE_CR4_PAE ? 8 : 4;
}

static uint64_t choose_frame(struct choices *choices, const struct oracle_cpu *cpu)
{
    if (!one_in(choices, 64))
        return choose(choices, 16) << 12;
    uint64_t far = choose(choices, (uint64_t)1 << 32) << 20 | choose(choices, 256) << 12;
    return entry_bytes(cpu) == 4 ? far & 0xfffff000u : far & (ORACLE_BIT(cpu->has.maxphyaddr) - 1);
}

uint64_t choose_entry(struct choices *choices, const struct oracle_cpu *cpu)
{
    static const uint64_t large_frames = ~(uint64_t)0xfff000; /* no reserved bit below a 4-MByte page */
    uint64_t entry = choose_frame(choices, cpu);
    uint64_t flags = choose(choices, 256);
    entry |= flags & 0x1f ? ORACLE_P : 0;
    entry |= flags & 0x24 ? ORACLE_RW : 0;
    entry |= flags & 0xc1 ? ORACLE_US : 0;
    entry |= choose(choices, 8) << 5 & (ORACLE_A | ORACLE_D);
    entry |= one_in(choices, 4) ? ORACLE_G : 0;
    if (one_in(choices, 4))
        entry = (entry & (large_frames | 0x1000)) | ORACLE_PS;
    if (entry_bytes(cpu) == 8) {
        bool may_xd = cpu->efer & ORACLE_EFER_NXE;
        entry |= one_in(choices, may_xd ? 4 : 64) ? ORACLE_XD : 0;
        entry |= cpu->efer & ORACLE_EFER_LMA ? choose(choices, 16) << 59 : 0;
    }
    if (one_in(choices, 32))
        entry ^= ORACLE_BIT(choose(choices, entry_bytes(cpu) * 8));
    return entry;
}

void choose_tables(struct choices *choices, struct judge *judge)
{
    unsigned bytes = entry_bytes(&judge->cpu);
    uint64_t pool[256]; /* making each entry anew would take most of a test's time */
    for (size_t i = 0; i < 256; i++)
        pool[i] = choose_entry(choices, &judge->cpu);
    for (size_t at = 0; at < JUDGE_RAM; at += bytes) {
        uint64_t entry = pool[choose(choices, 256)];
        for (unsigned i = 0; i < bytes; i++)
            judge->scratch[at + i] = (uint8_t)(entry >> (8 * i));
    }
    judge_fill(judge, judge->scratch);
}

/* ---- accesses
 * ------------------------------------------------------------------------------------------------- */

uint64_t choose_linear(struct choices *choices, const struct oracle_cpu *cpu)
{
    static const uint64_t starts[] = {0,
                                      0x400000,
                                      0x40000000,
                                      0xc0000000,
                                      0x7fff00000000,
                                      0xffff800000000000,
                                      0x00ffffffc0000000,
                                      0xff00000000000000};
    uint64_t regions = cpu->efer & ORACLE_EFER_LMA ? 8 : 4;
    bool hot = one_in(choices, 2); /* few addresses, so that a story meets its own past */
    uint64_t linear = starts[choose(choices, hot ? 2 : regions)];
    if (!hot) {
        linear += choose(choices, 4) << 12;
        linear += one_in(choices, 4) ? 0x200000 : 0;
    }
    if (one_in(choices, 32))
        linear ^= ORACLE_BIT(choose(choices, cpu->efer & ORACLE_EFER_LMA ? 64 : 32));
    return linear + choose(choices, 4096);
}

struct oracle_access choose_access(struct choices *choices, const struct oracle_cpu *cpu)
{
    return (struct oracle_access){.linear = choose_linear(choices, cpu),
                                  .kind = (enum oracle_kind)choose(choices, 4),
                                  .implicit = one_in(choices, 8)};
}

void choose_damage(struct choices *choices, struct judge *judge, uint64_t linear)
{
    struct oracle_walk walk;
    if (oracle_mode_of(&judge->cpu) == ORACLE_MODE_NONE || !oracle_is_canonical(&judge->cpu, linear))
        return;
    oracle_walk(&judge->cpu, &judge->memory, linear, &walk);
    const struct oracle_entry *entry = &walk.entries[choose(choices, walk.count)];
    uint64_t value = entry->value;
    if (one_in(choices, 2))
        value = choose_entry(choices, &judge->cpu);
    else
        value ^= ORACLE_BIT(choose(choices, entry->bytes * 8));
    if (!entry->in_register)
        judge_poke(judge, entry->address, entry->bytes, value);
}
