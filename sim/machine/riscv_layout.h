/*
 * riscv_layout.h - what the registers make of entries: the scheme and its reserved bits. Worked out once when a
 * register changes, used by every walk.
 */
#ifndef SIM_MACHINE_RISCV_LAYOUT_H
#define SIM_MACHINE_RISCV_LAYOUT_H

#include <kmemsim/riscv.h>

struct riscv_layout {
    enum kms_paging_mode mode;
    uint8_t linear_bits;
    kms_phys root;
    uint64_t reserved_leaf;  /* in an entry that maps a page */
    uint64_t reserved_table; /* in an entry that points to a table */
    uint64_t napot;          /* KMS_RISCV_PTE_N where it is honoured, else 0 */
    uint64_t pbmt;           /* KMS_RISCV_PTE_PBMT likewise */
    kms_linear linear_mask;  /* RV32: 32 bits */
};

struct riscv_layout riscv_layout_of(const struct kms_riscv_state *state);

static inline bool riscv_is_canonical(const struct riscv_layout *layout, kms_linear linear)
{
    const unsigned unused = 64u - layout->linear_bits;
    return layout->linear_bits == 32 || (kms_linear)((int64_t)(linear << unused) >> unused) == linear;
}

/* satp's address space; 0 without ASIDs. */
uint16_t riscv_asid(const struct kms_riscv_state *state);

#endif
