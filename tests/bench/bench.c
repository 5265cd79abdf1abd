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

void bench_compare(struct bench_alternative *alternatives, size_t count, unsigned rounds)
{
    double(*times)[BENCH_ROUNDS_MAX] = calloc(count, sizeof *times);

    assert(times && rounds >= 7 && rounds <= BENCH_ROUNDS_MAX);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++)
            times[i][round] = one_round(&alternatives[i]);
    }
    for (size_t i = count; i-- > 0;) { /* the first last: the others are compared with its rounds */
        double ratios[BENCH_ROUNDS_MAX];
        for (unsigned round = 0; round < rounds; round++)
            ratios[round] = times[i][round] / times[0][round];
        alternatives[i].ratio = median(ratios, rounds);
        alternatives[i].nanoseconds = median(times[i], rounds);
    }
    free(times);
}

int bench_report(const char *what, double measured, double reach)
{
    const int missed = measured > reach;

    printf("  %-66s %6.2f   reach %5.2f   %s\n", what, measured, reach, missed ? "NOT REACHED" : "reached");
    return missed;
}
