/*
 * translate_bench.c - what a guest load costs beside the host's own load on the same address stream.
 *
 * Every row runs the plain host load, three dependent host loads (PDE, PTE, data: the least that a walk can do) and
 * the machine's accesses, interleaved in one run, and prints ratios beside the figure to reach.
 */
#include "bench.h"
#include "translate_bench.h"
#include "translate_streams.h"

#include "machine/cpu.h"
#include "machine/x86_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES    UINT64_C(0x10000)
#define DIRECTORY UINT64_C(0x1000)

/* Footprints that no cache holds need as many loads as the caches have lines in each round; smaller ones, short rounds. */
#define LOADS        200000u
#define LARGE_LOADS  1000000u
#define LARGE_ROUNDS 11

struct guest guest_new(struct kms_tlb_options tlb)
{
    struct guest guest;
    const struct kms_options options = {.ram_size = RAM_SIZE, .ram.fill = KMS_FILL_ZERO, .tlb = tlb};
    if (kms_machine_new(&options, &guest.machine) != KMS_OK) {
        fprintf(stderr, "translate_bench: no memory for the guest\n");
        exit(2);
    }
    struct kms_ram *ram = kms_machine_ram(guest.machine);
    for (uint64_t page = 0; page < LARGEST / KMS_PAGE_SIZE; page++)
        kms_phys_store(ram, TABLES + page * 4, 4,
                       (FRAMES + page * KMS_PAGE_SIZE) | KMS_PTE_P | KMS_PTE_RW | KMS_PTE_US | KMS_PTE_A |
                           KMS_PTE_D);
    for (uint64_t table = 0; table < LARGEST / (4 * MIB); table++)
        kms_phys_store(ram, DIRECTORY + ((LINEAR >> 22) + table) * 4, 4,
                       (TABLES + table * KMS_PAGE_SIZE) | KMS_PTE_P | KMS_PTE_RW | KMS_PTE_US | KMS_PTE_A);
    guest.cpu = kms_machine_cpu(guest.machine, 0);
    kms_x86_write(guest.cpu, KMS_X86_CR3, DIRECTORY, NULL);
    kms_x86_write(guest.cpu, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE, NULL);
    guest.ram = kms_ram_ptr(ram, 0, RAM_SIZE);
    guest.data = guest.ram + FRAMES;
    guest.bias = (uint64_t)(uintptr_t)guest.data - LINEAR;
    return guest;
}

/* The three dependent loads of a walk, without any check. */
static inline uint32_t chase3(const struct guest *guest, kms_linear linear)
{
    uint32_t pde, pte, value;
    memcpy(&pde, guest->ram + DIRECTORY + (linear >> 22) * 4, 4);
    memcpy(&pte, guest->ram + (pde & 0xfffff000u) + (linear >> 12 & 0x3ff) * 4, 4);
    memcpy(&value, guest->ram + (pte & 0xfffff000u) + (linear & 0xfff), 4);
    return value;
}

/* The whole walk with every check, and the load, without any cache. */
static inline __attribute__((always_inline)) uint32_t walk_load(const struct guest *guest, kms_linear linear)
{
    const struct kms_ram *const ram = guest->machine->ram;
    struct kms_walk walk;
    uint32_t value;
    if (guest->cpu->layout.mode != KMS_PAGING_32BIT)
        abort();
    x86_walk(&guest->cpu->layout, &guest->cpu->x86, ram, linear, &walk);
    if (walk.verdict != KMS_MAPPED || !ram_is_flat(ram, walk.phys))
        abort();
    memcpy(&value, guest->ram + walk.phys, 4);
    return value;
}

DEFINE_STREAMS(host, host_load(&guest, linear))
DEFINE_STREAMS(chase, chase3(&guest, linear))
DEFINE_STREAMS(walk, walk_load(&guest, linear))
DEFINE_STREAMS(machine, guest_load(&guest, linear))

static const struct ways independent = {host_independent, chase_independent, walk_independent,
                                        machine_independent};
static const struct ways array = {host_array, chase_array, walk_array, machine_array};
static const struct ways dependent = {host_dependent, chase_dependent, walk_dependent, machine_dependent};
static const struct ways sequential = {host_sequential, chase_sequential, walk_sequential, cursor_sequential};

