/* What a run came to, for people. */
#include "operations.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>

enum { MAP_WIDTH = 64, CURVE_WIDTH = 64, CURVE_STEPS = 8 };

static const char *const code_words[REPLAY_CODES] = {
    [REPLAY_ALLOC] = "alloc",
    [REPLAY_FREE] = "free",
    [REPLAY_MAP] = "map",
    [REPLAY_UNMAP] = "unmap",
    [REPLAY_PHYSICAL] = "physical",
    [REPLAY_READ] = "read",
    [REPLAY_WRITE] = "write",
    [REPLAY_FETCH] = "fetch",
    [REPLAY_CREATE] = "process create",
    [REPLAY_SWITCH] = "process switch",
    [REPLAY_EXIT] = "process exit",
    [REPLAY_PROCESS_ALLOC] = "process alloc",
    [REPLAY_PROCESS_FREE] = "process free",
    [REPLAY_SYSCALL] = "syscall",
    [REPLAY_FAIL] = "fail",
    [REPLAY_CHECK] = "check",
    [REPLAY_UNIT] = "unit",
    [REPLAY_SBRK] = "process sbrk",
    [REPLAY_REALLOC] = "process realloc",
    [REPLAY_STACK] = "process stack",
    [REPLAY_CPU] = "cpu",
    [REPLAY_DUPLICATE] = "duplicate",
    [REPLAY_PROCESS_READ] = "process read",
    [REPLAY_PROCESS_WRITE] = "process write",
    [REPLAY_PROCESS_FETCH] = "process fetch",
    [REPLAY_STORE] = "store",
    [REPLAY_LIMIT] = "limit",
    [REPLAY_POLICY] = "policy",
    [REPLAY_EXPECT_STATUS] = "expect status",
    [REPLAY_EXPECT_VALUE] = "expect value",
    [REPLAY_EXPECT_FAULT] = "expect fault",
    [REPLAY_EXPECT_NO_FAULT] = "expect no fault",
    [REPLAY_EXPECT_MAPPED] = "expect mapped",
    [REPLAY_EXPECT_UNMAPPED] = "expect unmapped",
};

const char *run_code_words(unsigned code)
{
    return code < REPLAY_CODES && code_words[code] ? code_words[code] : "?";
}

