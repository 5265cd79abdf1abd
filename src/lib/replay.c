#include "replay.h"

#include <stdbool.h>

#include <kernel/hw.h>

/*
 * The program of REPLAY_CREATE: INC and DEC of registers only, so that a fetch anywhere in it does no harm on
 * the metal, in a pattern in which neighbours and pages differ.
 */
#define ONE_BYTE_INSTRUCTIONS 0x40u
static uint8_t program[REPLAY_PROGRAM_MAX];

static void make_program(void)
{
    for (uint32_t i = 0; i < REPLAY_PROGRAM_MAX; i++)
        program[i] = (uint8_t)(ONE_BYTE_INSTRUCTIONS | ((i ^ i >> 4 ^ i >> 12) & 0xfu));
}

/* ---- operands ---- */

static void keep(struct replay *replay, struct replay_event *event, guest_addr address)
{
    replay->handles[event->op->id] = address;
    event->value = address;
}

static void keep_allocation(struct replay *replay, struct replay_event *event, guest_addr address)
{
    keep(replay, event, address);
    if (!address)
        event->status = REPLAY_NO_MEMORY;
}

static int process_of(const struct replay *replay, const struct replay_op *op)
{
    return replay->processes[op->id2];
}

static bool offered(struct replay_event *event, bool function)
{
    if (!function)
        event->status = REPLAY_NOT_OFFERED;
    return function;
}

/* ---- operations ---- */

static void run_alloc(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->alloc))
        keep_allocation(replay, event, replay->guest->alloc(event->op->first, event->op->width));
}

static void run_free(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->free))
        event->status = replay->guest->free(event->address);
}

static void run_map(struct replay *replay, struct replay_event *event)
{
    const struct replay_op *const op = event->op;

    if (offered(event, replay->guest->map))
        event->status = replay->guest->map(event->address, event->second, op->pages, op->width);
}

static void run_unmap(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->unmap))
        event->status = replay->guest->unmap(event->address, event->op->pages);
}

static void run_physical(struct replay *replay, struct replay_event *event)
{
    guest_addr physical = 0;

    if (!offered(event, replay->guest->physical))
        return;
    event->status = replay->guest->physical(event->address, &physical);
    if (event->status == 0)
        event->value = physical;
}

/*
 * An access that fails was a fault; the record of it comes from the kernel's handler. Addresses beyond a 32-bit
 * machine's were refused by replay_validate(), and a handle plus an offset wraps as its addresses do.
 */
static uint64_t reached(const struct replay *replay, guest_addr address)
{
    return replay->guest->arch == GUEST_RV64 ? address : (uint32_t)address;
}

static bool at_user_level(const struct replay_op *op)
{
    return (op->flags & REPLAY_USER) || op->code == REPLAY_PROCESS_READ || op->code == REPLAY_PROCESS_WRITE;
}

static void run_read(struct replay *replay, struct replay_event *event)
{
    const struct replay_op *const op = event->op;
    const uint64_t linear = reached(replay, event->address);
    uint64_t value = 0;

    if (at_user_level(op) ? hw_user_load(linear, op->width, &value)
                          : hw_kernel_load(linear, op->width, &value))
        event->value = value;
    else
        event->faulted = 1;
}

static void run_write(struct replay *replay, struct replay_event *event)
{
    const struct replay_op *const op = event->op;
    const uint64_t linear = reached(replay, event->address);
    const uint64_t value = event->second;

    if (!(at_user_level(op) ? hw_user_store(linear, op->width, value)
                            : hw_kernel_store(linear, op->width, value)))
        event->faulted = 1;
}

static void run_fetch(struct replay *replay, struct replay_event *event)
{
    if (!hw_user_fetch(reached(replay, event->address)))
        event->faulted = 1;
}

static void run_create(struct replay *replay, struct replay_event *event)
{
    int process;

    if (!offered(event, replay->guest->process_create))
        return;
    process = replay->guest->process_create(program, (uint32_t)event->op->first);
    replay->processes[event->op->id2] = process < 0 ? -1 : process;
    if (process < 0)
        event->status = process;
    else
        event->value = (uint64_t)process;
}

static void run_switch(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_switch))
        event->status = replay->guest->process_switch(process_of(replay, event->op));
}

static void run_exit(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_exit))
        event->status = replay->guest->process_exit(process_of(replay, event->op));
}

static void run_process_alloc(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_alloc))
        keep_allocation(replay, event,
                        replay->guest->process_alloc(process_of(replay, event->op), event->op->first));
}

