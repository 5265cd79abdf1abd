#include "riscv_oracle.h"

enum rvo_cause rvo_page_fault(enum rvo_kind kind)
{
    return kind == RVO_FETCH ? RVO_FETCH_PAGE : kind == RVO_LOAD ? RVO_LOAD_PAGE : RVO_STORE_PAGE;
}

enum rvo_cause rvo_access_fault(enum rvo_kind kind)
{
    return kind == RVO_FETCH ? RVO_FETCH_ACCESS : kind == RVO_LOAD ? RVO_LOAD_ACCESS : RVO_STORE_ACCESS;
}

enum rvo_privilege rvo_effective_privilege(const struct rvo_cpu *cpu, enum rvo_kind kind)
{
    return cpu->mprv && kind != RVO_FETCH ? cpu->mpp : cpu->privilege;
}

bool rvo_translates(const struct rvo_cpu *cpu, enum rvo_kind kind)
{
    return rvo_effective_privilege(cpu, kind) != RVO_MACHINE && rvo_mode_of(cpu) != RVO_BARE;
}

bool rvo_permits(const struct rvo_cpu *cpu, enum rvo_kind kind, uint64_t entry)
{
    enum rvo_privilege privilege = rvo_effective_privilege(cpu, kind);
    if (privilege == RVO_USER && !(entry & RVO_U))
        return false;
    if (privilege == RVO_SUPERVISOR && entry & RVO_U && (kind == RVO_FETCH || !cpu->sum))
        return false;
    if (kind == RVO_FETCH)
        return entry & RVO_X;
    if (kind == RVO_LOAD)
        return entry & RVO_R || (cpu->mxr && entry & RVO_X);
    return entry & RVO_W;
}

/* Step 7: does the entry lack A, or D for a store? */
static uint64_t missing(enum rvo_kind kind, uint64_t entry)
{
    uint64_t needed = kind == RVO_STORE || kind == RVO_AMO ? RVO_A | RVO_D : RVO_A;
    return needed & ~entry;
}

static struct rvo_result fault(enum rvo_cause cause, uint64_t address)
{
    return (struct rvo_result){.cause = cause, .tval = address};
}

static void final_access(const struct rvo_memory *memory, const struct rvo_access *access, unsigned bytes,
                         struct rvo_result *result)
{
    if (memory->present(memory->context, result->physical, bytes))
        return;
    result->cause = rvo_access_fault(access->kind);
    result->tval = access->address;
}

/* Steps 5 to 8 for a leaf; `entry` is where it lies. */
static void use_leaf(const struct rvo_cpu *cpu, const struct rvo_access *access, const struct rvo_walk *walk,
                     struct rvo_result *result)
{
    const struct rvo_entry *last = &walk->entries[walk->count - 1];
    uint64_t lacks = missing(access->kind, last->value);
    *result = fault(rvo_page_fault(access->kind), access->address);
    if (!rvo_permits(cpu, access->kind, last->value) || (lacks && !cpu->hardware_ad))
        return;
    *result = (struct rvo_result){.leaf = walk->leaf, .translated = true};
    result->leaf.entry |= lacks;
    result->updates = lacks != 0;
    result->updated = last->address;
    result->value = last->value | lacks;
    result->physical = walk->leaf.physical_base + (access->address & (walk->leaf.bytes - 1));
}

void rvo_translate(const struct rvo_cpu *cpu, const struct rvo_memory *memory,
                   const struct rvo_access *access, unsigned bytes, struct rvo_result *result)
{
    struct rvo_walk walk;
    *result = (struct rvo_result){.physical = access->address, .bare = true};
    if (!rvo_translates(cpu, access->kind)) {
        final_access(memory, access, bytes, result);
        return;
    }
    *result = fault(rvo_page_fault(access->kind), access->address);
    if (!rvo_is_valid_address(cpu, access->address))
        return;
    rvo_walk(cpu, memory, access->address, &walk);
    if (walk.end == RVO_END_ABSENT)
        result->cause = rvo_access_fault(access->kind);
    if (walk.end != RVO_END_LEAF)
        return;
    use_leaf(cpu, access, &walk, result);
    if (result->cause == RVO_DONE)
        final_access(memory, access, bytes, result);
}

/* ---- "Supervisor Memory-Management Fence Instruction" ---- */

void rvo_cache_add(struct rvo_cache *cache, const struct rvo_leaf *leaf)
{
    if (cache->count < RVO_CACHE_CAPACITY)
        cache->leaves[cache->count++] = *leaf;
}

static bool covers(const struct rvo_leaf *leaf, uint64_t address)
{
    return address - leaf->virtual_base < leaf->bytes;
}

void rvo_cache_fence(struct rvo_cache *cache, const struct rvo_cpu *cpu, const uint64_t *address,
                     const unsigned *asid)
{
    size_t kept = 0;
    if (address && !rvo_is_valid_address(cpu, *address))
        return;
    for (size_t i = 0; i < cache->count; i++) {
        const struct rvo_leaf *leaf = &cache->leaves[i];
        bool there = !address || covers(leaf, *address);
        bool theirs = !asid || (!leaf->global && leaf->asid == (*asid & (RVO_BIT(cpu->asidlen) - 1)));
        if (!there || !theirs)
            cache->leaves[kept++] = *leaf;
    }
    cache->count = kept;
}

static bool usable(const struct rvo_cpu *cpu, const struct rvo_leaf *leaf, uint64_t address)
{
    return (leaf->global || leaf->asid == rvo_asid(cpu)) && covers(leaf, address);
}

static void use_cached(const struct rvo_cpu *cpu, const struct rvo_memory *memory,
                       const struct rvo_access *access, const struct rvo_leaf *leaf, unsigned bytes,
                       struct rvo_result *result)
{
    *result = fault(rvo_page_fault(access->kind), access->address);
    if (!rvo_permits(cpu, access->kind, leaf->entry) || missing(access->kind, leaf->entry))
        return;
    *result = (struct rvo_result){.leaf = *leaf, .translated = true};
    result->physical = leaf->physical_base + (access->address - leaf->virtual_base);
    final_access(memory, access, bytes, result);
}

size_t rvo_cache_outcomes(const struct rvo_cache *cache, const struct rvo_cpu *cpu,
                          const struct rvo_memory *memory, const struct rvo_access *access, unsigned bytes,
                          struct rvo_result *results, size_t max)
{
    size_t count = 1;
    rvo_translate(cpu, memory, access, bytes, &results[0]);
    if (!rvo_translates(cpu, access->kind) || !rvo_is_valid_address(cpu, access->address))
        return count;
    for (size_t i = 0; i < cache->count && count < max; i++) {
        const struct rvo_leaf *leaf = &cache->leaves[i];
        if (usable(cpu, leaf, access->address))
            use_cached(cpu, memory, access, leaf, bytes, &results[count++]);
    }
    return count;
}