void run_fault_words(const struct guest_ops *ops, const struct guest_fault *fault, char *words)
{
    const char *cause = replay_cause_name(fault->error);
    struct kms_fault seen = {.vector = KMS_VECTOR_PF, .error_code = fault->error, .address = fault->address};
    if (ops->arch == GUEST_X86)
        kms_x86_fault_words(&seen, words, TRACE_WORDS_MAX);
    else
        snprintf(words, TRACE_WORDS_MAX, "%s at 0x%0*" PRIx64, cause ? cause : "exception",
                 ops->arch == GUEST_RV64 ? 16 : 8, fault->address);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static double mebibytes(uint64_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

/* ---- outcomes ---- */

static void print_outcome(const struct trace_tally *tally, unsigned code)
{
    const struct trace_outcomes *outcomes = &tally->outcomes[code];
    const struct trace_cost *cost = &tally->scanned[code];
    printf("  %-16s %10" PRIu64 " %9" PRIu64 " %8" PRIu64, run_code_words(code), outcomes->count,
           outcomes->refused, outcomes->faulted);
    if (cost->total > 0)
        printf("   %8.1f %8" PRIu64 " %8" PRIu64 " (line %u)", (double)cost->total / (double)cost->operations,
               trace_cost_quantile(cost, 0.99), cost->worst, cost->worst_line);
    putchar('\n');
}

static void print_outcomes(const struct trace_tally *tally)
{
    puts("                                                 entries scanned by the allocator");
    puts("  operation             count   refused  faulted       mean     99 %    worst");
    for (unsigned code = 1; code < REPLAY_CODES; code++) {
        if (tally->outcomes[code].count > 0)
            print_outcome(tally, code);
    }
    printf("  work: %" PRIu64 " entries written, %" PRIu64 " page tables made, %" PRIu64
           " page walks over %" PRIu64 " levels\n\n",
           tally->work.entries_written - tally->work_at_start.entries_written,
           tally->work.tables_made - tally->work_at_start.tables_made, tally->walks, tally->levels_walked);
}

/* ---- the heap over time ---- */

static uint64_t heap_units(const struct trace_tally *tally)
{
    return tally->heap.unit ? tally->heap.size / tally->heap.unit : 0;
}

/* Of the free units, those that one allocation could not have: 0 when all are one run. */
double run_fragmentation(const struct trace_tally *tally, const struct trace_sample *sample)
{
    uint64_t free_units = heap_units(tally) - sample->used_units;
    return free_units ? 100.0 - percent(sample->longest_free_units, free_units) : 0.0;
}

static double occupancy(const struct trace_tally *tally, const struct trace_sample *sample)
{
    return percent(sample->used_units, heap_units(tally));
}

static void print_step(double share)
{
    static const char *const blocks[CURVE_STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char plain[] = "_.-:=+*#";
    int step = (int)(share * CURVE_STEPS);
    step = step < 0 ? 0 : step >= CURVE_STEPS ? CURVE_STEPS - 1 : step;
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        fputs(blocks[step], stdout);
    else
        putchar(plain[step]);
}

void run_print_curve(const struct run_curve *curve)
{
    size_t width = curve->count < CURVE_WIDTH ? curve->count : CURVE_WIDTH;
    double most = 0.0;
    for (size_t i = 0; i < curve->count; i++) {
        double now = curve->value(curve->samples, i);
        most = now > most ? now : most;
    }
    printf("  %-14s ", curve->name);
    for (size_t i = 0; i < width; i++)
        print_step(most > 0.0 ? curve->value(curve->samples, i * curve->count / width) / most : 0.0);
    printf("  0 to %.1f%s\n", most, curve->unit);
}

static double occupancy_at(const void *tally, size_t i)
{
    return occupancy(tally, &((const struct trace_tally *)tally)->samples[i]);
}

static double fragmentation_at(const void *tally, size_t i)
{
    return run_fragmentation(tally, &((const struct trace_tally *)tally)->samples[i]);
}

static void print_heap(const struct trace_tally *tally)
{
    const struct guest_heap_info *heap = &tally->heap;
    struct trace_sample now = {.used_units = heap->used_units,
                               .longest_free_units = heap->longest_free_units};
    uint64_t units = heap_units(tally);
    printf("  heap: %.1f MiB from 0x%08" PRIx64 ", %" PRIu64 " units of %" PRIu64 " bytes\n",
           mebibytes(heap->size), heap->start, units, heap->unit);
    printf("  at start %" PRIu64 " units taken; at most %" PRIu64 " (%.1f %%, line %u)",
           tally->heap_at_start.used_units, tally->peak_units, percent(tally->peak_units, units),
           tally->peak_line);
    printf(", when %.1f MiB were asked for; now %" PRIu64 "\n", mebibytes(tally->peak_asked),
           heap->used_units);
    printf("  longest free run now %" PRIu64 " units: external fragmentation %.1f %%\n",
           heap->longest_free_units, run_fragmentation(tally, &now));
    if (tally->sample_count == 0)
        return;
    run_print_curve(&(struct run_curve){"taken", " %", occupancy_at, tally, tally->sample_count});
    run_print_curve(&(struct run_curve){"fragmentation", " %", fragmentation_at, tally, tally->sample_count});
    putchar('\n');
}

static char map_sign(const struct run_map *map, unsigned cell)
{
    if (map->whole[cell])
        return '#';
    if (map->taken[cell] == 0)
        return '.';
    return map->taken[cell] < 500 ? '-' : '+';
}

static void print_map(const struct run_report *report)
{
    const struct run_map *map = &report->map;
    const struct guest_heap_info *heap = &report->tally->heap;
    if (map->cells == 0)
        return;
    printf("  heap map, %" PRIu64 " unit%s a sign: . free, - under half taken, + more, # all\n",
           map->units_per_cell, map->units_per_cell == 1 ? "" : "s");
    for (unsigned row = 0; row < map->cells; row += MAP_WIDTH) {
        printf("  0x%08" PRIx64 " ", heap->start + row * map->units_per_cell * heap->unit);
        for (unsigned cell = row; cell < map->cells && cell < row + MAP_WIDTH; cell++)
            putchar(map_sign(map, cell));
        putchar('\n');
    }
    putchar('\n');
}

/* ---- what went wrong ---- */

static void print_more(uint64_t count, const char *what)
{
    if (count > TRACE_FINDINGS)
        printf("  ... and %" PRIu64 " more %s\n", count - TRACE_FINDINGS, what);
}

static void print_faults(const struct run_report *report)
{
    const struct trace_tally *tally = report->tally;
    for (size_t i = 0; i < tally->fault_count && i < TRACE_FINDINGS; i++) {
        const struct trace_fault *seen = &tally->faults[i];
        char words[TRACE_WORDS_MAX];
        run_fault_words(report->ops, &seen->fault, words);
        printf("  %s:%u: %s\n", report->options->file, seen->line, words);
    }
    print_more(tally->fault_count, "faults");
}

static void print_findings(const struct run_report *report)
{
    static const char *const kinds[] = {
        [TRACE_FINDING_EXPECTATION] = "not as expected",
        [TRACE_FINDING_CHECK] = "broken invariant",
        [TRACE_FINDING_STOP] = "the kernel was cut off",
        [TRACE_FINDING_MEMORY] = "memory",
    };
    const struct trace_tally *tally = report->tally;
    for (size_t i = 0; i < tally->finding_count && i < TRACE_FINDINGS; i++) {
        const struct trace_finding *finding = &tally->findings[i];
        printf("  %s:%u: %s: %s\n", report->options->file, finding->line, kinds[finding->kind],
               finding->words);
    }
    print_more(tally->finding_count, "findings");
}

static void print_verdict(const struct run_report *report)
{
    static const char *const ends[] = {
        [TRACE_RUN_CANCELLED] = "interrupted",
        [TRACE_RUN_BAD_INPUT] = "ended by what is wrong in the file",
        [TRACE_RUN_NO_MEMORY] = "ended without memory",
    };
    const enum trace_run_end end = report->result->end;
    if (end != TRACE_RUN_COMPLETE)
        printf("  %s after %" PRIu64 " operations\n", ends[end], report->result->operations);
    if (report->tally->finding_count != 0)
        printf("  %" PRIu64 " finding%s\n", report->tally->finding_count,
               report->tally->finding_count == 1 ? "" : "s");
    else if (end == TRACE_RUN_COMPLETE || end == TRACE_RUN_CANCELLED)
        puts("  everything was as expected");
}

void run_print_report(const struct run_report *report)
{
    printf("%s, %s mode: %" PRIu64 " operations of %s\n\n", report->ops->name,
           report->options->mode == KMS_GUEST_WINDOW ? "window" : "direct", report->result->operations,
           report->options->file);
    print_outcomes(report->tally);
    if (report->tally->has_heap)
        print_heap(report->tally);
    print_map(report);
    run_print_vm(report->tally);
    print_faults(report);
    print_findings(report);
    print_verdict(report);
}