static void run_process_free(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_free))
        event->status = replay->guest->process_free(process_of(replay, event->op), event->address);
}

static void run_syscall(struct replay *replay, struct replay_event *event)
{
    const uint32_t command = event->op->pages;

    keep(replay, event,
         hw_user_syscall(command, reached(replay, event->address), reached(replay, event->second)));
}

static void run_fail(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->fail_allocation))
        replay->guest->fail_allocation((uint32_t)event->op->first);
}

static void run_check(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->check))
        event->broken = replay->guest->check();
}

static void run_unit(struct replay *replay, struct replay_event *event)
{
    int state;

    if (!offered(event, replay->guest->heap_unit))
        return;
    state = replay->guest->heap_unit(event->address);
    event->status = state < 0 ? state : 0;
    event->value = state < 0 ? 0 : (uint64_t)state;
}

static void run_sbrk(struct replay *replay, struct replay_event *event)
{
    guest_addr before;

    if (!offered(event, replay->guest->process_sbrk))
        return;
    before = replay->guest->process_sbrk(process_of(replay, event->op), (int64_t)event->op->first);
    keep_allocation(replay, event, before == GUEST_NO_ADDRESS ? 0 : before);
}

static void run_realloc(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_realloc))
        keep_allocation(
            replay, event,
            replay->guest->process_realloc(process_of(replay, event->op), event->address, event->op->second));
}

static void run_stack(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->process_stack))
        event->status = replay->guest->process_stack(process_of(replay, event->op), event->address);
}

static void run_cpu(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->use_cpu))
        event->status = replay->guest->use_cpu((unsigned)event->op->first);
}

/* ---- processes with virtual memory ---- */

static void run_duplicate(struct replay *replay, struct replay_event *event)
{
    int child;

    if (!offered(event, replay->guest->process_duplicate))
        return;
    child = replay->guest->process_duplicate(process_of(replay, event->op));
    replay->processes[event->op->id] = child < 0 ? -1 : child;
    event->status = child < 0 ? child : 0;
    event->value = child < 0 ? 0 : (uint64_t)child;
}

static bool run_in_process(struct replay *replay, struct replay_event *event)
{
    run_switch(replay, event);
    event->unserved = event->status != 0;
    return event->status == 0;
}

static void run_process_read(struct replay *replay, struct replay_event *event)
{
    if (run_in_process(replay, event))
        run_read(replay, event);
}

static void run_process_write(struct replay *replay, struct replay_event *event)
{
    if (run_in_process(replay, event))
        run_write(replay, event);
}

static void run_process_fetch(struct replay *replay, struct replay_event *event)
{
    if (run_in_process(replay, event))
        run_fetch(replay, event);
}

static void run_store(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->fail_store))
        event->status = replay->guest->fail_store(event->op->width, (uint32_t)event->op->first);
}

static void run_limit(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->vm_limit))
        event->status = replay->guest->vm_limit(event->op->width, (uint32_t)event->op->first);
}

static void run_policy(struct replay *replay, struct replay_event *event)
{
    if (offered(event, replay->guest->vm_policy))
        event->status = replay->guest->vm_policy((uint32_t)event->op->first);
}

/* ---- expectations ---- */

static void expect(struct replay_event *event, bool holds, const char *broken)
{
    if (!holds)
        event->broken = broken;
}

static void expect_status(struct replay *replay, struct replay_event *event)
{
    event->status = replay->last.status;
    expect(event, replay->last.status == (int32_t)(uint32_t)event->op->first, "another status");
}

static void expect_value(struct replay *replay, struct replay_event *event)
{
    event->value = replay->last.value;
    expect(event, replay->last.value == event->address && !replay->last.faulted, "another value");
}

static void expect_fault(struct replay *replay, struct replay_event *event)
{
    const struct guest_fault *const fault = &replay->last.fault;

    if (!replay->last.faulted) {
        event->broken = "no fault";
        return;
    }
    event->fault = *fault;
    expect(event, fault->error == event->op->pages && fault->address == event->address, "another fault");
}

static void expect_no_fault(struct replay *replay, struct replay_event *event)
{
    event->fault = replay->last.fault;
    expect(event, !replay->last.faulted, "a fault");
    expect(event, !replay->last.unserved, "refused");
}

static void expect_mapped(struct replay *replay, struct replay_event *event)
{
    run_physical(replay, event);
    expect(event, event->status == 0, "not mapped");
    expect(event, event->status != 0 || event->value == event->second, "mapped elsewhere");
}

