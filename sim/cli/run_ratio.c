/*
 * --ratio: what replaying costs against the same operations through the host's malloc.
 *
 * Interleaved rounds in one process, medians. Ours: open the file, unpack it, read it, run it on a kernel
 * freshly booted (booting is not timed). Theirs: allocations and frees only, from an array that stands ready
 * in memory.
 */
#include "operations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7, PAGE = 4096 };

/* The processor's time, not the clock's: neighbours on a busy machine are nobody's cost. */
static uint64_t cpu_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

struct host_op {
    uint32_t handle;
    uint32_t words; /* KMS_TRACE_ZEROED, KMS_TRACE_ALIGNED */
    uint64_t size;  /* 0: a free */
};

struct ratio {
    const struct run_options *options;
    struct kms_guest *guest;
    struct host_op *ops;
    size_t count, capacity;
    void **blocks;
    bool *left; /* the handles that are allocated in the end */
    uint32_t handles;
    uint64_t operations; /* of the file, those that the host has none for included */
    uint64_t read_ns[ROUNDS], ours_ns[ROUNDS], theirs_ns[ROUNDS];
};

/* ---- the host's side ---- */

static bool keep_op(struct ratio *ratio, const struct host_op *op)
{
    if (ratio->count == ratio->capacity) {
        size_t capacity = ratio->capacity ? ratio->capacity * 2 : 4096;
        struct host_op *ops = realloc(ratio->ops, capacity * sizeof *ops);
        if (!ops)
            return false;
        ratio->ops = ops;
        ratio->capacity = capacity;
    }
    ratio->ops[ratio->count++] = *op;
    ratio->handles = op->handle >= ratio->handles ? op->handle + 1 : ratio->handles;
    return true;
}

static bool collect(struct ratio *ratio, const struct kms_trace_op *op)
{
    ratio->operations++;
    if (op->kind == KMS_TRACE_ALLOC)
        return keep_op(ratio, &(struct host_op){op->handle, op->words, op->number ? op->number : 1});
    if (op->kind == KMS_TRACE_FREE && op->address.handle != KMS_TRACE_NO_HANDLE && op->address.offset == 0)
        return keep_op(ratio, &(struct host_op){.handle = op->address.handle});
    return true;
}

static void *allocate(const struct host_op *op)
{
    if (op->words & KMS_TRACE_ALIGNED)
        return aligned_alloc(PAGE, (op->size + PAGE - 1) / PAGE * PAGE);
    return op->words & KMS_TRACE_ZEROED ? calloc(1, op->size) : malloc(op->size);
}

static uint64_t time_theirs(struct ratio *ratio)
{
    uint64_t start = cpu_clock();
    for (size_t i = 0; i < ratio->count; i++) {
        const struct host_op *op = &ratio->ops[i];
        if (op->size) {
            ratio->blocks[op->handle] = allocate(op);
        } else {
            free(ratio->blocks[op->handle]);
            ratio->blocks[op->handle] = NULL;
        }
    }
    uint64_t spent = cpu_clock() - start;
    for (uint32_t handle = 0; handle < ratio->handles; handle++) {
        free(ratio->blocks[handle]);
        ratio->blocks[handle] = NULL;
    }
    return spent;
}

/* ---- our side ---- */

static bool time_reading(struct ratio *ratio, uint64_t *spent)
{
    struct run_input input;
    struct kms_trace_op op;
    enum kms_trace_result result = KMS_TRACE_OP;
    bool first = ratio->operations == 0, kept = true;
    uint64_t start = cpu_clock();
    if (!run_open(ratio->options->file, &input))
        return false;
    while (kept && (result = kms_trace_read(input.reader, &op)) == KMS_TRACE_OP)
        kept = !first || collect(ratio, &op);
    *spent = cpu_clock() - start;
    if (result == KMS_TRACE_BAD)
        fprintf(stderr, "%s\n", kms_trace_reader_error(input.reader));
    if (!kept)
        run_complain("no memory for the operations of %s", ratio->options->file);
    run_close(&input);
    return result == KMS_TRACE_END;
}

struct rest {
    const struct ratio *ratio;
    const struct trace_run_result *result;
};

