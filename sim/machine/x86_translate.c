/* x86_translate.c - an access by the tables: the walk, the decision, Accessed and Dirty bits. */
#include "translate.h"
#include "x86_rights.h"
#include "x86_walk.h"

static void set_entry_bits(struct kms_cpu *cpu, struct kms_walk_level *level, uint64_t bits)
{
    if (level->in_register || (level->entry & bits) == bits)
        return;
    level->entry |= bits;
    kms_phys_store(cpu->machine->ram, level->entry_addr, cpu->layout.mode == KMS_PAGING_32BIT ? 4 : 8,
                   level->entry);
}

/* "Accessed and Dirty Flags": A in every entry that the translation used, D in the one that maps the page. */
static inline void set_accessed_dirty(struct kms_cpu *cpu, struct kms_walk *walk, bool write)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        const bool leaf = i == walk->depth - 1u;
        set_entry_bits(cpu, &walk->level[i], leaf && write ? KMS_PTE_A | KMS_PTE_D : KMS_PTE_A);
    }
}

/* A walk that ended in a fault did use the entries above the last. */
static void set_accessed_above(struct kms_cpu *cpu, struct kms_walk *walk)
{
    for (unsigned i = 0; i < walk->depth; i++)
        if (walk->level[i].verdict == KMS_TABLE)
            set_entry_bits(cpu, &walk->level[i], KMS_PTE_A);
}

/* A page fault also drops what is cached for its address ("Invalidation of TLBs and Paging-Structure
 * Caches"). */
enum kms_result x86_faulting_walk(struct kms_cpu *cpu, const struct kms_access *access, struct kms_walk *walk,
                                  const struct kms_fault *fault)
{
    if (cpu->machine->options.accessed == KMS_ACCESSED_ON_WALK)
        set_accessed_above(cpu, walk);
    if (fault->vector == KMS_VECTOR_PF) {
        if (cpu->structures)
            structure_cache_flush_asid(cpu->structures, cpu->asid);
        tlb_drop(&cpu->tlb, fault->address, cpu->asid, true);
        lookaside_flush(&cpu->lookaside);
    }
    return cpu_raise(cpu, access, walk, fault);
}

enum kms_result x86_translate_by_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                      struct kms_tlb_entry *entry, struct kms_fault *fault)
{
    struct kms_walk walk;
    if (__builtin_expect(cpu->structures != NULL, 0))
        x86_structure_cache_walk(cpu, access->linear, &walk);
    else
        x86_walk(&cpu->layout, &cpu->x86, cpu->machine->ram, access->linear, &walk);
    translate_tell_walk(cpu, access, &walk);
    const enum kms_result result = x86_decide(&cpu->x86, &walk, access, fault);
    if (__builtin_expect(result == KMS_FAULT, 0))
        return x86_faulting_walk(cpu, access, &walk, fault);
    if (__builtin_expect(result == KMS_UNBACKED, 0)) {
        translate_tell_no_table(cpu, access, &walk);
        return result;
    }
    set_accessed_dirty(cpu, &walk, access_is_write(access));
    if (__builtin_expect(cpu->structures != NULL, 0))
        structure_cache_fill(cpu->structures, &walk, cpu->asid);
    *entry = translate_entry_of(cpu, &walk, KMS_PTE_D);
    if (walk.mode != KMS_PAGING_NONE)
        translate_fill(cpu, access, entry);
    return KMS_DONE;
}
