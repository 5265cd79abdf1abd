/*
 * Fuzz target: VanaOS's block heap against a shadow model, with heap_check after every operation.
 *
 * The first byte chooses the heap: its number of blocks, and whether it has an index. Each pair of bytes after it is
 * an operation, OPERATIONS_MAX of them at most. When heap and model differ, the operations so far are written as a
 * file that `kmemsim run` replays, and the target aborts. A difference in a heap without index shows there only if the
 * index has it too.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "operations.h"
#include "shadow.h"
#include "vana/heap.h"

#define BLOCK          ((size_t)VANA_HEAP_BLOCK_SIZE)
#define OPERATIONS_MAX 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct heap heap;
static struct heap_table table;
static struct runs runs_index;
static uint64_t index_memory[RUNS_BYTES(SHADOW_MAX) / sizeof(uint64_t) + 1];
static uint8_t entries[SHADOW_MAX];
static struct shadow shadow;

/* Nothing is behind the heap's addresses: it never touches what it hands out. */
static char *const start = (char *)(uintptr_t)0x1000000;

static const uint8_t *input;
static size_t done; /* operations of the input, the one under way included */

/* ---- the operations of an input ---- */

enum kind { ALLOCATE, ALLOCATE_ODD, ALLOCATE_HUGE, FREE, FREE_WRONG, KINDS };

struct operation {
    enum kind kind;
    uint8_t argument;
};

/* Allocations and frees in equal parts; the rare kinds one time in sixteen each. */
static struct operation operation_at(size_t number)
{
    static const enum kind kinds[16] = {ALLOCATE, ALLOCATE, ALLOCATE,   ALLOCATE,     ALLOCATE, ALLOCATE_ODD,
                                        FREE,     FREE,     FREE,       FREE,         FREE,     FREE,
                                        FREE,     FREE,     FREE_WRONG, ALLOCATE_HUGE};
    const uint8_t *const bytes = input + 1 + 2 * number;

    return (struct operation){kinds[bytes[0] % 16], bytes[1]};
}

static size_t bytes_asked(struct operation operation)
{
    const size_t argument = operation.argument;

    if (operation.kind == ALLOCATE_HUGE)
        return SIZE_MAX - argument * 64;
    return operation.kind == ALLOCATE_ODD ? argument * 97 : argument % 24 * BLOCK;
}

static bool is_allocation(struct operation operation)
{
    return operation.kind == ALLOCATE || operation.kind == ALLOCATE_ODD || operation.kind == ALLOCATE_HUGE;
}

/* ---- when they differ ---- */

/*
 * The file is for the whole kernel, whose heap is larger and in use from its start. So it begins with a heap that has
 * one run of free blocks, as long as this one and beginning at a multiple of 64 as well; the rest is taken.
 */
#define KERNEL_BLOCKS 25600u
#define KERNEL_TAKEN  1026u /* by the kernel's own directory */
#define KERNEL_FIRST  1088u /* the block that stands for block 0 */

enum { PAD, AREA, REST, FIRST_HANDLE };

static void describe_alloc(uint32_t handle, uint64_t bytes)
{
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_ALLOC, .handle = handle, .number = bytes});
}

static void describe_free(uint32_t handle, uint64_t offset)
{
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {handle, offset}});
}

static void describe_outcome(enum kms_trace_kind kind)
{
    operations_add(&(struct kms_trace_op){
        .kind = kind, .text = "EINVARG", .text_length = kind == KMS_TRACE_EXPECT_STATUS ? 7 : 0});
}

static void describe_allocation(struct shadow *replayed, struct operation operation, uint32_t number)
{
    const long block = shadow_allocate(replayed, bytes_asked(operation), number);

    describe_alloc(FIRST_HANDLE + number, bytes_asked(operation));
    if (block < 0)
        describe_outcome(KMS_TRACE_EXPECT_NULL);
    else
        operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_VALUE,
                                              .address = {AREA, (uint64_t)block * BLOCK}});
}

/* Outside of this heap is, in the kernel's, behind its end. */
static void describe_wrong_free(const struct shadow *replayed, uint8_t choice)
{
    const size_t block = choice % (table.total + 2);

    if (block >= table.total)
        describe_free(KMS_TRACE_NO_HANDLE, 0x07400000 + (block - table.total) * BLOCK);
    else
        describe_free(AREA, block * BLOCK + (shadow_is_first(replayed, block) ? 1u + choice : 0u));
    describe_outcome(KMS_TRACE_EXPECT_STATUS);
}

