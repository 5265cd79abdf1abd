/*
 * riscv_walk.h - the page walk of RISC-V, inline so that a caller that needs only the end pays only for that.
 *
 * Pure: a layout, RAM and an address in, a struct kms_walk out. This is the only RISC-V walker; see kms_riscv_walk()
 * for the public form. Volume II, "Virtual Address Translation Process".
 */
#ifndef SIM_MACHINE_RISCV_WALK_H
#define SIM_MACHINE_RISCV_WALK_H

#include "ram_map.h"
#include "riscv_layout.h"

#define RISCV_INLINE static inline __attribute__((always_inline))

#define RISCV_ALL_RIGHTS (KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_USER | KMS_RIGHT_EXEC)
#define RISCV_SV32_PPN   UINT64_C(0x003fffff)
#define RISCV_SV39_PPN   UINT64_C(0x00000fffffffffff) /* Sv48 and Sv57 too */

#define RISCV_NAPOT_SHIFT 16u

/* log2 of what an entry of this level spans. */
RISCV_INLINE unsigned riscv_span_shift(enum kms_paging_mode mode, unsigned level)
{
    return mode == KMS_PAGING_SV32 ? 12u + 10u * (level - 1) : 12u + 9u * (level - 1);
}

RISCV_INLINE kms_phys riscv_frame(enum kms_paging_mode mode, uint64_t entry)
{
    const uint64_t ppn = mode == KMS_PAGING_SV32 ? RISCV_SV32_PPN : RISCV_SV39_PPN;
    return (entry >> KMS_RISCV_PTE_PPN_SHIFT & ppn) << KMS_PAGE_SHIFT;
}

/* Whether it maps a page; W alone, which is reserved, counts as trying to. */
RISCV_INLINE bool riscv_is_leaf(uint64_t entry)
{
    return (entry & (KMS_RISCV_PTE_R | KMS_RISCV_PTE_W | KMS_RISCV_PTE_X)) != 0;
}

RISCV_INLINE uint8_t riscv_entry_rights(uint64_t entry)
{
    unsigned rights = entry & KMS_RISCV_PTE_R ? KMS_RIGHT_READ : 0u;
    rights |= entry & KMS_RISCV_PTE_W ? KMS_RIGHT_WRITE : 0u;
    rights |= entry & KMS_RISCV_PTE_X ? KMS_RIGHT_EXEC : 0u;
    rights |= entry & KMS_RISCV_PTE_U ? KMS_RIGHT_USER : 0u;
    return (uint8_t)rights;
}

RISCV_INLINE unsigned riscv_entry_flags(uint64_t entry)
{
    unsigned flags = entry & KMS_RISCV_PTE_V ? KMS_ENTRY_PRESENT : 0u;
    flags |= entry & KMS_RISCV_PTE_R ? KMS_ENTRY_READ : 0u;
    flags |= entry & KMS_RISCV_PTE_W ? KMS_ENTRY_WRITE : 0u;
    flags |= entry & KMS_RISCV_PTE_X ? KMS_ENTRY_EXEC : 0u;
    flags |= entry & KMS_RISCV_PTE_U ? KMS_ENTRY_USER : 0u;
    flags |= entry & KMS_RISCV_PTE_G ? KMS_ENTRY_GLOBAL : 0u;
    flags |= entry & KMS_RISCV_PTE_A ? KMS_ENTRY_ACCESSED : 0u;
    flags |= entry & KMS_RISCV_PTE_D ? KMS_ENTRY_DIRTY : 0u;
    return flags;
}

/* Which entry of a walk. All three are constants at every call, so that each mode is a straight line of code. */
struct riscv_step {
    enum kms_paging_mode mode;
    unsigned top; /* level where the walk begins */
    unsigned level;
};

/* Where it stands in walk->level[]. */
RISCV_INLINE unsigned riscv_position(struct riscv_step step)
{
    return step.top - step.level;
}

/* Svnapot and Svpbmt, in an entry that uses one of them: what it must not say. */
RISCV_INLINE uint64_t riscv_reserved_extension(const struct riscv_layout *layout, unsigned level,
                                               uint64_t entry)
{
    uint64_t reserved = 0;
    if ((entry & layout->napot) &&
        (level > 1 || (entry & KMS_RISCV_PTE_NAPOT_BITS) != KMS_RISCV_PTE_NAPOT_64K))
        reserved |= KMS_RISCV_PTE_N;
    if (layout->pbmt && (entry & layout->pbmt) == layout->pbmt)
        reserved |= KMS_RISCV_PTE_PBMT;
    return reserved;
}

