/* riscv_walk.c - the public forms of the walk and of the decision on it. */
#include "riscv_walk.h"

#include "riscv_rights.h"

#include <assert.h>

bool riscv_load_entry_slowly(const struct kms_ram *ram, kms_phys phys, unsigned width, uint16_t *flags,
                             uint64_t *entry)
{
    const struct ram_region *region = ram_region_at(ram, phys);
    *flags = 0;
    *entry = 0;
    if (!region || !region->bytes)
        return false;
    *flags = region->kind == KMS_REGION_RAM ? 0 : KMS_ENTRY_FIXED;
    return ram_load_entry(ram, phys, width, entry) == KMS_DONE;
}

void kms_riscv_walk(const struct kms_riscv_state *state, const struct kms_ram *ram, kms_linear linear,
                    struct kms_walk *walk)
{
    assert(state && ram && walk);
    const struct riscv_layout layout = riscv_layout_of(state);
    riscv_walk(&layout, ram, linear, walk);
}

enum kms_result kms_riscv_decide(const struct kms_riscv_state *state, const struct kms_walk *walk,
                                 const struct kms_access *access, struct kms_fault *fault)
{
    assert(state && walk && access);
    struct kms_fault unused;
    return riscv_decide(state, walk, access, fault ? fault : &unused);
}
