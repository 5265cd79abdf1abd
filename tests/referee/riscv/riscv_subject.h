/* riscv_subject.h - what RISC-V leaves open, as the machine's options; a set for subject_options.policies. */
#ifndef REFEREE_RISCV_SUBJECT_H
#define REFEREE_RISCV_SUBJECT_H

#include "subject.h"

enum riscv_policy {
    RV_POLICY_RIGHTS_FAULT = 1,      /* a cached translation without the right faults at once */
    RV_POLICY_SVADE = 2,             /* A and D are software's affair: a page fault */
    RV_POLICY_NO_TLB = 4,            /* nothing is remembered */
    RV_POLICY_MISALIGNED_FIRST = 8,  /* misaligned accesses fault before anything else */
    RV_POLICY_MISALIGNED_LAST = 16,  /* ... or after everything else */
    RV_POLICY_STRUCTURE_CACHES = 32, /* pointers to tables are remembered too */
    RV_POLICIES = 64,
};

#endif
