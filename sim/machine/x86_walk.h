/*
 * x86_walk.h - the page walk of x86, inline so that a caller that needs only the end pays only for that.
 *
 * Pure: a layout, registers, RAM and an address in, a struct kms_walk out. This is the only x86 walker; see
 * kms_x86_walk() for the public form. SDM volume 3, "32-Bit Paging", "PAE Paging", "4-Level Paging and
 * 5-Level Paging".
 */
#ifndef SIM_MACHINE_X86_WALK_H
#define SIM_MACHINE_X86_WALK_H

#include "ram_map.h"
#include "x86_layout.h"

#define X86_INLINE static inline __attribute__((always_inline))

#define X86_ENTRY_RIGHTS                                                                                     \
    (KMS_PTE_P | KMS_PTE_RW | KMS_PTE_US) /* where enum kms_right has READ, WRITE and USER */
#define X86_ALL_RIGHTS (KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_USER | KMS_RIGHT_EXEC)

#define X86_32BIT_FRAME      UINT64_C(0xfffff000)
#define X86_32BIT_LARGE      UINT64_C(0xffc00000)
#define X86_HIGH_FRAME_SHIFT 19u                  /* from bit 13 of a 4 MiB entry to bit 32 of the address */
#define X86_PDPT_BASE        UINT64_C(0xffffffe0) /* bits of CR3 */
#define X86_KEY_SHIFT        59u
#define X86_KEY_MASK         0xfu

/* log2 of what an entry of this level spans. */
X86_INLINE unsigned x86_span_shift(enum kms_paging_mode mode, unsigned level)
{
    return mode == KMS_PAGING_32BIT ? 12u + 10u * (level - 1) : 12u + 9u * (level - 1);
}

X86_INLINE uint16_t x86_entry_flags(const struct x86_layout *layout, uint64_t entry, bool leaf, bool large)
{
    unsigned flags = (unsigned)(entry & X86_ENTRY_RIGHTS);
    flags |= entry & layout->nx ? KMS_ENTRY_NOEXEC : 0u;
    flags |= entry & KMS_PTE_A ? KMS_ENTRY_ACCESSED : 0u;
    flags |= entry & KMS_PTE_PWT ? KMS_ENTRY_PWT : 0u;
    flags |= entry & KMS_PTE_PCD ? KMS_ENTRY_PCD : 0u;
    if (leaf) {
        flags |= entry & KMS_PTE_D ? KMS_ENTRY_DIRTY : 0u;
        flags |= entry & layout->global ? KMS_ENTRY_GLOBAL : 0u;
        flags |= entry & (large ? KMS_PDE_PAT : KMS_PTE_PAT) ? KMS_ENTRY_PAT : 0u;
        flags |= large ? KMS_ENTRY_LARGE : 0u;
    }
    return (uint16_t)flags;
}

/* The frame of an entry that maps a page of 1 << shift bytes. */
X86_INLINE kms_phys x86_frame(const struct x86_layout *layout, enum kms_paging_mode mode, uint64_t entry,
                              unsigned shift)
{
    if (mode != KMS_PAGING_32BIT)
        return entry & layout->frame & ~((UINT64_C(1) << shift) - 1);
    if (shift == KMS_PAGE_SHIFT)
        return entry & X86_32BIT_FRAME;
    return (entry & X86_32BIT_LARGE) | (entry & layout->high_frame) << X86_HIGH_FRAME_SHIFT;
}

/* Which entry of a walk. All three are constants at every call, so that each mode is a straight line of code.
 */
struct x86_step {
    enum kms_paging_mode mode;
    unsigned top; /* level where the walk begins */
    unsigned level;
};

/* Where it stands in walk->level[]. */
X86_INLINE unsigned x86_position(struct x86_step step)
{
    return step.top - step.level;
}

/* Judge one entry, note it in the walk, and take its rights. */
X86_INLINE enum kms_verdict x86_walk_entry(const struct x86_layout *layout, struct x86_step step,
                                           struct kms_walk *walk, uint64_t entry)
{
    struct kms_walk_level *at = &walk->level[x86_position(step)];
    const bool plain = __builtin_expect((entry & layout->plain[step.level]) == KMS_PTE_P, 1);
    const bool large = !plain && step.level > 1 && layout->large[step.level] && (entry & KMS_PDE_PS);
    const bool leaf = step.level == 1 || large;
    at->entry = entry;
    at->reserved = 0;
    at->flags = x86_entry_flags(layout, entry, leaf, large);
    at->rights = walk->rights;
    walk->page_shift = (uint8_t)x86_span_shift(step.mode, step.level);
    if (!plain) {
        if (!(entry & KMS_PTE_P))
            return at->verdict = KMS_NOT_PRESENT;
        at->reserved = entry & (large ? layout->reserved_large[step.level] : layout->reserved[step.level]);
        if (at->reserved)
            return at->verdict = KMS_RESERVED;
    }
    walk->rights &= (uint8_t)((entry & X86_ENTRY_RIGHTS) | (entry & layout->nx ? 0u : KMS_RIGHT_EXEC));
    at->rights = walk->rights;
    if (!leaf)
        return at->verdict = KMS_TABLE;
    const unsigned shift = x86_span_shift(step.mode, step.level);
    walk->global = (entry & layout->global) != 0;
    walk->key = step.mode >= KMS_PAGING_4LEVEL ? (uint8_t)(entry >> X86_KEY_SHIFT & X86_KEY_MASK) : 0;
    walk->phys = x86_frame(layout, step.mode, entry, shift) | (walk->linear & ((UINT64_C(1) << shift) - 1));
    return at->verdict = KMS_MAPPED;
}

