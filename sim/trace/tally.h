/* tally.h - what a run came to, counted while it runs: outcomes, work, the heap over time. */
#ifndef KMS_TRACE_TALLY_H
#define KMS_TRACE_TALLY_H

#include <kmemsim/check.h>
#include <kmemsim/guest.h>
#include <kmemsim/trace.h>

#include "trace/tally_vm.h"

#include "../src/lib/replay.h"

#define TRACE_SAMPLES   256u /* of the heap over a whole run, however long */
#define TRACE_FINDINGS  16u  /* that are kept in words; the rest are counted */
#define TRACE_BUCKETS   33u  /* bucket n: costs from 2^(n-1), bucket 0: none */
#define TRACE_WORDS_MAX 320u

/* One kind of work, over all operations of one kind. */
struct trace_cost {
    uint64_t operations, total, worst;
    uint32_t worst_line;
    uint64_t buckets[TRACE_BUCKETS];
};

struct trace_sample {
    uint64_t operation;
    uint64_t used_units, longest_free_units;
};

struct trace_outcomes {
    uint64_t count;   /* operations of this kind */
    uint64_t refused; /* answered with a status other than 0 */
    uint64_t faulted;
    uint32_t refused_line; /* the first of them */
};

enum trace_finding_kind {
    TRACE_FINDING_EXPECTATION,
    TRACE_FINDING_CHECK,
    TRACE_FINDING_STOP,
    TRACE_FINDING_MEMORY, /* a leak, or a block that was overwritten: kmemsim/check.h */
};

struct trace_finding {
    enum trace_finding_kind kind;
    uint32_t line;
    char words[TRACE_WORDS_MAX];
};

struct trace_fault {
    uint32_t line;
    struct guest_fault fault;
};

struct trace_tally {
    struct trace_outcomes outcomes[REPLAY_CODES];
    struct trace_cost scanned[REPLAY_CODES]; /* allocator entries looked at, by operation */
    struct guest_work work_at_start, work;   /* the kernel's counters */

    bool has_heap;
    struct guest_heap_info heap_at_start, heap;
    uint64_t peak_units;
    uint64_t asked;      /* bytes that live allocations asked for, by handles */
    uint64_t peak_asked; /* the bytes asked for when peak_units was reached */
    uint32_t peak_line;
    struct trace_sample samples[TRACE_SAMPLES];
    size_t sample_count;
    uint64_t sample_every;

    struct trace_finding findings[TRACE_FINDINGS];
    uint64_t finding_count;
    struct trace_fault faults[TRACE_FINDINGS];
    uint64_t fault_count;

    struct trace_vm vm;

    uint64_t walks, levels_walked; /* page walks of the machine, and the entries that they read */

    /* Private. */
    const struct guest_ops *ops;
    struct kms_observer observer;
    uint64_t *sizes; /* bytes asked for, by handle */
    uint32_t size_count;
};

/* Starts counting on a booted guest. Call inside no guest. */
void trace_tally_start(struct trace_tally *tally, struct kms_guest *guest);
void trace_tally_end(struct trace_tally *tally, struct kms_guest *guest);

/* Before a batch that names handles below this. False without memory. */
bool trace_tally_handles(struct trace_tally *tally, uint32_t handles);

/* After an operation, inside the guest. */
void trace_tally_event(struct trace_tally *tally, const struct replay_event *event, uint32_t line);
void trace_tally_stop(struct trace_tally *tally, const struct kms_guest_stop *stop, uint32_t line);

/* A finding of a checker, in its words. */
void trace_tally_memory(struct trace_tally *tally, const struct kms_check_finding *finding);

/* A cost that `share` (0 to 1) of the operations did not exceed: the least, or less than twice it. */
uint64_t trace_cost_quantile(const struct trace_cost *cost, double share);

#endif
