#include "choices.h"

/* ---- register writes: mostly taken by the CPU, sometimes refused
 * ------------------------------------------------- */

static bool write_cr0(struct choices *choices, struct judge *judge)
{
    static const uint64_t bits[] = {ORACLE_CR0_WP, ORACLE_CR0_CD, ORACLE_CR0_WP, ORACLE_CR0_PG};
    uint64_t flip = bits[choose(choices, 4)];
    if (one_in(choices, 16))
        flip |= ORACLE_BIT(choose(choices, 64));
    return judge_write(judge, ORACLE_CR0, judge->cpu.cr0 ^ flip);
}

static bool write_cr3(struct choices *choices, struct judge *judge)
{
    uint64_t value = choose(choices, 16) << 12 | choose(choices, 4);
    if (one_in(choices, 2))
        value = (judge->cpu.cr3 & ~(uint64_t)0xfff) | choose(choices, 4);
    if (judge->cpu.cr4 & ORACLE_CR4_PCIDE)
        value |= one_in(choices, 2) ? ORACLE_BIT(63) : 0;
    if (one_in(choices, 16))
        value ^= ORACLE_BIT(choose(choices, 64));
    return judge_write(judge, ORACLE_CR3, value);
}

static bool write_cr4(struct choices *choices, struct judge *judge)
{
    static const uint64_t bits[] = {ORACLE_CR4_PGE,  ORACLE_CR4_SMEP,  ORACLE_CR4_SMAP, ORACLE_CR4_PKE,
                                    ORACLE_CR4_PKS,  ORACLE_CR4_PCIDE, ORACLE_CR4_PSE,  ORACLE_CR4_PAE,
                                    ORACLE_CR4_LA57, ORACLE_CR4_SMEP,  ORACLE_CR4_SMAP, ORACLE_CR4_PGE};
    uint64_t flip = bits[choose(choices, 12)];
    if (one_in(choices, 16))
        flip |= ORACLE_BIT(choose(choices, 64));
    return judge_write(judge, ORACLE_CR4, judge->cpu.cr4 ^ flip);
}

/* What a cached XD means after NXE has changed the manual does not say: forget it. */
static bool write_efer(struct choices *choices, struct judge *judge)
{
    uint64_t flip = one_in(choices, 2) ? ORACLE_EFER_LME : ORACLE_EFER_NXE;
    bool agreed = judge_write(judge, ORACLE_EFER, judge->cpu.efer ^ flip);
    judge_flush(judge);
    return agreed;
}

static bool write_keys(struct choices *choices, struct judge *judge)
{
    uint64_t value = choose(choices, (uint64_t)1 << 32) & choose(choices, (uint64_t)1 << 32);
    return judge_write(judge, one_in(choices, 2) ? ORACLE_PKRS : ORACLE_PKRU, value);
}

static bool write_register(struct choices *choices, struct judge *judge)
{
    if (oracle_mode_of(&judge->cpu) == ORACLE_MODE_NONE && one_in(choices, 2))
        return judge_write(judge, ORACLE_CR0, judge->cpu.cr0 | ORACLE_CR0_PG);
    switch (choose(choices, 8)) {
    case 0: return write_cr0(choices, judge);
    case 1:
    case 2:
    case 3: return write_cr3(choices, judge);
    case 4:
    case 5: return write_cr4(choices, judge);
    case 6: return write_efer(choices, judge);
    default: return write_keys(choices, judge);
    }
}

/* ---- operations
 * -------------------------------------------------------------------------------------------------- */

static bool access_somewhere(struct choices *choices, struct judge *judge)
{
    struct oracle_access access = choose_access(choices, &judge->cpu);
    if (access.implicit || one_in(choices, 2))
        return judge_access(judge, &access);
    if (one_in(choices, 4))
        access.linear |= 0xffd; /* into the next page */
    uint64_t value =
        access.kind == ORACLE_WRITE || access.kind == ORACLE_RMW ? choose_entry(choices, &judge->cpu) : 0;
    return judge_data(judge, &access, 1u << choose(choices, 4), value);
}

static bool invalidate_pcid(struct choices *choices, struct judge *judge)
{
    uint64_t descriptor[2] = {choose(choices, 4), choose_linear(choices, &judge->cpu)};
    unsigned type = (unsigned)choose(choices, 5);
    if (one_in(choices, 16))
        descriptor[0] ^= ORACLE_BIT(choose(choices, 64));
    return judge_invpcid(judge, type, descriptor);
}

static bool change_privilege(struct choices *choices, struct judge *judge)
{
    unsigned cpl = one_in(choices, 2) ? 3 : (unsigned)choose(choices, 4);
    judge_privilege(judge, cpl, one_in(choices, 2));
    return true;
}

bool choose_operation(struct choices *choices, struct judge *judge)
{
    bool agreed = true, may_be_stale = false;
    uint64_t what = choose(choices, 16);
    if (what < 8) {
        agreed = access_somewhere(choices, judge);
        may_be_stale = true; /* it may have written to a table */
    } else if (what < 11) {
        choose_damage(choices, judge, choose_linear(choices, &judge->cpu));
        may_be_stale = true;
    } else if (what < 13) {
        agreed = write_register(choices, judge);
        may_be_stale = true;
    } else if (what == 13) {
        agreed = change_privilege(choices, judge);
    } else if (what == 14) {
        judge_invlpg(judge, choose_linear(choices, &judge->cpu));
    } else {
        agreed = invalidate_pcid(choices, judge);
    }
    if (may_be_stale && !judge->tlb)
        judge_flush(judge);
    return agreed;
}
