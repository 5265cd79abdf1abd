/*
 * case.h - a case: a list of operations with what may come of them, and its text form.
 *
 * The text form, one operation a line, `#` starts a comment. Numbers are hex with 0x, or decimal.
 *
 *     case a title in words
 *     poke1|poke4|poke8 PHYSICAL VALUE
 *     peek1|peek4|peek8 PHYSICAL
 *     [try] cr0|cr3|cr4|efer|pkru|pkrs VALUE     with try, a #GP does not end the case
 *     ac 0|1                                     EFLAGS.AC of later accesses
 *     read1..read8 [user] LINEAR                 `novalue` at the end: what is read is not comparable
 *     write1..write8 [user] LINEAR VALUE
 *     rmw1..rmw8 [user] LINEAR VALUE             locked exchange
 *     fetch1|fetch2 [user] LINEAR                executes int3, or `int n`
 *     gdt|idt|tss [user] LINEAR                  implicit supervisor reads
 *     invlpg LINEAR
 *     invpcid TYPE PCID LINEAR
 *
 * Each may end in `-> OUTCOME | OUTCOME...`: the outcomes that the architecture permits, the first being what the
 * simulated machine answers. An outcome is `ok`, a value, `pf CODE` (CR2 is the address of the operation; `pf CODE at
 * ADDRESS` where it is not), `gp`, or `ud`. Without `->`: a configuration write or invalidation must be `ok`, all
 * else is not judged. The reset at the start of each case is not written.
 *
 * Stories use more words, which reading turns into these; see story.h.
 */
#ifndef REFEREE_CASE_H
#define REFEREE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "protocol.h"

#define CASE_NAME     192
#define CASE_OUTCOMES 4

enum outcome_kind { OUTCOME_OK, OUTCOME_VALUE, OUTCOME_FAULT };

struct outcome {
    uint8_t kind;
    uint8_t vector;
    uint32_t error;
    uint64_t value; /* OUTCOME_VALUE: what was read; with vector 14: CR2 */
};

/* count 0: not judged. */
struct expectation {
    unsigned count;
    struct outcome permitted[CASE_OUTCOMES];
};

struct ref_case {
    char name[CASE_NAME];
    size_t count; /* ops[0] is REF_RESET */
    struct ref_op ops[REF_MAX_OPS];
    struct expectation expect[REF_MAX_OPS];
};

/* An empty case: the reset alone. */
void case_begin(struct ref_case *c, const char *name);
/* Append; false (and nothing done) when the case is full. */
bool case_add(struct ref_case *c, struct ref_op op);

void case_write(FILE *out, const struct ref_case *c);
/* One operation, without a newline; and one result. `size` bytes at most. */
void op_write(char *text, size_t size, const struct ref_op *op);
void result_write(char *text, size_t size, const struct ref_op *op, const struct ref_result *result);

/* Is the result one of those permitted? With exact, is it the first? True where nothing is expected. */
bool expectation_met(const struct expectation *expected, const struct ref_result *result, bool exact);

/*
 * Read the operation words of one line (already split) into `op`; false if they are none of the above.
 * `number` turns a word into a number, which is how stories bring in their symbols.
 */
struct words {
    char *word[32];
    size_t count;
};
typedef bool number_reader(void *context, const char *word, uint64_t *value);
bool op_read(struct ref_op *op, const struct words *words, number_reader *number, void *context);
bool plain_number(void *context, const char *word, uint64_t *value);

#endif
