/* x86_translate.c - from an access to a frame: TLB, walk, rights, Accessed and Dirty bits. */
#include "cpu.h"
#include "x86_rights.h"
#include "x86_walk.h"

static bool is_write(const struct kms_access *access)
{
    return access->kind == KMS_WRITE || access->kind == KMS_RMW;
}

static bool uses_tlb(const struct kms_cpu *cpu)
{
    return cpu->layout.mode != KMS_PAGING_NONE;
}

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

static struct kms_tlb_entry entry_of(const struct kms_cpu *cpu, const struct kms_walk *walk)
{
    const kms_linear offset =
        walk->mode == KMS_PAGING_NONE ? PAGE_OFFSET : (UINT64_C(1) << walk->page_shift) - 1;
    struct kms_tlb_entry entry = {
        .linear = walk->linear & ~offset,
        .phys = walk->phys & ~offset,
        .asid = cpu_asid(cpu),
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
        entry.dirty = (leaf->entry & KMS_PTE_D) != 0;
    }
    return entry;
}

static void fill(struct kms_cpu *cpu, const struct kms_access *access, const struct kms_tlb_entry *entry)
{
    struct kms_tlb_entry victim;
    if (tlb_fill(&cpu->tlb, entry, &victim)) {
        if (victim.page_shift == KMS_PAGE_SHIFT)
            lookaside_drop_page(&cpu->lookaside, victim.linear);
        else
            lookaside_flush(&cpu->lookaside);
    }
    if (cpu_is_observed(cpu, KMS_EVENT_FILL))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_FILL, .access = *access, .entry = entry});
}

static enum kms_result unbacked_table(struct kms_cpu *cpu, const struct kms_access *access,
                                      const struct kms_walk *walk)
{
    if (cpu_is_observed(cpu, KMS_EVENT_UNBACKED))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_UNBACKED,
                                            .access = *access,
                                            .walk = walk,
                                            .phys = walk->level[walk->depth - 1u].entry_addr});
    return KMS_UNBACKED;
}

/* A page fault also drops what is cached for its address ("Invalidation of TLBs and Paging-Structure
 * Caches"). */
static enum kms_result faulting_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                     struct kms_walk *walk, const struct kms_fault *fault)
{
    if (cpu->machine->options.accessed == KMS_ACCESSED_ON_WALK)
        set_accessed_above(cpu, walk);
    if (fault->vector == KMS_VECTOR_PF) {
        if (cpu->structures)
            structure_cache_flush_asid(cpu->structures, cpu_asid(cpu));
        tlb_drop(&cpu->tlb, fault->address, cpu_asid(cpu), true);
        lookaside_flush(&cpu->lookaside);
    }
    return cpu_raise(cpu, access, walk, fault);
}

static enum kms_result translate_by_walk(struct kms_cpu *cpu, const struct kms_access *access,
                                         struct kms_tlb_entry *entry, struct kms_fault *fault)
{
    struct kms_walk walk;
    if (__builtin_expect(cpu->structures != NULL, 0))
        structure_cache_walk(cpu, access->linear, &walk);
    else
        x86_walk(&cpu->layout, &cpu->x86, cpu->machine->ram, access->linear, &walk);
    if (cpu_is_observed(cpu, KMS_EVENT_WALK) && uses_tlb(cpu))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_WALK, .access = *access, .walk = &walk});
    const enum kms_result result = x86_decide(&cpu->x86, &walk, access, fault);
    if (__builtin_expect(result == KMS_FAULT, 0))
        return faulting_walk(cpu, access, &walk, fault);
    if (__builtin_expect(result == KMS_UNBACKED, 0))
        return unbacked_table(cpu, access, &walk);
    set_accessed_dirty(cpu, &walk, is_write(access));
    if (__builtin_expect(cpu->structures != NULL, 0))
        structure_cache_fill(cpu->structures, &walk, cpu_asid(cpu));
    *entry = entry_of(cpu, &walk);
    if (uses_tlb(cpu))
        fill(cpu, access, entry);
    return KMS_DONE;
}

/* Whether the tables would now answer otherwise than the entry does. */
static bool is_stale(const struct kms_tlb_entry *entry, const struct kms_walk *walk, kms_linear linear)
{
    return walk->verdict != KMS_MAPPED || walk->phys != entry->phys + (linear - entry->linear) ||
           walk->rights != entry->rights || walk->key != entry->key || walk->page_shift != entry->page_shift;
}

