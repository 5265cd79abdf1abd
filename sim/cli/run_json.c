/* What a run came to, for programs. Addresses are strings, counts are numbers. */
#include "operations.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { RUN_JSON_VERSION = 1 };

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *address(uint64_t value)
{
    return json_sprintf("0x%08" PRIx64, value);
}

static json_t *outcomes(const struct trace_tally *tally)
{
    json_t *all = json_object();
    for (unsigned code = 1; code < REPLAY_CODES; code++) {
        const struct trace_outcomes *seen = &tally->outcomes[code];
        const struct trace_cost *cost = &tally->scanned[code];
        if (seen->count == 0)
            continue;
        json_t *one = json_pack("{so so so}", "count", number(seen->count), "refused", number(seen->refused),
                                "faulted", number(seen->faulted));
        if (seen->refused)
            json_object_set_new(one, "first_refused_line", number(seen->refused_line));
        json_object_set_new(one, "entries_scanned",
                            json_pack("{so so so}", "total", number(cost->total), "worst",
                                      number(cost->worst), "worst_line", number(cost->worst_line)));
        json_object_set_new(all, run_code_words(code), one);
    }
    return all;
}

static json_t *heap(const struct trace_tally *tally)
{
    json_t *samples = json_array();
    for (size_t i = 0; i < tally->sample_count; i++) {
        const struct trace_sample *sample = &tally->samples[i];
        json_array_append_new(samples, json_pack("{so so so sf}", "operation", number(sample->operation),
                                                 "used_units", number(sample->used_units),
                                                 "longest_free_units", number(sample->longest_free_units),
                                                 "fragmentation_percent", run_fragmentation(tally, sample)));
    }
    const struct guest_heap_info *info = &tally->heap;
    json_t *all = json_pack("{so so so so so so}", "start", address(info->start), "size", number(info->size),
                            "unit", number(info->unit), "used_units", number(info->used_units),
                            "longest_free_units", number(info->longest_free_units), "used_units_at_start",
                            number(tally->heap_at_start.used_units));
    json_object_set_new(all, "peak",
                        json_pack("{so so so}", "used_units", number(tally->peak_units), "bytes_asked",
                                  number(tally->peak_asked), "line", number(tally->peak_line)));
    json_object_set_new(all, "samples", samples);
    return all;
}

static json_t *vm_samples(const struct trace_vm *vm)
{
    json_t *all = json_array();
    for (size_t i = 0; i < vm->sample_count; i++) {
        const struct trace_vm_sample *sample = &vm->samples[i];
        json_array_append_new(all, json_pack("{so so so so so so}", "operation", number(sample->operation),
                                             "accesses", number(sample->accesses), "page_ins",
                                             number(sample->page_ins), "faults", number(sample->faults),
                                             "evictions", number(sample->evictions), "write_backs",
                                             number(sample->write_backs)));
    }
    return all;
}

static json_t *vm(const struct trace_tally *tally)
{
    const struct trace_vm *seen = &tally->vm;
    const struct guest_vm_info *now = &seen->now, *start = &seen->start;
    const struct trace_vm_sample sums = trace_vm_now(seen);
    const uint64_t optimum = seen->optimum;
    const char *policy =
        tally->ops->vm_policy_name ? tally->ops->vm_policy_name((uint32_t)now->policy) : NULL;
    json_t *all =
        json_pack("{so so so so so so so so so}", "accesses", number(sums.accesses), "faults",
                  number(sums.faults), "refused", number(now->refused - start->refused), "page_ins",
                  number(sums.page_ins), "swap_ins", number(now->swap_ins - start->swap_ins), "copies",
                  number(now->copies - start->copies), "evictions", number(sums.evictions), "write_backs",
                  number(sums.write_backs), "failed_transfers", number(now->failures - start->failures));
    json_object_set_new(all, "frames", number(now->frames));
    json_object_set_new(all, "peak_frames", number(seen->peak_frames));
    json_object_set_new(all, "slots_used", number(now->slots_used));
    json_object_set_new(all, "invalidations", number(now->invalidations - start->invalidations));
    json_object_set_new(all, "hit_percent", json_real(run_hit_rate(&sums)));
    json_object_set_new(all, "policy", policy ? json_string(policy) : json_null());
    json_object_set_new(all, "optimum_page_ins", optimum == UINT64_MAX ? json_null() : number(optimum));
    json_object_set_new(all, "samples", vm_samples(seen));
    return all;
}

static json_t *map(const struct run_map *drawn)
{
    json_t *cells = json_array();
    for (unsigned i = 0; i < drawn->cells; i++)
        json_array_append_new(cells, number(drawn->taken[i]));
    return json_pack("{so so}", "units_per_cell", number(drawn->units_per_cell), "taken_per_mille", cells);
}

