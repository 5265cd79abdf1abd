/*
 * riscv_rights.h - may this access use this translation? One pure decision for walks and TLB entries alike.
 */
#ifndef SIM_MACHINE_RISCV_RIGHTS_H
#define SIM_MACHINE_RISCV_RIGHTS_H

#include <kmemsim/riscv.h>

enum riscv_fault_kind { RISCV_MISALIGNED, RISCV_ACCESS_FAULT, RISCV_PAGE_FAULT };

/* The fault of this kind that an access gets. There is none for a misaligned fetch. */
struct kms_fault riscv_fault(enum riscv_fault_kind kind, const struct kms_access *access, kms_linear linear);

/* Whether a page with these rights (enum kms_right) may be accessed. */
bool riscv_may(const struct kms_riscv_state *state, unsigned rights, const struct kms_access *access);

enum kms_result riscv_decide(const struct kms_riscv_state *state, const struct kms_walk *walk,
                             const struct kms_access *access, struct kms_fault *fault);

#endif
