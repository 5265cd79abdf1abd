/*
 * riscv_choices.h - random RISC-V harts: tables, registers and operations made of a stream of choices. Few addresses and
 * few tables, so that accesses meet again; entries mostly valid, rights mixed, now and then a reserved bit.
 */
#ifndef TESTS_ORACLE_RISCV_CHOICES_H
#define TESTS_ORACLE_RISCV_CHOICES_H

#include "choose.h"
#include "riscv_judge.h"

#define RV_VARIANTS 64u

/* Hardware that has this mode. The variants: ASIDs of one bit, Svade, Svnapot, Svpbmt, KMS_RIGHTS_FAULT, no TLB. */
struct rv_judge_options rv_hardware(enum rvo_mode mode, unsigned variant);

/* Tables for the mode, and satp that uses them. */
bool rv_choose_tables(struct choices *choices, struct rv_judge *judge, enum rvo_mode mode);

/*
 * One operation: an access, a changed entry, a fence, another satp, other privileges. False: a disagreement. With
 * `fenced`, what may have made a translation stale is followed by a fence, so that one answer is right.
 */
bool rv_choose_operation(struct choices *choices, struct rv_judge *judge, bool fenced);

#endif