/* What the file leaves allocated goes, so that every round finds the same heap. */
static void free_rest(void *context)
{
    const struct rest *rest = context;
    const struct guest_ops *ops = kms_guest_module(rest->ratio->guest)->ops;
    for (uint32_t handle = 0; handle < rest->ratio->handles && handle < rest->result->handle_count;
         handle++) {
        if (rest->ratio->left[handle] && rest->result->handles[handle])
            ops->free(rest->result->handles[handle]);
    }
}

static bool time_ours(struct ratio *ratio, uint64_t *spent)
{
    struct run_input input;
    struct trace_run_result result;
    uint64_t start = cpu_clock();
    if (!run_open(ratio->options->file, &input))
        return false;
    trace_run(&(struct trace_run_options){.guest = ratio->guest,
                                          .reader = input.reader,
                                          .file = ratio->options->file,
                                          .keep_handles = true},
              &result);
    run_close(&input);
    *spent = cpu_clock() - start;
    if (result.end == TRACE_RUN_BAD_INPUT)
        fprintf(stderr, "%s\n", result.error);
    if (result.end == TRACE_RUN_NO_MEMORY)
        run_complain("no memory to go on");
    kms_guest_call(ratio->guest, free_rest, &(struct rest){ratio, &result}, NULL);
    free(result.handles);
    return result.end == TRACE_RUN_COMPLETE;
}

/* ---- both ---- */

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static double median_per_op(uint64_t *spent, uint64_t operations)
{
    const unsigned middle = ROUNDS / 2;
    qsort(spent, ROUNDS, sizeof *spent, compare);
    return (double)spent[middle] / (double)(operations ? operations : 1);
}

static bool note_left(struct ratio *ratio)
{
    ratio->blocks = calloc(ratio->handles + 1u, sizeof *ratio->blocks);
    ratio->left = calloc(ratio->handles + 1u, sizeof *ratio->left);
    for (size_t i = 0; ratio->left && i < ratio->count; i++)
        ratio->left[ratio->ops[i].handle] = ratio->ops[i].size != 0;
    const bool noted = ratio->blocks && ratio->left;
    if (!noted)
        run_complain("no memory for the blocks of %s", ratio->options->file);
    return noted;
}

/* The first reading collects the host's operations. */
static bool measure(struct ratio *ratio)
{
    uint64_t unused;
    if (!time_reading(ratio, &unused) || !note_left(ratio) || !time_ours(ratio, &unused))
        return false;
    time_theirs(ratio);
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (!time_reading(ratio, &ratio->read_ns[round]) || !time_ours(ratio, &ratio->ours_ns[round]))
            return false;
        ratio->theirs_ns[round] = time_theirs(ratio);
    }
    return true;
}

static void print_ratio(struct ratio *ratio)
{
    double read = median_per_op(ratio->read_ns, ratio->operations);
    double ours = median_per_op(ratio->ours_ns, ratio->operations);
    double theirs = median_per_op(ratio->theirs_ns, ratio->count);
    printf(
        "%s: %" PRIu64
        " operations, %zu of them through malloc as well; median of %d rounds, ns of processor time each\n",
        ratio->options->file, ratio->operations, ratio->count, ROUNDS);
    printf("  reading alone             %8.1f\n", read);
    printf("  reading and replaying     %8.1f\n", ours);
    printf("  malloc and free           %8.1f\n", theirs);
    printf("  ratio                     %8.2f  (to reach: 3)\n", theirs > 0 ? ours / theirs : 0.0);
}

int run_ratio(const struct run_options *options)
{
    struct ratio *ratio = calloc(1, sizeof *ratio);
    if (!ratio) {
        run_complain("no memory for a run");
        return OPERATIONS_USAGE;
    }
    ratio->options = options;
    ratio->guest = run_boot(options);
    bool measured = ratio->guest && measure(ratio);
    if (measured)
        print_ratio(ratio);
    kms_guest_free(ratio->guest);
    free(ratio->blocks);
    free(ratio->left);
    free(ratio->ops);
    free(ratio);
    return measured ? OPERATIONS_CLEAN : OPERATIONS_USAGE;
}
