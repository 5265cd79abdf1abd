#include "trace/tally_vm.h"

enum { LOOKS = 64 }; /* accesses between two samples, at first */

void trace_vm_start(struct trace_vm *vm, const struct guest_ops *ops)
{
    vm->sample_every = LOOKS;
    vm->current = -1;
    for (size_t i = 0; i < REPLAY_PROCESSES; i++)
        vm->processes[i] = -1;
    if (!ops->vm_info)
        return;
    ops->vm_info(&vm->start);
    vm->now = vm->start;
}

void trace_vm_end(struct trace_vm *vm)
{
    vm->optimum = references_optimum(&vm->references, vm->peak_frames);
    references_free(&vm->references);
}

static uint64_t page_ins(const struct guest_vm_info *info)
{
    return info->fills + info->swap_ins + info->copies;
}

struct trace_vm_sample trace_vm_now(const struct trace_vm *vm)
{
    return (struct trace_vm_sample){
        .accesses = vm->accesses,
        .page_ins = page_ins(&vm->now) - page_ins(&vm->start),
        .faults = vm->now.faults - vm->start.faults,
        .evictions = vm->now.evictions - vm->start.evictions,
        .write_backs = vm->now.write_backs - vm->start.write_backs,
    };
}

/* ---- over time ---- */

/* Keeps every second sample when there is no more room, so that any run fits. */
static void thin_samples(struct trace_vm *vm)
{
    for (size_t i = 0; i < TRACE_VM_SAMPLES / 2; i++)
        vm->samples[i] = vm->samples[i * 2 + 1];
    vm->sample_count = TRACE_VM_SAMPLES / 2;
    vm->sample_every *= 2;
}

static void add_sample(struct trace_vm *vm, uint64_t operation)
{
    if (vm->accesses % vm->sample_every != 0)
        return;
    if (vm->sample_count == TRACE_VM_SAMPLES)
        thin_samples(vm);
    vm->samples[vm->sample_count] = trace_vm_now(vm);
    vm->samples[vm->sample_count++].operation = operation;
}

/* ---- whose pages ---- */

static bool is_process_access(const struct replay_op *op)
{
    return op->code >= REPLAY_PROCESS_READ && op->code <= REPLAY_PROCESS_FETCH;
}

static bool is_user_access(const struct replay_op *op)
{
    return is_process_access(op) || op->code == REPLAY_FETCH ||
           ((op->code == REPLAY_READ || op->code == REPLAY_WRITE) && (op->flags & REPLAY_USER));
}

static void add_use(struct trace_vm *vm, const struct replay_event *event)
{
    const struct replay_op *op = event->op;
    if (vm->current < 0)
        return;
    vm->accesses++;
    vm->served += !event->faulted;
    if (!event->faulted)
        references_use(&vm->references, &(struct reference){.process = (uint32_t)vm->current,
                                                            .address = event->address,
                                                            .bytes = op->width ? op->width : 1,
                                                            .write = op->code == REPLAY_WRITE ||
                                                                     op->code == REPLAY_PROCESS_WRITE});
    add_sample(vm, event->number);
}

static void end_process(struct trace_vm *vm, int32_t process)
{
    if (process >= 0)
        references_end(&vm->references, (uint32_t)process);
    if (process == vm->current)
        vm->current = -1;
}

static void follow_processes(struct trace_vm *vm, const struct replay_event *event)
{
    const struct replay_op *op = event->op;
    if (op->code == REPLAY_CREATE) {
        vm->processes[op->id2] = event->status ? -1 : (int32_t)event->value;
    } else if (op->code == REPLAY_DUPLICATE && event->status == 0) {
        vm->processes[op->id] = (int32_t)event->value;
        if (vm->processes[op->id2] >= 0)
            references_duplicate(&vm->references, (uint32_t)vm->processes[op->id2], (uint32_t)event->value);
    } else if (op->code == REPLAY_EXIT && event->status == 0) {
        end_process(vm, vm->processes[op->id2]);
    } else if ((op->code == REPLAY_SWITCH || is_process_access(op)) && !event->unserved &&
               (event->status == 0 || event->faulted)) {
        vm->current = vm->processes[op->id2];
    }
}

void trace_vm_event(struct trace_vm *vm, const struct guest_ops *ops, const struct replay_event *event)
{
    if (!ops->vm_info || replay_expects(event->op))
        return;
    ops->vm_info(&vm->now);
    vm->peak_frames = vm->now.frames_used > vm->peak_frames ? vm->now.frames_used : vm->peak_frames;
    follow_processes(vm, event);
    if (is_user_access(event->op) && !event->unserved)
        add_use(vm, event);
    if (event->faulted)
        end_process(vm, event->fault.process);
    vm->present = vm->present || vm->now.faults > vm->start.faults;
}
