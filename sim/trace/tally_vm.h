/* tally_vm.h - virtual memory over a run: what its kernel counted, over time, and the pages that were used. */
#ifndef KMS_TRACE_TALLY_VM_H
#define KMS_TRACE_TALLY_VM_H

#include "trace/references.h"

#include <kmemsim/guest.h>

#include "../src/lib/replay.h"

#define TRACE_VM_SAMPLES 256u

/* Sums since the run began. */
struct trace_vm_sample {
    uint64_t operation;
    uint64_t accesses; /* of processes */
    uint64_t page_ins; /* frames that were filled: zeros, images, the store, copies */
    uint64_t faults, evictions, write_backs;
};

struct trace_vm {
    bool present; /* the kernel has virtual memory, and a process used it */
    struct guest_vm_info start, now;
    uint64_t peak_frames;
    uint64_t accesses, served;
    struct trace_vm_sample samples[TRACE_VM_SAMPLES];
    size_t sample_count;
    uint64_t sample_every; /* accesses */
    struct references references;
    uint64_t
        optimum; /* once it has ended: page-ins of Belady's optimum with peak_frames; UINT64_MAX: not known */
    int32_t current;                     /* the process that runs, or -1 */
    int32_t processes[REPLAY_PROCESSES]; /* numbers of the kernel, by handle */
};

/* Both inside the guest. */
void trace_vm_start(struct trace_vm *vm, const struct guest_ops *ops);
void trace_vm_event(struct trace_vm *vm, const struct guest_ops *ops, const struct replay_event *event);
/* Afterwards the numbers are still there. */
void trace_vm_end(struct trace_vm *vm);

/* The sums now. */
struct trace_vm_sample trace_vm_now(const struct trace_vm *vm);

#endif
