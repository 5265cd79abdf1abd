/* process_operations.c - processes, their breaks and stacks, accesses, and allocations that fail. */
#include "vimix_fuzz.h"

#define LOAD_FAULT  13
#define STORE_FAULT 15

/* ---- fuzz.processes ---- */

static void forget(unsigned i)
{
    fuzz.processes[i].alive = false;
    fuzz.spaces[i] = (struct shadow_space){0};
    for (unsigned h = 0; h < HARTS; h++) {
        if (fuzz.running[h] == (int)i)
            fuzz.running[h] = -1;
    }
}

void create_process(unsigned i, const struct operation *operation)
{
    const uint32_t size = 1 + operation->amount * 40u;

    if (fuzz.processes[i].alive || fuzz.created == CREATED_MAX)
        return;
    fuzz.names[i] = fuzz.created++;
    fuzz.processes[i].id =
        (int)drive_do(&(struct kms_trace_op){
                          .kind = KMS_TRACE_PROCESS_CREATE, .process = fuzz.names[i], .number = size})
            ->value;
    drive_expect_ok();
    shadow_create(&fuzz.processes[i], size);
}

void switch_to(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SWITCH, .process = fuzz.names[i]});
    drive_expect_ok();
    fuzz.running[fuzz.hart] = (int)i;
    shadow_switch(&fuzz.processes[i]);
}

void was_switched(unsigned i)
{
    shadow_switch(&fuzz.processes[i]);
    if (fuzz.running[fuzz.hart] >= 0)
        shadow_switch(&fuzz.processes[fuzz.running[fuzz.hart]]);
}

void exit_process(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = fuzz.names[i]});
    drive_expect_ok();
    forget(i);
}

/* ---- the break ---- */

uint64_t move_break(unsigned i, int64_t change)
{
    const struct replay_event *const event = drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SBRK,
                                                                             .process = fuzz.names[i],
                                                                             .handle = fuzz.handles,
                                                                             .number = (uint64_t)change});

    was_switched(i);
    return event->value;
}

void look_at_break(unsigned i, const char *after)
{
    if (move_break(i, 0) != fuzz.processes[i].heap_end)
        operations_fail("after %s the break is not where it should be", after);
}

void move_break_somewhere(unsigned i, const struct operation *operation)
{
    struct shadow_process *const process = &fuzz.processes[i];
    const int64_t change = ((int64_t)(int8_t)operation->amount) * (operation->detail & 1 ? 97 : 16);
    const bool good = change >= 0 ? true : (uint64_t)-change <= process->own;

    if (change < 0 && !good && (uint64_t)-change <= process->heap_end - process->heap_begin)
        return; /* it would take the library's memory */
    if (move_break(i, change) != (good ? process->heap_end : 0))
        operations_fail("sbrk() gave another break than the old one");
    if (!good)
        return;
    process->heap_end += (uint64_t)change;
    process->own += (uint32_t)change;
}

/* ---- accesses and the stack ---- */

static void set_pointer(unsigned i, uint64_t pointer)
{
    fuzz.processes[i].pointer = pointer;
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_STACK, .process = fuzz.names[i], .address = operations_at(pointer)});
    drive_expect_ok();
}

/* A function that calls itself: page by page, and perhaps once too often. */
static void recurse(unsigned i, unsigned pages)
{
    struct shadow_process *const process = &fuzz.processes[i];

    switch_to(i);
    for (unsigned k = 0; k < pages && process->alive; k++) {
        const uint64_t low = STACK_HIGH - (uint64_t)process->stack_pages * PAGE;
        struct attempt push = {.address = low - 16, .write = true};

        set_pointer(i, low - 16);
        push.good = shadow_reaches(process, push.address);
        run_attempt(&push);
    }
}

