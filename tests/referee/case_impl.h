/*
 * case_impl.h - what case.c asks of an architecture: the words of its own operations and of its faults. One file for each
 * architecture answers (x86_words.c, riscv/riscv_words.c); the linker decides which.
 */
#ifndef REFEREE_CASE_IMPL_H
#define REFEREE_CASE_IMPL_H

#include "case.h"

struct reader {
    const struct words *words;
    size_t next;
    number_reader *number;
    void *context;
    bool bad;
};

/* The next word, if it is this one. */
bool reader_accept(struct reader *r, const char *word);
/* The next word as a number; r->bad if it is none. */
uint64_t reader_number(struct reader *r);

/* An operation that is none of reset, poke, peek, and access to data or code. */
void own_op_write(char *text, size_t size, const struct ref_op *op);
/* `word` was taken from the reader already; false: no such operation. */
bool own_op_read(struct reader *r, struct ref_op *op, const char *word);

/* A fault as an outcome's words. */
void own_fault_write(char *text, size_t size, const struct outcome *fault);
/* The words of a fault that operation `op` meets; false: they are none. */
bool own_fault_read(struct reader *r, const struct ref_op *op, struct outcome *fault);
/* Has this fault words? Others are printed by number. */
bool own_fault_has_words(const struct ref_result *result);

/* Operations that answer nothing, or nothing that can differ. */
bool own_op_is_silent(const struct ref_op *op);
/* Operations that a case needs to reach its accesses at all: reducing leaves them alone. */
bool own_op_is_essential(const struct ref_op *op);
/* Has it a value whose bits reducing may clear? (Pokes and accesses aside.) */
bool own_op_has_value(const struct ref_op *op);
/* Bytes of what the operation reads back, which is most likely its own value; 0: nothing. */
unsigned own_op_value_width(const struct ref_op *op);
/* Does a fault of this vector have an address? */
bool own_fault_has_address(unsigned vector);
/* Is `ok` demanded of it where no outcome is written? */
bool own_op_must_be_ok(const struct ref_op *op);

#endif
