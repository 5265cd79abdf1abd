/*
 * Fuzz target: VIMIX's processes on two harts, with their breaks, stacks and C library's heaps, and pages lent to tools. After
 * each operation that matters the model says what must have come of it; pages taken are counted by the model too, at
 * the end of every input together with the kernel's checker.
 *
 * Three bytes make an operation: what it is and which process, how much or where, and details.
 */
#include <stddef.h>
#include <stdint.h>

#include "drive.h"
#include "shadow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  32u
#define LENT            4u
#define LOAD_FAULT      13
#define STORE_FAULT     15

static struct shadow_process processes[PROCESSES];
static unsigned created; /* names used for processes */
static unsigned names[PROCESSES];
static int running[2]; /* what each hart runs, of processes[], or -1 */
static unsigned hart;
static uint32_t handles;
static uint32_t lent[LENT]; /* handles of pages, plus 1 */
static uint64_t at_boot;    /* pages taken */

struct operation {
    uint8_t kind, which, amount, detail;
};

static uint64_t pages_taken(void)
{
    uint64_t pages = at_boot;

    for (unsigned i = 0; i < PROCESSES; i++)
        pages += shadow_pages(&processes[i]);
    for (unsigned i = 0; i < LENT; i++)
        pages += lent[i] != 0;
    return pages;
}

static void expect_pages(const char *after)
{
    if (drive_used_units() != pages_taken())
        operations_fail("after %s %llu pages are taken, and %llu should be", after,
                        (unsigned long long)drive_used_units(), (unsigned long long)pages_taken());
}

/* ---- processes ---- */

static void forget(unsigned i)
{
    processes[i].alive = false;
    for (unsigned h = 0; h < 2; h++) {
        if (running[h] == (int)i)
            running[h] = -1;
    }
}

static void create(unsigned i, const struct operation *operation)
{
    const uint32_t size = 1 + operation->amount * 40u;

    if (processes[i].alive || created == 24)
        return;
    names[i] = created++;
    processes[i].id =
        (int)drive_do(
            &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_CREATE, .process = names[i], .number = size})
            ->value;
    drive_expect_ok();
    shadow_create(&processes[i], size);
}

static void switch_to(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SWITCH, .process = names[i]});
    drive_expect_ok();
    running[hart] = (int)i;
    shadow_switch(&processes[i]);
}

/* The process calls switch to it and back. */
static void was_switched(unsigned i)
{
    shadow_switch(&processes[i]);
    if (running[hart] >= 0)
        shadow_switch(&processes[running[hart]]);
}

static void exit_process(unsigned i)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = names[i]});
    drive_expect_ok();
    forget(i);
}

/* ---- the break ---- */

static uint64_t move_break(unsigned i, int64_t change)
{
    const struct replay_event *const event = drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_SBRK, .process = names[i], .handle = handles, .number = (uint64_t)change});

    was_switched(i);
    return event->value;
}

static void look_at_break(unsigned i, const char *after)
{
    if (move_break(i, 0) != processes[i].heap_end)
        operations_fail("after %s the break is not where it should be", after);
}

static void move(unsigned i, const struct operation *operation)
{
    struct shadow_process *const process = &processes[i];
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

/* ---- malloc() and its like ---- */

static void fill_block(const struct block *block)
{
    const uint64_t places[] = {block->address, block->address + block->size - 1};

    for (unsigned k = 0; k < 2; k++) {
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                        .width = 1,
                                        .words = KMS_TRACE_USER,
                                        .address = operations_at(places[k]),
                                        .number = block->fill});
        drive_expect_ok();
    }
}

static void look_at_byte(uint64_t address, uint8_t expected)
{
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_READ, .width = 1, .words = KMS_TRACE_USER, .address = operations_at(address)});
    drive_expect_value(expected);
}

static void look_at_blocks(unsigned i)
{
    for (unsigned k = 0; k < BLOCKS; k++) {
        const struct block *const block = &processes[i].blocks[k];

        if (!block->address)
            continue;
        look_at_byte(block->address, block->fill);
        look_at_byte(block->address + block->size - 1, block->fill);
    }
}

