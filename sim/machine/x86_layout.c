/* x86_layout.c - SDM volume 3, "Paging": the tables of entry formats, as masks. */
#include "x86_layout.h"

/* Bits high:low, both included; none if high is below low. */
static uint64_t bits(unsigned high, unsigned low)
{
    return high < low ? 0 : (UINT64_MAX >> (63u - high)) & (UINT64_MAX << low);
}

static bool has(const struct kms_x86_state *state, uint32_t feature)
{
    return (state->features & feature) != 0;
}

enum kms_paging_mode kms_x86_paging_mode(const struct kms_x86_state *state)
{
    if (!(state->cr0 & KMS_CR0_PG))
        return KMS_PAGING_NONE;
    if (!(state->cr4 & KMS_CR4_PAE))
        return KMS_PAGING_32BIT;
    if (!(state->efer & KMS_EFER_LMA))
        return KMS_PAGING_PAE;
    return state->cr4 & KMS_CR4_LA57 ? KMS_PAGING_5LEVEL : KMS_PAGING_4LEVEL;
}

static void layout_32bit(struct x86_layout *layout, const struct kms_x86_state *state)
{
    const bool pat = has(state, KMS_X86_PAT);
    layout->linear_bits = 32;
    layout->large[2] = (state->cr4 & KMS_CR4_PSE) != 0;
    layout->reserved[1] = pat ? 0 : KMS_PTE_PAT;
    layout->reserved_large[2] = pat ? 0 : KMS_PDE_PAT;
    if (has(state, KMS_X86_PSE36)) {
        const unsigned width = state->maxphyaddr < 40 ? state->maxphyaddr : 40;
        layout->high_frame = bits(width - 20, 13);
        layout->reserved_large[2] |= bits(21, width - 19);
    } else {
        layout->reserved_large[2] |= bits(21, 13);
    }
}

/* What PAE, 4-level and 5-level entries share. */
static void layout_64bit_entries(struct x86_layout *layout, const struct kms_x86_state *state, unsigned top,
                                 unsigned highest_reserved)
{
    const bool nx = (state->efer & KMS_EFER_NXE) != 0;
    const uint64_t high = bits(highest_reserved, state->maxphyaddr) | (nx ? 0 : KMS_PTE_NX);
    layout->nx = nx ? KMS_PTE_NX : 0;
    for (unsigned level = 1; level <= top; level++)
        layout->reserved[level] = layout->reserved_large[level] = high;
    if (!has(state, KMS_X86_PAT))
        layout->reserved[1] |= KMS_PTE_PAT;
    layout->large[2] = true;
    layout->reserved_large[2] |= bits(20, 13) | (has(state, KMS_X86_PAT) ? 0 : KMS_PDE_PAT);
}

static void layout_pae(struct x86_layout *layout, const struct kms_x86_state *state)
{
    layout->linear_bits = 32;
    layout_64bit_entries(layout, state, 2, 62);
}

static void layout_ia32e(struct x86_layout *layout, const struct kms_x86_state *state, unsigned top)
{
    layout->linear_bits = top == 5 ? 57 : 48;
    layout->half = UINT64_C(1) << (layout->linear_bits - 1);
    layout->last = 2 * layout->half - 1;
    layout_64bit_entries(layout, state, top, 51);
    layout->large[3] = has(state, KMS_X86_1GB);
    layout->reserved[3] |= layout->large[3] ? 0 : KMS_PDE_PS;
    layout->reserved_large[3] |= bits(29, 13) | (has(state, KMS_X86_PAT) ? 0 : KMS_PDE_PAT);
    layout->reserved[4] |= KMS_PDE_PS;
    layout->reserved[5] |= KMS_PDE_PS;
}

struct x86_layout x86_layout_of(const struct kms_x86_state *state)
{
    struct x86_layout layout = {.mode = kms_x86_paging_mode(state), .linear_bits = 32, .last = UINT64_MAX};
    layout.frame = bits(state->maxphyaddr - 1u, KMS_PAGE_SHIFT);
    layout.global = state->cr4 & KMS_CR4_PGE ? KMS_PTE_G : 0;
    switch (layout.mode) {
    case KMS_PAGING_NONE: break;
    case KMS_PAGING_32BIT: layout_32bit(&layout, state); break;
    case KMS_PAGING_PAE: layout_pae(&layout, state); break;
    case KMS_PAGING_4LEVEL: layout_ia32e(&layout, state, 4); break;
    default: layout_ia32e(&layout, state, 5); break;
    }
    for (unsigned level = 1; level <= KMS_WALK_LEVELS; level++)
        layout.plain[level] = KMS_PTE_P | layout.reserved[level] | (layout.large[level] ? KMS_PDE_PS : 0);
    return layout;
}
