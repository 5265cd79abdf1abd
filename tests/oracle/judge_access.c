#include "judge.h"

#include <inttypes.h>
#include <stdio.h>

/* The entries that this access may have changed are the same in both memories. */
static bool entries_agree(const struct judge *judge, const struct oracle_result *expected)
{
    for (unsigned i = 0; i < expected->walk.count; i++) {
        const struct oracle_entry *entry = &expected->walk.entries[i];
        uint64_t theirs = 0;
        if (entry->address >= JUDGE_RAM)
            continue;
        kms_phys_load(kms_machine_ram(judge->machine), entry->address, entry->bytes, &theirs);
        if (theirs == judge_peek(judge, entry->address, entry->bytes))
            continue;
        fprintf(stderr,
                "  the entry at %#" PRIx64 " is now %#" PRIx64 " in the machine, %#" PRIx64
                " in the oracle\n",
                entry->address, theirs, judge_peek(judge, entry->address, entry->bytes));
        return false;
    }
    return true;
}

static bool rights_agree(const struct oracle_rights *expected, unsigned got)
{
    unsigned rights = KMS_RIGHT_READ;
    rights |= expected->writable ? KMS_RIGHT_WRITE : 0u;
    rights |= expected->user ? KMS_RIGHT_USER : 0u;
    rights |= expected->no_execute ? 0u : KMS_RIGHT_EXEC;
    return got == rights;
}

static bool translation_agrees(const struct judge *judge, const struct oracle_result *expected,
                               const struct kms_translation *got)
{
    if (got->phys != expected->physical)
        return false;
    if (oracle_mode_of(&judge->cpu) == ORACLE_MODE_NONE)
        return true;
    return ORACLE_BIT(got->page_shift) == expected->page_bytes &&
           rights_agree(&expected->rights, got->rights);
}

/* The same fault, where the oracle says that there is one. */
bool judge_same_fault(const struct oracle_result *expected, const struct judge_answer *got)
{
    if (got->result != KMS_FAULT || got->fault.vector != expected->vector ||
        got->fault.error_code != expected->error_code)
        return false;
    return expected->vector != ORACLE_VECTOR_PF || got->fault.address == expected->cr2;
}

static bool outcome_agrees(const struct judge *judge, const struct oracle_result *expected,
                           const struct judge_answer *got)
{
    if (expected->vector == ORACLE_VECTOR_NONE)
        return got->result == KMS_DONE && translation_agrees(judge, expected, &got->translation);
    return judge_same_fault(expected, got);
}

static enum kms_privilege privilege_of(const struct judge *judge, const struct oracle_access *access)
{
    if (access->implicit)
        return KMS_AS_IMPLICIT;
    if (!judge->by_privilege)
        return KMS_AS_CURRENT;
    return judge->cpu.cpl == 3 ? KMS_AS_USER : KMS_AS_SUPERVISOR;
}

static struct kms_access kms_access_of(const struct judge *judge, const struct oracle_access *access)
{
    static const enum kms_access_kind kinds[] = {[ORACLE_READ] = KMS_READ,
                                                 [ORACLE_WRITE] = KMS_WRITE,
                                                 [ORACLE_FETCH] = KMS_FETCH,
                                                 [ORACLE_RMW] = KMS_RMW};
    return (struct kms_access){
        .linear = access->linear, .kind = kinds[access->kind], .privilege = privilege_of(judge, access)};
}

/*
 * With several cached translations of an address the manual lets the CPU choose, and a CPU may well have
 * replaced the old one by the new: forget them all, in both.
 */
void judge_settle(struct judge *judge, uint64_t linear)
{
    if (!judge->tlb || oracle_tlb_candidates(judge->tlb, &judge->cpu, linear) <= 1)
        return;
    judge->choices++;
    judge_invlpg(judge, linear);
}

static enum judge_outcome outcome_of(const struct oracle_result *result)
{
    if (result->vector == ORACLE_VECTOR_NONE)
        return JUDGE_TRANSLATED;
    if (result->vector == ORACLE_VECTOR_GP)
        return JUDGE_NONCANONICAL;
    if (result->error_code & ORACLE_PF_RSVD)
        return JUDGE_RESERVED;
    return result->error_code & ORACLE_PF_P ? JUDGE_REFUSED : JUDGE_NOT_PRESENT;
}

/* Do the tables say something else than the cached translation that was used? */
static bool is_stale(const struct judge *judge, const struct oracle_result *used, uint64_t linear)
{
    struct oracle_walk now;
    if (!judge->tlb || used->vector != ORACLE_VECTOR_NONE || oracle_mode_of(&judge->cpu) == ORACLE_MODE_NONE)
        return false;
    oracle_walk(&judge->cpu, &judge->memory, linear, &now);
    if (!now.present || now.reserved)
        return true;
    return now.page_physical + (linear & (now.page_bytes - 1)) != used->physical;
}