/* What the library asked the kernel for: nothing, a step, or what one block needs, on the next unit. */
static void library_grew(unsigned i, uint32_t size)
{
    struct shadow_process *const process = &processes[i];
    const uint64_t now = move_break(i, 0);
    const uint64_t units = (size + UNIT - 1) / UNIT + 1;
    const uint64_t gap = (UNIT - process->heap_end % UNIT) % UNIT;

    if (now == process->heap_end)
        return;
    if (now != process->heap_end + gap + (units < 4096 ? 4096 : units) * UNIT)
        operations_fail("malloc(%u) moved the break from 0x%llx to 0x%llx", size,
                        (unsigned long long)process->heap_end, (unsigned long long)now);
    process->heap_end = now;
    process->own = 0;
}

static void take_block(unsigned i, struct block *block, uint64_t address)
{
    block->address = 0;
    library_grew(i, block->size);
    if (!shadow_is_room(&processes[i], address, block->size))
        operations_fail("malloc(%u) gave 0x%llx, where no room is", block->size, (unsigned long long)address);
    block->address = address;
}

static void allocate(unsigned i, const struct operation *operation)
{
    static const uint32_t sizes[] = {1, 16, 17, 100, 255, 1000, 4096, 20000};
    static const uint64_t impossible[] = {0, UINT64_MAX, UINT64_MAX - 15, UINT64_C(1) << 38, 16u << 20};
    struct block *const block = &processes[i].blocks[operation->detail % BLOCKS];
    const bool wrong = operation->amount >= 0xe8;
    const struct replay_event *event;

    if (block->address || handles + 2 >= DRIVE_HANDLES)
        return;
    *block = (struct block){0, sizes[operation->amount % 8], handles++, (uint8_t)(operation->amount ^ 0x5a)};
    event =
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_ALLOC,
                                        .process = names[i],
                                        .handle = block->handle,
                                        .number = wrong ? impossible[operation->amount % 5] : block->size});
    was_switched(i);
    if (wrong || event->status) { /* 512 pages are not for ever */
        if (!wrong && drive_used_units() + 8 < 768 && block->size < 20000)
            operations_fail("malloc(%u) found no memory", block->size);
        drive_expect_null();
        look_at_break(i, "a malloc() that failed");
        return;
    }
    take_block(i, block, event->value);
    switch_to(i);
    fill_block(block);
}

static void free_block(unsigned i, const struct operation *operation)
{
    struct block *const block = &processes[i].blocks[operation->detail % BLOCKS];
    const uint64_t beside = operation->amount >= 0xf0 ? operation->amount & 0xf : 0;

    if (!block->address)
        return;
    for (unsigned k = 0; k < 1 + (operation->amount & 1u); k++) { /* twice, now and then */
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_FREE,
                                        .process = names[i],
                                        .address = operations_at(block->address + beside)});
        was_switched(i);
        if (k == 0 && beside == 0)
            drive_expect_ok();
        else
            drive_expect_status("EINVAL");
    }
    if (beside == 0)
        block->address = 0;
}

static void resize_block(unsigned i, const struct operation *operation)
{
    struct block *const block = &processes[i].blocks[operation->detail % BLOCKS];
    const uint32_t size = 1 + operation->amount * 37u;
    const uint32_t old_size = block->size;
    const struct replay_event *event;

    if (!block->address)
        return;
    event = drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_REALLOC,
                                            .process = names[i],
                                            .handle = block->handle,
                                            .address = operations_at(block->address),
                                            .number = size});
    was_switched(i);
    if (event->status) {
        drive_expect_null();
        return;
    }
    block->size = size;
    take_block(i, block, event->value);
    switch_to(i);
    look_at_byte(block->address, block->fill);
    if (size >= old_size)
        look_at_byte(block->address + old_size - 1, block->fill);
    fill_block(block);
}

/* ---- accesses and the stack ---- */

static void move_stack(unsigned i, const struct operation *operation)
{
    processes[i].pointer = STACK_HIGH - (uint64_t)operation->amount * 280;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_STACK,
                                    .process = names[i],
                                    .address = operations_at(processes[i].pointer)});
    drive_expect_ok();
}

