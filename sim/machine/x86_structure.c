/* x86_structure.c - a walk of x86 that begins where the paging-structure caches leave off. */
#include "cpu.h"
#include "x86_walk.h"

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

void x86_structure_cache_walk(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk)
{
    const struct x86_layout *layout = &cpu->layout;
    const struct kms_ram *ram = cpu->machine->ram;
    if (!structure_cache_begin(cpu, linear, walk)) {
        x86_walk(layout, &cpu->x86, ram, linear, walk);
        return;
    }
    const struct kms_walk_level *lowest = &walk->level[walk->depth - 1u];
    walk->verdict = (uint8_t)walk_below(layout, ram, walk, lowest->level - 1u, next_table(layout, lowest));
}
