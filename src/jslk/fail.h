/*
 * fail.h - failure of an allocation on order, to walk through every path that a missing frame or block opens.
 *
 * Placement memory, heap blocks and frames are one sequence of allocations: a kmalloc() that makes the heap grow by
 * three frames is four of them, or two if the frames are asked for as one run.
 */
#ifndef JSLK_FAIL_H
#define JSLK_FAIL_H

#include <stdbool.h>
#include <stdint.h>

/* Fail the n-th allocation from now, 1 being the next, and that one only; 0 takes the order back. */
void fail_at(uint32_t n);

/* Asked once by each allocation: whether it is the one. */
bool must_fail(void);

#endif
