/*
 * Fuzz target: Xelix, hosted with live paging, against a model that knows what its users know: blocks of kmalloc's never
 * meet and keep their bytes, a task's words are its own and stay, the stack grows to its limit, the kernel's pages are out
 * of reach, what was not given is not taken, and what fails loses nothing. At the end everything is given back and
 * the kernel has as much as at the start.
 *
 * Three bytes make an operation: what it is and on which, how much, and details.
 */
#include <stddef.h>
#include <stdint.h>

#include "drive.h"
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  60u
/* kernel_check() reads a million entries: one input in so many is checked after every operation, and at its end. */
#define CHECKED         256u
#define CHECKED_AT_END  8u
#define LAST_HANDLE     (DRIVE_HANDLES - 2)

#define PAGE             0x1000u
#define IMAGE            0x00500000u
#define UL_VISIBLE       0x00101000u
#define KERNEL_DIRECTORY 0x00300000u
#define ARENA            0x10000000u
#define ARENA_BYTES      (64u * PAGE)
#define STACK_TOP        0xc0000000u
#define STACK_LIMIT      (STACK_TOP - 512u * PAGE)

#define FAULT_READ  0x4u /* user, not present */
#define FAULT_RIGHT 0x5u /* user, present */

static struct model model;
static uint32_t handles;
static uint32_t processes;
static uint64_t units_at_start;

struct operation {
    uint8_t kind, which, amount, detail;
};

/* ---- kmalloc ---- */

static uint64_t bytes_asked(const struct operation *operation)
{
    static const uint64_t odd[] = {0, 1, 7, 8, 9, 2048, 2049, 4096, 65536, 262144, 0xffffffff, 0xfffffff0};

    if (operation->detail >= 240)
        return odd[operation->amount % (sizeof odd / sizeof odd[0])];
    return operation->amount * (operation->detail % 4 == 0 ? 97u : 9u) + 1u;
}

static void stamp(const struct model_block *block)
{
    if (block->size < 4)
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                    .width = 4,
                                    .address = operations_at(block->address),
                                    .number = block->stamp});
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                    .width = 4,
                                    .address = operations_at(block->address + block->size - 4),
                                    .number = block->stamp});
}

static void look_at_block(const struct model_block *block)
{
    if (!block || block->size < 8)
        return;
    drive_do(
        &(struct kms_trace_op){.kind = KMS_TRACE_READ, .width = 4, .address = operations_at(block->address)});
    drive_expect_value(block->stamp);
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_READ, .width = 4, .address = operations_at(block->address + block->size - 4)});
    drive_expect_value(block->stamp);
}

static void expect_zeroed(uint64_t address, uint64_t size)
{
    for (uint64_t at = 0; at<size; at += size> 64 ? size / 7 : 8) {
        drive_do(&(struct kms_trace_op){
            .kind = KMS_TRACE_READ, .width = 1, .address = operations_at(address + at)});
        drive_expect_value(0);
    }
}

static void keep_block(const struct operation *operation, uint64_t address, uint64_t size)
{
    struct model_block *const block = model_free_block(&model);

    if (address < ARENA || address + size > ARENA + ARENA_BYTES || address % 8)
        operations_fail("a block outside of the arena, or not aligned");
    if ((operation->detail & 2) && address % PAGE)
        operations_fail("an aligned block that begins no page");
    if (model_meets_block(&model, address, size))
        operations_fail("a block meets another");
    if (operation->detail & 1)
        expect_zeroed(address, size);
    *block = (struct model_block){true, handles - 1, address, size, 0x57a30000u + handles};
    stamp(block);
}

static void allocate(const struct operation *operation)
{
    const uint64_t size = bytes_asked(operation);
    const unsigned words =
        (operation->detail & 1 ? KMS_TRACE_ZEROED : 0) | (operation->detail & 2 ? KMS_TRACE_ALIGNED : 0);
    const struct replay_event *event;

    if (!model_free_block(&model) || handles >= LAST_HANDLE)
        return;
    event = drive_do(
        &(struct kms_trace_op){.kind = KMS_TRACE_ALLOC, .handle = handles++, .number = size, .words = words});
    if (size == 0 || size > ARENA_BYTES)
        drive_expect_null();
    else if (event->value)
        keep_block(operation, event->value, size);
}

