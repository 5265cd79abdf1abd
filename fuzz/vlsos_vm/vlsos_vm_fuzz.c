/*
 * Fuzz target: the memory of VlsOs's processes, in a handful of frames. Four processes are created, duplicated and ended,
 * read, write and give pages back, while frames and slots are limited, policies change, and allocations and transfers of
 * the backing store fail. What a process sees always equals a plain array; only where a failure is ordered may one end,
 * with a status that says so, and then all others have every byte.
 *
 * Three bytes make an operation: what it is and for which process, the page and the word, a value or a choice.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERATION_BYTES 3u
#define OPERATIONS_MAX  80u
#define CHECKED         8u /* one input in so many: the checker walks every table of every process */
#define PAGE            4096u
#define PROCESSES       4u
#define PAGES           16u /* of the heap, and then of the stack */
#define STACK_PAGES     4u
#define WORDS           3u
#define HEAP            0x50000000u
#define STACK_TOP       0x7ffff000u

struct process {
    bool lives, has_heap;
    uint32_t words[PAGES + STACK_PAGES][WORDS];
};

static struct process processes[PROCESSES];
static bool store_fails, allocations_fail, store_is_full;
static unsigned
    handles; /* given so far: a file of operations uses none twice, and ends nobody's by an exit */

_Static_assert(OPERATIONS_MAX <= DRIVE_HANDLES, "each operation takes one handle at most");

/* ---- the plain array ---- */

static bool is_stack(unsigned page)
{
    return page >= PAGES;
}

static uint32_t address_of(unsigned page, unsigned word)
{
    static const uint32_t offsets[WORDS] = {0, 2048, 4092};
    const uint32_t start = is_stack(page) ? STACK_TOP - (page - PAGES + 1) * PAGE : HEAP + page * PAGE;

    return start + offsets[word];
}

static bool may_fail(void)
{
    return store_fails || allocations_fail || store_is_full;
}

/* ---- operations ---- */

/* Also after the kernel ended it: then its name may be given again. */
static void end(unsigned p)
{
    processes[p] = (struct process){.lives = false};
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_EXIT, .process = p});
}

/* The number of one that is gone may be another's by now. */
static void exit_process(unsigned p)
{
    if (!processes[p].lives)
        return;
    end(p);
    drive_expect_ok();
}

/* Refused only where a failure is ordered. False: it was. */
static bool succeeded(const struct replay_event *event)
{
    if (event->status == 0)
        return true;
    if (!may_fail())
        drive_expect_ok();
    return false;
}

static void take_heap(unsigned p)
{
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_ALLOC, .process = p, .handle = handles++, .number = PAGES * PAGE});
    drive_expect_value(HEAP);
    processes[p].has_heap = true;
}

static void create(unsigned p)
{
    exit_process(p);
    if (!succeeded(drive_do(
            &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_CREATE, .process = p, .number = 5000}))) {
        end(p);
        return;
    }
    memset(&processes[p], 0, sizeof processes[p]);
    processes[p].lives = true;
    take_heap(p);
}

static void duplicate(unsigned p, unsigned child)
{
    if (child == p || !processes[p].lives)
        return;
    exit_process(child);
    if (succeeded(drive_do(
            &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_DUPLICATE, .process = p, .child = child})))
        processes[child] = processes[p];
    else
        end(child);
}

static void give_heap(unsigned p)
{
    if (!processes[p].lives)
        return;
    drive_do(&(struct kms_trace_op){
        .kind = KMS_TRACE_PROCESS_FREE, .process = p, .address = {KMS_TRACE_NO_HANDLE, HEAP}});
    if (!processes[p].has_heap) {
        drive_expect_status("VLSOS_EINVAL");
        take_heap(p);
        return;
    }
    drive_expect_ok();
    processes[p].has_heap = false;
    memset(processes[p].words, 0, sizeof processes[p].words[0] * PAGES);
}

/* ---- accesses ---- */

static bool is_expected_end(int status)
{
    enum { ENOMEM = -2, EIO = -5, ENOSPC = -8 }; /* status.h of the kernel */

    return (status == EIO && store_fails) || (status == ENOSPC && store_is_full) ||
           (status == ENOMEM && (allocations_fail || store_fails || store_is_full));
}

/* A page without memory: the process ends, and says why. */
static void access_that_ends(unsigned p, const struct kms_trace_op *op)
{
    drive_do(op);
    drive_expect_fault(op->kind == KMS_TRACE_PROCESS_WRITE ? 0x6 : 0x4, (uint32_t)op->address.offset);
    drive_expect_status("VLSOS_EFAULT");
    end(p);
}

