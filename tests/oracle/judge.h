/*
 * The machine on trial: a machine of kmemsim and an oracle side by side, given the same registers, the same
 * memory and the same operations. Each operation says whether the two agree; where they do not, the
 * difference is printed in words, with the registers and every entry of the walk. No test framework in here:
 * the fuzzer uses it too.
 */
#ifndef TESTS_ORACLE_JUDGE_H
#define TESTS_ORACLE_JUDGE_H

#include "x86_oracle.h"

#include <kmemsim/machine.h>
#include <kmemsim/x86.h>

#define JUDGE_RAM 0x10000u /* 16 frames; beyond them is open bus */

#define JUDGE_TLB_LIST 1024 /* more translations than any story makes */

enum judge_outcome {
    JUDGE_TRANSLATED,
    JUDGE_NOT_PRESENT,
    JUDGE_RESERVED,
    JUDGE_REFUSED, /* by access rights */
    JUDGE_NONCANONICAL,
    JUDGE_OUTCOMES,
};

struct judge {
    struct kms_machine *machine;
    struct kms_cpu *suspect;
    struct oracle_cpu cpu;
    struct oracle_memory memory;
    struct oracle_options options;
    bool by_privilege;
    struct oracle_tlb *tlb;                      /* NULL: the machine's TLB is off */
    uint8_t ram[JUDGE_RAM];                      /* the oracle's */
    uint8_t scratch[JUDGE_RAM];                  /* the machine's, to compare */
    struct kms_tlb_entry cached[JUDGE_TLB_LIST]; /* likewise */
    const char *last;                            /* what was done last, for the report */
    unsigned long
        outcomes[JUDGE_OUTCOMES]; /* how the accesses ended: a test that never faults proves little */
    unsigned long stale;          /* accesses through a translation that the tables no longer give */
    unsigned long choices;        /* accesses where the manual lets the CPU choose among translations */
};

/* What the machine said. */
struct judge_answer {
    enum kms_result result;
    struct kms_translation translation; /* with KMS_DONE, and where no data moved */
    struct kms_fault fault;             /* with KMS_FAULT */
};

enum judge_tlb {
    JUDGE_TLB_OFF,
    JUDGE_TLB_KEEPS,   /* a TLB that never has to evict, against the oracle's: stale entries are used alike */
    JUDGE_TLB_DEFAULT, /* the machine's default TLB; every change of the tables is followed by a flush, and
                          then it */
    JUDGE_TLB_TINY,    /* ... must look as if there were none. Tiny: one entry for each size of page */
};

/* What may differ between trials. */
struct judge_options {
    enum judge_tlb tlb;
    struct oracle_options open;
    bool by_privilege; /* accesses name their privilege, and the machine's CPL says the opposite */
};

/* NULL if the host has no memory for it. Every feature, MAXPHYADDR 52, RAM full of zeros. */
struct judge *judge_new(const struct judge_options *options);
void judge_free(struct judge *judge);

/* The same registers in both, nothing cached. */
void judge_load(struct judge *judge, const struct oracle_cpu *cpu);

/* Memory of both, behind the CPU's back. `bytes` is 4 or 8; nothing happens outside RAM. */
void judge_poke(struct judge *judge, uint64_t physical, unsigned bytes, uint64_t value);
uint64_t judge_peek(const struct judge *judge, uint64_t physical, unsigned bytes);

/* All of both memories: JUDGE_RAM bytes. */
void judge_fill(struct judge *judge, const uint8_t *bytes);

/* The operations. False: they disagree, and standard error has the story. */
bool judge_access(struct judge *judge, const struct oracle_access *access);
bool judge_walk(struct judge *judge, uint64_t linear);

/*
 * The same as a program makes it: a load, store, fetch or locked exchange of `bytes` (1, 2, 4 or 8) at the current
 * privilege, at any alignment, so that it may cross into a second page. Compares the fault, or the data moved.
 */
bool judge_data(struct judge *judge, const struct oracle_access *access, unsigned bytes, uint64_t value);
bool judge_write(struct judge *judge, enum oracle_register which, uint64_t value);
bool judge_invpcid(struct judge *judge, unsigned type, const uint64_t descriptor[2]);
void judge_invlpg(struct judge *judge, uint64_t linear);
void judge_flush(struct judge *judge);
void judge_privilege(struct judge *judge, unsigned cpl, bool ac);

/* Parts of an access, for judge_access() and judge_data(). */
void judge_expect(struct judge *judge, const struct oracle_access *access, struct oracle_result *expected);
bool judge_same_fault(const struct oracle_result *expected, const struct judge_answer *got);
void judge_settle(struct judge *judge, uint64_t linear);

/* The same bytes in both memories; the same translations in both TLBs. */
bool judge_memory(struct judge *judge);
bool judge_tlb(struct judge *judge);

/* A model with every feature, MAXPHYADDR 52. */
struct oracle_features judge_everything(void);

/* Features of the oracle as the machine's bits. */
uint32_t judge_features(const struct oracle_features *has);

/* ---- words (judge_words.c), all on standard error
 * --------------------------------------------------------------- */

void judge_say_cpu(const struct oracle_cpu *cpu);
void judge_say_access(const struct oracle_access *access);
void judge_say_result(const struct oracle_result *result);
void judge_say_answer(const struct judge_answer *got);
void judge_say_kms_walk(const struct kms_walk *walk);
const char *judge_register_name(enum oracle_register which);

#endif
