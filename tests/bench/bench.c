#include "bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Of this thread's own work: time in which others had the processor is not its. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double one_round(const struct bench_alternative *alternative)
{
    double start;
    size_t operations;

    if (alternative->prepare)
        alternative->prepare(alternative->state);
    start = now();
    operations = alternative->run(alternative->state);
    return (now() - start) / (double)operations;
}

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

typedef double round_times[BENCH_ROUNDS_MAX];

struct whole_round {
    double sum; /* of the times of all alternatives */
    unsigned number;
};

static int by_sum(const void *a, const void *b)
{
    return by_value(&((const struct whole_round *)a)->sum, &((const struct whole_round *)b)->sum);
}

/* The rounds, the quietest first. */
static void order_rounds(const round_times *times, size_t count, struct whole_round *order, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        order[round] = (struct whole_round){0, round};
        for (size_t i = 0; i < count; i++)
            order[round].sum += times[i][round];
    }
    qsort(order, rounds, sizeof *order, by_sum);
}

static void fill_in(struct bench_alternative *alternative, const double *times, const double *first_times,
                    const struct whole_round *order, unsigned kept)
{
    round_times own, ratios;
    for (unsigned i = 0; i < kept; i++) {
        own[i] = times[order[i].number];
        ratios[i] = own[i] / first_times[order[i].number];
    }
    alternative->nanoseconds = median(own, kept);
    alternative->ratio = median(ratios, kept);
}

void bench_compare(struct bench_alternative *alternatives, size_t count, unsigned rounds)
{
    const unsigned kept = rounds / 3 > BENCH_ROUNDS_MIN ? rounds / 3 : BENCH_ROUNDS_MIN;
    struct whole_round order[BENCH_ROUNDS_MAX];
    round_times *times = calloc(count, sizeof *times);

    assert(times && rounds >= BENCH_ROUNDS_MIN && rounds <= BENCH_ROUNDS_MAX);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++)
            times[i][round] = one_round(&alternatives[i]);
    }
    order_rounds(times, count, order, rounds);
    for (size_t i = 0; i < count; i++)
        fill_in(&alternatives[i], times[i], times[0], order, kept);
    free(times);
}

int bench_report(const char *what, double measured, double reach)
{
    const int missed = measured > reach;

    printf("  %-66s %6.2f   reach %5.2f   %s\n", what, measured, reach, missed ? "NOT REACHED" : "reached");
    return missed;
}
