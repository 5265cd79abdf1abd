/*
 * base.h - the words that every part of kmemsim shares: addresses, accesses, results, faults.
 *
 * Three kinds of error, never mixed:
 *   enum kms_status   what a caller may meet: no memory, a bad range. Nothing is half done.
 *   enum kms_result   what a guest's access came to; with KMS_FAULT a struct kms_fault says which exception.
 *   an assertion      misuse by the programmer (a NULL machine, a width that no access has).
 */
#ifndef KMEMSIM_BASE_H
#define KMEMSIM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t kms_linear; /* a linear address: what an instruction uses, segmentation applied */
typedef uint64_t kms_phys;   /* a physical address: what the memory bus sees */

enum kms_arch { KMS_ARCH_X86, KMS_ARCH_RV32, KMS_ARCH_RV64 };

#define KMS_PAGE_SHIFT 12u
#define KMS_PAGE_SIZE  4096u

enum kms_status {
    KMS_OK,
    KMS_NO_MEMORY,   /* the host has no memory for it */
    KMS_BAD_RANGE,   /* empty, unaligned, wrapping or overlapping range */
    KMS_BAD_OPTION,  /* an option outside its documented range */
    KMS_UNSUPPORTED, /* this host cannot do it */
};

/* A status in words; never NULL. */
const char *kms_status_words(enum kms_status status);

/* What an access came to. */
enum kms_result {
    KMS_DONE,
    KMS_FAULT,    /* the CPU raised an exception; the fault value says which */
    KMS_UNBACKED, /* nothing answers at the physical address, and the machine was asked to report that */
};

enum kms_access_kind {
    KMS_READ,
    KMS_WRITE,
    KMS_RMW,   /* a locked read-modify-write: one access, with the rights and the Dirty effect of a write */
    KMS_FETCH, /* of an instruction */
};

enum kms_privilege {
    KMS_AS_CURRENT, /* as the CPU's registers say (x86: user mode if CPL is 3; RISC-V: see kms_riscv_effective()) */
    KMS_AS_SUPERVISOR, /* explicit supervisor-mode access */
    KMS_AS_USER,
    KMS_AS_IMPLICIT, /* implicit supervisor access (x86: descriptor tables, TSS), at any CPL */
};

struct kms_access {
    kms_linear linear;
    enum kms_access_kind kind;
    enum kms_privilege privilege;
};

/*
 * An exception as the CPU would deliver it. x86: vector 14 with the error code that is pushed and the value
 * that CR2 gets, vector 13 (#GP) for a non-canonical address or a refused register write, with error code 0
 * and no address; vectors 10 to 13 for segments, whose error code names a selector (segment.h). RISC-V: the cause
 * as vector, and what stval gets as address; see riscv.h.
 */
struct kms_fault {
    uint32_t vector;
    uint32_t error_code;
    kms_linear address;
};

#define KMS_VECTOR_UD 6u  /* invalid opcode */
#define KMS_VECTOR_DF 8u  /* double fault */
#define KMS_VECTOR_TS 10u /* invalid TSS */
#define KMS_VECTOR_NP 11u /* segment not present */
#define KMS_VECTOR_SS 12u /* stack fault */
#define KMS_VECTOR_GP 13u /* general protection */
#define KMS_VECTOR_PF 14u /* page fault */

#ifdef __cplusplus
}
#endif

#endif
