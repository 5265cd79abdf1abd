/*
 * Fuzz target: VanaOS's block heap against a shadow model, with heap_check after every operation.
 *
 * The first byte chooses the heap: its number of blocks, and whether it has an index. Each pair of bytes after it is
 * an operation. When heap and model differ, the operations so far are printed in the operations format, for
 * `kmemsim run`, and the target aborts.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shadow.h"
#include "vana/heap.h"

#define BLOCK ((size_t)VANA_HEAP_BLOCK_SIZE)

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

static void print_operations(void)
{
    struct shadow replayed;

    shadow_reset(&replayed, table.total);
    fprintf(stderr, "kmt 1\n");
    for (size_t i = 0; i < done; i++) {
        const struct operation operation = operation_at(i);

        if (is_allocation(operation)) {
            fprintf(stderr, "alloc m%zu %zu\n", i, bytes_asked(operation));
            shadow_allocate(&replayed, bytes_asked(operation), (uint32_t)i);
        } else if (operation.kind == FREE && replayed.live_count > 0) {
            fprintf(stderr, "free m%u\n", shadow_free(&replayed, operation.argument));
        }
    }
}

static void differ(const char *what)
{
    fprintf(stderr, "after operation %zu of a heap of %zu blocks: %s\n", done, table.total, what);
    print_operations();
    abort();
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
    make_heap(data[0]);
    while (1 + 2 * (done + 1) <= size) {
        done++;
        operate(operation_at(done - 1));
    }
    return 0;
}