/* A ring through every 64-byte line of the footprint in random order: linear address -> the next one. */
static void write_ring(struct guest *guest, uint64_t footprint)
{
    const uint32_t lines = (uint32_t)(footprint / 64);
    uint32_t *order = malloc(lines * sizeof *order), random = 7;
    if (!order)
        exit(2);
    for (uint32_t i = 0; i < lines; i++)
        order[i] = i;
    for (uint32_t i = lines - 1; i > 0; i--) {
        const uint32_t j = xorshift(&random) % (i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (uint32_t i = 0; i < lines; i++) {
        const uint32_t next = (uint32_t)LINEAR + order[(i + 1) % lines] * 64;
        memcpy(guest->data + (uint64_t)order[i] * 64, &next, 4);
    }
    free(order);
}

enum { HOST, CHASE, WALK, MACHINE, WAYS };

static int run_row(struct guest *guest, const struct row *row, kms_linear *stream)
{
    const bool large = row->footprint > 16 * MIB;
    uint32_t random = 3;
    for (size_t i = 0; i < LARGE_LOADS; i++)
        stream[i] = LINEAR | (xorshift(&random) & (uint32_t)(row->footprint - 4));
    write_ring(guest, row->footprint);
    struct work work = {guest, row->footprint, large ? LARGE_LOADS : LOADS, stream};
    struct bench_alternative way[WAYS] = {
        [HOST] = {.name = "host", .run = row->ways->host, .state = &work},
        [CHASE] = {.name = "chase", .run = row->ways->chase, .state = &work},
        [WALK] = {.name = "walk", .run = row->ways->walk, .state = &work},
        [MACHINE] = {.name = "machine", .run = row->ways->machine, .state = &work},
    };
    bench_compare(way, WAYS, large ? LARGE_ROUNDS : ROUNDS);
    printf("%s: host %.2f ns, dependent loads %.2f x, bare walk %.2f x\n", row->name, way[HOST].nanoseconds,
           way[CHASE].ratio, way[WALK].ratio);
    int missed = bench_report("machine against host", way[MACHINE].ratio, row->reach);
    if (row->reach_chase > 0)
        missed += bench_report("machine against dependent loads", way[MACHINE].ratio / way[CHASE].ratio,
                               row->reach_chase);
    if (row->reach_walk > 0)
        missed += bench_report("bare walk against dependent loads", way[WALK].ratio / way[CHASE].ratio,
                               row->reach_walk);
    return missed;
}

int run_rows(struct guest *guest, const struct row *rows, size_t count)
{
    kms_linear *stream = malloc(LARGE_LOADS * sizeof *stream);
    int missed = 0;
    if (!stream)
        exit(2);
    for (size_t i = 0; i < count; i++)
        missed += run_row(guest, &rows[i], stream);
    free(stream);
    return missed;
}

/* A TLB much smaller than the footprint must not lose to having none. */
static int run_small_tlb(void)
{
    const struct kms_tlb_options small = {.geometry = {{256, 4}, {16, 4}, {4, 4}}};
    struct guest with = guest_new(small), without = guest_new((struct kms_tlb_options){.off = true});
    struct work work[2] = {{&without, LARGEST, LARGE_LOADS, NULL}, {&with, LARGEST, LARGE_LOADS, NULL}};
    struct bench_alternative way[2] = {
        {.name = "no TLB", .run = machine_independent, .state = &work[0]},
        {.name = "1k entries", .run = machine_independent, .state = &work[1]},
    };
    bench_compare(way, 2, LARGE_ROUNDS);
    printf("64 MiB, random: no TLB %.2f ns\n", way[0].nanoseconds);
    const int missed = bench_report("TLB of 1,024 entries against none", way[1].ratio, 1.0);
    kms_machine_free(with.machine);
    kms_machine_free(without.machine);
    return missed;
}

int main(void)
{
    static const struct row rows[] = {
        {"64 KiB, independent", 64 << 10, &independent, 1.25, 0, 0},
        {"64 KiB, address array", 64 << 10, &array, 1.9, 0, 0},
        {"64 KiB, dependent", 64 << 10, &dependent, 1.6, 0, 0},
        {"64 KiB, sequential", 64 << 10, &sequential, 1.35, 0, 0},
        {"2 MiB, random", 2 * MIB, &independent, 1.8, 0, 0},
        {"64 MiB, random", 64 * MIB, &independent, 2.0, 1.05, 1.6},
        {"64 MiB, dependent", 64 * MIB, &dependent, 1.1, 0, 0},
    };
    struct guest guest = guest_new((struct kms_tlb_options){.off = false});
    printf("32-bit guest loads\n");
    int missed = run_rows(&guest, rows, sizeof rows / sizeof rows[0]);
    missed += run_small_tlb();
    missed += bulk_rows(&guest);
    kms_machine_free(guest.machine);
    missed += reset_row();
    missed += riscv_rows();
    printf("%d rows short of what is to be reached\n", missed);
    return 0;
}
