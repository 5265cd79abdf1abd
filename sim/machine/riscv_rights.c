/* riscv_rights.c - "Virtual Address Translation Process", and mstatus' fields MPRV, SUM and MXR. */
#include "riscv_rights.h"

#include <assert.h>

static bool is_write(const struct kms_access *access)
{
    return access->kind == KMS_WRITE || access->kind == KMS_RMW;
}

enum kms_riscv_privilege kms_riscv_effective(const struct kms_riscv_state *state,
                                             const struct kms_access *access)
{
    assert(state && access);
    switch (access->privilege) {
    case KMS_AS_CURRENT: break;
    case KMS_AS_USER: return KMS_RISCV_U;
    case KMS_AS_SUPERVISOR:
    case KMS_AS_IMPLICIT: return KMS_RISCV_S;
    }
    const bool modified = state->mprv && access->kind != KMS_FETCH;
    return (enum kms_riscv_privilege)(modified ? state->mpp : state->priv);
}

bool kms_riscv_is_translated(const struct kms_riscv_state *state, const struct kms_access *access)
{
    return kms_riscv_paging_mode(state) != KMS_PAGING_NONE &&
           kms_riscv_effective(state, access) != KMS_RISCV_M;
}

struct kms_fault riscv_fault(enum riscv_fault_kind kind, const struct kms_access *access, kms_linear linear)
{
    static const uint8_t cause[][3] = {
        /* by kind: fetch, load, store or AMO */
        [RISCV_MISALIGNED] = {0, KMS_CAUSE_LOAD_MISALIGNED, KMS_CAUSE_STORE_MISALIGNED},
        [RISCV_ACCESS_FAULT] = {KMS_CAUSE_FETCH_ACCESS, KMS_CAUSE_LOAD_ACCESS, KMS_CAUSE_STORE_ACCESS},
        [RISCV_PAGE_FAULT] = {KMS_CAUSE_FETCH_PAGE, KMS_CAUSE_LOAD_PAGE, KMS_CAUSE_STORE_PAGE},
    };
    const unsigned column = access->kind == KMS_FETCH ? 0 : is_write(access) ? 2 : 1;
    return (struct kms_fault){cause[kind][column], 0, linear};
}

/* "S-mode can never execute instructions from user pages, regardless of SUM." */
static bool privilege_may(const struct kms_riscv_state *state, unsigned rights,
                          const struct kms_access *access)
{
    const bool user_page = (rights & KMS_RIGHT_USER) != 0;
    if (kms_riscv_effective(state, access) == KMS_RISCV_U)
        return user_page;
    return !user_page || (state->sum && access->kind != KMS_FETCH);
}

bool riscv_may(const struct kms_riscv_state *state, unsigned rights, const struct kms_access *access)
{
    if (!privilege_may(state, rights, access))
        return false;
    if (access->kind == KMS_FETCH)
        return (rights & KMS_RIGHT_EXEC) != 0;
    if (is_write(access))
        return (rights & KMS_RIGHT_WRITE) != 0;
    return (rights & (state->mxr ? KMS_RIGHT_READ | KMS_RIGHT_EXEC : KMS_RIGHT_READ)) != 0;
}

/* Clear A or D bits that this access needs: who sets them, and whether they can be set. */
static enum kms_result decide_accessed_dirty(const struct kms_riscv_state *state, const struct kms_walk *walk,
                                             const struct kms_access *access, struct kms_fault *fault)
{
    const unsigned flags = walk->level[walk->depth - 1u].flags;
    const unsigned needed = KMS_ENTRY_ACCESSED | (is_write(access) ? KMS_ENTRY_DIRTY : 0u);
    if ((flags & needed) == needed || (state->adue && !(flags & KMS_ENTRY_FIXED)))
        return KMS_DONE;
    *fault = riscv_fault(state->adue ? RISCV_ACCESS_FAULT : RISCV_PAGE_FAULT, access, walk->linear);
    return KMS_FAULT;
}

enum kms_result riscv_decide(const struct kms_riscv_state *state, const struct kms_walk *walk,
                             const struct kms_access *access, struct kms_fault *fault)
{
    if (walk->mode == KMS_PAGING_NONE || kms_riscv_effective(state, access) == KMS_RISCV_M)
        return KMS_DONE;
    if (walk->verdict == KMS_MAPPED && riscv_may(state, walk->rights, access))
        return decide_accessed_dirty(state, walk, access, fault);
    const bool no_table = walk->verdict == KMS_NO_TABLE;
    *fault = riscv_fault(no_table ? RISCV_ACCESS_FAULT : RISCV_PAGE_FAULT, access, walk->linear);
    return KMS_FAULT;
}
