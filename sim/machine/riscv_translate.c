/* riscv_translate.c - an access by the tables: the walk, the decision, A and D. */
#include "riscv_rights.h"
#include "riscv_walk.h"
#include "translate.h"

#include <assert.h>

/* With ADUE, "the PTE is updated to have A set, and D if the access is a store". Upper entries have neither. */
static void set_accessed_dirty(struct kms_cpu *cpu, struct kms_walk *walk, bool write)
{
    assert(walk->depth > 0 && "a translated address has an entry");
    struct kms_walk_level *leaf = &walk->level[walk->depth - 1u];
    const uint64_t bits = write ? KMS_RISCV_PTE_A | KMS_RISCV_PTE_D : KMS_RISCV_PTE_A;
    if ((leaf->entry & bits) == bits)
        return;
    leaf->entry |= bits;
    kms_phys_store(cpu->machine->ram, leaf->entry_addr, cpu->arch == KMS_ARCH_RV32 ? 4 : 8, leaf->entry);
}

static enum kms_result translate_bare(struct kms_cpu *cpu, const struct kms_access *access,
                                      struct kms_tlb_entry *entry)
{
    struct kms_walk walk;
    riscv_walk_begin(&cpu->riscv_layout, access->linear, &walk);
    *entry = translate_entry_of(cpu, &walk, 0);
    return KMS_DONE;
}

enum kms_result riscv_translate_by_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                        struct kms_tlb_entry *entry, struct kms_fault *fault)
{
    struct kms_walk walk;
    if (!cpu_is_translated(cpu, access))
        return translate_bare(cpu, access, entry);
    if (__builtin_expect(cpu->structures != NULL, 0))
        riscv_structure_cache_walk(cpu, access->linear, &walk);
    else
        riscv_walk(&cpu->riscv_layout, cpu->machine->ram, access->linear, &walk);
    translate_tell_walk(cpu, access, &walk);
    if (__builtin_expect(riscv_decide(&cpu->riscv, &walk, access, fault) != KMS_DONE, 0)) {
        if (walk.verdict == KMS_NO_TABLE)
            translate_tell_no_table(cpu, access, &walk);
        return cpu_raise(cpu, access, &walk, fault);
    }
    set_accessed_dirty(cpu, &walk, access_is_write(access));
    if (__builtin_expect(cpu->structures != NULL, 0))
        structure_cache_fill(cpu->structures, &walk, cpu->asid);
    *entry = translate_entry_of(cpu, &walk, KMS_RISCV_PTE_D);
    translate_fill(cpu, access, entry);
    return KMS_DONE;
}
