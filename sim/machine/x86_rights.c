/* x86_rights.c - SDM volume 3, "Access Rights", "Protection Keys" and "Page-Fault Exceptions". */
#include "x86_rights.h"

#define KEY_ACCESS_DISABLE 1u
#define KEY_WRITE_DISABLE  2u

static bool is_write(const struct kms_access *access)
{
    return access->kind == KMS_WRITE || access->kind == KMS_RMW;
}

bool x86_is_user(const struct kms_x86_state *state, const struct kms_access *access)
{
    switch (access->privilege) {
    case KMS_AS_CURRENT: return state->cpl == 3;
    case KMS_AS_USER: return true;
    case KMS_AS_SUPERVISOR:
    case KMS_AS_IMPLICIT: break;
    }
    return false;
}

uint32_t x86_error_of_access(const struct kms_x86_state *state, const struct kms_access *access)
{
    const bool reports_fetch =
        (state->cr4 & KMS_CR4_SMEP) || ((state->cr4 & KMS_CR4_PAE) && (state->efer & KMS_EFER_NXE));
    uint32_t error = is_write(access) ? KMS_PFERR_WR : 0;
    error |= x86_is_user(state, access) ? KMS_PFERR_US : 0;
    error |= access->kind == KMS_FETCH && reports_fetch ? KMS_PFERR_ID : 0;
    return error;
}

/* Protection keys never stop fetches, and exist in IA-32e mode only. */
static bool key_denies(const struct kms_x86_state *state, unsigned rights, unsigned key,
                       const struct kms_access *access)
{
    const bool user_page = (rights & KMS_RIGHT_USER) != 0;
    if (access->kind == KMS_FETCH || !(state->efer & KMS_EFER_LMA) ||
        !(state->cr4 & (user_page ? KMS_CR4_PKE : KMS_CR4_PKS)))
        return false;
    const unsigned denied = (user_page ? state->pkru : state->pkrs) >> (2 * key);
    if (denied & KEY_ACCESS_DISABLE)
        return true;
    const bool honours_write = x86_is_user(state, access) || (state->cr0 & KMS_CR0_WP);
    return (denied & KEY_WRITE_DISABLE) && is_write(access) && honours_write;
}

static bool supervisor_may(const struct kms_x86_state *state, unsigned rights,
                           const struct kms_access *access)
{
    const bool user_page = (rights & KMS_RIGHT_USER) != 0;
    if (access->kind == KMS_FETCH)
        return (rights & KMS_RIGHT_EXEC) && !(user_page && (state->cr4 & KMS_CR4_SMEP));
    const bool smap_lifted = state->ac && access->privilege != KMS_AS_IMPLICIT;
    if (user_page && (state->cr4 & KMS_CR4_SMAP) && !smap_lifted)
        return false;
    return !is_write(access) || (rights & KMS_RIGHT_WRITE) || !(state->cr0 & KMS_CR0_WP);
}

static bool user_may(unsigned rights, const struct kms_access *access)
{
    if (!(rights & KMS_RIGHT_USER))
        return false;
    if (access->kind == KMS_FETCH)
        return (rights & KMS_RIGHT_EXEC) != 0;
    return !is_write(access) || (rights & KMS_RIGHT_WRITE);
}

uint32_t x86_violation(const struct kms_x86_state *state, unsigned rights, unsigned key,
                       const struct kms_access *access)
{
    const bool denied_by_key = key_denies(state, rights, key, access);
    const bool may =
        x86_is_user(state, access) ? user_may(rights, access) : supervisor_may(state, rights, access);
    if (may && !denied_by_key)
        return 0;
    return x86_error_of_access(state, access) | KMS_PFERR_P | (denied_by_key ? KMS_PFERR_PK : 0);
}

static enum kms_result page_fault(const struct kms_walk *walk, uint32_t error, struct kms_fault *fault)
{
    *fault = (struct kms_fault){KMS_VECTOR_PF, error, walk->linear};
    return KMS_FAULT;
}

enum kms_result x86_decide(const struct kms_x86_state *state, const struct kms_walk *walk,
                           const struct kms_access *access, struct kms_fault *fault)
{
    switch ((enum kms_verdict)walk->verdict) {
    case KMS_NO_TABLE: return KMS_UNBACKED;
    case KMS_NONCANONICAL: *fault = (struct kms_fault){KMS_VECTOR_GP, 0, 0}; return KMS_FAULT;
    case KMS_NOT_PRESENT: return page_fault(walk, x86_error_of_access(state, access), fault);
    case KMS_RESERVED:
        return page_fault(walk, x86_error_of_access(state, access) | KMS_PFERR_P | KMS_PFERR_RSVD, fault);
    case KMS_TABLE:
    case KMS_MAPPED:
    case KMS_MISALIGNED_PAGE:
    case KMS_TOO_DEEP: break;
    }
    if (walk->mode == KMS_PAGING_NONE)
        return KMS_DONE;
    const uint32_t error = x86_violation(state, walk->rights, walk->key, access);
    return error ? page_fault(walk, error, fault) : KMS_DONE;
}