static void free_block(const struct operation *operation)
{
    struct model_block *const block = model_live_block(&model, operation->amount);

    if (!block)
        return;
    look_at_block(block);
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {block->handle, 0}});
    drive_expect_ok();
    block->live = false;
}

static void free_wrong(const struct operation *operation)
{
    const struct model_block *const block = model_live_block(&model, operation->amount);
    uint64_t address = ARENA - 16 + operation->amount * 1024u + operation->detail * 8u;

    if (block && operation->detail % 2)
        address = block->address + operation->detail;
    if (model_is_block(&model, address))
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = operations_at(address)});
    drive_expect_status("EINVAL");
}

/* ---- tasks ---- */

static void die(struct model_task *task)
{
    task->alive = false;
    if (model.current == task - model.tasks)
        model.current = -1;
}

static void create(const struct operation *operation)
{
    struct model_task *const task = model_free_task(&model);
    const struct replay_event *event;

    if (!task || processes >= 200)
        return;
    event = drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_CREATE, .process = processes, .number = 1 + operation->amount * 40u});
    if (event->status == 0)
        *task = (struct model_task){.alive = true, .process = processes};
    processes++;
}

static void switch_to(const struct operation *operation)
{
    struct model_task *const task = model_live_task(&model, operation->amount);

    if (!task)
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_SWITCH, .process = task->process});
    drive_expect_ok();
    model.current = (int)(task - model.tasks);
}

static void end_task(const struct operation *operation)
{
    struct model_task *const task = model_live_task(&model, operation->amount);

    if (!task)
        return;
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = task->process});
    drive_expect_ok();
    die(task);
}

static void give_run(const struct operation *operation)
{
    struct model_task *const task = model_live_task(&model, operation->which);
    struct model_run *const run = task ? model_free_run(task) : NULL;
    const uint64_t size =
        operation->detail >= 250 ? 0xffffff00u + operation->amount : operation->amount * 100u;
    const struct replay_event *event;

    if (!run || handles >= LAST_HANDLE)
        return;
    event = drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_ALLOC, .process = task->process, .handle = handles++, .number = size});
    if (!event->value)
        return;
    if (size == 0 || event->value % PAGE || event->value < IMAGE + PAGE ||
        model_meets_run(task, event->value, size))
        operations_fail("a run of a task's that cannot be one");
    *run = (struct model_run){true, handles - 1, event->value, size};
}

static void take_run(const struct operation *operation)
{
    struct model_task *const task = model_live_task(&model, operation->which);
    struct model_run *const run = task ? model_live_run(task, operation->amount) : NULL;
    const uint64_t offset = operation->detail % 8 == 7 ? 1u + operation->detail : 0;

    if (!run)
        return;
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_FREE, .process = task->process, .address = {run->handle, offset}});
    if (offset) {
        drive_expect_status("EINVAL");
        return;
    }
    drive_expect_ok();
    model_forget(task, run->address, (run->size + PAGE - 1) / PAGE * PAGE);
    run->live = false;
}

/* ---- a program's own accesses ---- */

static struct model_task *current(void)
{
    return model.current < 0 ? NULL : &model.tasks[model.current];
}

/* The image, a run, or the stack down to its limit. */
static uint64_t own_address(struct model_task *task, const struct operation *operation)
{
    const struct model_run *const run = model_live_run(task, operation->amount);

    if (operation->detail % 3 == 0)
        return STACK_TOP - 4u - operation->amount * (operation->detail % 2 ? 8192u : 64u);
    if (operation->detail % 3 == 1 && run && run->size >= 4)
        return run->address + operation->detail % (run->size - 3);
    return IMAGE + operation->amount * 8u % PAGE;
}

