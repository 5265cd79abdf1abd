/* invalidate.c - SDM volume 3, "Invalidation of TLBs and Paging-Structure Caches"; RISC-V volume II, "Supervisor
 * Memory-Management Fence Instruction". */
#include "cpu.h"

#include <assert.h>

/* Large pages may be settled under any of their 4 KiB pieces. */
static void drop_settled_page(struct kms_cpu *cpu, kms_linear linear)
{
    if (tlb_has_large(&cpu->tlb))
        lookaside_flush(&cpu->lookaside);
    else
        lookaside_drop_page(&cpu->lookaside, linear);
}

static void tell(struct kms_cpu *cpu, enum kms_flush_scope scope, uint16_t asid, kms_linear linear)
{
    if (cpu_is_observed(cpu, KMS_EVENT_INVALIDATE))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_INVALIDATE,
                                            .scope = scope,
                                            .asid = asid,
                                            .access = {.linear = linear, .privilege = KMS_AS_SUPERVISOR}});
}

/* Paging-structure caches know no global entries, and no single address: on x86 that forgets the whole address space. */
static void forget_structures(struct kms_cpu *cpu, enum kms_flush_scope scope, uint16_t asid)
{
    if (!cpu->structures)
        return;
    if (!cpu_is_x86(cpu) && (scope == KMS_FLUSH_PAGE || scope == KMS_FLUSH_PAGE_ALL))
        return;
    if (scope == KMS_FLUSH_PAGE || scope == KMS_FLUSH_ASID)
        structure_cache_flush_asid(cpu->structures, asid);
    else
        structure_cache_flush_all(cpu->structures);
}

void cpu_flush(struct kms_cpu *cpu, enum kms_flush_scope scope, uint16_t asid, kms_linear linear)
{
    switch (scope) {
    case KMS_FLUSH_PAGE: tlb_drop(&cpu->tlb, linear, asid, cpu_is_x86(cpu)); break;
    case KMS_FLUSH_PAGE_ALL: tlb_drop_everywhere(&cpu->tlb, linear); break;
    case KMS_FLUSH_ASID: tlb_flush_asid(&cpu->tlb, asid); break;
    case KMS_FLUSH_NONGLOBAL: tlb_flush_nonglobal(&cpu->tlb); break;
    case KMS_FLUSH_ALL: tlb_flush_all(&cpu->tlb); break;
    }
    if (scope == KMS_FLUSH_PAGE || scope == KMS_FLUSH_PAGE_ALL)
        drop_settled_page(cpu, linear);
    else
        lookaside_flush(&cpu->lookaside);
    forget_structures(cpu, scope, asid);
    tell(cpu, scope, asid, linear);
}

void cpu_flush_asid_with_globals(struct kms_cpu *cpu, uint16_t asid)
{
    tlb_flush_globals(&cpu->tlb);
    cpu_flush(cpu, KMS_FLUSH_ASID, asid, 0);
}

void kms_x86_invlpg(struct kms_cpu *cpu, kms_linear linear)
{
    assert(cpu && cpu_is_x86(cpu));
    if (x86_is_canonical(&cpu->layout, linear))
        cpu_flush(cpu, KMS_FLUSH_PAGE, cpu->asid, x86_linear(&cpu->layout, linear));
}

enum kms_result kms_x86_invpcid(struct kms_cpu *cpu, uint64_t type, uint64_t pcid, kms_linear linear,
                                struct kms_fault *fault)
{
    assert(cpu && cpu_is_x86(cpu));
    const bool one_pcid = type == KMS_X86_INVPCID_ADDRESS || type == KMS_X86_INVPCID_SINGLE;
    const bool no_pcids = !(cpu->x86.cr4 & KMS_CR4_PCIDE);
    if (type > KMS_X86_INVPCID_ALL_LOCAL || pcid > KMS_CR3_PCID || (one_pcid && no_pcids && pcid != 0) ||
        (type == KMS_X86_INVPCID_ADDRESS && !x86_is_canonical(&cpu->layout, linear))) {
        const struct kms_fault refused = {KMS_VECTOR_GP, 0, 0};
        if (fault)
            *fault = refused;
        return cpu_raise(cpu, &(struct kms_access){linear, KMS_READ, KMS_AS_SUPERVISOR}, NULL, &refused);
    }
    switch ((enum kms_x86_invpcid_type)type) {
    case KMS_X86_INVPCID_ADDRESS:
        tlb_drop(&cpu->tlb, x86_linear(&cpu->layout, linear), (uint16_t)pcid, false);
        drop_settled_page(cpu, x86_linear(&cpu->layout, linear));
        forget_structures(cpu, KMS_FLUSH_PAGE, (uint16_t)pcid);
        tell(cpu, KMS_FLUSH_PAGE, (uint16_t)pcid, linear);
        break;
    case KMS_X86_INVPCID_SINGLE: cpu_flush(cpu, KMS_FLUSH_ASID, (uint16_t)pcid, 0); break;
    case KMS_X86_INVPCID_ALL: cpu_flush(cpu, KMS_FLUSH_ALL, 0, 0); break;
    case KMS_X86_INVPCID_ALL_LOCAL: cpu_flush(cpu, KMS_FLUSH_NONGLOBAL, 0, 0); break;
    }
    return KMS_DONE;
}

void kms_riscv_sfence_vma(struct kms_cpu *cpu, const kms_linear *linear, const uint16_t *asid)
{
    assert(cpu && !cpu_is_x86(cpu));
    const uint16_t space = (uint16_t)(asid ? *asid & ((1u << cpu->riscv.asid_bits) - 1u) : 0u);
    if (!linear) {
        cpu_flush(cpu, asid ? KMS_FLUSH_ASID : KMS_FLUSH_ALL, space, 0);
        return;
    }
    const bool any = cpu->mode == KMS_PAGING_NONE;
    if (any || riscv_is_canonical(&cpu->riscv_layout, *linear))
        cpu_flush(cpu, asid ? KMS_FLUSH_PAGE : KMS_FLUSH_PAGE_ALL, space, *linear & cpu->linear_mask);
}

void kms_invalidate(struct kms_cpu *cpu, kms_linear linear)
{
    assert(cpu);
    if (cpu_is_x86(cpu))
        kms_x86_invlpg(cpu, linear);
    else
        kms_riscv_sfence_vma(cpu, &linear, NULL);
}

void kms_flush(struct kms_cpu *cpu)
{
    assert(cpu);
    cpu_flush(cpu, KMS_FLUSH_ALL, 0, 0);
}
