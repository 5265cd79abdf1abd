/* riscv_structure.c - a walk of RISC-V that begins below the upper entries that the hart remembers. */
#include "cpu.h"
#include "riscv_walk.h"

static enum kms_verdict walk_below(const struct kms_cpu *cpu, struct kms_walk *walk)
{
    const enum kms_paging_mode mode = cpu->mode;
    const unsigned top = walk->level[0].level;
    const struct kms_walk_level *lowest = &walk->level[walk->depth - 1u];
    kms_phys table = riscv_frame(mode, lowest->entry);
    enum kms_verdict verdict = KMS_TABLE;
    for (unsigned level = lowest->level - 1u; verdict == KMS_TABLE; level--)
        verdict = riscv_walk_level(&cpu->riscv_layout, cpu->machine->ram,
                                   (struct riscv_step){mode, top, level}, walk, &table);
    return verdict;
}

void riscv_structure_cache_walk(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk)
{
    if (riscv_is_canonical(&cpu->riscv_layout, linear) && structure_cache_begin(cpu, linear, walk))
        walk->verdict = (uint8_t)walk_below(cpu, walk);
    else
        riscv_walk(&cpu->riscv_layout, cpu->machine->ram, linear, walk);
}