/* The bits that make a present entry one of those "reserved for future standard use". */
RISCV_INLINE uint64_t riscv_reserved(const struct riscv_layout *layout, struct riscv_step step,
                                     uint64_t entry)
{
    uint64_t reserved = entry & (riscv_is_leaf(entry) ? layout->reserved_leaf : layout->reserved_table);
    if ((entry & (KMS_RISCV_PTE_W | KMS_RISCV_PTE_R)) == KMS_RISCV_PTE_W)
        reserved |= KMS_RISCV_PTE_W;
    if (step.mode != KMS_PAGING_SV32 && __builtin_expect((entry & (layout->napot | layout->pbmt)) != 0, 0))
        reserved |= riscv_reserved_extension(layout, step.level, entry);
    return reserved;
}

/* An entry that maps a page: where, and how large. */
RISCV_INLINE enum kms_verdict riscv_walk_leaf(struct riscv_step step, struct kms_walk *walk, uint64_t entry,
                                              bool napot)
{
    const unsigned shift = napot ? RISCV_NAPOT_SHIFT : riscv_span_shift(step.mode, step.level);
    const uint64_t offset = (UINT64_C(1) << shift) - 1;
    const kms_phys frame = riscv_frame(step.mode, entry);
    if (step.level > 1 && (frame & offset))
        return KMS_MISALIGNED_PAGE;
    walk->page_shift = (uint8_t)shift;
    walk->phys = (napot ? frame & ~offset : frame) | (walk->linear & offset);
    return KMS_MAPPED;
}

/* Whether one comparison shows what it is: a pointer to a table or, in the last one, a page that may be read. */
RISCV_INLINE bool riscv_is_plain(const struct riscv_layout *layout, struct riscv_step step, uint64_t entry)
{
    const bool plain = step.level > 1 ? (entry & layout->plain_table) == KMS_RISCV_PTE_V
                                      : (entry & layout->plain_page) == (KMS_RISCV_PTE_V | KMS_RISCV_PTE_R);
    return __builtin_expect(plain, 1);
}

/* Judge one entry, note it in the walk, and take its rights. */
RISCV_INLINE enum kms_verdict riscv_walk_entry(const struct riscv_layout *layout, struct riscv_step step,
                                               struct kms_walk *walk, uint64_t entry)
{
    struct kms_walk_level *at = &walk->level[riscv_position(step)];
    const bool plain = riscv_is_plain(layout, step, entry);
    const bool leaf = plain ? step.level == 1 : riscv_is_leaf(entry);
    const bool napot = !plain && leaf && (entry & layout->napot) != 0;
    at->entry = entry;
    at->reserved = 0;
    at->flags = (uint16_t)(at->flags | riscv_entry_flags(entry) |
                           (leaf && step.level > 1 ? KMS_ENTRY_LARGE : 0u) | (napot ? KMS_ENTRY_NAPOT : 0u));
    at->rights = walk->rights;
    if (!plain) {
        if (!(entry & KMS_RISCV_PTE_V))
            return at->verdict = KMS_NOT_PRESENT;
        at->reserved = riscv_reserved(layout, step, entry);
        if (at->reserved)
            return at->verdict = KMS_RESERVED;
    }
    walk->global |= (entry & KMS_RISCV_PTE_G) != 0;
    if (!leaf)
        return at->verdict = step.level > 1 ? KMS_TABLE : KMS_TOO_DEEP;
    at->rights = walk->rights = riscv_entry_rights(entry);
    return at->verdict = (uint8_t)riscv_walk_leaf(step, walk, entry, napot);
}

/* What of a level is not in the flat region. Tables may stand in RAM and ROM. Anything else gives an access fault,
 * whatever the map's policy. Returns whether there is an entry; *flags is KMS_ENTRY_FIXED in ROM, else 0. */
__attribute__((cold)) bool riscv_load_entry_slowly(const struct kms_ram *ram, kms_phys phys, unsigned width,
                                                   uint16_t *flags, uint64_t *entry);

RISCV_INLINE bool riscv_load_entry(const struct kms_ram *ram, kms_phys phys, unsigned width,
                                   struct kms_walk_level *at, uint64_t *entry)
{
    if (ram_is_flat(ram, phys)) {
        at->flags = 0;
        *entry = ram_flat_entry(ram, phys, width);
        return true;
    }
    uint16_t flags; /* apart from what is handed back, which can so stay in registers */
    uint64_t far;
    const bool found = riscv_load_entry_slowly(ram, phys, width, &flags, &far);
    at->flags = flags;
    *entry = far;
    return found;
}

