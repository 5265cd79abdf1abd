#include "trace/lower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUSES = 1024 }; /* how many negative numbers are asked for their word */

_Static_assert(KMS_TRACE_STORE_BROKEN - KMS_TRACE_STORE_SHORT == GUEST_STORE_BROKEN - GUEST_STORE_SHORT,
               "failures of the store have one order");
_Static_assert(KMS_TRACE_ALLOC == 0 && KMS_TRACE_FREE == 1, "one comparison tells these two from the others");

static const uint8_t codes[KMS_TRACE_KINDS] = {
    [KMS_TRACE_ALLOC] = REPLAY_ALLOC,
    [KMS_TRACE_FREE] = REPLAY_FREE,
    [KMS_TRACE_MAP] = REPLAY_MAP,
    [KMS_TRACE_UNMAP] = REPLAY_UNMAP,
    [KMS_TRACE_PHYSICAL] = REPLAY_PHYSICAL,
    [KMS_TRACE_READ] = REPLAY_READ,
    [KMS_TRACE_WRITE] = REPLAY_WRITE,
    [KMS_TRACE_FETCH] = REPLAY_FETCH,
    [KMS_TRACE_PROCESS_CREATE] = REPLAY_CREATE,
    [KMS_TRACE_PROCESS_SWITCH] = REPLAY_SWITCH,
    [KMS_TRACE_PROCESS_EXIT] = REPLAY_EXIT,
    [KMS_TRACE_PROCESS_ALLOC] = REPLAY_PROCESS_ALLOC,
    [KMS_TRACE_PROCESS_FREE] = REPLAY_PROCESS_FREE,
    [KMS_TRACE_SYSCALL] = REPLAY_SYSCALL,
    [KMS_TRACE_FAIL] = REPLAY_FAIL,
    [KMS_TRACE_CHECK] = REPLAY_CHECK,
    [KMS_TRACE_UNIT] = REPLAY_UNIT,
    [KMS_TRACE_PROCESS_SBRK] = REPLAY_SBRK,
    [KMS_TRACE_PROCESS_REALLOC] = REPLAY_REALLOC,
    [KMS_TRACE_PROCESS_STACK] = REPLAY_STACK,
    [KMS_TRACE_CPU] = REPLAY_CPU,
    [KMS_TRACE_PROCESS_DUPLICATE] = REPLAY_DUPLICATE,
    [KMS_TRACE_PROCESS_READ] = REPLAY_PROCESS_READ,
    [KMS_TRACE_PROCESS_WRITE] = REPLAY_PROCESS_WRITE,
    [KMS_TRACE_PROCESS_FETCH] = REPLAY_PROCESS_FETCH,
    [KMS_TRACE_STORE_SHORT] = REPLAY_STORE,
    [KMS_TRACE_STORE_SLOW] = REPLAY_STORE,
    [KMS_TRACE_STORE_STUCK] = REPLAY_STORE,
    [KMS_TRACE_STORE_FAILED] = REPLAY_STORE,
    [KMS_TRACE_STORE_BROKEN] = REPLAY_STORE,
    [KMS_TRACE_LIMIT_FRAMES] = REPLAY_LIMIT,
    [KMS_TRACE_LIMIT_SLOTS] = REPLAY_LIMIT,
    [KMS_TRACE_POLICY] = REPLAY_POLICY,
    [KMS_TRACE_EXPECT_STATUS] = REPLAY_EXPECT_STATUS,
    [KMS_TRACE_EXPECT_NULL] = REPLAY_EXPECT_STATUS,
    [KMS_TRACE_EXPECT_VALUE] = REPLAY_EXPECT_VALUE,
    [KMS_TRACE_EXPECT_FAULT] = REPLAY_EXPECT_FAULT,
    [KMS_TRACE_EXPECT_MAPPED] = REPLAY_EXPECT_MAPPED,
    [KMS_TRACE_EXPECT_UNMAPPED] = REPLAY_EXPECT_UNMAPPED,
};

static void set_first(struct replay_op *record, const struct kms_trace_address *address)
{
    record->first = address->offset;
    if (address->handle == KMS_TRACE_NO_HANDLE)
        return;
    record->id = address->handle;
    record->flags |= REPLAY_FIRST_HANDLE;
}

static void set_second(struct replay_op *record, const struct kms_trace_address *address)
{
    record->second = address->offset;
    if (address->handle == KMS_TRACE_NO_HANDLE)
        return;
    record->id2 = address->handle;
    record->flags |= REPLAY_SECOND_HANDLE;
}

static uint8_t guest_flags(unsigned words)
{
    return (uint8_t)(((words & KMS_TRACE_ZEROED) ? GUEST_ZEROED : 0) |
                     ((words & KMS_TRACE_ALIGNED) ? GUEST_ALIGNED : 0) |
                     ((words & KMS_TRACE_WRITABLE) ? GUEST_WRITE : 0) |
                     ((words & KMS_TRACE_USER) ? GUEST_USER : 0));
}

