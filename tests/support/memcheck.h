/*
 * memcheck.h - what tests leave out under Valgrind's memcheck, where every step takes some fifty times as long.
 *
 * Memcheck judges how memory is used, and a sample shows that: a loop may leave out repetitions there, never a kind
 * of case. Every other build runs all of it.
 */
#ifndef TESTS_SUPPORT_MEMCHECK_H
#define TESTS_SUPPORT_MEMCHECK_H

#include <stdbool.h>
#include <stdint.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
static inline bool under_memcheck(void)
{
    return RUNNING_ON_VALGRIND != 0;
}
#else
static inline bool under_memcheck(void)
{
    return false;
}
#endif

/*
 * A walk through `count` allocations that fail in turn, from 1: the one after n, beyond count at the end. Under memcheck
 * the first and the last eight, which differ, and one in 64 of the many alike between them.
 */
static inline uint32_t next_failure(uint32_t n, uint32_t count)
{
    const uint32_t ends = 8, step = 64;

    if (!under_memcheck() || n < ends || n + ends > count)
        return n + 1;
    return n + step + ends < count ? n + step : count - ends + 1;
}

#endif