static void expect_unmapped(struct replay *replay, struct replay_event *event)
{
    run_physical(replay, event);
    expect(event, event->status != 0 && event->status != REPLAY_NOT_OFFERED, "mapped");
}

/* ---- the interpreter ---- */

typedef void (*run_function)(struct replay *replay, struct replay_event *event);

static const run_function run_table[REPLAY_CODES] = {
    [REPLAY_ALLOC] = run_alloc,
    [REPLAY_FREE] = run_free,
    [REPLAY_MAP] = run_map,
    [REPLAY_UNMAP] = run_unmap,
    [REPLAY_PHYSICAL] = run_physical,
    [REPLAY_READ] = run_read,
    [REPLAY_WRITE] = run_write,
    [REPLAY_FETCH] = run_fetch,
    [REPLAY_CREATE] = run_create,
    [REPLAY_SWITCH] = run_switch,
    [REPLAY_EXIT] = run_exit,
    [REPLAY_PROCESS_ALLOC] = run_process_alloc,
    [REPLAY_PROCESS_FREE] = run_process_free,
    [REPLAY_SYSCALL] = run_syscall,
    [REPLAY_FAIL] = run_fail,
    [REPLAY_CHECK] = run_check,
    [REPLAY_UNIT] = run_unit,
    [REPLAY_EXPECT_STATUS] = expect_status,
    [REPLAY_EXPECT_VALUE] = expect_value,
    [REPLAY_EXPECT_FAULT] = expect_fault,
    [REPLAY_EXPECT_NO_FAULT] = expect_no_fault,
    [REPLAY_EXPECT_MAPPED] = expect_mapped,
    [REPLAY_EXPECT_UNMAPPED] = expect_unmapped,
    [REPLAY_SBRK] = run_sbrk,
    [REPLAY_REALLOC] = run_realloc,
    [REPLAY_STACK] = run_stack,
    [REPLAY_CPU] = run_cpu,
    [REPLAY_DUPLICATE] = run_duplicate,
    [REPLAY_PROCESS_READ] = run_process_read,
    [REPLAY_PROCESS_WRITE] = run_process_write,
    [REPLAY_PROCESS_FETCH] = run_process_fetch,
    [REPLAY_STORE] = run_store,
    [REPLAY_LIMIT] = run_limit,
    [REPLAY_POLICY] = run_policy,
};

void replay_start(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->handle_count; i++)
        replay->handles[i] = 0;
    for (uint32_t i = 0; i < REPLAY_PROCESSES; i++)
        replay->processes[i] = -1;
    replay->number = 0;
    replay->broken = 0;
    replay->last = replay->expectation =
        (struct replay_event){.status_name = replay->guest->status_name, .arch = replay->guest->arch};
    make_program();
}

static void resolve(const struct replay *replay, struct replay_event *event)
{
    const struct replay_op *const op = event->op;

    event->address = op->first;
    event->second = op->second;
    if (op->flags & REPLAY_FIRST_HANDLE)
        event->address += replay->handles[op->id];
    if (op->flags & REPLAY_SECOND_HANDLE)
        event->second += replay->handles[op->id2];
}

static void take_fault(const struct replay *replay, struct replay_event *event)
{
    if (!replay->guest->take_fault || !replay->guest->take_fault(&event->fault))
        return;
    event->faulted = 1;
    if (event->fault.process >= 0 && replay->guest->process_end)
        event->status = replay->guest->process_end(event->fault.process);
}

/* The fault stays as it was: faulted says that it no longer counts. */
static void begin(struct replay *replay, struct replay_event *event, const struct replay_op *op)
{
    event->op = op;
    event->number = ++replay->number;
    event->value = 0;
    event->status = 0;
    event->faulted = 0;
    event->unserved = 0;
    event->broken = NULL;
    resolve(replay, event);
}

/* Expectations look at the latest operation, so they have an event of their own. */
static void run_one(struct replay *replay, const struct replay_op *op)
{
    const bool expects = replay_expects(op);
    struct replay_event *const event = expects ? &replay->expectation : &replay->last;

    begin(replay, event, op);
    run_table[op->code](replay, event);
    if (!expects)
        take_fault(replay, event);
    replay->broken += event->broken != NULL;
    if (replay->report)
        replay->report(replay->context, event);
}

void replay_run(struct replay *replay, const struct replay_op *ops, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        run_one(replay, &ops[i]);
}