static void set_access(struct replay_op *record, const struct kms_trace_op *op)
{
    set_first(record, &op->address);
    record->width = (uint8_t)op->width;
    if (op->words & KMS_TRACE_USER)
        record->flags |= REPLAY_USER;
}

/* Operations of processes with virtual memory. False: it is another one. */
static bool set_vm_operands(struct replay_op *record, const struct kms_trace_op *op)
{
    switch (op->kind) {
    case KMS_TRACE_PROCESS_DUPLICATE:
        record->id = op->child;
        record->id2 = op->process;
        return true;
    case KMS_TRACE_PROCESS_READ:
    case KMS_TRACE_PROCESS_WRITE:
    case KMS_TRACE_PROCESS_FETCH:
        set_access(record, op);
        record->second = op->number;
        record->id2 = op->process;
        return true;
    case KMS_TRACE_STORE_SHORT:
    case KMS_TRACE_STORE_SLOW:
    case KMS_TRACE_STORE_STUCK:
    case KMS_TRACE_STORE_FAILED:
    case KMS_TRACE_STORE_BROKEN:
        record->width = (uint8_t)(GUEST_STORE_SHORT + (op->kind - KMS_TRACE_STORE_SHORT));
        record->first = op->number;
        return true;
    case KMS_TRACE_LIMIT_FRAMES:
    case KMS_TRACE_LIMIT_SLOTS:
        record->width = op->kind == KMS_TRACE_LIMIT_SLOTS ? GUEST_LIMIT_SLOTS : GUEST_LIMIT_FRAMES;
        record->first = op->number;
        return true;
    default: return false;
    }
}

/* The rest of a record whose code is set, for operations that are no expectations, no alloc and no free. */
static void set_operands(struct replay_op *record, const struct kms_trace_op *op)
{
    switch (op->kind) {
    case KMS_TRACE_PROCESS_ALLOC:
    case KMS_TRACE_PROCESS_SBRK:
        record->id = op->handle;
        record->id2 = op->process;
        record->first = op->number;
        break;
    case KMS_TRACE_MAP:
        set_second(record, &op->target);
        record->width = guest_flags(op->words);
        set_first(record, &op->address);
        record->pages = (uint32_t)op->number;
        break;
    case KMS_TRACE_UNMAP:
        set_first(record, &op->address);
        record->pages = (uint32_t)op->number;
        break;
    case KMS_TRACE_READ: set_access(record, op); break;
    case KMS_TRACE_WRITE:
        set_access(record, op);
        record->second = op->number;
        break;
    case KMS_TRACE_PROCESS_CREATE:
    case KMS_TRACE_PROCESS_SWITCH:
    case KMS_TRACE_PROCESS_EXIT:
        record->id2 = op->process;
        record->first = op->number;
        break;
    case KMS_TRACE_PROCESS_REALLOC:
        set_first(record, &op->address);
        record->second = op->number;
        record->id2 = op->process;
        record->id = op->handle; /* the reader has seen to it that both are one */
        break;
    case KMS_TRACE_PROCESS_STACK:
    case KMS_TRACE_PROCESS_FREE:
        set_first(record, &op->address);
        record->id2 = op->process;
        break;
    case KMS_TRACE_CPU:
    case KMS_TRACE_POLICY:
    case KMS_TRACE_FAIL: record->first = op->number; break;
    default: set_first(record, &op->address); break; /* physical, fetch, unit; check has none */
    }
}

static void lower_syscall(struct replay_op *record, const struct kms_trace_op *op)
{
    record->pages = (uint32_t)op->number;
    set_second(record, &op->target);
    set_first(record, &op->address);
    record->id = op->handle; /* the reader has seen to it that both are one */
}

static bool find_status(const struct trace_lowering *lowering, const struct kms_trace_op *op, int32_t *status)
{
    char word[KMS_TRACE_NAME_MAX + 1] = {0};
    memcpy(word, op->text, op->text_length);
    char *end;
    long number = strtol(word, &end, 10);
    if (*end == '\0' && number >= INT32_MIN && number <= INT32_MAX) {
        *status = (int32_t)number;
        return true;
    }
    for (int i = 0; lowering->status_name && i < STATUSES; i++) {
        const char *name = lowering->status_name(-i);
        if (name && strcmp(name, word) == 0) {
            *status = -i;
            return true;
        }
    }
    return false;
}

static void expect_status(struct replay_op *record, int32_t status)
{
    record->code = REPLAY_EXPECT_STATUS;
    record->first = (uint64_t)(int64_t)status;
}

