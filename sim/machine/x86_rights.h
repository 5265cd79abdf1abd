/*
 * x86_rights.h - may this access use this translation? One pure decision for walks and TLB entries alike.
 */
#ifndef SIM_MACHINE_X86_RIGHTS_H
#define SIM_MACHINE_X86_RIGHTS_H

#include <kmemsim/x86.h>

/* Whether an access is a user-mode access. */
bool x86_is_user(const struct kms_x86_state *state, const struct kms_access *access);

/* The error-code bits that the access brings to any page fault: W/R, U/S, I/D. */
uint32_t x86_error_of_access(const struct kms_x86_state *state, const struct kms_access *access);

/* 0 if a page with these rights (enum kms_right) and this protection key may be accessed, else the error
 * code. */
uint32_t x86_violation(const struct kms_x86_state *state, unsigned rights, unsigned key,
                       const struct kms_access *access);

enum kms_result x86_decide(const struct kms_x86_state *state, const struct kms_walk *walk,
                           const struct kms_access *access, struct kms_fault *fault);

#endif