static json_t *faults(const struct run_report *run)
{
    const struct trace_tally *tally = run->tally;
    json_t *all = json_array();
    for (size_t i = 0; i < tally->fault_count && i < TRACE_FINDINGS; i++) {
        const struct trace_fault *seen = &tally->faults[i];
        char words[TRACE_WORDS_MAX];
        run_fault_words(run->ops, &seen->fault, words);
        json_array_append_new(all, json_pack("{so so so ss}", "line", number(seen->line), "address",
                                             address(seen->fault.address), "error_code",
                                             number(seen->fault.error), "words", words));
    }
    return all;
}

static json_t *findings(const struct trace_tally *tally)
{
    static const char *const kinds[] = {
        [TRACE_FINDING_EXPECTATION] = "expectation",
        [TRACE_FINDING_CHECK] = "check",
        [TRACE_FINDING_STOP] = "stop",
        [TRACE_FINDING_MEMORY] = "memory",
    };
    json_t *all = json_array();
    for (size_t i = 0; i < tally->finding_count && i < TRACE_FINDINGS; i++) {
        const struct trace_finding *finding = &tally->findings[i];
        json_array_append_new(all, json_pack("{ss so ss}", "kind", kinds[finding->kind], "line",
                                             number(finding->line), "words", finding->words));
    }
    return all;
}

static json_t *work(const struct trace_tally *tally)
{
    const struct guest_work *before = &tally->work_at_start, *now = &tally->work;
    return json_pack("{so so so so so}", "entries_scanned",
                     number(now->entries_scanned - before->entries_scanned), "entries_written",
                     number(now->entries_written - before->entries_written), "tables_made",
                     number(now->tables_made - before->tables_made), "page_walks", number(tally->walks),
                     "levels_walked", number(tally->levels_walked));
}

static json_t *whole(const struct run_report *report)
{
    const struct trace_tally *tally = report->tally;
    json_t *all =
        json_pack("{si ss ss ss ss so sb}", "version", RUN_JSON_VERSION, "command", "run", "kernel",
                  report->ops->name, "mode", report->options->mode == KMS_GUEST_WINDOW ? "window" : "direct",
                  "file", report->options->file, "operations", number(report->result->operations), "complete",
                  report->result->end == TRACE_RUN_COMPLETE);
    json_object_set_new(all, "outcomes", outcomes(tally));
    json_object_set_new(all, "work", work(tally));
    if (tally->has_heap)
        json_object_set_new(all, "heap", heap(tally));
    if (report->map.cells > 0)
        json_object_set_new(all, "heap_map", map(&report->map));
    if (tally->vm.present)
        json_object_set_new(all, "virtual_memory", vm(tally));
    json_object_set_new(all, "fault_count", number(tally->fault_count));
    json_object_set_new(all, "faults", faults(report));
    json_object_set_new(all, "finding_count", number(tally->finding_count));
    json_object_set_new(all, "findings", findings(tally));
    return all;
}

static void print(json_t *all)
{
    json_dumpf(all, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(all);
}

void run_print_json(const struct run_report *report)
{
    print(whole(report));
}

/* ---- several kernels ---- */

/* null where the kernel does not tell. */
static json_t *known(double value)
{
    return value < 0.0 ? json_null() : json_real(value);
}

static json_t *figures(const struct run_kept *run)
{
    const struct run_figures now = run_figures(run);
    json_t *all = json_pack("{so so so so so so so}", "operations", number(now.operations), "findings",
                            number(now.findings), "faults", number(now.faults), "allocations_failed",
                            number(now.failed), "operations_refused", number(now.refused), "peak_bytes",
                            number(now.peak_bytes), "peak_bytes_asked", number(now.peak_asked));
    json_object_set_new(all, "fragmentation_inside_percent", known(now.inside));
    json_object_set_new(all, "fragmentation_outside_percent", known(now.outside));
    json_object_set_new(all, "fragmentation_outside_worst_percent", known(now.outside_worst));
    json_object_set_new(all, "entries_scanned_per_operation", known(now.scanned));
    json_object_set_new(all, "entries_written_per_operation", known(now.written));
    json_object_set_new(all, "bytes_touched_per_operation", known(now.bytes));
    return all;
}

void run_print_comparison_json(const struct run_comparison *comparison)
{
    json_t *kernels = json_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const struct run_report *report = &comparison->runs[i].report;
        json_array_append_new(kernels, json_pack("{ss so so}", "kernel", report->ops->name, "figures",
                                                 figures(&comparison->runs[i]), "run", whole(report)));
    }
    print(json_pack("{si ss ss so}", "version", RUN_JSON_VERSION, "command", "run", "file",
                    comparison->options->file, "kernels", kernels));
}