static void expect_ok(const struct trace_lowering *lowering, struct replay_op *record)
{
    bool access =
        lowering->subject == KMS_TRACE_READ || lowering->subject == KMS_TRACE_WRITE ||
        lowering->subject == KMS_TRACE_FETCH ||
        (lowering->subject >= KMS_TRACE_PROCESS_READ && lowering->subject <= KMS_TRACE_PROCESS_FETCH);
    if (access)
        record->code = REPLAY_EXPECT_NO_FAULT;
    else
        expect_status(record, 0);
}

static enum trace_lowered lower_expectation(const struct trace_lowering *lowering,
                                            const struct kms_trace_op *op, struct replay_op *record)
{
    int32_t status = REPLAY_NO_MEMORY;
    bool about_now = op->kind == KMS_TRACE_EXPECT_MAPPED || op->kind == KMS_TRACE_EXPECT_UNMAPPED;
    if (!about_now && !lowering->has_subject)
        return TRACE_NO_SUBJECT;
    if (op->kind == KMS_TRACE_EXPECT_STATUS && !find_status(lowering, op, &status))
        return TRACE_NO_STATUS;
    set_first(record, &op->address);
    set_second(record, &op->target);
    if (op->kind == KMS_TRACE_EXPECT_OK)
        expect_ok(lowering, record);
    else if (op->kind == KMS_TRACE_EXPECT_STATUS || op->kind == KMS_TRACE_EXPECT_NULL)
        expect_status(record, status);
    else if (op->kind == KMS_TRACE_EXPECT_FAULT)
        record->pages = (uint32_t)op->number;
    return TRACE_LOWERED;
}

/*
 * Nearly all of a recording, and in no order that a processor could guess: the two are made alike, without a branch
 * between them. Nothing in them can be wrong for the replay.
 */
static void lower_alloc_or_free(const struct kms_trace_op *op, struct replay_op *record)
{
    const bool frees = op->kind == KMS_TRACE_FREE;
    const uint32_t handle = frees ? op->address.handle : op->handle;
    const bool named = handle != KMS_TRACE_NO_HANDLE;
    *record = (struct replay_op){
        .code = codes[op->kind],
        .width = guest_flags(op->words),
        .flags = frees && named ? REPLAY_FIRST_HANDLE : 0,
        .id = named ? handle : 0,
        .first = frees ? op->address.offset : op->number,
    };
}

/* What the replay holds every other record to. */
static enum trace_lowered judge(struct trace_lowering *lowering, const struct replay_op *record)
{
    uint32_t bad;
    const struct replay_limits limits = {KMS_TRACE_HANDLES_MAX, lowering->arch};
    lowering->unfit = replay_validate(record, 1, &limits, &bad);
    return lowering->unfit ? TRACE_UNFIT : TRACE_LOWERED;
}

/* Apart from the common two, so that these do not pay for its registers. */
__attribute__((noinline)) static enum trace_lowered
lower_another(struct trace_lowering *lowering, const struct kms_trace_op *op, struct replay_op *record)
{
    *record = (struct replay_op){.code = codes[op->kind]};
    if (op->kind == KMS_TRACE_NOTE)
        return TRACE_NO_RECORD;
    if (op->kind >= KMS_TRACE_EXPECT_OK) {
        enum trace_lowered lowered = lower_expectation(lowering, op, record);
        return lowered == TRACE_LOWERED ? judge(lowering, record) : lowered;
    }
    lowering->subject = op->kind;
    lowering->has_subject = true;
    if (op->kind == KMS_TRACE_SYSCALL)
        lower_syscall(record, op);
    else if (!set_vm_operands(record, op))
        set_operands(record, op);
    return judge(lowering, record);
}

enum trace_lowered trace_lower(struct trace_lowering *lowering, const struct kms_trace_op *op,
                               struct replay_op *record)
{
    if (op->kind > KMS_TRACE_FREE)
        return lower_another(lowering, op, record);
    lower_alloc_or_free(op, record);
    lowering->subject = op->kind;
    lowering->has_subject = true;
    return TRACE_LOWERED;
}

void trace_lower_error(const struct trace_lowering *lowering, enum trace_lowered why,
                       const struct kms_trace_op *op, const char *file, char *text)
{
    size_t length = (size_t)snprintf(text, TRACE_ERROR_MAX, "%s:%u:1: ", file, op->line);
    if (length >= TRACE_ERROR_MAX)
        return;
    if (why == TRACE_NO_STATUS)
        snprintf(text + length, TRACE_ERROR_MAX - length, "this kernel has no status \"%.*s\"",
                 (int)op->text_length, op->text);
    else if (why == TRACE_NO_SUBJECT)
        snprintf(text + length, TRACE_ERROR_MAX - length, "there is no operation before this expectation");
    else
        snprintf(text + length, TRACE_ERROR_MAX - length, "%s", lowering->unfit);
}
