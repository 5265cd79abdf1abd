/* structure_cache.c - see structure_cache.h. */
#include "structure_cache.h"

#include "cpu.h"
#include "x86_walk.h"

static kms_linear prefix_of(enum kms_paging_mode mode, unsigned level, kms_linear linear)
{
    return linear >> x86_span_shift(mode, level);
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

/* The table that the lowest remembered entry points to. */
static kms_phys next_table(const struct x86_layout *layout, const struct kms_walk_level *lowest)
{
    return lowest->entry & (layout->mode == KMS_PAGING_32BIT ? X86_32BIT_FRAME : layout->frame);
}

static enum kms_verdict walk_below(const struct x86_layout *layout, const struct kms_ram *ram,
                                   struct kms_walk *walk, unsigned level, kms_phys table)
{
    const enum kms_paging_mode mode = layout->mode;
    const unsigned top = walk->level[0].level;
    switch (level) {
    case 4: return x86_walk_down(layout, ram, (struct x86_step){mode, top, 4}, walk, table);
    case 3: return x86_walk_down(layout, ram, (struct x86_step){mode, top, 3}, walk, table);
    case 2: return x86_walk_down(layout, ram, (struct x86_step){mode, top, 2}, walk, table);
    default: break;
    }
    return x86_walk_level(layout, ram, (struct x86_step){mode, top, 1}, walk, &table);
}

void structure_cache_walk(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk)
{
    const struct x86_layout *layout = &cpu->layout;
    const struct kms_ram *ram = cpu->machine->ram;
    const struct structure_slot *slot =
        layout->mode == KMS_PAGING_NONE ? NULL : find(cpu->structures, layout->mode, linear, cpu->asid);
    if (!slot) {
        x86_walk(layout, &cpu->x86, ram, linear, walk);
        return;
    }
    *walk = (struct kms_walk){.linear = linear, .mode = (uint8_t)layout->mode, .depth = slot->depth};
    memcpy(walk->level, slot->level, slot->depth * sizeof slot->level[0]);
    const struct kms_walk_level *lowest = &walk->level[slot->depth - 1u];
    walk->rights = lowest->rights;
    walk->phys = linear;
    walk->verdict = (uint8_t)walk_below(layout, ram, walk, lowest->level - 1u, next_table(layout, lowest));
}

void structure_cache_fill(struct structure_cache *cache, const struct kms_walk *walk, uint16_t asid)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        const struct kms_walk_level *at = &walk->level[i];
        if (at->in_register)
            continue;
        if (at->verdict != KMS_TABLE || !(at->entry & KMS_PTE_A))
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
