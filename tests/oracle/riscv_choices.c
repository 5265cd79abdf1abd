#include "riscv_choices.h"

#define TABLES    16u /* frames at the beginning of memory */
#define ASIDS     4u
#define ADDRESSES 4u /* choices for each part of a page number */
#define FRAMES    (RV_JUDGE_RAM >> 12)

struct rv_judge_options rv_hardware(enum rvo_mode mode, unsigned variant)
{
    static const unsigned modes[RVO_MODES] = {
        [RVO_SV32] = 1u << RVO_SV32,
        [RVO_SV39] = 1u << RVO_SV39,
        [RVO_SV48] = 1u << RVO_SV39 | 1u << RVO_SV48,
        [RVO_SV57] = 1u << RVO_SV39 | 1u << RVO_SV48 | 1u << RVO_SV57,
    };
    bool wide = mode != RVO_SV32;
    return (struct rv_judge_options){
        .cpu = {.xlen = wide ? 64 : 32,
                .modes = modes[mode],
                .asidlen = variant & 1 ? 1
                           : wide      ? 16
                                       : 9,
                .hardware_ad = !(variant & 2),
                .svnapot = wide && variant & 4,
                .svpbmt = wide && variant & 8},
        .svadu = !(variant & 2),
        .rights_fault = variant & 16,
        .no_tlb = variant & 32,
    };
}

/* ---- tables ---- */

static uint64_t frame(struct choices *choices, unsigned frames)
{
    return RV_JUDGE_BASE + choose(choices, frames) * 0x1000;
}

/* Large pages begin where memory does. */
static uint64_t leaf_frame(struct choices *choices)
{
    if (one_in(choices, 16))
        return 0xf0000000u; /* no memory */
    return one_in(choices, 4) ? frame(choices, FRAMES) : RV_JUDGE_BASE;
}

static uint64_t choose_rights(struct choices *choices)
{
    uint64_t bits = choose(choices, 256);
    return one_in(choices, 4) ? bits : bits | RVO_V | RVO_R;
}

static uint64_t upper_bits(struct choices *choices, const struct rvo_cpu *cpu, uint64_t *ppn)
{
    if (cpu->xlen == 32 || !one_in(choices, 6))
        return 0;
    if (one_in(choices, 2) && cpu->svnapot) {
        *ppn = (*ppn & ~UINT64_C(15)) | 8;
        return RVO_N;
    }
    return RVO_BIT(54 + choose(choices, 10));
}

static uint64_t choose_entry(struct choices *choices, const struct rvo_cpu *cpu)
{
    bool pointer = one_in(choices, 2);
    uint64_t ppn = (pointer ? frame(choices, TABLES) : leaf_frame(choices)) >> 12;
    uint64_t bits = pointer ? RVO_V | (one_in(choices, 8) ? choose(choices, 256) & ~UINT64_C(0xe) : 0)
                            : choose_rights(choices);
    bits |= upper_bits(choices, cpu, &ppn);
    return ppn << RVO_PPN_SHIFT | choose(choices, 4) << 8 | bits;
}

/* Parts of a page number that addresses use: the first ones and the last. */
static uint64_t part(struct choices *choices, unsigned bits)
{
    uint64_t n = choose(choices, ADDRESSES) & choose(choices, ADDRESSES); /* mostly 0, so that they meet */
    return n == ADDRESSES - 1 ? RVO_BIT(bits) - 1 : n;
}

static unsigned part_bits(enum rvo_mode mode)
{
    return mode == RVO_SV32 ? 10 : 9;
}

static bool choose_satp(struct choices *choices, struct rv_judge *judge, enum rvo_mode mode)
{
    uint64_t root = frame(choices, one_in(choices, 4) ? 2 : 1) >> 12, asid = choose(choices, ASIDS);
    if (mode == RVO_SV32)
        return rv_judge_satp(judge, RVO_BIT(31) | asid << 22 | root);
    if (one_in(choices, 16))
        return rv_judge_satp(judge, choose(choices, 16) << 60 | asid << 44 | root);
    return rv_judge_satp(judge, (uint64_t)(mode - RVO_SV39 + 8) << 60 | asid << 44 | root);
}

static void poke_entry(struct rv_judge *judge, enum rvo_mode mode, uint64_t table, uint64_t index,
                       uint64_t value)
{
    unsigned bytes = rvo_entry_bytes(mode);
    rv_judge_poke(judge, table + index * bytes, bytes, value);
}

static void change_privilege(struct choices *choices, struct rv_judge *judge)
{
    static const enum rvo_privilege modes[] = {RVO_SUPERVISOR, RVO_USER, RVO_SUPERVISOR, RVO_MACHINE};
    struct rvo_cpu cpu = judge->cpu;
    cpu.privilege = modes[choose(choices, 4)];
    cpu.mpp = modes[choose(choices, 4)];
    cpu.mprv = one_in(choices, 3);
    cpu.sum = one_in(choices, 2);
    cpu.mxr = one_in(choices, 2);
    rv_judge_status(judge, &cpu);
}

