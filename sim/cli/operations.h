/*
 * operations.h - the commands on operations: kmemsim run, kmemsim kernels and kmemsim record.
 *
 * Each takes its arguments as main() does, with its own name first, prints data on stdout and everything else
 * on stderr, and returns the exit status: 0 clean, 1 something was found, 2 usage or bad input.
 */
#ifndef KMS_CLI_OPERATIONS_H
#define KMS_CLI_OPERATIONS_H

#include "trace/file.h"
#include "trace/run.h"

int cmd_run(int argc, char **argv);
int cmd_kernels(int argc, char **argv);
int cmd_record(int argc, char **argv);

enum { OPERATIONS_CLEAN = 0, OPERATIONS_FOUND = 1, OPERATIONS_USAGE = 2 };

/* The value of an option that counts something: decimal, from 1 to `most`, which is less than UINT64_MAX. */
bool operations_count(const char *text, uint64_t most, uint64_t *number);

struct run_options {
    const char *kernel;
    enum kms_guest_mode mode;
    const char *file;
    const char *binary; /* --emit-binary: where to, or NULL */
    bool json;
    bool events;
    bool ratio;
    bool check; /* leaks and overwritten blocks */
    bool policies;
    const char *policy; /* of replacement, or NULL: the kernel's default */
    uint32_t frames;    /* for pages of processes; 0: all */
};

/* The heap at the end, folded into cells of equally many units. */
#define RUN_MAP_CELLS 640u

struct run_map {
    uint64_t units_per_cell;
    unsigned cells;
    uint16_t taken[RUN_MAP_CELLS]; /* of 1000 */
    bool whole[RUN_MAP_CELLS];     /* nothing free in it */
};

/* What a report is made of. */
struct run_report {
    const struct run_options *options;
    const struct guest_ops *ops;
    const struct trace_run_result *result;
    const struct trace_tally *tally;
    struct run_map map;
};

/* One run with everything that its report is made of. */
struct run_kept {
    struct run_report report; /* ops NULL: it did not come to run */
    struct trace_run_result result;
    struct trace_tally tally;
};

/* Boot a kernel, run the file on it and keep what happened: the exit status, after a line on stderr if it is
 * OPERATIONS_USAGE. `options` outlives what is kept. */
int run_measure(const struct run_options *options, struct run_kept *kept);

/* ---- setting up ---- */

/* A booted guest as the options ask for; NULL after a line on stderr. */
struct kms_guest *run_boot(const struct run_options *options);

struct run_input {
    struct trace_file *file;
    struct kms_trace_reader *reader;
};

/* False after a line on stderr. */
bool run_open(const char *path, struct run_input *input);
void run_close(struct run_input *input);

/* A line on stderr that begins with "kmemsim run: ". */
void run_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- parts ---- */

void run_draw_map(struct kms_guest *guest, const struct guest_heap_info *heap, struct run_map *map);

/* An operation's words, and the external fragmentation of a sample in percent. */
const char *run_code_words(unsigned code);
/* A fault that the kernel did not repair, in words of its architecture; words has TRACE_WORDS_MAX bytes. */
void run_fault_words(const struct guest_ops *ops, const struct guest_fault *fault, char *words);
double run_fragmentation(const struct trace_tally *tally, const struct trace_sample *sample);

void run_print_report(const struct run_report *report);
void run_print_json(const struct run_report *report);

/* The checker of a run; `check` is NULL without --check. */
struct run_check {
    struct trace_tally *tally;
    bool events; /* say findings at once */
    struct kms_check *check;
    uint64_t found;
};

/* False after a line on stderr. */
bool run_check_start(struct run_check *run, struct kms_guest *guest);
/* Leaks are found now. */
void run_check_end(struct run_check *run, struct kms_guest *guest);

/* Several kernels side by side: what the columns and the programs' form are made of. */
#define RUN_KERNELS_MAX 16u

struct run_comparison {
    const struct run_options *options;
    const struct run_kept *runs;
    size_t count;
};

/* Kernels' names with commas between them: the exit status, the worst of theirs. */
int run_compare(const struct run_options *options);
void run_print_comparison(const struct run_comparison *comparison);
void run_print_comparison_json(const struct run_comparison *comparison);

/* The numbers of one column. Shares are percent, or negative where the kernel does not tell. */
struct run_figures {
    uint64_t operations, findings, faults;
    uint64_t failed;     /* allocations without memory */
    uint64_t refused;    /* other operations answered with a status */
    uint64_t peak_bytes; /* taken at most, beyond what was taken at start; and asked for by then */
    uint64_t peak_asked;
    double inside; /* of the bytes taken at the peak, those that nobody asked for */
    double outside,
        outside_worst; /* of the free units, those that one allocation could not have: at the end, ever */
    double scanned, written,
        bytes; /* entries, and bytes of them, for each operation that is no expectation */
};
struct run_figures run_figures(const struct run_kept *run);

/* ---- virtual memory (run_vm.c) ---- */

/* The policy and the frames that the options ask for, on a booted guest; false after a line on stderr. */
bool run_set_up_vm(const struct run_options *options, struct kms_guest *guest);

/* 1 + the number of the policy that was asked for; 0: none was, or the kernel does not have it. */
uint32_t run_policy(const struct run_options *options, const struct guest_ops *ops);

/* The share of accesses that found their page in a frame, in percent. */
double run_hit_rate(const struct trace_vm_sample *sums);

void run_print_vm(const struct trace_tally *tally);

/* A curve of up to CURVE_WIDTH steps from 0 to the greatest value, as the heap's. */
struct run_curve {
    const char *name, *unit;
    double (*value)(const void *samples, size_t i);
    const void *samples;
    size_t count;
};
void run_print_curve(const struct run_curve *curve);

/* --policies, --emit-binary and --ratio; each returns the exit status. */
int run_policies(const struct run_options *options);
int run_emit_binary(const struct run_options *options);
int run_ratio(const struct run_options *options);

/* A bar on stderr, drawn only on a terminal and only after the first second. */
struct run_progress {
    const struct trace_file *file;
    bool terminal, drawn;
    uint64_t started; /* ns */
    uint64_t last;
};

void run_progress_start(struct run_progress *progress, const struct trace_file *file);
void run_progress_step(struct run_progress *progress, uint64_t operations);
void run_progress_clear(struct run_progress *progress);

uint64_t run_clock(void); /* ns */

#endif
