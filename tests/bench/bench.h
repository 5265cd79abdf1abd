/*
 * bench.h - compare alternatives inside one run: interleaved, median of several rounds of processor time,
 * printed as ratios.
 *
 * Absolute times mean nothing on a shared machine. Every round runs each alternative once, in turn, so that a
 * slow moment of the machine meets them all. The quietest third of the rounds counts, at least BENCH_ROUNDS_MIN of
 * them: where two threads share a core, a busy neighbour takes half of what loops without waiting need and nothing of
 * what others wait for, so that even ratios say more about it than about the alternatives.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

#define BENCH_ROUNDS_MIN 7
#define BENCH_ROUNDS_MAX 93

/* One way of doing the same work. */
struct bench_alternative {
    const char *name;
    void (*prepare)(void *state); /* before each round, not timed; may be NULL */
    size_t (*run)(void *state);   /* timed; returns the operations done, more than 0 */
    void *state;
    double nanoseconds; /* out: median for one operation */
    double ratio;       /* out: to the first alternative in the same round, median */
};

/* Run all of them, rounds times (BENCH_ROUNDS_MIN to BENCH_ROUNDS_MAX), and fill in the medians. Short rounds and many
 * of them stand a restless machine best. */
void bench_compare(struct bench_alternative *alternatives, size_t count, unsigned rounds);

/* One row of a report: a ratio beside the figure to reach, and whether it does. Returns 1 if it does not, else 0. */
int bench_report(const char *what, double measured, double reach);

/* Hinder the compiler from dropping the computation of a value. */
static inline void bench_keep(const void *value)
{
    __asm__ volatile("" : : "g"(value) : "memory");
}

#endif