/* Read and judge the entry of one level. Returns its verdict; with KMS_TABLE, *table is the next table. */
X86_INLINE enum kms_verdict x86_walk_level(const struct x86_layout *layout, const struct kms_ram *ram,
                                           struct x86_step step, struct kms_walk *walk, kms_phys *table)
{
    const unsigned width = step.mode == KMS_PAGING_32BIT ? 4 : 8;
    const unsigned index_mask = step.mode == KMS_PAGING_32BIT ? 0x3ff : 0x1ff;
    const unsigned index = (unsigned)(walk->linear >> x86_span_shift(step.mode, step.level)) & index_mask;
    struct kms_walk_level *at = &walk->level[x86_position(step)];
    uint64_t entry;
    walk->depth = (uint8_t)(x86_position(step) + 1);
    at->level = (uint8_t)step.level;
    at->index = (uint16_t)index;
    at->entry_addr = *table + index * width;
    at->in_register = false;
    if (__builtin_expect(ram_load_entry(ram, *table + index * width, width, &entry) != KMS_DONE, 0)) {
        at->entry = 0;
        at->reserved = 0;
        at->flags = 0;
        at->rights = walk->rights;
        walk->page_shift = (uint8_t)x86_span_shift(step.mode, step.level);
        return at->verdict = KMS_NO_TABLE;
    }
    *table = step.mode == KMS_PAGING_32BIT ? entry & X86_32BIT_FRAME : entry & layout->frame;
    return x86_walk_entry(layout, step, walk, entry);
}

/* The levels from `first` down to the page table, all of them in memory. */
X86_INLINE enum kms_verdict x86_walk_down(const struct x86_layout *layout, const struct kms_ram *ram,
                                          struct x86_step first, struct kms_walk *walk, kms_phys table)
{
    const enum kms_paging_mode mode = first.mode;
    const unsigned top = first.top;
    enum kms_verdict verdict = KMS_TABLE;
    if (first.level >= 5)
        verdict = x86_walk_level(layout, ram, (struct x86_step){mode, top, 5}, walk, &table);
    if (first.level >= 4 && verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, (struct x86_step){mode, top, 4}, walk, &table);
    if (first.level >= 3 && verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, (struct x86_step){mode, top, 3}, walk, &table);
    if (verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, (struct x86_step){mode, top, 2}, walk, &table);
    if (verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, (struct x86_step){mode, top, 1}, walk, &table);
    return verdict;
}

/* PAE: the top level is one of four registers. Their bits give no rights, and are checked when they are
 * loaded. */
X86_INLINE enum kms_verdict x86_walk_pae(const struct x86_layout *layout, const struct kms_x86_state *state,
                                         const struct kms_ram *ram, struct kms_walk *walk)
{
    const unsigned index = (unsigned)(walk->linear >> 30) & 3u;
    const uint64_t entry = state->pdpte[index];
    const bool present = (entry & KMS_PTE_P) != 0;
    walk->depth = 1;
    walk->page_shift = 30;
    walk->level[0] = (struct kms_walk_level){
        .entry_addr = (state->cr3 & X86_PDPT_BASE) + index * 8,
        .entry = entry,
        .flags = present ? KMS_ENTRY_PRESENT : 0,
        .index = (uint16_t)index,
        .level = 3,
        .rights = walk->rights,
        .verdict = present ? KMS_TABLE : KMS_NOT_PRESENT,
        .in_register = true,
    };
    if (!present)
        return KMS_NOT_PRESENT;
    return x86_walk_down(layout, ram, (struct x86_step){KMS_PAGING_PAE, 3, 2}, walk, entry & layout->frame);
}

X86_INLINE void x86_walk(const struct x86_layout *layout, const struct kms_x86_state *state,
                         const struct kms_ram *ram, kms_linear linear, struct kms_walk *walk)
{
    const enum kms_paging_mode mode = layout->mode;
    walk->linear = x86_linear(layout, linear);
    walk->phys = walk->linear;
    walk->mode = (uint8_t)mode;
    walk->depth = 0;
    walk->page_shift = layout->linear_bits;
    walk->rights = X86_ALL_RIGHTS;
    walk->key = 0;
    walk->global = false;
    if (mode == KMS_PAGING_32BIT) {
        const struct x86_step first = {KMS_PAGING_32BIT, 2, 2};
        walk->linear = (uint32_t)linear;
        walk->verdict = (uint8_t)x86_walk_down(layout, ram, first, walk, state->cr3 & X86_32BIT_FRAME);
    } else if (mode == KMS_PAGING_NONE) {
        walk->verdict = KMS_MAPPED;
    } else if (mode == KMS_PAGING_PAE) {
        walk->verdict = (uint8_t)x86_walk_pae(layout, state, ram, walk);
    } else if (!x86_is_canonical(layout, linear)) {
        walk->verdict = KMS_NONCANONICAL;
    } else if (mode == KMS_PAGING_4LEVEL) {
        const struct x86_step first = {KMS_PAGING_4LEVEL, 4, 4};
        walk->verdict = (uint8_t)x86_walk_down(layout, ram, first, walk, state->cr3 & layout->frame);
    } else {
        const struct x86_step first = {KMS_PAGING_5LEVEL, 5, 5};
        walk->verdict = (uint8_t)x86_walk_down(layout, ram, first, walk, state->cr3 & layout->frame);
    }
}

#endif
