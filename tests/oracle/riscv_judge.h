/*
 * riscv_judge.h - the machine as a RISC-V hart, and the oracle, made to do the same.
 *
 * There is one memory, the machine's: before each access the oracle reads the tables there and says what may come of
 * it, after it the machine's answer, its translation and what it changed in the tables must be one of those. What may be
 * cached is the oracle's own book (struct rvo_cache), from what was accessed and fenced.
 */
#ifndef TESTS_ORACLE_RISCV_JUDGE_H
#define TESTS_ORACLE_RISCV_JUDGE_H

#include <kmemsim/kmemsim.h>

#include "riscv_oracle.h"

#define RV_JUDGE_BASE 0x80000000u
#define RV_JUDGE_RAM  0x100000u

struct rv_judge_options {
    struct rvo_cpu
        cpu;    /* its hardware: xlen, modes, asidlen, hardware_ad, svnapot, svpbmt as reset leaves them */
    bool svadu; /* the hart has it; cpu.hardware_ad is then ADUE */
    bool no_tlb;
    bool rights_fault; /* KMS_RIGHTS_FAULT */
};

struct rv_judge {
    struct rv_judge_options options;
    struct kms_machine *machine;
    struct kms_cpu *suspect;
    struct kms_snapshot *fresh;
    struct rvo_cpu cpu;
    struct rvo_cache cache;
    struct rvo_memory memory;
    unsigned accesses, stale, denied, updated; /* what happened, so that a test can ask whether it did */
};

struct rv_judge *rv_judge_new(const struct rv_judge_options *options);
void rv_judge_free(struct rv_judge *judge);

/* Registers and TLB as after power-on, memory all 0. */
void rv_judge_reset(struct rv_judge *judge);

uint64_t rv_judge_peek(const struct rv_judge *judge, uint64_t physical, unsigned bytes);
void rv_judge_poke(struct rv_judge *judge, uint64_t physical, unsigned bytes, uint64_t value);

/* False: a disagreement, told on stderr. */
bool rv_judge_access(struct rv_judge *judge, const struct rvo_access *access);
bool rv_judge_satp(struct rv_judge *judge, uint64_t value);
/* The walk as a value, without regard to privilege. A mode must be on. */
bool rv_judge_walk(struct rv_judge *judge, uint64_t address);

void rv_judge_fence(struct rv_judge *judge, const uint64_t *address, const unsigned *asid);
/* The fields of `cpu` but satp and what is hardware; nothing is forgotten. */
void rv_judge_status(struct rv_judge *judge, const struct rvo_cpu *cpu);

/* For messages. */
void rv_judge_say(const struct rv_judge *judge, const struct rvo_access *access,
                  const struct rvo_result *permitted, size_t count);

#endif
