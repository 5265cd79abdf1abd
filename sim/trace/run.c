#include "trace/run.h"

#include "trace/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

struct run {
    const struct trace_run_options *options;
    struct trace_run_result *result;
    struct trace_watcher watcher;
    struct trace_lowering lowering;
    struct replay replay;
    guest_addr *handles;
    uint32_t handle_count;
    struct replay_op records[BATCH];
    uint32_t lines[BATCH];
    uint32_t count; /* records in the batch */
    uint32_t done;  /* of them */
    bool ended;     /* nothing more to read */
};

/* Where the next operation stands. */
static void tell_line(struct run *run)
{
    if (run->options->check && run->done < run->count)
        kms_check_line(run->options->check, run->lines[run->done]);
}

static void check_after(struct run *run, const struct replay_event *event)
{
    struct kms_check *check = run->options->check;
    /* A handle plus an offset wraps as the kernel's addresses do. */
    uint64_t reached = run->replay.guest->arch == GUEST_RV64 ? event->address : (uint32_t)event->address;
    if (check && event->op->code == REPLAY_WRITE && !event->faulted)
        kms_check_near(check, reached, event->op->width);
    if (check && event->faulted && event->fault.process >= 0)
        kms_check_process_ended(check, event->fault.process);
    tell_line(run);
}

static void on_event(void *context, const struct replay_event *event)
{
    struct run *run = context;
    uint32_t line = run->lines[run->done++];
    if (run->options->tally)
        trace_tally_event(run->options->tally, event, line);
    if (run->watcher.event)
        run->watcher.event(run->watcher.context, event, line);
    check_after(run, event);
}

/* Room for the addresses of every handle that the reader has met; new ones hold 0. */
static bool make_room(struct run *run)
{
    uint32_t wanted = run->options->reader->handle_count;
    if (run->options->tally && !trace_tally_handles(run->options->tally, wanted))
        return false;
    if (wanted <= run->handle_count)
        return true;
    uint32_t count = wanted * 2;
    guest_addr *handles = realloc(run->handles, count * sizeof *handles);
    if (!handles)
        return false;
    memset(handles + run->handle_count, 0, (count - run->handle_count) * sizeof *handles);
    run->handles = run->replay.handles = handles;
    run->handle_count = run->replay.handle_count = count;
    return true;
}

static void end_with(struct run *run, enum trace_run_end end)
{
    run->result->end = end;
    run->ended = true;
}

static void refuse(struct run *run, const struct kms_trace_op *op, enum trace_lowered why)
{
    trace_lower_error(&run->lowering, why, op, run->options->file, run->result->error);
    end_with(run, TRACE_RUN_BAD_INPUT);
}

static bool cancelled(const struct run *run)
{
    return run->options->cancel && *run->options->cancel;
}

static void take_end(struct run *run, enum kms_trace_result result)
{
    if (result == KMS_TRACE_BAD && cancelled(run)) { /* a signal ended the wait for more input */
        end_with(run, TRACE_RUN_CANCELLED);
        return;
    }
    end_with(run, result == KMS_TRACE_END ? TRACE_RUN_COMPLETE : TRACE_RUN_BAD_INPUT);
    snprintf(run->result->error, TRACE_ERROR_MAX, "%s", kms_trace_reader_error(run->options->reader));
}

/* What was asked for outside of the file goes before what stands in it. */
static void overrule(const struct run *run, struct replay_op *record)
{
    if (record->code == REPLAY_LIMIT && record->width == GUEST_LIMIT_FRAMES && run->options->frames)
        record->first = run->options->frames;
    if (record->code == REPLAY_POLICY && run->options->policy)
        record->first = run->options->policy - 1;
}

/* Reads up to a batch, or up to a note: that one is said when what stands before it has run. */
static void read_batch(struct run *run, struct kms_trace_op *op)
{
    run->count = run->done = 0;
    while (run->count < BATCH && !run->ended) {
        enum kms_trace_result result = kms_trace_read(run->options->reader, op);
        if (result != KMS_TRACE_OP) {
            take_end(run, result);
            return;
        }
        enum trace_lowered lowered = trace_lower(&run->lowering, op, &run->records[run->count]);
        if (lowered == TRACE_LOWERED) {
            overrule(run, &run->records[run->count]);
            run->lines[run->count++] = op->line;
        } else if (lowered != TRACE_NO_RECORD) {
            refuse(run, op, lowered);
        } else if (run->watcher.note) {
            return;
        }
    }
}

static void run_rest(void *context)
{
    struct run *run = context;
    replay_run(&run->replay, run->records + run->done, run->count - run->done);
}

static void take_stop(struct run *run, const struct kms_guest_stop *stop)
{
    uint32_t line = run->lines[run->done++];
    run->result->stops++;
    if (run->options->tally)
        trace_tally_stop(run->options->tally, stop, line);
    if (run->watcher.stopped)
        run->watcher.stopped(run->watcher.context, stop, line);
}

static void run_batch(struct run *run)
{
    struct kms_guest_stop stop;
    bool silent = run->replay.report == NULL;
    while (run->done < run->count) {
        uint64_t before = run->replay.number;
        tell_line(run);
        enum kms_guest_end end = kms_guest_call(run->options->guest, run_rest, run, &stop);
        if (end == KMS_GUEST_RETURNED) {
            run->done = run->count;
        } else {
            if (silent)
                run->done += (uint32_t)(run->replay.number - before) - 1;
            take_stop(run, &stop);
        }
    }
    run->result->operations += run->count;
}

static void run_all(struct run *run)
{
    struct kms_trace_op op = {0};
    while (!run->ended) {
        read_batch(run, &op);
        if (!make_room(run)) {
            end_with(run, TRACE_RUN_NO_MEMORY);
            return;
        }
        run_batch(run);
        if (op.kind == KMS_TRACE_NOTE && !run->ended && run->watcher.note)
            run->watcher.note(run->watcher.context, op.text, op.text_length);
        if (run->watcher.progress)
            run->watcher.progress(run->watcher.context, run->result->operations);
        if (!run->ended && cancelled(run))
            end_with(run, TRACE_RUN_CANCELLED);
    }
}

void trace_run(const struct trace_run_options *options, struct trace_run_result *result)
{
    struct run *run = calloc(1, sizeof *run);
    *result = (struct trace_run_result){.end = TRACE_RUN_NO_MEMORY};
    if (!run)
        return;
    const struct guest_ops *ops = kms_guest_module(options->guest)->ops;
    bool watched = options->tally || options->check || (options->watcher && options->watcher->event);
    run->options = options;
    run->result = result;
    if (options->watcher)
        run->watcher = *options->watcher;
    run->lowering.status_name = ops->status_name;
    run->lowering.arch = ops->arch;
    run->replay.guest = options->check ? kms_check_ops(options->check) : ops;
    run->replay.report = watched ? on_event : NULL;
    run->replay.context = run;
    replay_start(&run->replay);
    run_all(run);
    result->broken = run->replay.broken;
    if (options->keep_handles) {
        result->handles = run->handles;
        result->handle_count = run->handle_count;
    } else {
        free(run->handles);
    }
    free(run);
}
