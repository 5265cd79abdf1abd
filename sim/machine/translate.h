/*
 * translate.h - what the translations of all architectures share: TLB entries, fills, the events.
 */
#ifndef SIM_MACHINE_TRANSLATE_H
#define SIM_MACHINE_TRANSLATE_H

#include "cpu.h"

static inline bool access_is_write(const struct kms_access *access)
{
    return access->kind == KMS_WRITE || access->kind == KMS_RMW;
}

/* A walk that found a page, as a TLB entry. `dirty_bit` is D in the entry that maps it. */
static inline struct kms_tlb_entry translate_entry_of(const struct kms_cpu *cpu, const struct kms_walk *walk,
                                                      uint64_t dirty_bit)
{
    const kms_linear offset =
        walk->mode == KMS_PAGING_NONE ? PAGE_OFFSET : (UINT64_C(1) << walk->page_shift) - 1;
    struct kms_tlb_entry entry = {
        .linear = walk->linear & ~offset,
        .phys = walk->phys & ~offset,
        .asid = cpu->asid,
        .page_shift = walk->mode == KMS_PAGING_NONE ? KMS_PAGE_SHIFT : walk->page_shift,
        .rights = walk->rights,
        .key = walk->key,
        .global = walk->global,
        .dirty = true,
    };
    if (walk->depth) {
        const struct kms_walk_level *leaf = &walk->level[walk->depth - 1u];
        entry.entry = leaf->entry;
        entry.entry_addr = leaf->entry_addr;
        entry.dirty = (leaf->entry & dirty_bit) != 0;
    }
    return entry;
}

/* Into the TLB. */
static inline void translate_fill(struct kms_cpu *cpu, const struct kms_access *access,
                                  const struct kms_tlb_entry *entry)
{
    struct tlb_victim victim;
    if (tlb_fill(&cpu->tlb, entry, &victim)) {
        if (victim.page_shift == KMS_PAGE_SHIFT)
            lookaside_drop_page(&cpu->lookaside, victim.linear);
        else
            lookaside_flush(&cpu->lookaside);
    }
    if (cpu_is_observed(cpu, KMS_EVENT_FILL))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_FILL, .access = *access, .entry = entry});
}

static inline void translate_tell_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                       const struct kms_walk *walk)
{
    if (cpu_is_observed(cpu, KMS_EVENT_WALK) && walk->mode != KMS_PAGING_NONE)
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_WALK, .access = *access, .walk = walk});
}

/* The last entry of a walk is where nothing answers. */
void translate_tell_no_table(struct kms_cpu *cpu, const struct kms_access *access,
                             const struct kms_walk *walk);

/* An access that the TLB does not answer, with all its effects. */
enum kms_result x86_translate_by_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                      struct kms_tlb_entry *entry, struct kms_fault *fault);
enum kms_result riscv_translate_by_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                        struct kms_tlb_entry *entry, struct kms_fault *fault);

/* A fault that a walk ended with; without a walk (depth 0), one that a TLB entry gives. */
enum kms_result x86_faulting_walk(struct kms_cpu *cpu, const struct kms_access *access, struct kms_walk *walk,
                                  const struct kms_fault *fault);

#endif