/* Read and judge the entry of one level. Returns its verdict; with KMS_TABLE, *table is the next table. */
RISCV_INLINE enum kms_verdict riscv_walk_level(const struct riscv_layout *layout, const struct kms_ram *ram,
                                               struct riscv_step step, struct kms_walk *walk, kms_phys *table)
{
    const unsigned width = step.mode == KMS_PAGING_SV32 ? 4 : 8;
    const unsigned index_mask = step.mode == KMS_PAGING_SV32 ? 0x3ff : 0x1ff;
    const unsigned shift = riscv_span_shift(step.mode, step.level);
    const unsigned index = (unsigned)(walk->linear >> shift) & index_mask;
    struct kms_walk_level *at = &walk->level[riscv_position(step)];
    uint64_t entry = 0;
    walk->depth = (uint8_t)(riscv_position(step) + 1);
    walk->page_shift = (uint8_t)shift;
    at->level = (uint8_t)step.level;
    at->index = (uint16_t)index;
    at->entry_addr = *table + index * width;
    at->in_register = false;
    if (__builtin_expect(!riscv_load_entry(ram, at->entry_addr, width, at, &entry), 0)) {
        at->entry = 0;
        at->reserved = 0;
        at->rights = walk->rights;
        return at->verdict = KMS_NO_TABLE;
    }
    *table = riscv_frame(step.mode, entry);
    return riscv_walk_entry(layout, step, walk, entry);
}

/* The levels from `first` down to the last. */
RISCV_INLINE enum kms_verdict riscv_walk_down(const struct riscv_layout *layout, const struct kms_ram *ram,
                                              struct riscv_step first, struct kms_walk *walk, kms_phys table)
{
    const enum kms_paging_mode mode = first.mode;
    const unsigned top = first.top;
    enum kms_verdict verdict = KMS_TABLE;
    if (first.level >= 5)
        verdict = riscv_walk_level(layout, ram, (struct riscv_step){mode, top, 5}, walk, &table);
    if (first.level >= 4 && verdict == KMS_TABLE)
        verdict = riscv_walk_level(layout, ram, (struct riscv_step){mode, top, 4}, walk, &table);
    if (first.level >= 3 && verdict == KMS_TABLE)
        verdict = riscv_walk_level(layout, ram, (struct riscv_step){mode, top, 3}, walk, &table);
    if (first.level >= 2 && verdict == KMS_TABLE)
        verdict = riscv_walk_level(layout, ram, (struct riscv_step){mode, top, 2}, walk, &table);
    if (verdict == KMS_TABLE)
        verdict = riscv_walk_level(layout, ram, (struct riscv_step){mode, top, 1}, walk, &table);
    return verdict;
}

RISCV_INLINE unsigned riscv_top_level(enum kms_paging_mode mode)
{
    return mode == KMS_PAGING_SV32 ? 2 : mode == KMS_PAGING_SV39 ? 3 : mode == KMS_PAGING_SV48 ? 4 : 5;
}

RISCV_INLINE enum kms_verdict riscv_walk_mode(const struct riscv_layout *layout, const struct kms_ram *ram,
                                              enum kms_paging_mode mode, struct kms_walk *walk)
{
    const unsigned top = riscv_top_level(mode);
    return riscv_walk_down(layout, ram, (struct riscv_step){mode, top, top}, walk, layout->root);
}

/* A walk that has read nothing yet; as it stands, one without translation. */
RISCV_INLINE void riscv_walk_begin(const struct riscv_layout *layout, kms_linear linear,
                                   struct kms_walk *walk)
{
    walk->linear = linear & layout->linear_mask;
    walk->phys = walk->linear;
    walk->mode = KMS_PAGING_NONE;
    walk->verdict = KMS_MAPPED;
    walk->depth = 0;
    walk->page_shift = layout->linear_bits;
    walk->rights = RISCV_ALL_RIGHTS;
    walk->key = 0;
    walk->global = false;
}

RISCV_INLINE void riscv_walk(const struct riscv_layout *layout, const struct kms_ram *ram, kms_linear linear,
                             struct kms_walk *walk)
{
    const enum kms_paging_mode mode = layout->mode;
    riscv_walk_begin(layout, linear, walk);
    walk->mode = (uint8_t)mode;
    if (mode == KMS_PAGING_NONE)
        return;
    if (mode == KMS_PAGING_SV32)
        walk->verdict = (uint8_t)riscv_walk_mode(layout, ram, KMS_PAGING_SV32, walk);
    else if (!riscv_is_canonical(layout, linear))
        walk->verdict = KMS_NONCANONICAL;
    else if (mode == KMS_PAGING_SV39)
        walk->verdict = (uint8_t)riscv_walk_mode(layout, ram, KMS_PAGING_SV39, walk);
    else if (mode == KMS_PAGING_SV48)
        walk->verdict = (uint8_t)riscv_walk_mode(layout, ram, KMS_PAGING_SV48, walk);
    else
        walk->verdict = (uint8_t)riscv_walk_mode(layout, ram, KMS_PAGING_SV57, walk);
}

#endif
