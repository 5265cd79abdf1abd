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
    kms_linear half, last; /* canonical addresses plus `half` are those up to `last`; with 32 bits, all are */
    kms_phys root;
    uint64_t reserved_leaf;  /* in an entry that maps a page */
    uint64_t reserved_table; /* in an entry that points to a table */
    uint64_t plain_table;    /* V alone of these: points to a table, nothing reserved */
    uint64_t plain_page;     /* V and R of these: maps a page that may be read, nothing reserved or unusual */
    uint64_t napot;          /* KMS_RISCV_PTE_N where it is honoured, else 0 */
    uint64_t pbmt;           /* KMS_RISCV_PTE_PBMT likewise */
    kms_linear linear_mask;  /* RV32: 32 bits */
};

struct riscv_layout riscv_layout_of(const struct kms_riscv_state *state);

static inline bool riscv_is_canonical(const struct riscv_layout *layout, kms_linear linear)
{
    return linear + layout->half <= layout->last;
}

/* satp's address space; 0 without ASIDs. */
uint16_t riscv_asid(const struct kms_riscv_state *state);

#endif