void move_stack(unsigned i, const struct operation *operation)
{
    const uint64_t low = STACK_HIGH - (uint64_t)fuzz.processes[i].stack_pages * PAGE;

    if (operation->detail & 1)
        recurse(i, operation->amount % (STACK_PAGES + 4));
    else if (operation->detail & 2) /* no more than a page below */
        set_pointer(i, low - (uint64_t)operation->amount * 16);
    else
        set_pointer(i, STACK_HIGH - (uint64_t)operation->amount * 280);
}

/* Only reads, and writes to the stack and to what tools map: the rest is watched. */
static struct attempt choose_attempt(const struct operation *operation)
{
    const int current = fuzz.running[fuzz.hart];
    const uint64_t pointer = current >= 0 ? fuzz.processes[current].pointer : STACK_HIGH;
    const uint64_t places[] = {pointer + (uint64_t)(int64_t)(int8_t)operation->amount * 24,
                               PROGRAM,
                               operation->amount * 16u,
                               STACK_HIGH,
                               TRAPFRAME,
                               0x80000000,
                               0x300000};

    return (struct attempt){.address = places[operation->detail % 7],
                            .write = operation->detail % 7 == 0 && operation->detail & 0x80};
}

/* Writes leave what is there. */
static struct attempt choose_mapped(const struct operation *operation)
{
    const struct place *const place = &current_space()->places[operation->amount % PLACES];
    const bool write = operation->amount & 0x80;

    return (struct attempt){.address = PLACE_AT(operation->amount % PLACES),
                            .write = write,
                            .good = place->mapped && place->user && (place->write || !write),
                            .place = place};
}

void run_attempt(const struct attempt *attempt)
{
    const int current = fuzz.running[fuzz.hart];
    const struct replay_event *const event =
        drive_do(&(struct kms_trace_op){.kind = attempt->write ? KMS_TRACE_WRITE : KMS_TRACE_READ,
                                        .width = 1,
                                        .words = KMS_TRACE_USER,
                                        .address = operations_at(attempt->address),
                                        .number = attempt->place ? FRAME_BYTE(attempt->place->frame) : 0});
    const int ended = event->faulted ? event->fault.process : -1;

    if (attempt->good) {
        drive_expect_ok();
        if (attempt->place && !attempt->write)
            drive_expect_value(FRAME_BYTE(attempt->place->frame));
        return;
    }
    if (!event->faulted || event->fault.address != attempt->address ||
        event->fault.error != (attempt->write ? STORE_FAULT : LOAD_FAULT) ||
        ended != (current >= 0 ? fuzz.processes[current].id : -1))
        operations_fail("an access to 0x%llx did not fault as it should",
                        (unsigned long long)attempt->address);
    if (current >= 0)
        forget((unsigned)current);
}

void access_somewhere(const struct operation *operation)
{
    const int current = fuzz.running[fuzz.hart];
    const bool mapped = operation->detail % 8 == 7;
    struct attempt attempt = mapped ? choose_mapped(operation) : choose_attempt(operation);

    if (!mapped && current >= 0)
        attempt.good = shadow_reaches(&fuzz.processes[current], attempt.address);
    run_attempt(&attempt);
}

/* ---- allocations that fail ---- */

void fail_allocation(unsigned i, const struct operation *operation)
{
    const uint64_t change = 1 + operation->detail * 64u;

    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = 1 + operation->amount % 16});
    if (!fuzz.processes[i].alive && fuzz.created < CREATED_MAX) {
        const uint32_t size = 1 + operation->detail * 40u;
        const struct replay_event *const event = drive_do(&(struct kms_trace_op){
            .kind = KMS_TRACE_PROCESS_CREATE, .process = fuzz.created, .number = size});

        if (event->status == 0) {
            fuzz.names[i] = fuzz.created;
            fuzz.processes[i].id = (int)event->value;
            shadow_create(&fuzz.processes[i], size);
        }
        fuzz.created++;
    } else if (fuzz.processes[i].alive && move_break(i, (int64_t)change) == fuzz.processes[i].heap_end) {
        fuzz.processes[i].heap_end += change;
        fuzz.processes[i].own += (uint32_t)change;
    }
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = 0});
}
