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
#define X86_HIGH_FRAME_SHIFT 19u /* from bit 13 of a 4 MiB entry to bit 32 of the address */
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
X86_INLINE kms_phys x86_frame(const struct x86_layout *layout, uint64_t entry, unsigned shift)
{
    if (layout->mode != KMS_PAGING_32BIT)
        return entry & layout->frame & ~((UINT64_C(1) << shift) - 1);
    if (shift == KMS_PAGE_SHIFT)
        return entry & X86_32BIT_FRAME;
    return (entry & X86_32BIT_LARGE) | (entry & layout->high_frame) << X86_HIGH_FRAME_SHIFT;
}

/*
 * Judge one entry, append it to the walk, and take its rights. `mode` and `level` are constants at every
 * call, so that each mode gets a straight line of code.
 */
X86_INLINE enum kms_verdict x86_walk_entry(const struct x86_layout *layout, enum kms_paging_mode mode,
                                           struct kms_walk *walk, unsigned level, uint64_t entry)
{
    struct kms_walk_level *at = &walk->level[walk->depth - 1];
    const bool large = level > 1 && layout->large[level] && (entry & KMS_PDE_PS);
    const bool leaf = level == 1 || large;
    at->entry = entry;
    at->reserved = entry & (large ? layout->reserved_large[level] : layout->reserved[level]);
    at->flags = x86_entry_flags(layout, entry, leaf, large);
    at->rights = walk->rights;
    walk->page_shift = (uint8_t)x86_span_shift(mode, level);
    if (!(entry & KMS_PTE_P))
        return at->verdict = KMS_NOT_PRESENT;
    if (at->reserved)
        return at->verdict = KMS_RESERVED;
    walk->rights &= (uint8_t)((entry & X86_ENTRY_RIGHTS) | (entry & layout->nx ? 0u : KMS_RIGHT_EXEC));
    at->rights = walk->rights;
    if (!leaf)
        return at->verdict = KMS_TABLE;
    walk->global = (entry & layout->global) != 0;
    walk->key = mode >= KMS_PAGING_4LEVEL ? (uint8_t)(entry >> X86_KEY_SHIFT & X86_KEY_MASK) : 0;
    walk->phys =
        x86_frame(layout, entry, walk->page_shift) | (walk->linear & ((UINT64_C(1) << walk->page_shift) - 1));
    return at->verdict = KMS_MAPPED;
}

/* Read and judge the entry of one level. Returns its verdict; with KMS_TABLE, *table is the next table. */
X86_INLINE enum kms_verdict x86_walk_level(const struct x86_layout *layout, const struct kms_ram *ram,
                                           enum kms_paging_mode mode, struct kms_walk *walk, unsigned level,
                                           kms_phys *table)
{
    const unsigned width = mode == KMS_PAGING_32BIT ? 4 : 8;
    const unsigned index_mask = mode == KMS_PAGING_32BIT ? 0x3ff : 0x1ff;
    const unsigned index = (unsigned)(walk->linear >> x86_span_shift(mode, level)) & index_mask;
    struct kms_walk_level *at = &walk->level[walk->depth++];
    uint64_t entry;
    at->level = (uint8_t)level;
    at->index = (uint16_t)index;
    at->entry_addr = *table + index * width;
    at->in_register = false;
    if (__builtin_expect(ram_load_entry(ram, at->entry_addr, width, &entry) != KMS_DONE, 0)) {
        at->entry = at->reserved = 0;
        at->flags = 0;
        at->rights = walk->rights;
        walk->page_shift = (uint8_t)x86_span_shift(mode, level);
        return at->verdict = KMS_NO_TABLE;
    }
    const enum kms_verdict verdict = x86_walk_entry(layout, mode, walk, level, entry);
    *table = mode == KMS_PAGING_32BIT ? entry & X86_32BIT_FRAME : entry & layout->frame;
    return verdict;
}

