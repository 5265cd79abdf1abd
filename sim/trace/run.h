/*
 * run.h - runs a file of operations on a booted guest and tells what happened.
 *
 * Operations are read a batch at a time, lowered to records and given to the replay core, in the guest. A
 * panic or an unrepaired fault of the kernel ends that one operation; the run goes on with the next.
 */
#ifndef KMS_TRACE_RUN_H
#define KMS_TRACE_RUN_H

#include "trace/lower.h"
#include "trace/tally.h"

#include <kmemsim/check.h>
#include <kmemsim/guest.h>

#include <signal.h>

struct trace_watcher {
    /* After each operation, inside the guest. */
    void (*event)(void *context, const struct replay_event *event, uint32_t line);
    /* A note; not ended by a zero. */
    void (*note)(void *context, const char *text, size_t length);
    /* The kernel was cut off in this operation. */
    void (*stopped)(void *context, const struct kms_guest_stop *stop, uint32_t line);
    /* After each batch, outside the guest. */
    void (*progress)(void *context, uint64_t operations);
    void *context;
};

struct trace_run_options {
    struct kms_guest *guest; /* booted */
    struct kms_trace_reader *reader;
    const char *file;                    /* what errors call it */
    struct trace_tally *tally;           /* NULL: count nothing, for timing */
    const struct trace_watcher *watcher; /* NULL, or any of its functions NULL: nobody */
    const volatile sig_atomic_t *cancel; /* set: end after the batch; may be NULL */
    struct kms_check *check;             /* stands between the operations and the kernel; NULL: nobody */
    bool keep_handles;                   /* hand out what the handles stood for in the end */
    uint32_t frames;                     /* instead of each limit of frames in the file; 0: what that says */
    uint32_t policy; /* 1 + the number of the one in force whatever the file says; 0: the file decides */
};

enum trace_run_end {
    TRACE_RUN_COMPLETE,
    TRACE_RUN_CANCELLED,
    TRACE_RUN_BAD_INPUT, /* `error`; the operations before it have run */
    TRACE_RUN_NO_MEMORY,
};

struct trace_run_result {
    enum trace_run_end end;
    uint64_t operations; /* that ran, expectations included */
    uint64_t broken;     /* expectations and checks that did not hold */
    uint64_t stops;      /* operations in which the kernel was cut off */
    guest_addr *handles; /* with keep_handles: the caller's to free(), handle_count of them */
    uint32_t handle_count;
    char error[TRACE_ERROR_MAX];
};

void trace_run(const struct trace_run_options *options, struct trace_run_result *result);

#endif
