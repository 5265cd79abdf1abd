#include "drive.h"

#include <kmemsim/riscv.h>
#include <string.h>

#include "trace/lower.h"

static struct kms_guest *guest;
static struct kms_guest_snapshot *snapshot;
static struct replay replay, prepared;
static guest_addr handles[DRIVE_HANDLES], prepared_handles[DRIVE_HANDLES];
static size_t prepared_operations;
static struct trace_lowering lowering;
static struct replay_event last;

static void keep_event(void *context, const struct replay_event *event)
{
    (void)context;
    last = *event;
}

struct kms_cpu *drive_cpu(void)
{
    return kms_guest_cpu(guest);
}

/* ---- the guest ------------------------------------------------------------------------------------------- */

static void boot(const struct drive *drive)
{
    const struct kms_guest_options options = {.kernel = drive->kernel,
                                              .mode = drive->direct ? KMS_GUEST_DIRECT : KMS_GUEST_WINDOW};
    struct kms_guest_stop stop;

    if (kms_guest_new(&options, &guest) != KMS_OK)
        operations_fail("there is no guest of %s on this host", drive->kernel);
    if (kms_guest_boot(guest, &stop) != KMS_GUEST_RETURNED || stop.status < 0)
        operations_fail("%s does not boot: %s", drive->kernel, stop.reason);
}

static void call_prepare(void *context)
{
    ((const struct drive *)context)->prepare();
}

static void call_warm(void *context)
{
    ((const struct drive *)context)->warm();
}

static void call(const struct drive *drive, void (*body)(void *context))
{
    struct kms_guest_stop stop;

    if (kms_guest_call(guest, body, (void *)(uintptr_t)drive, &stop) != KMS_GUEST_RETURNED)
        operations_fail("the kernel stopped: %s", stop.reason);
}

/* The machine may forget translations at any time: few of them make a snapshot that is quick to go back to. */
static void forget_translations(void)
{
    struct kms_cpu *const cpu = kms_guest_cpu(guest);
    uint64_t cr0;

    if (replay.guest->arch != GUEST_X86) {
        kms_riscv_sfence_vma(cpu, NULL, NULL);
        return;
    }
    cr0 = kms_x86_read(cpu, KMS_X86_CR0);
    kms_x86_write(cpu, KMS_X86_CR0, cr0 & ~(uint64_t)KMS_CR0_PG, NULL);
    kms_x86_write(cpu, KMS_X86_CR0, cr0, NULL);
}

/* Boot, prepare, and remember how everything stands. */
static void start(const struct drive *drive)
{
    boot(drive);
    replay.guest = kms_guest_module(guest)->ops;
    replay.handles = handles;
    replay.handle_count = DRIVE_HANDLES;
    replay.report = keep_event;
    lowering.status_name = replay.guest->status_name;
    lowering.arch = replay.guest->arch;
    replay_start(&replay);
    call(drive, call_prepare);
    if (!drive->direct)
        forget_translations();
    call(drive, call_warm);
    if (kms_guest_snapshot_take(guest, &snapshot) != KMS_OK)
        operations_fail("no snapshot of the guest");
    prepared = replay;
    memcpy(prepared_handles, handles, sizeof handles);
    prepared_operations = operations_count();
}

static void back_to_start(void)
{
    kms_guest_snapshot_restore(guest, snapshot);
    replay = prepared;
    memcpy(handles, prepared_handles, sizeof handles);
}

struct input {
    const struct drive *drive;
    const uint8_t *data;
    size_t size;
};

static void call_run(void *context)
{
    const struct input *const input = context;

    input->drive->run(input->data, input->size);
}

void drive_input(const struct drive *drive, const uint8_t *data, size_t size)
{
    struct input run = {drive, data, size};
    struct operations_input input = {drive->target, data, size, 0};
    struct kms_guest_stop stop;

    if (!guest) {
        operations_begin(&input);
        start(drive);
    }
    input.kept = prepared_operations;
    operations_begin(&input);
    back_to_start();
    if (kms_guest_call(guest, call_run, &run, &stop) != KMS_GUEST_RETURNED)
        operations_fail("the kernel stopped: %s", stop.reason);
}

/* ---- operations ------------------------------------------------------------------------------------------ */

const struct replay_event *drive_do(const struct kms_trace_op *op)
{
    struct replay_op record;

    operations_add(op);
    if (trace_lower(&lowering, op, &record) != TRACE_LOWERED)
        operations_fail("an operation that the replay cannot run");
    replay_run(&replay, &record, 1);
    if (last.broken)
        operations_fail("%s", last.broken);
    return &last;
}

void drive_expect_ok(void)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_OK});
}

void drive_expect_null(void)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_NULL});
}

void drive_expect_status(const char *word)
{
    drive_do(
        &(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_STATUS, .text = word, .text_length = strlen(word)});
}

void drive_expect_value(uint64_t value)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_VALUE, .address = operations_at(value)});
}

void drive_expect_fault(uint32_t error, uint32_t address)
{
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_EXPECT_FAULT, .number = error, .address = operations_at(address)});
}

void drive_check(void)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_CHECK});
}

void drive_age(uint32_t directory, uint32_t linear, unsigned pages)
{
    struct kms_cpu *const cpu = kms_guest_cpu(guest);
    const uint64_t cr3 = kms_x86_read(cpu, KMS_X86_CR3);

    kms_x86_write(cpu, KMS_X86_CR3, directory, NULL);
    for (unsigned i = 0; i < pages; i++) {
        const struct kms_access access = {linear + i * KMS_PAGE_SIZE, KMS_WRITE, KMS_AS_SUPERVISOR};
        struct kms_translation translation;

        kms_translate(cpu, &access, &translation, NULL);
    }
    kms_x86_write(cpu, KMS_X86_CR3, cr3, NULL);
}

void drive_touch(uint32_t linear)
{
    (void)*(volatile uint8_t *)(kms_window_base(kms_guest_window(guest)) + linear);
}

uint64_t drive_used_units(void)
{
    struct guest_heap_info info = {0};

    replay.guest->heap_info(&info);
    return info.used_units;
}

bool drive_is_chosen(unsigned many)
{
    return operations_hash() % many == 0;
}
