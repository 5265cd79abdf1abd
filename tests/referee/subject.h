/*
 * subject.h - the machine under judgement, answering the same operations as the emulators.
 *
 * Values read from where no memory is are 0. Implicit accesses read the bytes that the CPU would: of the table
 * below the tested page, as the ROM's handlers need them, and then of the tested page.
 */
#ifndef REFEREE_SUBJECT_H
#define REFEREE_SUBJECT_H

#include <stddef.h>

#include "emulator.h"
#include "protocol.h"

struct subject;

/* What the architecture leaves open, as the machine's options of these names; a set. */
enum subject_policy {
    POLICY_ACCESSED_ON_WALK = 1,
    POLICY_RIGHTS_FAULT = 2,
    POLICY_STRUCTURE_CACHES = 4,
    POLICY_NO_TLB = 8,
    POLICIES = 16,
};

/* The policies that this emulator has. */
unsigned subject_policies(enum emulator_kind oracle);
/* The CPU of a case that this emulator left behind, `cpu` having its physical bits; false: it is not of this architecture. */
bool own_cpu(enum emulator_kind oracle, struct ref_cpu *cpu);

struct subject_options {
    struct ref_cpu cpu; /* the CPU to be: features and MAXPHYADDR */
    uint64_t ram_bytes;
    unsigned policies; /* enum subject_policy */
};

/* NULL if the host has no memory. */
struct subject *subject_new(const struct subject_options *options);
void subject_free(struct subject *subject);
const struct ref_cpu *subject_cpu(const struct subject *subject);

/* What an emulator does against the manual, done likewise from the next case on. A set; 0: as the manual says. */
enum subject_imitation {
    IMITATE_READ_THEN_WRITE = 1,  /* a locked access is a read and then a write */
    IMITATE_AC_AT_CPL0 = 2,       /* EFLAGS.AC lifts SMAP for implicit accesses of code at CPL 0 */
    IMITATE_AC_AT_CPL3 = 4,       /* ... and at CPL 3 */
    IMITATE_PKS_NOT_FOR_USER = 8, /* a user's access to a supervisor page never reports PK */
    IMITATE_PSE36_ANY_WIDTH =
        16, /* 4 MiB pages: 40 physical bits whatever CPUID says; for 32-bit paging alone */
};
void subject_imitate(struct subject *subject, unsigned imitations);
void subject_run(struct subject *subject, const struct ref_op *ops, struct ref_result *results, size_t count);

#endif
