#include "x86_oracle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct oracle_tlb *oracle_tlb_new(void)
{
    return calloc(1, sizeof(struct oracle_tlb));
}

static bool covers(const struct oracle_tlb_entry *entry, uint64_t linear)
{
    return linear >= entry->linear && linear - entry->linear < entry->page_bytes;
}

/* "Global Pages": a global translation may be used, and goes, whatever the PCID. */
static bool usable(const struct oracle_tlb_entry *entry, const struct oracle_cpu *cpu, uint64_t linear)
{
    return covers(entry, linear) && (entry->rights.global || entry->pcid == oracle_current_pcid(cpu));
}

size_t oracle_tlb_candidates(const struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear)
{
    size_t count = 0;
    if (oracle_mode_of(cpu) == ORACLE_MODE_NONE)
        return 0;
    for (size_t i = 0; i < tlb->count; i++)
        count += usable(&tlb->entries[i], cpu, linear);
    return count;
}

static const struct oracle_tlb_entry *newest(const struct oracle_tlb *tlb, const struct oracle_cpu *cpu,
                                             uint64_t linear)
{
    for (size_t i = tlb->count; i > 0; i--) {
        if (usable(&tlb->entries[i - 1], cpu, linear))
            return &tlb->entries[i - 1];
    }
    return NULL;
}

/* Keeps the order, so that the newest stays the last. */
static void drop(struct oracle_tlb *tlb, bool (*goes)(const struct oracle_tlb_entry *, const void *),
                 const void *what)
{
    size_t kept = 0;
    for (size_t i = 0; i < tlb->count; i++) {
        if (!goes(&tlb->entries[i], what))
            tlb->entries[kept++] = tlb->entries[i];
    }
    tlb->count = kept;
}

struct scope {
    uint64_t linear;
    unsigned pcid;
};

static bool at_address(const struct oracle_tlb_entry *entry, const void *what)
{
    const struct scope *scope = what;
    return covers(entry, scope->linear) && (entry->rights.global || entry->pcid == scope->pcid);
}

static bool at_address_not_global(const struct oracle_tlb_entry *entry, const void *what)
{
    const struct scope *scope = what;
    return covers(entry, scope->linear) && !entry->rights.global && entry->pcid == scope->pcid;
}

static bool of_pcid_not_global(const struct oracle_tlb_entry *entry, const void *what)
{
    return !entry->rights.global && entry->pcid == ((const struct scope *)what)->pcid;
}

static bool of_pcid_or_global(const struct oracle_tlb_entry *entry, const void *what)
{
    return entry->rights.global || entry->pcid == ((const struct scope *)what)->pcid;
}

static bool not_global(const struct oracle_tlb_entry *entry, const void *what)
{
    (void)what;
    return !entry->rights.global;
}

static void drop_address(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear)
{
    struct scope scope = {linear, oracle_current_pcid(cpu)};
    drop(tlb, at_address, &scope);
}

static bool same_page(const struct oracle_tlb_entry *entry, const void *what)
{
    const struct oracle_tlb_entry *other = what;
    return entry->linear == other->linear && entry->page_bytes == other->page_bytes &&
           entry->pcid == other->pcid && entry->rights.global == other->rights.global;
}

static void cache(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear,
                  const struct oracle_result *result)
{
    uint64_t offset = linear & (result->page_bytes - 1);
    struct oracle_tlb_entry entry = {.linear = linear - offset,
                                     .page_bytes = result->page_bytes,
                                     .physical = result->physical - offset,
                                     .pcid = oracle_current_pcid(cpu),
                                     .rights = result->rights};
    drop(tlb, same_page, &entry);
    assert(tlb->count < ORACLE_TLB_CAPACITY);
    tlb->entries[tlb->count++] = entry;
}

/* A miss, or a hit that may not be used: the tables decide, and what was cached for the address is replaced.
 */