/* PAE: the top level is one of four registers. Their bits give no rights, and are checked when they are
 * loaded. */
X86_INLINE enum kms_verdict x86_walk_pdpte(const struct x86_layout *layout, const struct kms_x86_state *state,
                                           struct kms_walk *walk, kms_phys *table)
{
    const unsigned index = (unsigned)(walk->linear >> 30) & 3u;
    const uint64_t entry = state->pdpte[index];
    const bool present = (entry & KMS_PTE_P) != 0;
    *table = entry & layout->frame;
    walk->page_shift = 30;
    walk->level[walk->depth++] = (struct kms_walk_level){
        .entry_addr = (state->cr3 & UINT64_C(0xffffffe0)) + index * 8,
        .entry = entry,
        .flags = present ? KMS_ENTRY_PRESENT : 0,
        .index = (uint16_t)index,
        .level = 3,
        .rights = walk->rights,
        .verdict = present ? KMS_TABLE : KMS_NOT_PRESENT,
        .in_register = true,
    };
    return present ? KMS_TABLE : KMS_NOT_PRESENT;
}

X86_INLINE enum kms_verdict x86_walk_32bit(const struct x86_layout *layout, const struct kms_x86_state *state,
                                           const struct kms_ram *ram, struct kms_walk *walk)
{
    kms_phys table = state->cr3 & X86_32BIT_FRAME;
    const enum kms_verdict verdict = x86_walk_level(layout, ram, KMS_PAGING_32BIT, walk, 2, &table);
    return verdict != KMS_TABLE ? verdict : x86_walk_level(layout, ram, KMS_PAGING_32BIT, walk, 1, &table);
}

X86_INLINE enum kms_verdict x86_walk_64bit(const struct x86_layout *layout, const struct kms_x86_state *state,
                                           const struct kms_ram *ram, struct kms_walk *walk)
{
    kms_phys table = state->cr3 & layout->frame;
    enum kms_verdict verdict = KMS_TABLE;
    if (layout->mode == KMS_PAGING_PAE) {
        verdict = x86_walk_pdpte(layout, state, walk, &table);
    } else {
        if (layout->mode == KMS_PAGING_5LEVEL)
            verdict = x86_walk_level(layout, ram, KMS_PAGING_5LEVEL, walk, 5, &table);
        if (verdict == KMS_TABLE)
            verdict = x86_walk_level(layout, ram, KMS_PAGING_4LEVEL, walk, 4, &table);
        if (verdict == KMS_TABLE)
            verdict = x86_walk_level(layout, ram, KMS_PAGING_4LEVEL, walk, 3, &table);
    }
    if (verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, layout->mode, walk, 2, &table);
    if (verdict == KMS_TABLE)
        verdict = x86_walk_level(layout, ram, layout->mode, walk, 1, &table);
    return verdict;
}

X86_INLINE void x86_walk(const struct x86_layout *layout, const struct kms_x86_state *state,
                         const struct kms_ram *ram, kms_linear linear, struct kms_walk *walk)
{
    walk->linear = x86_linear(layout, linear);
    walk->phys = walk->linear;
    walk->mode = (uint8_t)layout->mode;
    walk->depth = 0;
    walk->page_shift = layout->linear_bits;
    walk->rights = X86_ALL_RIGHTS;
    walk->key = 0;
    walk->global = false;
    if (layout->mode == KMS_PAGING_32BIT) {
        walk->verdict = (uint8_t)x86_walk_32bit(layout, state, ram, walk);
    } else if (layout->mode == KMS_PAGING_NONE) {
        walk->verdict = KMS_MAPPED;
    } else if (__builtin_expect(!x86_is_canonical(layout, linear), 0)) {
        walk->verdict = KMS_NONCANONICAL;
    } else {
        walk->verdict = (uint8_t)x86_walk_64bit(layout, state, ram, walk);
    }
}

#endif