static void write_own(const struct operation *operation)
{
    struct model_task *const task = current();
    const uint32_t value = 0x90000000u + operation->amount * 256u + operation->detail;
    uint64_t address;

    if (!task)
        return;
    address = own_address(task, operation);
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_WRITE,
                                    .width = 4,
                                    .address = operations_at(address),
                                    .number = value,
                                    .words = KMS_TRACE_USER});
    drive_expect_ok();
    (void)model_write(task, address, value);
}

static void look_at_word(const struct model_word *word)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_READ,
                                    .width = 4,
                                    .address = operations_at(word->address),
                                    .words = KMS_TRACE_USER});
    drive_expect_value(word->value);
}

/* One of the current task's words. */
static void look_at_own(unsigned choice)
{
    const struct model_task *const task = current();

    if (task && task->count > 0)
        look_at_word(&task->words[choice % task->count]);
}

static void look_at_all_own(void)
{
    const struct model_task *const task = current();

    for (unsigned i = 0; task && i < task->count; i++)
        look_at_word(&task->words[i]);
}

/* What no program may have: the task ends. */
static void read_foreign(const struct operation *operation)
{
    static const uint32_t places[] = {
        0, UL_VISIBLE, UL_VISIBLE + 0x8000u, 0x00300000u, ARENA, STACK_LIMIT - 4, STACK_TOP, 0xffffffffu};
    const uint32_t address = places[operation->amount % 8u];
    struct model_task *const task = current();

    if (!task)
        return;
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_READ, .width = 1, .address = operations_at(address), .words = KMS_TRACE_USER});
    drive_expect_fault(address == UL_VISIBLE ? FAULT_RIGHT : FAULT_READ, address);
    die(task);
}

/* ---- failures ---- */

static void fail(uint32_t n)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = n});
}

static void fail_one(const struct operation *operation)
{
    fail(1u + operation->amount % 20u);
    if (operation->detail % 3 == 0)
        allocate(operation);
    else if (operation->detail % 3 == 1)
        create(operation);
    else
        give_run(operation);
    fail(0);
}

/* ---- an input ---- */

static void operate(const struct operation *operation)
{
    static void (*const kinds[16])(const struct operation *) = {
        allocate,  allocate, allocate, free_block, free_block, free_wrong, create,   switch_to,
        switch_to, give_run, take_run, write_own,  write_own,  end_task,   fail_one, read_foreign};

    kinds[operation->kind](operation);
    look_at_own(operation->detail);
    look_at_block(model_live_block(&model, operation->which));
}

static void give_everything_back(void)
{
    look_at_all_own();
    for (unsigned i = 0; i < MODEL_TASKS; i++)
        if (model.tasks[i].alive)
            end_task(&(struct operation){.amount = (uint8_t)i});
    for (unsigned i = 0; i < MODEL_BLOCKS; i++)
        if (model.blocks[i].live)
            free_block(&(struct operation){.amount = (uint8_t)i});
    if (drive_is_chosen(CHECKED_AT_END))
        drive_check();
    if (drive_used_units() != units_at_start)
        operations_fail("kmalloc has lost memory");
}

static void prepare(void)
{
    units_at_start = drive_used_units();
}

static void warm(void)
{
    drive_touch(KERNEL_DIRECTORY);
}

static void run(const uint8_t *data, size_t size)
{
    const bool checked = drive_is_chosen(CHECKED);
    const size_t count = size / OPERATION_BYTES;

    model_reset(&model);
    handles = 0;
    processes = 0;
    for (size_t i = 0; i < count && i < OPERATIONS_MAX; i++) {
        const uint8_t *const bytes = data + i * OPERATION_BYTES;

        operate(&(struct operation){bytes[0] & 0xf, bytes[0] >> 4, bytes[1], bytes[2]});
        if (checked)
            drive_check();
    }
    give_everything_back();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "xelix", .kernel = "xelix_small", .prepare = prepare, .warm = warm, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
