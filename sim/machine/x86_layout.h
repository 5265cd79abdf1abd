/*
 * x86_layout.h - what the registers make of entries: reserved bits, frame bits, which levels may map large
 * pages. Worked out once when a register changes, used by every walk.
 */
#ifndef SIM_MACHINE_X86_LAYOUT_H
#define SIM_MACHINE_X86_LAYOUT_H

#include <kmemsim/x86.h>

/* Arrays are indexed by level: 1 for the page table, up to 5. */
struct x86_layout {
    enum kms_paging_mode mode;
    uint8_t linear_bits;
    kms_linear half, last; /* canonical addresses plus `half` are those up to `last`; with 32 bits, all are */
    bool large[KMS_WALK_LEVELS + 1];              /* PS maps a large page here */
    uint64_t reserved[KMS_WALK_LEVELS + 1];       /* in an entry that points to a table, or maps 4 KiB */
    uint64_t reserved_large[KMS_WALK_LEVELS + 1]; /* in an entry that maps a large page */
    uint64_t plain[KMS_WALK_LEVELS + 1]; /* P alone of these: present, nothing reserved, no large page */
    uint64_t frame;                      /* address bits of a 64-bit entry, and of CR3 */
    uint64_t nx;                         /* KMS_PTE_NX where it is honoured, else 0 */
    uint64_t global;                     /* KMS_PTE_G likewise */
    uint64_t high_frame;                 /* PSE-36: bits 20:13 of an entry that hold address bits 39:32 */
};

struct x86_layout x86_layout_of(const struct kms_x86_state *state);

/* The address as the mode sees it: outside IA-32e mode linear addresses have 32 bits. */
static inline kms_linear x86_linear(const struct x86_layout *layout, kms_linear linear)
{
    return layout->linear_bits == 32 ? (uint32_t)linear : linear;
}

static inline bool x86_is_canonical(const struct x86_layout *layout, kms_linear linear)
{
    return linear + layout->half <= layout->last;
}

#endif
