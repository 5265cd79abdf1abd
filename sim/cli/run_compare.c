/* --kernel A,B: the same operations on several kernels, a column each. */
#include "operations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_WIDTH = 34, COLUMN_WIDTH = 15 };

/* ---- the figures of one kernel ---- */

static bool is_allocation(unsigned code)
{
    return code == REPLAY_ALLOC || code == REPLAY_PROCESS_ALLOC || code == REPLAY_REALLOC;
}

static void count_outcomes(const struct trace_tally *tally, struct run_figures *figures)
{
    for (unsigned code = 1; code < REPLAY_EXPECT_STATUS; code++) {
        const struct trace_outcomes *seen = &tally->outcomes[code];
        figures->operations += seen->count;
        *(is_allocation(code) ? &figures->failed : &figures->refused) += seen->refused;
    }
    figures->findings = tally->finding_count;
    figures->faults = tally->fault_count;
}

static double worst_outside(const struct trace_tally *tally, double worst)
{
    for (size_t i = 0; i < tally->sample_count; i++) {
        double then = run_fragmentation(tally, &tally->samples[i]);
        worst = then > worst ? then : worst;
    }
    return worst;
}

static void measure_heap(const struct trace_tally *tally, struct run_figures *figures)
{
    const struct guest_heap_info *heap = &tally->heap;
    const struct trace_sample now = {.used_units = heap->used_units,
                                     .longest_free_units = heap->longest_free_units};
    uint64_t peak = tally->peak_units - tally->heap_at_start.used_units;
    figures->peak_bytes = peak * heap->unit;
    figures->peak_asked = tally->peak_asked;
    figures->inside = figures->peak_bytes > tally->peak_asked
                          ? 100.0 - 100.0 * (double)tally->peak_asked / (double)figures->peak_bytes
                          : 0.0;
    figures->outside = run_fragmentation(tally, &now);
    figures->outside_worst = worst_outside(tally, figures->outside);
}

static double share(uint64_t total, uint64_t operations)
{
    return operations ? (double)total / (double)operations : 0.0;
}

static void measure_work(const struct trace_tally *tally, struct run_figures *figures)
{
    const struct guest_work *before = &tally->work_at_start, *now = &tally->work;
    figures->scanned = share(now->entries_scanned - before->entries_scanned, figures->operations);
    figures->written = share(now->entries_written - before->entries_written, figures->operations);
    if (now->bytes_touched)
        figures->bytes = share(now->bytes_touched - before->bytes_touched, figures->operations);
}

struct run_figures run_figures(const struct run_kept *run)
{
    struct run_figures figures = {.inside = -1.0,
                                  .outside = -1.0,
                                  .outside_worst = -1.0,
                                  .scanned = -1.0,
                                  .written = -1.0,
                                  .bytes = -1.0};
    count_outcomes(&run->tally, &figures);
    if (run->tally.has_heap)
        measure_heap(&run->tally, &figures);
    if (run->report.ops->work)
        measure_work(&run->tally, &figures);
    return figures;
}

/* ---- the table ---- */

static void print_label(const char *label)
{
    printf("  %-*s", LABEL_WIDTH, label);
}

static void print_counts(const struct run_figures *figures, size_t count, const char *label, size_t offset)
{
    print_label(label);
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        memcpy(&value, (const char *)&figures[i] + offset, sizeof value);
        printf("%*" PRIu64, COLUMN_WIDTH, value);
    }
    putchar('\n');
}

static void print_shares(const struct run_figures *figures, size_t count, const char *label, size_t offset)
{
    print_label(label);
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, (const char *)&figures[i] + offset, sizeof value);
        if (value < 0.0)
            printf("%*s", COLUMN_WIDTH, "-");
        else
            printf("%*.1f", COLUMN_WIDTH, value);
    }
    putchar('\n');
}

