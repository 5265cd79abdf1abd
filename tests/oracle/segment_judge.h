/*
 * The machine's segmentation beside the oracle's: one question for both, and both answers compared.
 *
 * The machine gets its tables in memory and finds descriptors there; the oracle is handed the descriptors. On a
 * disagreement the functions print question and answers, and return false.
 */
#ifndef TESTS_ORACLE_SEGMENT_JUDGE_H
#define TESTS_ORACLE_SEGMENT_JUDGE_H

#include "choices.h"
#include "segment_oracle.h"

#include <kmemsim/segment.h>

struct segment_judge {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_ram *ram;
};

/* A machine in protected mode without paging, or in 64-bit mode with all of its RAM mapped to itself. */
struct segment_judge segment_judge_new(bool ia32e, enum kms_wrap_policy wrap);
void segment_judge_free(struct segment_judge *judge);

/* The question's descriptor goes where its selector points, if the table reaches that far. */
bool segment_judge_load(struct segment_judge *judge, const struct so_load *load);
bool segment_judge_access(struct segment_judge *judge, const struct so_access *access);
/* The selectors of code and stack are these, or beyond the GDT if the question says so. */
#define JUDGE_CODE_INDEX  4u
#define JUDGE_STACK_INDEX 5u
bool segment_judge_interrupt(struct segment_judge *judge, const struct so_interrupt *interrupt);
bool segment_judge_return(struct segment_judge *judge, const struct so_return *frame);

/* A random question of any kind, for a machine in protected mode that allows wrapping. */
bool choose_segment_question(struct choices *choices, struct segment_judge *judge);

#endif
