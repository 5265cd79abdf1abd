/* riscv_layout.c - "Supervisor Address Translation and Protection (satp) Register", and the formats of entries. */
#include "riscv_layout.h"

#include <assert.h>

#define HIGH_RESERVED  (UINT64_C(0x7f) << 54) /* bits 60:54 */
#define SATP64_MODE    UINT64_C(15)
#define TABLE_RESERVED (KMS_RISCV_PTE_A | KMS_RISCV_PTE_D | KMS_RISCV_PTE_U)

static uint64_t low_bits(unsigned count)
{
    return (UINT64_C(1) << count) - 1;
}

enum kms_paging_mode kms_riscv_paging_mode(const struct kms_riscv_state *state)
{
    assert(state);
    if (state->arch == KMS_ARCH_RV32)
        return state->satp & KMS_SATP32_MODE ? KMS_PAGING_SV32 : KMS_PAGING_NONE;
    switch (state->satp >> KMS_SATP64_MODE_SHIFT) {
    case KMS_SATP64_SV39: return KMS_PAGING_SV39;
    case KMS_SATP64_SV48: return KMS_PAGING_SV48;
    case KMS_SATP64_SV57: return KMS_PAGING_SV57;
    default: break;
    }
    return KMS_PAGING_NONE;
}

static uint64_t mode_field(enum kms_paging_mode mode)
{
    switch (mode) {
    case KMS_PAGING_SV39: return KMS_SATP64_SV39;
    case KMS_PAGING_SV48: return KMS_SATP64_SV48;
    case KMS_PAGING_SV57: return KMS_SATP64_SV57;
    default: break;
    }
    return KMS_SATP64_BARE;
}

uint64_t kms_riscv_satp(enum kms_paging_mode mode, uint16_t asid, kms_phys root)
{
    const uint64_t ppn = root >> KMS_PAGE_SHIFT;
    if (mode == KMS_PAGING_NONE)
        return 0;
    if (mode == KMS_PAGING_SV32)
        return KMS_SATP32_MODE | (asid & low_bits(KMS_RISCV_ASID_BITS_32)) << KMS_SATP32_ASID_SHIFT |
               (ppn & KMS_SATP32_PPN);
    return mode_field(mode) << KMS_SATP64_MODE_SHIFT | (uint64_t)asid << KMS_SATP64_ASID_SHIFT |
           (ppn & KMS_SATP64_PPN);
}

uint16_t riscv_asid(const struct kms_riscv_state *state)
{
    const unsigned shift = state->arch == KMS_ARCH_RV32 ? KMS_SATP32_ASID_SHIFT : KMS_SATP64_ASID_SHIFT;
    return (uint16_t)(state->satp >> shift & low_bits(state->asid_bits));
}

static uint8_t linear_bits(enum kms_paging_mode mode)
{
    switch (mode) {
    case KMS_PAGING_SV39: return 39;
    case KMS_PAGING_SV48: return 48;
    case KMS_PAGING_SV57: return 57;
    default: break;
    }
    return 32;
}

static void layout_64bit_entries(struct riscv_layout *layout, const struct kms_riscv_state *state)
{
    layout->napot = state->features & KMS_RISCV_SVNAPOT ? KMS_RISCV_PTE_N : 0;
    layout->pbmt = state->pbmte ? KMS_RISCV_PTE_PBMT : 0;
    layout->reserved_table |= HIGH_RESERVED | KMS_RISCV_PTE_N | KMS_RISCV_PTE_PBMT;
    layout->reserved_leaf =
        (HIGH_RESERVED | KMS_RISCV_PTE_N | KMS_RISCV_PTE_PBMT) & ~(layout->napot | layout->pbmt);
}

struct riscv_layout riscv_layout_of(const struct kms_riscv_state *state)
{
    const bool rv32 = state->arch == KMS_ARCH_RV32;
    struct riscv_layout layout = {
        .mode = kms_riscv_paging_mode(state),
        .last = UINT64_MAX,
        .root = (state->satp & (rv32 ? KMS_SATP32_PPN : KMS_SATP64_PPN)) << KMS_PAGE_SHIFT,
        .reserved_table = TABLE_RESERVED,
        .linear_mask = rv32 ? UINT32_MAX : UINT64_MAX,
    };
    layout.linear_bits = linear_bits(layout.mode);
    if (layout.linear_bits > 32) {
        layout.half = UINT64_C(1) << (layout.linear_bits - 1);
        layout.last = 2 * layout.half - 1;
    }
    if (!rv32)
        layout_64bit_entries(&layout, state);
    layout.plain_table =
        KMS_RISCV_PTE_V | KMS_RISCV_PTE_R | KMS_RISCV_PTE_W | KMS_RISCV_PTE_X | layout.reserved_table;
    layout.plain_page = KMS_RISCV_PTE_V | KMS_RISCV_PTE_R | layout.reserved_leaf | layout.napot | layout.pbmt;
    return layout;
}