static const struct {
    const char *label;
    void (*print)(const struct run_figures *figures, size_t count, const char *label, size_t offset);
    size_t offset;
} rows[] = {
    {"allocations failed", print_counts, offsetof(struct run_figures, failed)},
    {"other operations refused", print_counts, offsetof(struct run_figures, refused)},
    {"faults", print_counts, offsetof(struct run_figures, faults)},
    {"findings", print_counts, offsetof(struct run_figures, findings)},
    {"peak, bytes taken", print_counts, offsetof(struct run_figures, peak_bytes)},
    {"      bytes asked for", print_counts, offsetof(struct run_figures, peak_asked)},
    {"fragmentation inside, %", print_shares, offsetof(struct run_figures, inside)},
    {"fragmentation outside at the end, %", print_shares, offsetof(struct run_figures, outside)},
    {"                      worst, %", print_shares, offsetof(struct run_figures, outside_worst)},
    {"entries scanned an operation", print_shares, offsetof(struct run_figures, scanned)},
    {"entries written an operation", print_shares, offsetof(struct run_figures, written)},
    {"bytes touched an operation", print_shares, offsetof(struct run_figures, bytes)},
};

static void print_findings(const struct run_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct run_kept *run = &comparison->runs[i];
        if (run->tally.finding_count > 0)
            printf("  %s: %s:%u: %s%s\n", run->report.ops->name, comparison->options->file,
                   run->tally.findings[0].line, run->tally.findings[0].words,
                   run->tally.finding_count > 1 ? ", and more" : "");
    }
}

void run_print_comparison(const struct run_comparison *comparison)
{
    struct run_figures figures[RUN_KERNELS_MAX];
    for (size_t i = 0; i < comparison->count; i++)
        figures[i] = run_figures(&comparison->runs[i]);
    printf("%s mode: %" PRIu64 " operations of %s\n\n",
           comparison->options->mode == KMS_GUEST_WINDOW ? "window" : "direct",
           comparison->runs[0].result.operations, comparison->options->file);
    print_label("");
    for (size_t i = 0; i < comparison->count; i++)
        printf("%*s", COLUMN_WIDTH, comparison->runs[i].report.ops->name);
    putchar('\n');
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        rows[row].print(figures, comparison->count, rows[row].label, rows[row].offset);
    putchar('\n');
    print_findings(comparison);
}

/* ---- the runs ---- */

struct several {
    char *names; /* cut at the commas */
    struct run_options options[RUN_KERNELS_MAX];
    struct run_kept *runs;
    size_t count;
};

static bool split(const struct run_options *options, struct several *several)
{
    several->names = strdup(options->kernel);
    if (!several->names) {
        run_complain("no memory for a run");
        return false;
    }
    for (char *name = several->names; name;) {
        char *comma = strchr(name, ',');
        if (comma)
            *comma++ = '\0';
        if (several->count == RUN_KERNELS_MAX) {
            run_complain("at most %u kernels side by side", RUN_KERNELS_MAX);
            return false;
        }
        several->options[several->count] = *options;
        several->options[several->count++].kernel = name;
        name = comma;
    }
    return true;
}

/* A file that is wrong is so for every kernel: the first ends it. */
static int measure_all(struct several *several)
{
    int worst = OPERATIONS_CLEAN;
    several->runs = calloc(several->count, sizeof *several->runs);
    if (!several->runs) {
        run_complain("no memory for %zu runs", several->count);
        return OPERATIONS_USAGE;
    }
    for (size_t i = 0; i < several->count && worst != OPERATIONS_USAGE; i++) {
        int status = run_measure(&several->options[i], &several->runs[i]);
        worst = status > worst ? status : worst;
    }
    return worst;
}

int run_compare(const struct run_options *options)
{
    struct several several = {0};
    int status = OPERATIONS_USAGE;
    if (strcmp(options->file, "-") == 0)
        run_complain("standard input can be read once: several kernels take a file");
    else if (split(options, &several))
        status = measure_all(&several);
    if (status != OPERATIONS_USAGE) {
        const struct run_comparison comparison = {options, several.runs, several.count};
        (options->json ? run_print_comparison_json : run_print_comparison)(&comparison);
    }
    free(several.runs);
    free(several.names);
    return status;
}
