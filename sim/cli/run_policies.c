/* --policies: the same file under each of the kernel's replacement policies, and Belady's optimum as the limit. */
#include "operations.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLICIES_MAX = 16, POLICIES_JSON_VERSION = 1 };

/* One run. */
struct outcome {
    const char *policy;
    struct trace_vm_sample sums;
    uint64_t refused, frames, optimum;
};

struct comparison {
    const struct run_options *options;
    const struct guest_ops *ops;
    struct outcome outcomes[POLICIES_MAX];
    unsigned count;
    uint64_t found;
};

static void keep(struct comparison *comparison, const char *policy, const struct trace_tally *tally)
{
    const struct trace_vm *vm = &tally->vm;
    comparison->outcomes[comparison->count++] = (struct outcome){
        policy, trace_vm_now(vm), vm->now.refused - vm->start.refused, vm->peak_frames, vm->optimum};
}

/* What the run came to, in words if it did not come to its end. */
static bool take_result(struct comparison *comparison, const char *policy, const struct trace_tally *tally,
                        const struct trace_run_result *result)
{
    comparison->found += result->broken + result->stops;
    if (result->end == TRACE_RUN_COMPLETE)
        keep(comparison, policy, tally);
    else if (result->end == TRACE_RUN_BAD_INPUT)
        fprintf(stderr, "%s\n", result->error);
    else
        run_complain("no memory to go on");
    return result->end == TRACE_RUN_COMPLETE;
}

/* False after a line on stderr. */
static bool run_in_guest(struct comparison *comparison, struct kms_guest *guest,
                         const struct run_options *options)
{
    struct run_input input;
    struct trace_run_result result;
    struct trace_tally *tally = calloc(1, sizeof *tally);
    bool good = false;
    if (!tally) {
        run_complain("no memory for a run");
    } else if (run_open(options->file, &input)) {
        trace_tally_start(tally, guest);
        trace_run(&(struct trace_run_options){.guest = guest,
                                              .reader = input.reader,
                                              .file = options->file,
                                              .tally = tally,
                                              .frames = options->frames,
                                              .policy = run_policy(options, comparison->ops)},
                  &result);
        trace_tally_end(tally, guest);
        good = take_result(comparison, options->policy, tally, &result);
        run_close(&input);
    }
    free(tally);
    return good;
}

static bool run_with(struct comparison *comparison, const char *policy)
{
    struct run_options options = *comparison->options;
    options.policy = policy;
    struct kms_guest *guest = run_boot(&options);
    const bool good = guest && run_set_up_vm(&options, guest) && run_in_guest(comparison, guest, &options);
    kms_guest_free(guest);
    return good;
}

/* ---- saying it ---- */

/* Every run has the same references; where policies end other processes, the smallest limit holds for all. */
static uint64_t common_optimum(const struct comparison *comparison)
{
    uint64_t optimum = UINT64_MAX;
    for (unsigned i = 0; i < comparison->count; i++)
        optimum = comparison->outcomes[i].optimum < optimum ? comparison->outcomes[i].optimum : optimum;
    return optimum;
}

static void print_table(const struct comparison *comparison)
{
    const uint64_t optimum = common_optimum(comparison);
    printf("%s, %s: %" PRIu64 " accesses of processes, at most %" PRIu64 " frames\n\n", comparison->ops->name,
           comparison->options->file, comparison->outcomes[0].sums.accesses, comparison->outcomes[0].frames);
    if (comparison->outcomes[0].sums.accesses == 0) {
        puts("no process touches memory: there is nothing to compare");
        return;
    }
    puts("  policy        page-ins    faults  evictions  write-backs     hits  over the optimum");
    for (unsigned i = 0; i < comparison->count; i++) {
        const struct outcome *outcome = &comparison->outcomes[i];
        printf("  %-10s %11" PRIu64 " %9" PRIu64 " %10" PRIu64 " %12" PRIu64 " %6.2f %%", outcome->policy,
               outcome->sums.page_ins, outcome->sums.faults, outcome->sums.evictions,
               outcome->sums.write_backs, run_hit_rate(&outcome->sums));
        if (optimum != UINT64_MAX && optimum > 0)
            printf(" %15.1f %%", 100.0 * ((double)outcome->sums.page_ins / (double)optimum - 1.0));
        putchar('\n');
    }
    if (optimum != UINT64_MAX)
        printf("  %-10s %11" PRIu64 "   Belady's: no replacement needs fewer\n", "optimum", optimum);
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static void print_json(const struct comparison *comparison)
{
    const uint64_t optimum = common_optimum(comparison);
    json_t *policies = json_array();
    for (unsigned i = 0; i < comparison->count; i++) {
        const struct outcome *outcome = &comparison->outcomes[i];
        json_array_append_new(
            policies,
            json_pack("{ss so so so so so so so sf}", "policy", outcome->policy, "accesses",
                      number(outcome->sums.accesses), "page_ins", number(outcome->sums.page_ins), "faults",
                      number(outcome->sums.faults), "evictions", number(outcome->sums.evictions),
                      "write_backs", number(outcome->sums.write_backs), "refused", number(outcome->refused),
                      "frames", number(outcome->frames), "hit_percent", run_hit_rate(&outcome->sums)));
    }
    json_t *all =
        json_pack("{si ss ss ss so so}", "version", POLICIES_JSON_VERSION, "command", "policies", "kernel",
                  comparison->ops->name, "file", comparison->options->file, "policies", policies,
                  "optimum_page_ins", optimum == UINT64_MAX ? json_null() : number(optimum));
    json_dumpf(all, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(all);
}

/* ---- all of it ---- */

static const struct guest_ops *find_ops(const struct run_options *options)
{
    const struct kms_guest_module *module = kms_guest_find(options->kernel);
    if (!module) {
        run_complain("there is no kernel \"%s\"", options->kernel);
        return NULL;
    }
    if (!module->ops->vm_policy_name || !module->ops->vm_info) {
        run_complain("%s has no virtual memory", options->kernel);
        return NULL;
    }
    return module->ops;
}

int run_policies(const struct run_options *options)
{
    struct comparison comparison = {.options = options, .ops = find_ops(options)};
    const char *names[POLICIES_MAX] = {0};
    if (!comparison.ops)
        return OPERATIONS_USAGE;
    if (strcmp(options->file, "-") == 0) {
        run_complain("standard input cannot be run several times: name a file");
        return OPERATIONS_USAGE;
    }
    for (uint32_t i = 0; i < POLICIES_MAX && (names[i] = comparison.ops->vm_policy_name(i)); i++) {
        if (!run_with(&comparison, names[i]))
            return OPERATIONS_USAGE;
    }
    if (options->json)
        print_json(&comparison);
    else
        print_table(&comparison);
    return comparison.found ? OPERATIONS_FOUND : OPERATIONS_CLEAN;
}
