#include "trace/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count_walk(void *context, const struct kms_event *event)
{
    struct trace_tally *tally = context;
    tally->walks++;
    tally->levels_walked += event->walk->depth;
}

static void look_at_start(void *context)
{
    struct trace_tally *tally = context;
    tally->has_heap = tally->ops->heap_info && tally->ops->heap_info(&tally->heap_at_start) == 0;
    tally->heap = tally->heap_at_start;
    if (tally->ops->work)
        tally->ops->work(&tally->work);
}

bool trace_tally_start(struct trace_tally *tally, struct kms_guest *guest)
{
    *tally = (struct trace_tally){.ops = kms_guest_module(guest)->ops, .sample_every = 1};
    if (kms_guest_call(guest, look_at_start, tally, NULL) != KMS_GUEST_RETURNED)
        tally->has_heap = false;
    tally->peak_units = tally->heap.used_units;
    tally->observer = (struct kms_observer){.events = KMS_EVENT_WALK, .notify = count_walk, .context = tally};
    kms_machine_observe(kms_guest_machine(guest), &tally->observer);
    return true;
}

void trace_tally_end(struct trace_tally *tally, struct kms_guest *guest)
{
    kms_machine_unobserve(kms_guest_machine(guest), &tally->observer);
    free(tally->sizes);
    tally->sizes = NULL;
    tally->size_count = 0;
}

bool trace_tally_handles(struct trace_tally *tally, uint32_t handles)
{
    if (handles <= tally->size_count)
        return true;
    uint32_t count = handles * 2;
    uint64_t *sizes = realloc(tally->sizes, count * sizeof *sizes);
    if (!sizes)
        return false;
    memset(sizes + tally->size_count, 0, (count - tally->size_count) * sizeof *sizes);
    tally->sizes = sizes;
    tally->size_count = count;
    return true;
}

/* ---- work ------------------------------------------------------------------------------------------------
 */

static unsigned bucket_of(uint64_t cost)
{
    unsigned bucket = 0;
    while (cost != 0 && bucket < TRACE_BUCKETS - 1) {
        cost >>= 1;
        bucket++;
    }
    return bucket;
}

static void add_cost(struct trace_cost *cost, uint64_t work, uint32_t line)
{
    cost->operations++;
    cost->total += work;
    cost->buckets[bucket_of(work)]++;
    if (work > cost->worst) {
        cost->worst = work;
        cost->worst_line = line;
    }
}

uint64_t trace_cost_quantile(const struct trace_cost *cost, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)cost->operations);
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < TRACE_BUCKETS; bucket++) {
        seen += cost->buckets[bucket];
        if (seen >= wanted && seen > 0)
            return bucket == 0 ? 0 : (UINT64_C(1) << bucket) - 1;
    }
    return 0;
}

static void tally_work(struct trace_tally *tally, uint8_t code, uint32_t line)
{
    if (!tally->ops->work)
        return;
    uint64_t before = tally->work.entries_scanned;
    tally->ops->work(&tally->work);
    add_cost(&tally->scanned[code], tally->work.entries_scanned - before, line);
}

/* ---- the heap --------------------------------------------------------------------------------------------
 */

/* Keeps every second sample when there is no more room, so that any run fits. */
static void thin_samples(struct trace_tally *tally)
{
    for (size_t i = 0; i < TRACE_SAMPLES / 2; i++)
        tally->samples[i] = tally->samples[i * 2];
    tally->sample_count = TRACE_SAMPLES / 2;
    tally->sample_every *= 2;
}

static void tally_heap(struct trace_tally *tally, const struct replay_event *event, uint32_t line)
{
    if (!tally->has_heap || tally->ops->heap_info(&tally->heap) != 0)
        return;
    if (tally->heap.used_units > tally->peak_units) {
        tally->peak_units = tally->heap.used_units;
        tally->peak_asked = tally->asked;
        tally->peak_line = line;
    }
    if (event->number % tally->sample_every != 0)
        return;
    if (tally->sample_count == TRACE_SAMPLES)
        thin_samples(tally);
    tally->samples[tally->sample_count++] = (struct trace_sample){
        .operation = event->number,
        .used_units = tally->heap.used_units,
        .longest_free_units = tally->heap.longest_free_units,
    };
}

static void tally_asked(struct trace_tally *tally, const struct replay_event *event)
{
    const struct replay_op *op = event->op;
    bool allocates = op->code == REPLAY_ALLOC || op->code == REPLAY_PROCESS_ALLOC;
    bool frees = op->code == REPLAY_FREE || op->code == REPLAY_PROCESS_FREE;
    if (!(allocates || (frees && (op->flags & REPLAY_FIRST_HANDLE))) || event->status != 0)
        return;
    if (op->id >= tally->size_count)
        return;
    uint64_t size = allocates ? op->first : 0;
    tally->asked += size - tally->sizes[op->id];
    tally->sizes[op->id] = size;
    if (tally->asked > tally->asked_peak)
        tally->asked_peak = tally->asked;
}

/* ---- outcomes --------------------------------------------------------------------------------------------
 */

static struct trace_finding *add_finding(struct trace_tally *tally, enum trace_finding_kind kind,
                                         uint32_t line)
{
    if (tally->finding_count++ >= TRACE_FINDINGS)
        return NULL;
    struct trace_finding *finding = &tally->findings[tally->finding_count - 1];
    finding->kind = kind;
    finding->line = line;
    return finding;
}

static void find_broken(struct trace_tally *tally, const struct replay_event *event, uint32_t line)
{
    bool check = event->op->code == REPLAY_CHECK;
    struct trace_finding *finding =
        add_finding(tally, check ? TRACE_FINDING_CHECK : TRACE_FINDING_EXPECTATION, line);
    if (finding)
        replay_format(event, finding->words, sizeof finding->words);
}

static void add_fault(struct trace_tally *tally, const struct guest_fault *fault, uint32_t line)
{
    if (tally->fault_count++ < TRACE_FINDINGS)
        tally->faults[tally->fault_count - 1] = (struct trace_fault){.line = line, .fault = *fault};
}

void trace_tally_event(struct trace_tally *tally, const struct replay_event *event, uint32_t line)
{
    struct trace_outcomes *outcomes = &tally->outcomes[event->op->code];
    outcomes->count++;
    if (event->status != 0 && outcomes->refused++ == 0)
        outcomes->refused_line = line;
    if (event->faulted) {
        outcomes->faulted++;
        add_fault(tally, &event->fault, line);
    }
    if (event->broken)
        find_broken(tally, event, line);
    tally_asked(tally, event);
    tally_heap(tally, event, line);
    tally_work(tally, event->op->code, line);
}

void trace_tally_stop(struct trace_tally *tally, const struct kms_guest_stop *stop, uint32_t line)
{
    struct trace_finding *finding = add_finding(tally, TRACE_FINDING_STOP, line);
    if (finding)
        snprintf(finding->words, sizeof finding->words, "%s", stop->reason);
}
