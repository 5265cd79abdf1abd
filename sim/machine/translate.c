/* translate.c - from an access to a frame: the TLB first, then the architecture's walk. */
#include "translate.h"

#include "riscv_rights.h"
#include "x86_rights.h"

void translate_tell_no_table(struct kms_cpu *cpu, const struct kms_access *access,
                             const struct kms_walk *walk)
{
    if (cpu_is_observed(cpu, KMS_EVENT_UNBACKED))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_UNBACKED,
                                            .access = *access,
                                            .walk = walk,
                                            .phys = walk->level[walk->depth - 1u].entry_addr});
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
    kms_inspect(cpu, access->linear, &walk);
    if (!is_stale(entry, &walk, access->linear))
        return;
    event.kind = KMS_EVENT_STALE;
    event.walk = &walk;
    cpu_notify(cpu, &event);
}

/* Whether a page with the rights of this entry refuses the access, and how. */
static bool is_denied(const struct kms_cpu *cpu, const struct kms_tlb_entry *entry,
                      const struct kms_access *access, struct kms_fault *fault)
{
    if (cpu_is_x86(cpu)) {
        const uint32_t error = x86_violation(&cpu->x86, entry->rights, entry->key, access);
        if (error)
            *fault = (struct kms_fault){KMS_VECTOR_PF, error, access->linear};
        return error != 0;
    }
    if (riscv_may(&cpu->riscv, entry->rights, access))
        return false;
    *fault = riscv_fault(RISCV_PAGE_FAULT, access, access->linear);
    return true;
}

/* The cached entry that an access may use. A narrower mode may have come since: what is no address of it has none. */
static const struct kms_tlb_entry *find_cached(const struct kms_cpu *cpu, const struct kms_access *access)
{
    if (!cpu_is_x86(cpu) && !riscv_is_canonical(&cpu->riscv_layout, access->linear))
        return NULL;
    return tlb_find(&cpu->tlb, access->linear, cpu->asid);
}

/* What the TLB makes of an access. KMS_UNBACKED stands for "walk". */
static enum kms_result translate_by_tlb(struct kms_cpu *cpu, const struct kms_access *access,
                                        struct kms_tlb_entry *entry, struct kms_fault *fault)
{
    const struct kms_tlb_entry *cached = find_cached(cpu, access);
    if (!cached)
        return KMS_UNBACKED;
    *entry = *cached;
    struct kms_fault denial;
    const bool denied = is_denied(cpu, entry, access, &denial);
    if (denied && cpu->machine->options.stale_rights == KMS_RIGHTS_REWALK)
        return KMS_UNBACKED;
    if (!denied && access_is_write(access) && !entry->dirty)
        return KMS_UNBACKED;
    if (cpu_is_observed(cpu, KMS_EVENT_HIT | KMS_EVENT_STALE))
        report_hit(cpu, access, entry);
    if (!denied)
        return KMS_DONE;
    *fault = denial;
    struct kms_walk none = {.depth = 0};
    return cpu_is_x86(cpu) ? x86_faulting_walk(cpu, access, &none, fault)
                           : cpu_raise(cpu, access, NULL, fault);
}

enum kms_result cpu_translate(struct kms_cpu *cpu, const struct kms_access *access,
                              struct kms_tlb_entry *entry, bool *hit, struct kms_fault *fault)
{
    struct kms_access trimmed = *access;
    trimmed.linear = access->linear & cpu->linear_mask;
    *hit = false;
    if (cpu_is_translated(cpu, &trimmed)) {
        const enum kms_result result = translate_by_tlb(cpu, &trimmed, entry, fault);
        if (result != KMS_UNBACKED) {
            *hit = result == KMS_DONE;
            return result;
        }
        if (cpu_is_observed(cpu, KMS_EVENT_MISS))
            cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_MISS, .access = trimmed});
    }
    return cpu_is_x86(cpu) ? x86_translate_by_walk(cpu, &trimmed, entry, fault)
                           : riscv_translate_by_walk(cpu, &trimmed, entry, fault);
}

enum kms_result kms_decide(const struct kms_cpu *cpu, const struct kms_walk *walk,
                           const struct kms_access *access, struct kms_fault *fault)
{
    struct kms_fault unused;
    if (!fault)
        fault = &unused;
    return cpu_is_x86(cpu) ? x86_decide(&cpu->x86, walk, access, fault)
                           : riscv_decide(&cpu->riscv, walk, access, fault);
}

/* What the tables, or the lack of them, make of an access. */
static enum kms_result probe_tables(const struct kms_cpu *cpu, const struct kms_access *access,
                                    struct kms_translation *translation, struct kms_fault *fault)
{
    struct kms_walk walk;
    if (!cpu_is_translated(cpu, access)) {
        *translation = (struct kms_translation){
            access->linear, KMS_PAGE_SHIFT,
            KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_USER | KMS_RIGHT_EXEC, false};
        return KMS_DONE;
    }
    kms_inspect(cpu, access->linear, &walk);
    const enum kms_result result = kms_decide(cpu, &walk, access, fault);
    if (result == KMS_DONE)
        *translation = (struct kms_translation){walk.phys, walk.page_shift, walk.rights, false};
    return result;
}

enum kms_result kms_probe(const struct kms_cpu *cpu, const struct kms_access *access,
                          struct kms_translation *translation, struct kms_fault *fault)
{
    struct kms_fault unused;
    struct kms_access trimmed = *access;
    trimmed.linear = access->linear & cpu->linear_mask;
    if (!fault)
        fault = &unused;
    const struct kms_tlb_entry *cached = cpu_is_translated(cpu, &trimmed) ? find_cached(cpu, &trimmed) : NULL;
    struct kms_fault denial;
    const bool denied = cached && is_denied(cpu, cached, &trimmed, &denial);
    if (cached && !denied && (cached->dirty || !access_is_write(access))) {
        *translation = (struct kms_translation){cached->phys + (trimmed.linear - cached->linear),
                                                cached->page_shift, cached->rights, true};
        return KMS_DONE;
    }
    if (denied && cpu->machine->options.stale_rights == KMS_RIGHTS_FAULT) {
        *fault = denial;
        return KMS_FAULT;
    }
    return probe_tables(cpu, &trimmed, translation, fault);
}
