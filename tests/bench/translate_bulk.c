/* translate_bulk.c - bulk reads against memcpy, and the reset of a machine against copying its dirty pages. */
#include "bench.h"
#include "translate_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BULK_BYTES   (4 * MIB) /* moved in each round */
#define BULK_SPAN    (1 * MIB) /* within which the reads wander */
#define DIRTY_PAGES  50u
#define RESET_ROUNDS 31

struct bulk {
    struct guest *guest;
    size_t size;
    uint8_t *to;
};

/* Offsets that are aligned to no page, so that larger reads cross some. */
static uint64_t next_offset(uint64_t offset, size_t size)
{
    return (offset + size + 1088) & (BULK_SPAN - 64);
}

static size_t bulk_host(void *state)
{
    const struct bulk *bulk = state;
    uint64_t offset = 0;
    const size_t count = BULK_BYTES / bulk->size;
    for (size_t i = 0; i < count; i++, offset = next_offset(offset, bulk->size)) {
        memcpy(bulk->to, bulk->guest->data + offset, bulk->size);
        bench_keep(bulk->to);
    }
    return count;
}

static size_t bulk_machine(void *state)
{
    const struct bulk *bulk = state;
    uint64_t offset = 0;
    const size_t count = BULK_BYTES / bulk->size;
    for (size_t i = 0; i < count; i++, offset = next_offset(offset, bulk->size)) {
        if (kms_read(bulk->guest->cpu, LINEAR + offset, bulk->to, bulk->size, NULL) != KMS_DONE)
            abort();
        bench_keep(bulk->to);
    }
    return count;
}

int bulk_rows(struct guest *guest)
{
    static const struct {
        const char *name;
        size_t size;
        double reach;
    } rows[] = {
        {"bulk read of 64 B against memcpy", 64, 1.8},
        {"bulk read of 4 KiB against memcpy", 4096, 1.3},
        {"bulk read of 64 KiB against memcpy", 64 << 10, 1.15},
    };
    static uint8_t to[64 << 10];
    int missed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bulk bulk = {guest, rows[i].size, to};
        struct bench_alternative way[2] = {
            {.name = "memcpy", .run = bulk_host, .state = &bulk},
            {.name = "machine", .run = bulk_machine, .state = &bulk},
        };
        bench_compare(way, 2, ROUNDS);
        missed += bench_report(rows[i].name, way[1].ratio, rows[i].reach);
    }
    return missed;
}

/* A machine of 128 MiB, a snapshot, and copies of the pages that each run dirties. */
struct reset {
    struct kms_machine *machine;
    struct kms_snapshot *snapshot;
    uint8_t *page[DIRTY_PAGES];
    uint8_t *copy;
};

static kms_phys dirty_page(unsigned number)
{
    return (uint64_t)(number * 641u + 7u) * KMS_PAGE_SIZE; /* scattered over 128 MiB */
}

static void dirty(void *state)
{
    struct reset *reset = state;
    for (unsigned i = 0; i < DIRTY_PAGES; i++)
        kms_store32(kms_machine_cpu(reset->machine, 0), dirty_page(i), i, NULL);
}

static size_t reset_by_memcpy(void *state)
{
    struct reset *reset = state;
    for (unsigned i = 0; i < DIRTY_PAGES; i++)
        memcpy(reset->page[i], reset->copy + i * KMS_PAGE_SIZE, KMS_PAGE_SIZE);
    return 1;
}

static size_t reset_by_snapshot(void *state)
{
    struct reset *reset = state;
    kms_snapshot_restore(reset->machine, reset->snapshot);
    return 1;
}

static struct reset reset_new(void)
{
    struct reset reset = {.copy = calloc(DIRTY_PAGES, KMS_PAGE_SIZE)};
    if (!reset.copy ||
        kms_machine_new(&(struct kms_options){.ram_size = 128 * MIB}, &reset.machine) != KMS_OK ||
        kms_snapshot_take(reset.machine, &reset.snapshot) != KMS_OK) {
        fprintf(stderr, "bench_translate: no memory for the guest\n");
        exit(2);
    }
    for (unsigned i = 0; i < DIRTY_PAGES; i++) {
        reset.page[i] = kms_ram_ptr(kms_machine_ram(reset.machine), dirty_page(i), KMS_PAGE_SIZE);
        memcpy(reset.copy + i * KMS_PAGE_SIZE, reset.page[i], KMS_PAGE_SIZE);
    }
    return reset;
}

int reset_row(void)
{
    struct reset by_copy = reset_new(), by_snapshot = reset_new();
    struct bench_alternative way[2] = {
        {.name = "memcpy", .prepare = dirty, .run = reset_by_memcpy, .state = &by_copy},
        {.name = "snapshot", .prepare = dirty, .run = reset_by_snapshot, .state = &by_snapshot},
    };
    bench_compare(way, 2, RESET_ROUNDS);
    printf("128 MiB, 50 dirty pages: memcpy of them %.0f ns\n", way[0].nanoseconds);
    const int missed = bench_report("reset against memcpy of the dirty pages", way[1].ratio, 1.1);
    kms_machine_free(by_copy.machine);
    kms_machine_free(by_snapshot.machine);
    free(by_copy.copy);
    free(by_snapshot.copy);
    return missed;
}