bool rv_choose_tables(struct choices *choices, struct rv_judge *judge, enum rvo_mode mode)
{
    for (uint64_t table = 0; table < TABLES; table++) {
        for (uint64_t i = 0; i < ADDRESSES; i++) {
            uint64_t index = i == ADDRESSES - 1 ? RVO_BIT(part_bits(mode)) - 1 : i;
            poke_entry(judge, mode, RV_JUDGE_BASE + table * 0x1000, index,
                       choose_entry(choices, &judge->cpu));
        }
    }
    change_privilege(choices, judge);
    return choose_satp(choices, judge, mode);
}

/* ---- operations ---- */

static uint64_t choose_address(struct choices *choices, const struct rvo_cpu *cpu, enum rvo_mode mode)
{
    unsigned bits = part_bits(mode), levels = rvo_levels(mode), top = 12 + levels * bits;
    uint64_t address = choose(choices, 0x1000);
    for (unsigned level = 0; level < levels; level++)
        address |= part(choices, bits) << (12 + level * bits);
    if (cpu->xlen == 64 && address >> (top - 1))
        address |= ~UINT64_C(0) << top;
    if (cpu->xlen == 64 && one_in(choices, 32))
        address ^= RVO_BIT(top - 1 + choose(choices, 64 - top + 1));
    return address;
}

static enum rvo_mode active_mode(const struct rv_judge *judge)
{
    enum rvo_mode mode = rvo_mode_of(&judge->cpu);
    return mode != RVO_BARE ? mode : judge->cpu.xlen == 32 ? RVO_SV32 : RVO_SV39;
}

static bool access_somewhere(struct choices *choices, struct rv_judge *judge)
{
    const struct rvo_access access = {choose_address(choices, &judge->cpu, active_mode(judge)),
                                      (enum rvo_kind)choose(choices, RVO_KINDS)};
    return rv_judge_access(judge, &access);
}

static void fence(struct choices *choices, struct rv_judge *judge)
{
    uint64_t address = choose_address(choices, &judge->cpu, active_mode(judge));
    unsigned asid = (unsigned)choose(choices, ASIDS);
    rv_judge_fence(judge, one_in(choices, 2) ? &address : NULL, one_in(choices, 2) ? &asid : NULL);
}

/* One entry of the walk of some address. */
static void change_entry(struct choices *choices, struct rv_judge *judge)
{
    struct rvo_walk walk;
    enum rvo_mode mode = rvo_mode_of(&judge->cpu);
    uint64_t address = choose_address(choices, &judge->cpu, active_mode(judge));
    if (mode == RVO_BARE || !rvo_is_valid_address(&judge->cpu, address))
        return;
    rvo_walk(&judge->cpu, &judge->memory, address, &walk);
    if (!walk.count)
        return;
    const struct rvo_entry *entry = &walk.entries[choose(choices, walk.count)];
    uint64_t value = one_in(choices, 2) ? choose_entry(choices, &judge->cpu)
                                        : entry->value ^ RVO_BIT(choose(choices, rvo_entry_bytes(mode) * 8));
    rv_judge_poke(judge, entry->address, rvo_entry_bytes(mode), value);
}

/* menvcfg's say on A and D and on memory types: whoever changes it fences. */
static void change_environment(struct choices *choices, struct rv_judge *judge)
{
    struct rvo_cpu cpu = judge->cpu;
    cpu.hardware_ad = judge->options.svadu && one_in(choices, 2);
    cpu.svpbmt = judge->options.cpu.svpbmt && one_in(choices, 2);
    rv_judge_status(judge, &cpu);
    rv_judge_fence(judge, NULL, NULL);
}

bool rv_choose_operation(struct choices *choices, struct rv_judge *judge, bool fenced)
{
    bool agreed = true;
    switch (choose(choices, 16)) {
    case 0: fence(choices, judge); break;
    case 1:
        agreed = choose_satp(choices, judge, active_mode(judge));
        if (fenced)
            rv_judge_fence(judge, NULL, NULL);
        break;
    case 2:
    case 3:
        change_entry(choices, judge);
        if (fenced)
            rv_judge_fence(judge, NULL, NULL);
        break;
    case 4:
    case 5: change_privilege(choices, judge); break;
    case 6: change_environment(choices, judge); break;
    case 7:
        agreed = rvo_mode_of(&judge->cpu) == RVO_BARE ||
                 rv_judge_walk(judge, choose_address(choices, &judge->cpu, active_mode(judge)));
        break;
    default: agreed = access_somewhere(choices, judge);
    }
    return agreed;
}
