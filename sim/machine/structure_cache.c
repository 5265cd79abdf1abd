/* structure_cache.c - see structure_cache.h. */
#include "structure_cache.h"

#include "cpu.h"

static kms_linear prefix_of(enum kms_paging_mode mode, unsigned level, kms_linear linear)
{
    const unsigned bits = mode == KMS_PAGING_32BIT || mode == KMS_PAGING_SV32 ? 10 : 9;
    return linear >> (KMS_PAGE_SHIFT + bits * (level - 1));
}

static const struct structure_slot *find(const struct structure_cache *cache, enum kms_paging_mode mode,
                                         kms_linear linear, uint16_t asid)
{
    for (unsigned level = 2; level <= KMS_WALK_LEVELS; level++) {
        const kms_linear prefix = prefix_of(mode, level, linear);
        const struct structure_slot *slot = &cache->slot[level][prefix % STRUCTURE_CACHE_SLOTS];
        if (slot->valid && slot->asid == asid && slot->prefix == prefix)
            return slot;
    }
    return NULL;
}

bool structure_cache_begin(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk)
{
    const struct structure_slot *slot =
        cpu->mode == KMS_PAGING_NONE ? NULL : find(cpu->structures, cpu->mode, linear, cpu->asid);
    if (!slot)
        return false;
    *walk =
        (struct kms_walk){.linear = linear, .phys = linear, .mode = (uint8_t)cpu->mode, .depth = slot->depth};
    memcpy(walk->level, slot->level, slot->depth * sizeof slot->level[0]);
    walk->rights = walk->level[slot->depth - 1u].rights;
    for (unsigned i = 0; i < slot->depth; i++)
        walk->global |= (walk->level[i].flags & KMS_ENTRY_GLOBAL) != 0;
    return true;
}

void structure_cache_fill(struct structure_cache *cache, const struct kms_walk *walk, uint16_t asid)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        const struct kms_walk_level *at = &walk->level[i];
        if (at->in_register)
            continue;
        const bool used = walk->mode >= KMS_PAGING_SV32 || (at->entry & KMS_PTE_A);
        if (at->verdict != KMS_TABLE || !used)
            return;
        const kms_linear prefix = prefix_of((enum kms_paging_mode)walk->mode, at->level, walk->linear);
        struct structure_slot *slot = &cache->slot[at->level][prefix % STRUCTURE_CACHE_SLOTS];
        *slot =
            (struct structure_slot){.valid = true, .asid = asid, .depth = (uint8_t)(i + 1), .prefix = prefix};
        memcpy(slot->level, walk->level, (i + 1) * sizeof slot->level[0]);
    }
}

void structure_cache_flush_asid(struct structure_cache *cache, uint16_t asid)
{
    for (unsigned level = 0; level <= KMS_WALK_LEVELS; level++)
        for (unsigned i = 0; i < STRUCTURE_CACHE_SLOTS; i++)
            if (cache->slot[level][i].asid == asid)
                cache->slot[level][i].valid = false;
}

void structure_cache_flush_all(struct structure_cache *cache)
{
    memset(cache, 0, sizeof *cache);
}