/* Only reads, and writes to the stack: the rest is watched. */
static void access_somewhere(const struct operation *operation)
{
    const uint64_t places[] = {STACK_HIGH - 1 - (uint64_t)operation->amount * 280,
                               PROGRAM,
                               operation->amount * 16u,
                               STACK_HIGH,
                               UINT64_C(0x3fffffe000),
                               0x80000000,
                               0x300000};
    const uint64_t address = places[operation->detail % 7];
    const bool write = operation->detail % 7 == 0 && operation->detail & 0x80;
    struct shadow_process *const process = running[hart] >= 0 ? &processes[running[hart]] : NULL;
    const bool good = process && shadow_reaches(process, address);
    const struct replay_event *const event =
        drive_do(&(struct kms_trace_op){.kind = write ? KMS_TRACE_WRITE : KMS_TRACE_READ,
                                        .width = 1,
                                        .words = KMS_TRACE_USER,
                                        .address = operations_at(address)});
    const int ended = event->faulted ? event->fault.process : -1;

    if (good) {
        drive_expect_ok();
        return;
    }
    if (!event->faulted || event->fault.address != address ||
        event->fault.error != (write ? STORE_FAULT : LOAD_FAULT) || ended != (process ? process->id : -1))
        operations_fail("an access to 0x%llx did not fault as it should", (unsigned long long)address);
    if (process)
        forget((unsigned)running[hart]);
}

static void use_hart(const struct operation *operation)
{
    hart = operation->amount & 1;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_CPU, .number = hart});
    drive_expect_ok();
}

/* ---- pages for tools ---- */

static void lend(const struct operation *operation)
{
    uint32_t *const page = &lent[operation->detail % LENT];

    if (*page == 0 && handles + 2 < DRIVE_HANDLES) {
        drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_ALLOC, .handle = handles, .number = PAGE});
        drive_expect_ok();
        *page = ++handles;
        return;
    }
    if (*page == 0)
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {*page - 1, operation->amount & 7u}});
    if (operation->amount & 7u) {
        drive_expect_status("EINVAL");
        return;
    }
    drive_expect_ok();
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {*page - 1, 0}});
    drive_expect_status("EINVAL");
    *page = 0;
}

/* The n-th allocation inside of an operation fails: it is refused and nothing has changed, or it needed fewer. */
static void fail(unsigned i, const struct operation *operation)
{
    const uint64_t change = 1 + operation->detail * 64u;

    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = 1 + operation->amount % 16});
    if (!processes[i].alive && created < 24) {
        const uint32_t size = 1 + operation->detail * 40u;
        const struct replay_event *const event = drive_do(
            &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_CREATE, .process = created, .number = size});

        if (event->status == 0) {
            names[i] = created;
            processes[i].id = (int)event->value;
            shadow_create(&processes[i], size);
        }
        created++;
    } else if (processes[i].alive && move_break(i, (int64_t)change) == processes[i].heap_end) {
        processes[i].heap_end += change;
        processes[i].own += (uint32_t)change;
    }
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = 0});
}

/* ---- one input ---- */

static void run_for(unsigned i, const struct operation *operation)
{
    switch (operation->kind) {
    case 0:
    case 1:
    case 2: allocate(i, operation); break;
    case 3:
    case 4: free_block(i, operation); break;
    case 5: resize_block(i, operation); break;
    case 6:
    case 7: move(i, operation); break;
    case 8: move_stack(i, operation); break;
    case 9:
    case 10: switch_to(i); break;
    case 11: exit_process(i); break;
    default: look_at_break(i, "nothing"); break;
    }
}

static void run_one(const uint8_t *bytes)
{
    const struct operation operation = {bytes[0] & 0xf, (uint8_t)(bytes[0] >> 4), bytes[1], bytes[2]};
    const unsigned i = operation.which % PROCESSES;

    if (operation.kind == 15)
        use_hart(&operation);
    else if (operation.kind == 14)
        lend(&operation);
    else if (operation.kind == 13)
        access_somewhere(&operation);
    else if (operation.kind == 12)
        fail(i, &operation);
    else if (processes[i].alive)
        run_for(i, &operation);
    else
        create(i, &operation);
    expect_pages("an operation");
}

static void start(void)
{
    at_boot = drive_used_units();
    created = 0;
    handles = 0;
    hart = 0;
    running[0] = running[1] = -1;
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i] = (struct shadow_process){.id = -1};
    for (unsigned i = 0; i < LENT; i++)
        lent[i] = 0;
}

/* Nothing comes before an input, and direct mode has nothing to warm. */
static void nothing(void)
{
}

static void run(const uint8_t *data, size_t size)
{
    const size_t count = size / OPERATION_BYTES < OPERATIONS_MAX ? size / OPERATION_BYTES : OPERATIONS_MAX;

    start();
    for (size_t k = 0; k < count; k++)
        run_one(&data[k * OPERATION_BYTES]);
    drive_check();
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (!processes[i].alive)
            continue;
        switch_to(i);
        look_at_blocks(i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "vimix", .kernel = "vimix_small", .prepare = nothing, .warm = nothing, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