static void walk_and_cache(struct oracle_tlb *tlb, const struct oracle_cpu *cpu,
                           const struct oracle_memory *memory, const struct oracle_options *options,
                           const struct oracle_access *access, struct oracle_result *result)
{
    oracle_translate(cpu, memory, options, access, result);
    if (result->vector == ORACLE_VECTOR_NONE)
        cache(tlb, cpu, access->linear, result);
    else
        drop_address(tlb, cpu, access->linear);
}

/* A page fault from cached rights: "spurious" if the tables would have permitted the access. */
static void fault_from_entry(struct oracle_tlb *tlb, const struct oracle_cpu *cpu,
                             const struct oracle_access *access, struct oracle_result *result)
{
    result->vector = ORACLE_VECTOR_PF;
    result->cr2 = access->linear;
    result->error_code = oracle_error_code(cpu, access, &result->rights);
    drop_address(tlb, cpu, access->linear);
}

void oracle_tlb_translate(struct oracle_tlb *tlb, const struct oracle_cpu *cpu,
                          const struct oracle_memory *memory, const struct oracle_options *options,
                          const struct oracle_access *access, struct oracle_result *result)
{
    if (!oracle_is_canonical(cpu, access->linear) || oracle_mode_of(cpu) == ORACLE_MODE_NONE) {
        oracle_translate(cpu, memory, options, access, result);
        return;
    }
    const struct oracle_tlb_entry *hit = newest(tlb, cpu, access->linear);
    bool denied = hit && !oracle_rights_permit(cpu, access, &hit->rights);
    bool write = access->kind == ORACLE_WRITE || access->kind == ORACLE_RMW;
    if (!hit || (denied && options->denied_hits_walk_again) || (!denied && write && !hit->rights.dirty)) {
        walk_and_cache(tlb, cpu, memory, options, access, result);
        return;
    }
    memset(result, 0, sizeof(*result));
    result->rights = hit->rights;
    result->page_bytes = hit->page_bytes;
    result->physical = hit->physical + (access->linear - hit->linear);
    if (denied)
        fault_from_entry(tlb, cpu, access, result);
}

void oracle_tlb_flush(struct oracle_tlb *tlb, enum oracle_flush flush, unsigned pcid)
{
    struct scope scope = {.pcid = pcid};
    switch (flush) {
    case ORACLE_FLUSH_NONE: break;
    case ORACLE_FLUSH_PCID_KEEP_GLOBAL: drop(tlb, of_pcid_not_global, &scope); break;
    case ORACLE_FLUSH_PCID_AND_GLOBAL: drop(tlb, of_pcid_or_global, &scope); break;
    case ORACLE_FLUSH_ALL_KEEP_GLOBAL: drop(tlb, not_global, &scope); break;
    case ORACLE_FLUSH_ALL: tlb->count = 0; break;
    }
}

void oracle_tlb_invlpg(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear)
{
    if (oracle_is_canonical(cpu, linear))
        drop_address(tlb, cpu, linear);
}

bool oracle_tlb_invpcid(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, unsigned type,
                        const uint64_t descriptor[2])
{
    struct scope scope = {.linear = descriptor[1], .pcid = (unsigned)(descriptor[0] & 0xfff)};
    if (type > ORACLE_INVPCID_ALL_KEEP_GLOBAL || descriptor[0] > 0xfff)
        return false;
    if (type <= ORACLE_INVPCID_CONTEXT && scope.pcid != 0 && !(cpu->cr4 & ORACLE_CR4_PCIDE))
        return false;
    if (type == ORACLE_INVPCID_ADDRESS && !oracle_is_canonical(cpu, scope.linear))
        return false;
    if (!tlb)
        return true;
    switch (type) {
    case ORACLE_INVPCID_ADDRESS: drop(tlb, at_address_not_global, &scope); break;
    case ORACLE_INVPCID_CONTEXT: drop(tlb, of_pcid_not_global, &scope); break;
    case ORACLE_INVPCID_ALL: tlb->count = 0; break;
    default: drop(tlb, not_global, &scope); break;
    }
    return true;
}
