#include "operations.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { BAR = 30 };

uint64_t run_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void run_progress_start(struct run_progress *progress, const struct trace_file *file)
{
    *progress = (struct run_progress){
        .file = file,
        .terminal = isatty(STDERR_FILENO),
        .started = run_clock(),
    };
}

static void draw(const struct run_progress *progress, uint64_t operations)
{
    double position = trace_file_position(progress->file);
    fprintf(stderr, "\r%12" PRIu64 " operations", operations);
    if (position < 0)
        return;
    fputs(" [", stderr);
    for (int i = 0; i < BAR; i++)
        fputc(i < (int)(position * BAR) ? '#' : ' ', stderr);
    fprintf(stderr, "] %3d %%", (int)(position * 100));
}

void run_progress_step(struct run_progress *progress, uint64_t operations)
{
    if (!progress->terminal)
        return;
    uint64_t now = run_clock();
    if (now - progress->started < SECOND || now - progress->last < SECOND / 10)
        return;
    progress->last = now;
    progress->drawn = true;
    draw(progress, operations);
}

void run_progress_clear(struct run_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
