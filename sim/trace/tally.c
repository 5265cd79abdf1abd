#include "trace/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAP_LOOKS = 256,      /* operations between two looks at the heap */
    HEAP_LOOKS_FIRST = 64, /* after each of the first so many it is looked at: a short file is told exactly */
};

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
        tally->ops->work(&tally->work_at_start);
    tally->work = tally->work_at_start;
    trace_vm_start(&tally->vm, tally->ops);
}

void trace_tally_start(struct trace_tally *tally, struct kms_guest *guest)
{
    *tally = (struct trace_tally){.ops = kms_guest_module(guest)->ops, .sample_every = HEAP_LOOKS};
    if (kms_guest_call(guest, look_at_start, tally, NULL) != KMS_GUEST_RETURNED)
        tally->has_heap = false;
    tally->peak_units = tally->heap.used_units;
    tally->observer = (struct kms_observer){.events = KMS_EVENT_WALK, .notify = count_walk, .context = tally};
    kms_machine_observe(kms_guest_machine(guest), &tally->observer);
}

static void look_at_end(void *context)
{
    struct trace_tally *tally = context;
    tally->ops->heap_info(&tally->heap);
}

/* What is told of the end is the kernel's own word, whenever the last look was. */
void trace_tally_end(struct trace_tally *tally, struct kms_guest *guest)
{
    kms_machine_unobserve(kms_guest_machine(guest), &tally->observer);
    if (tally->has_heap)
        kms_guest_call(guest, look_at_end, tally, NULL);
    trace_vm_end(&tally->vm);
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

/* ---- work ---- */

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
    double wanted = share * (double)cost->operations;
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < TRACE_BUCKETS; bucket++) {
        seen += cost->buckets[bucket];
        uint64_t most = (UINT64_C(1) << bucket) - 1;
        if ((double)seen >= wanted)
            return most < cost->worst ? most : cost->worst;
    }
    return cost->worst;
}

static void tally_work(struct trace_tally *tally, uint8_t code, uint32_t line)
{
    if (!tally->ops->work)
        return;
    uint64_t before = tally->work.entries_scanned;
    tally->ops->work(&tally->work);
    add_cost(&tally->scanned[code], tally->work.entries_scanned - before, line);
}

/* ---- the heap ---- */

/* Keeps every second sample when there is no more room, so that any run fits. */
static void thin_samples(struct trace_tally *tally)
{
    for (size_t i = 0; i < TRACE_SAMPLES / 2; i++)
        tally->samples[i] = tally->samples[i * 2];
    tally->sample_count = TRACE_SAMPLES / 2;
    tally->sample_every *= 2;
}

static void add_sample(struct trace_tally *tally, uint64_t operation)
{
    if (operation % tally->sample_every != 0)
        return;
    if (tally->sample_count == TRACE_SAMPLES)
        thin_samples(tally);
    tally->samples[tally->sample_count++] = (struct trace_sample){
        .operation = operation,
        .used_units = tally->heap.used_units,
        .longest_free_units = tally->heap.longest_free_units,
    };
}

/* The kernel's own word, which may cost it a scan of its table: after what changes the heap in ways of its own, and
 * often enough otherwise. */
static bool asks_the_kernel(const struct replay_event *event)
{
    switch (event->op->code) {
    case REPLAY_MAP:
    case REPLAY_UNMAP:
    case REPLAY_CREATE:
    case REPLAY_EXIT:
    case REPLAY_SYSCALL: return true;
    default: return event->number <= HEAP_LOOKS_FIRST || event->number % HEAP_LOOKS == 0;
    }
}

static void tally_heap(struct trace_tally *tally, const struct replay_event *event, uint32_t line)
{
    if (!tally->has_heap)
        return;
    if (asks_the_kernel(event) && tally->ops->heap_info(&tally->heap) == 0)
        add_sample(tally, event->number);
    if (tally->heap.used_units > tally->peak_units) {
        tally->peak_units = tally->heap.used_units;
        tally->peak_asked = tally->asked;
        tally->peak_line = line;
    }
}

static uint64_t units_of(const struct trace_tally *tally, uint64_t size)
{
    return tally->has_heap && tally->heap.unit ? (size + tally->heap.unit - 1) / tally->heap.unit : 0;
}

/* Keeps count of what is asked for, and of the heap between two looks at it. */
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
    tally->heap.used_units += units_of(tally, size) - units_of(tally, tally->sizes[op->id]);
    tally->asked += size - tally->sizes[op->id];
    tally->sizes[op->id] = size;
}

/* ---- outcomes ---- */

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
    if (!replay_expects(event->op) && event->status != 0 && !event->faulted && outcomes->refused++ == 0)
        outcomes->refused_line = line;
    if (event->faulted) {
        outcomes->faulted++;
        add_fault(tally, &event->fault, line);
    }
    if (event->broken)
        find_broken(tally, event, line);
    trace_vm_event(&tally->vm, tally->ops, event);
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

void trace_tally_memory(struct trace_tally *tally, const struct kms_check_finding *memory)
{
    struct trace_finding *finding = add_finding(tally, TRACE_FINDING_MEMORY, (uint32_t)memory->block.line);
    if (finding)
        kms_check_words(memory, finding->words, sizeof finding->words);
}
