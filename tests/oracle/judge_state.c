#include "judge.h"

#include <inttypes.h>
#include <stdio.h>

/* Operations on registers and on the TLB, and the comparison of what they leave. */

static enum kms_x86_reg kms_register(enum oracle_register which)
{
    static const enum kms_x86_reg registers[] = {
        [ORACLE_CR0] = KMS_X86_CR0,  [ORACLE_CR2] = KMS_X86_CR2,   [ORACLE_CR3] = KMS_X86_CR3,
        [ORACLE_CR4] = KMS_X86_CR4,  [ORACLE_EFER] = KMS_X86_EFER, [ORACLE_PKRU] = KMS_X86_PKRU,
        [ORACLE_PKRS] = KMS_X86_PKRS};
    return registers[which];
}

static bool register_is(const struct judge *judge, enum kms_x86_reg reg, const char *name, uint64_t expected)
{
    uint64_t got = kms_x86_read(judge->suspect, reg);
    if (got == expected)
        return true;
    fprintf(stderr, "  %s is %#" PRIx64 " in the machine, %#" PRIx64 " in the oracle\n", name, got, expected);
    return false;
}

static bool registers_agree(const struct judge *judge)
{
    const struct oracle_cpu *cpu = &judge->cpu;
    bool agreed = true;
    agreed &= register_is(judge, KMS_X86_CR0, "CR0", cpu->cr0);
    agreed &= register_is(judge, KMS_X86_CR2, "CR2", cpu->cr2);
    agreed &= register_is(judge, KMS_X86_CR3, "CR3", cpu->cr3);
    agreed &= register_is(judge, KMS_X86_CR4, "CR4", cpu->cr4);
    agreed &= register_is(judge, KMS_X86_EFER, "EFER", cpu->efer);
    agreed &= register_is(judge, KMS_X86_PKRU, "PKRU", cpu->pkru);
    agreed &= register_is(judge, KMS_X86_PKRS, "PKRS", cpu->pkrs);
    for (unsigned i = 0; i < 4 && oracle_mode_of(cpu) == ORACLE_MODE_PAE; i++)
        agreed &= register_is(judge, KMS_X86_PDPTE0 + i, "a PDPTE register", cpu->pdpte[i]);
    return agreed;
}

bool judge_write(struct judge *judge, enum oracle_register which, uint64_t value)
{
    struct oracle_cpu before = judge->cpu;
    struct kms_fault fault = {0};
    if (which <= ORACLE_CR4 && !(before.efer & ORACLE_EFER_LMA))
        value &= UINT32_MAX; /* outside IA-32e mode MOV to CR has a 32-bit operand */
    struct oracle_write expected = oracle_write_reg(&judge->cpu, &judge->memory, which, value);
    enum kms_result result = kms_x86_write(judge->suspect, kms_register(which), value, &fault);
    if (judge->tlb && !expected.gp)
        oracle_tlb_flush(judge->tlb, expected.flush, expected.pcid);
    judge->last = judge_register_name(which);
    bool agreed = (result == KMS_FAULT) == expected.gp && result != KMS_UNBACKED;
    if (expected.gp)
        agreed = agreed && fault.vector == KMS_VECTOR_GP && fault.error_code == 0;
    agreed = registers_agree(judge) && agreed;
    agreed = (!judge->tlb || judge_tlb(judge)) && agreed;
    if (!agreed) {
        fprintf(stderr, "writing %#" PRIx64 " to %s: the oracle says %s, the machine %s; before it:\n", value,
                judge_register_name(which), expected.gp ? "#GP(0)" : "done",
                result == KMS_FAULT ? "a fault" : "done");
        judge_say_cpu(&before);
    }
    return agreed;
}

void judge_invlpg(struct judge *judge, uint64_t linear)
{
    judge->last = "INVLPG";
    if (judge->tlb)
        oracle_tlb_invlpg(judge->tlb, &judge->cpu, linear);
    kms_x86_invlpg(judge->suspect, linear);
}

void judge_flush(struct judge *judge)
{
    if (judge->tlb)
        oracle_tlb_flush(judge->tlb, ORACLE_FLUSH_ALL, 0);
    kms_flush(judge->suspect);
}

void judge_privilege(struct judge *judge, unsigned cpl, bool ac)
{
    judge->cpu.cpl = cpl;
    judge->cpu.ac = ac;
    kms_x86_write(judge->suspect, KMS_X86_CPL, cpl, NULL);
    kms_x86_write(judge->suspect, KMS_X86_EFLAGS_AC, ac, NULL);
}

bool judge_invpcid(struct judge *judge, unsigned type, const uint64_t descriptor[2])
{
    struct kms_fault fault = {0};
    judge->last = "INVPCID";
    bool taken = oracle_tlb_invpcid(judge->tlb, &judge->cpu, type, descriptor);
    enum kms_result result = kms_x86_invpcid(judge->suspect, type, descriptor[0], descriptor[1], &fault);
    if ((result == KMS_DONE) == taken && (!judge->tlb || judge_tlb(judge)))
        return true;
    fprintf(stderr,
            "INVPCID type %u, descriptor %#" PRIx64 " %#" PRIx64 ": the oracle says %s, the machine %s\n",
            type, descriptor[0], descriptor[1], taken ? "done" : "#GP(0)",
            result == KMS_DONE ? "done" : "a fault");
    judge_say_cpu(&judge->cpu);
    return false;
}

/* ---- the two TLBs
 * -------------------------------------------------------------------------------------------- */

static bool same_translation(const struct oracle_tlb_entry *ours, const struct kms_tlb_entry *theirs)
{
    return ours->linear == theirs->linear && ours->physical == theirs->phys &&
           ours->page_bytes == ORACLE_BIT(theirs->page_shift) && ours->rights.global == theirs->global &&
           ours->rights.dirty == theirs->dirty && (ours->rights.global || ours->pcid == theirs->asid);
}

static bool is_in(const struct judge *judge, const struct kms_tlb_entry *theirs)
{
    for (size_t i = 0; i < judge->tlb->count; i++) {
        if (same_translation(&judge->tlb->entries[i], theirs))
            return true;
    }
    fprintf(stderr,
            "after %s the machine still caches %#" PRIx64 " -> %#" PRIx64 " (shift %u, PCID %u, %s, %s)\n",
            judge->last, theirs->linear, theirs->phys, theirs->page_shift, theirs->asid,
            theirs->global ? "global" : "local", theirs->dirty ? "dirty" : "clean");
    return false;
}

static bool is_cached(const struct judge *judge, const struct oracle_tlb_entry *ours,
                      const struct kms_tlb_entry *theirs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (same_translation(ours, &theirs[i]))
            return true;
    }
    fprintf(stderr,
            "after %s the machine forgot %#" PRIx64 " -> %#" PRIx64 " (%#" PRIx64
            " bytes, PCID %u, %s, %s)\n",
            judge->last, ours->linear, ours->physical, ours->page_bytes, ours->pcid,
            ours->rights.global ? "global" : "local", ours->rights.dirty ? "dirty" : "clean");
    return false;
}

bool judge_tlb(struct judge *judge)
{
    struct kms_tlb_entry *theirs = judge->cached;
    size_t count = kms_tlb_list(judge->suspect, theirs, JUDGE_TLB_LIST);
    bool agreed = count <= JUDGE_TLB_LIST;
    for (size_t i = 0; agreed && i < count; i++)
        agreed &= is_in(judge, &theirs[i]);
    for (size_t i = 0; agreed && i < judge->tlb->count; i++)
        agreed &= is_cached(judge, &judge->tlb->entries[i], theirs, count);
    return agreed;
}