static void take_outcome(unsigned p, const struct kms_trace_op *op, uint32_t *word)
{
    const struct replay_event *const event = drive_do(op);

    if (event->faulted && may_fail()) {
        if (!is_expected_end(event->status))
            operations_fail("a process ended with status %d", event->status);
        end(p);
    } else if (op->kind == KMS_TRACE_PROCESS_WRITE) {
        drive_expect_ok();
        *word = (uint32_t)op->number;
    } else {
        drive_expect_value(*word);
    }
}

static void use(unsigned p, const struct kms_trace_op *op, unsigned page, unsigned word)
{
    if (!processes[p].lives)
        return;
    if (!is_stack(page) && !processes[p].has_heap)
        access_that_ends(p, op);
    else
        take_outcome(p, op, &processes[p].words[page][word]);
}

static void read_word(unsigned p, unsigned page, unsigned word)
{
    use(p,
        &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_READ,
                               .process = p,
                               .width = 4,
                               .address = operations_at(address_of(page, word))},
        page, word);
}

static void write_word(unsigned p, unsigned place, uint32_t value)
{
    const unsigned page = place % (PAGES + STACK_PAGES), word = place % WORDS;

    use(p,
        &(struct kms_trace_op){.kind = KMS_TRACE_PROCESS_WRITE,
                               .process = p,
                               .width = 4,
                               .address = operations_at(address_of(page, word)),
                               .number = value},
        page, word);
}

/* ---- failures and limits ---- */

static void order_store_failure(unsigned choice)
{
    const enum kms_trace_kind kind = (enum kms_trace_kind)(KMS_TRACE_STORE_SHORT + choice % 5);

    drive_do(&(struct kms_trace_op){.kind = kind, .number = choice / 5 % 8});
    store_fails = kind >= KMS_TRACE_STORE_STUCK && choice / 5 % 8 > 0;
}

static void order_allocation_failure(unsigned n)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_FAIL, .number = n});
    allocations_fail = n > 0;
}

static void limit_slots(unsigned most)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_LIMIT_SLOTS, .number = most});
    store_is_full = most > 0;
}

static void all_is_well(void)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_STORE_SHORT, .number = 0});
    store_fails = false;
    order_allocation_failure(0);
    limit_slots(0);
}

static void set(enum kms_trace_kind kind, unsigned number)
{
    drive_do(&(struct kms_trace_op){.kind = kind, .number = number});
    drive_expect_ok();
}

/* ---- the input ---- */

static void operate(const uint8_t *bytes)
{
    const unsigned p = bytes[0] & 3, choice = bytes[2];

    switch (bytes[0] >> 2 & 15) {
    case 0: create(p); break;
    case 1: exit_process(p); break;
    case 2:
    case 3: duplicate(p, choice % PROCESSES); break;
    case 4: give_heap(p); break;
    case 5: order_store_failure(choice); break;
    case 6: order_allocation_failure(choice % 8); break;
    case 7: limit_slots(choice % 24); break;
    case 8: set(KMS_TRACE_LIMIT_FRAMES, 3 + choice % 12); break;
    case 9: set(KMS_TRACE_POLICY, choice % 3); break;
    case 10: all_is_well(); break;
    case 11:
    case 12: read_word(p, bytes[1] % (PAGES + STACK_PAGES), choice % WORDS); break;
    default: write_word(p, bytes[1], choice * 0x01010101u + bytes[1]); break;
    }
}

/* Every word of every process, with nothing in the way. */
static void compare_all(void)
{
    all_is_well();
    for (unsigned p = 0; p < PROCESSES; p++)
        for (unsigned page = processes[p].has_heap ? 0 : PAGES; page < PAGES + STACK_PAGES; page++)
            for (unsigned word = 0; word < WORDS; word++)
                read_word(p, page, word);
}

static void run(const uint8_t *data, size_t size)
{
    memset(processes, 0, sizeof processes);
    store_fails = allocations_fail = store_is_full = false;
    handles = 0;
    for (unsigned n = 0; n < OPERATIONS_MAX && size >= OPERATION_BYTES; n++) {
        operate(data);
        data += OPERATION_BYTES;
        size -= OPERATION_BYTES;
    }
    compare_all();
    if (drive_is_chosen(CHECKED))
        drive_check();
}

static void prepare(void)
{
    drive_do(&(struct kms_trace_op){.kind = KMS_TRACE_LIMIT_FRAMES, .number = 6});
    drive_expect_ok();
}

static void warm(void)
{
    drive_touch(0x00400000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct drive drive = {
        .target = "vlsos_vm", .kernel = "vlsos_small", .prepare = prepare, .warm = warm, .run = run};

    drive_input(&drive, data, size);
    return 0;
}