static void report_hit(struct kms_cpu *cpu, const struct kms_access *access,
                       const struct kms_tlb_entry *entry)
{
    struct kms_event event = {.kind = KMS_EVENT_HIT, .access = *access, .entry = entry};
    cpu_notify(cpu, &event);
    if (!cpu_is_observed(cpu, KMS_EVENT_STALE))
        return;
    struct kms_walk walk;
    x86_walk(&cpu->layout, &cpu->x86, cpu->machine->ram, access->linear, &walk);
    if (!is_stale(entry, &walk, access->linear))
        return;
    event.kind = KMS_EVENT_STALE;
    event.walk = &walk;
    cpu_notify(cpu, &event);
}

/* What the TLB makes of an access. KMS_UNBACKED stands for "walk". */
static enum kms_result translate_by_tlb(struct kms_cpu *cpu, const struct kms_access *access,
                                        struct kms_tlb_entry *entry, struct kms_fault *fault)
{
    const struct kms_tlb_entry *cached = tlb_find(&cpu->tlb, access->linear, cpu_asid(cpu));
    if (!cached)
        return KMS_UNBACKED;
    *entry = *cached;
    const uint32_t error = x86_violation(&cpu->x86, entry->rights, entry->key, access);
    if (error && cpu->machine->options.stale_rights == KMS_RIGHTS_REWALK)
        return KMS_UNBACKED;
    if (!error && is_write(access) && !entry->dirty)
        return KMS_UNBACKED;
    if (cpu_is_observed(cpu, KMS_EVENT_HIT | KMS_EVENT_STALE))
        report_hit(cpu, access, entry);
    if (!error)
        return KMS_DONE;
    *fault = (struct kms_fault){KMS_VECTOR_PF, error, access->linear};
    struct kms_walk none = {.depth = 0};
    return faulting_walk(cpu, access, &none, fault);
}

enum kms_result cpu_translate(struct kms_cpu *cpu, const struct kms_access *access,
                              struct kms_tlb_entry *entry, bool *hit, struct kms_fault *fault)
{
    struct kms_access trimmed = *access;
    trimmed.linear = x86_linear(&cpu->layout, access->linear);
    *hit = false;
    if (uses_tlb(cpu)) {
        const enum kms_result result = translate_by_tlb(cpu, &trimmed, entry, fault);
        if (result != KMS_UNBACKED) {
            *hit = result == KMS_DONE;
            return result;
        }
        if (cpu_is_observed(cpu, KMS_EVENT_MISS))
            cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_MISS, .access = trimmed});
    }
    return translate_by_walk(cpu, &trimmed, entry, fault);
}

enum kms_result kms_probe(const struct kms_cpu *cpu, const struct kms_access *access,
                          struct kms_translation *translation, struct kms_fault *fault)
{
    struct kms_fault unused;
    const kms_linear linear = x86_linear(&cpu->layout, access->linear);
    const struct kms_tlb_entry *cached = uses_tlb(cpu) ? tlb_find(&cpu->tlb, linear, cpu_asid(cpu)) : NULL;
    const uint32_t error = cached ? x86_violation(&cpu->x86, cached->rights, cached->key, access) : 0;
    if (cached && !error && (cached->dirty || !is_write(access))) {
        *translation = (struct kms_translation){cached->phys + (linear - cached->linear), cached->page_shift,
                                                cached->rights, true};
        return KMS_DONE;
    }
    if (error && cpu->machine->options.stale_rights == KMS_RIGHTS_FAULT) {
        *(fault ? fault : &unused) = (struct kms_fault){KMS_VECTOR_PF, error, linear};
        return KMS_FAULT;
    }
    struct kms_walk walk;
    x86_walk(&cpu->layout, &cpu->x86, cpu->machine->ram, linear, &walk);
    const enum kms_result result = x86_decide(&cpu->x86, &walk, access, fault ? fault : &unused);
    if (result == KMS_DONE) {
        const struct kms_tlb_entry entry = entry_of(cpu, &walk);
        *translation = (struct kms_translation){walk.phys, entry.page_shift, entry.rights, false};
    }
    return result;
}