static void describe_one(struct shadow *replayed, uint32_t number)
{
    const struct operation operation = operation_at(number);

    if (is_allocation(operation)) {
        describe_allocation(replayed, operation, number);
    } else if (operation.kind == FREE_WRONG) {
        describe_wrong_free(replayed, operation.argument);
    } else if (replayed->live_count > 0) {
        describe_free(FIRST_HANDLE + shadow_free(replayed, operation.argument), 0);
        describe_outcome(KMS_TRACE_EXPECT_OK);
    }
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_CHECK});
}

static void describe_table(const struct shadow *replayed)
{
    uint8_t expected[SHADOW_MAX];

    shadow_table(replayed, expected);
    for (size_t block = 0; block < table.total; block++) {
        const uint64_t unit = !expected[block] ? 0 : expected[block] & HEAP_BLOCK_IS_FIRST ? 1 : 2;

        operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_UNIT, .address = {AREA, block * BLOCK}});
        operations_add(
            &(struct kms_trace_op){.kind = KMS_TRACE_EXPECT_VALUE, .address = {KMS_TRACE_NO_HANDLE, unit}});
    }
}

static void describe(void)
{
    struct shadow replayed;

    describe_alloc(PAD, (KERNEL_FIRST - KERNEL_TAKEN) * BLOCK);
    describe_alloc(AREA, table.total * BLOCK);
    describe_alloc(REST, (KERNEL_BLOCKS - KERNEL_FIRST - table.total) * BLOCK);
    describe_outcome(KMS_TRACE_EXPECT_OK);
    describe_free(AREA, 0);
    shadow_reset(&replayed, table.total);
    for (size_t i = 0; i < done; i++)
        describe_one(&replayed, (uint32_t)i);
    describe_table(&replayed);
}

static void differ(const char *what)
{
    operations_fail("a heap of %zu blocks, its operation %zu: %s", table.total, done, what);
}

/* ---- one operation ---- */

static void allocate(size_t bytes)
{
    const long expected = shadow_allocate(&shadow, bytes, (uint32_t)(done - 1));
    const char *const got = heap_malloc(&heap, bytes);

    if (got != (expected < 0 ? NULL : start + (size_t)expected * BLOCK))
        differ("the run is not where first fit puts it");
}

static void free_one(uint8_t choice)
{
    size_t block;

    if (shadow.live_count == 0)
        return;
    block = shadow_start(&shadow, choice);
    shadow_free(&shadow, choice);
    if (heap_release(&heap, start + block * BLOCK) != VANA_ALL_OK)
        differ("a run that was handed out cannot be freed");
}

/* Any block that is not the first of a run, or an address inside one that is, or one outside the heap. */
static void free_wrong(uint8_t choice)
{
    const size_t block = choice % (table.total + 2);
    const bool is_first = block < table.total && shadow_is_first(&shadow, block);
    char *const ptr = start + block * BLOCK + (is_first ? 1 + choice : 0);

    if (heap_release(&heap, ptr) != -EINVARG)
        differ("a pointer that was not handed out was not refused");
}

static void compare(void)
{
    const char *const broken = heap_check(&heap);
    uint8_t expected[SHADOW_MAX];

    if (broken)
        differ(broken);
    shadow_table(&shadow, expected);
    if (memcmp(entries, expected, table.total) != 0)
        differ("the table is not what the model says");
}

static void operate(struct operation operation)
{
    if (is_allocation(operation))
        allocate(bytes_asked(operation));
    else if (operation.kind == FREE)
        free_one(operation.argument);
    else
        free_wrong(operation.argument);
    compare();
}

static void make_heap(uint8_t choice)
{
    static const uint8_t totals[] = {64, 64, 64, 63, 65, 128, 200, 1};

    table = (struct heap_table){.entries = entries, .total = totals[choice % sizeof totals]};
    if (heap_create(&heap, start, start + table.total * BLOCK, &table) != VANA_ALL_OK)
        differ("the heap cannot be made");
    if (choice < 0xe0 &&
        heap_attach_index(&heap, &runs_index, index_memory, sizeof index_memory) != VANA_ALL_OK)
        differ("the index cannot be made");
    shadow_reset(&shadow, table.total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    input = data;
    done = 0;
    operations_begin(&(struct operations_input){"heap", data, size, 0});
    operations_describe_with(describe);
    make_heap(data[0]);
    while (done < OPERATIONS_MAX && 1 + 2 * (done + 1) <= size) {
        done++;
        operate(operation_at(done - 1));
    }
    return 0;
}