/* What the oracle says, with its effects on the oracle's memory, TLB and CR2. */
void judge_expect(struct judge *judge, const struct oracle_access *access, struct oracle_result *expected)
{
    if (judge->tlb)
        oracle_tlb_translate(judge->tlb, &judge->cpu, &judge->memory, &judge->options, access, expected);
    else
        oracle_translate(&judge->cpu, &judge->memory, &judge->options, access, expected);
    if (expected->vector == ORACLE_VECTOR_PF)
        judge->cpu.cr2 = expected->cr2;
    judge->outcomes[outcome_of(expected)]++;
    judge->stale += is_stale(judge, expected, access->linear);
}

/* A probe beforehand answered as the access then did. */
static bool probe_agrees(const struct judge_answer *probed, const struct judge_answer *got)
{
    if (probed->result != got->result)
        return false;
    if (got->result == KMS_DONE)
        return probed->translation.phys == got->translation.phys &&
               probed->translation.page_shift == got->translation.page_shift &&
               probed->translation.rights == got->translation.rights;
    return probed->fault.vector == got->fault.vector && probed->fault.error_code == got->fault.error_code &&
           probed->fault.address == got->fault.address;
}

bool judge_access(struct judge *judge, const struct oracle_access *access)
{
    struct kms_access theirs = kms_access_of(judge, access);
    struct oracle_result expected;
    struct judge_answer got = {0}, probed = {0};
    judge_settle(judge, access->linear);
    probed.result = kms_probe(judge->suspect, &theirs, &probed.translation, &probed.fault);
    judge_expect(judge, access, &expected);
    got.result = kms_translate(judge->suspect, &theirs, &got.translation, &got.fault);
    judge->last = "an access";
    bool agreed = outcome_agrees(judge, &expected, &got) && entries_agree(judge, &expected) &&
                  kms_x86_read(judge->suspect, KMS_X86_CR2) == judge->cpu.cr2;
    if (!agreed || !probe_agrees(&probed, &got)) {
        fprintf(stderr, "%s disagree:\n",
                agreed ? "the machine's probe and access" : "the machine and the oracle");
        judge_say_access(access);
        judge_say_cpu(&judge->cpu);
        judge_say_result(&expected);
        judge_say_answer(&got);
        return false;
    }
    judge_settle(judge, access->linear);
    return true;
}

/* ---- the walk as a value
 * ------------------------------------------------------------------------------------- */

static enum kms_verdict verdict_of(const struct oracle_walk *walk)
{
    if (!walk->present)
        return KMS_NOT_PRESENT;
    return walk->reserved ? KMS_RESERVED : KMS_MAPPED;
}

static bool levels_agree(const struct oracle_walk *expected, const struct kms_walk *got)
{
    if (got->depth != expected->count)
        return false;
    for (unsigned i = 0; i < expected->count; i++) {
        const struct oracle_entry *entry = &expected->entries[i];
        const struct kms_walk_level *level = &got->level[i];
        if (level->level != entry->level || level->entry != entry->value ||
            level->in_register != entry->in_register)
            return false;
        if (!entry->in_register && level->entry_addr != entry->address)
            return false;
        if (level->reserved != entry->reserved)
            return false;
    }
    return true;
}

static bool walks_agree(const struct oracle_walk *expected, const struct kms_walk *got, uint64_t linear)
{
    if (!levels_agree(expected, got) || got->verdict != verdict_of(expected))
        return false;
    if (got->verdict != KMS_MAPPED)
        return true;
    return got->phys == expected->page_physical + (linear & (expected->page_bytes - 1)) &&
           ORACLE_BIT(got->page_shift) == expected->page_bytes && got->key == expected->rights.key &&
           got->global == expected->rights.global && rights_agree(&expected->rights, got->rights);
}

bool judge_walk(struct judge *judge, uint64_t linear)
{
    struct kms_walk got;
    struct oracle_result expected = {0};
    kms_inspect(judge->suspect, linear, &got);
    if (!oracle_is_canonical(&judge->cpu, linear))
        return got.verdict == KMS_NONCANONICAL && got.depth == 0;
    if (oracle_mode_of(&judge->cpu) == ORACLE_MODE_NONE)
        return got.verdict == KMS_MAPPED && got.depth == 0 && got.phys == linear;
    oracle_walk(&judge->cpu, &judge->memory, linear, &expected.walk);
    if (walks_agree(&expected.walk, &got, linear))
        return true;
    fprintf(stderr, "the walks of %#" PRIx64 " disagree:\n", linear);
    expected.physical = expected.walk.page_physical;
    expected.page_bytes = expected.walk.page_bytes;
    expected.rights = expected.walk.rights;
    judge_say_cpu(&judge->cpu);
    judge_say_result(&expected);
    judge_say_kms_walk(&got);
    return false;
}
