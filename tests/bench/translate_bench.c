/*
 * translate_bench.c - what a guest load costs beside the host's own load on the same address stream.
 *
 * Every row runs the plain host load, three dependent host loads (PDE, PTE, data: the least that a walk can do) and
 * the machine's accesses, interleaved in one run, and prints ratios beside the figure to reach.
 */
#include "bench.h"

#include "machine/cpu.h"
#include "machine/x86_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB       (UINT64_C(1) << 20)
#define RAM_SIZE  (160 * MIB)
#define DIRECTORY UINT64_C(0x1000)
#define TABLES    UINT64_C(0x10000)
#define FRAMES    (16 * MIB) /* physical */
#define LINEAR    UINT64_C(0x40000000)
#define LARGEST   (64 * MIB)
#define ROUNDS    9
#define STREAM    (1u << 13)

struct guest {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    uint8_t *ram;  /* host memory of physical address 0 */
    uint8_t *data; /* host memory of FRAMES */
};

static struct guest guest_new(struct kms_tlb_options tlb)
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
    return guest;
}

/* One row's work: the stream of offsets, or the ring of dependent loads in guest memory. */
struct work {
    struct guest *guest;
    uint64_t footprint; /* a power of two */
    size_t loads;
    uint32_t *stream; /* offsets, where the row reads them from memory */
};

static uint32_t xorshift(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* Hinder the compiler from dropping a value, without giving it an address. */
static inline void keep(uint32_t value)
{
    __asm__ volatile("" : : "r"(value));
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

static inline uint32_t host_load(const struct guest *guest, uint64_t offset)
{
    uint32_t value;
    memcpy(&value, guest->data + offset, 4);
    return value;
}

static inline uint32_t guest_load(const struct guest *guest, kms_linear linear)
{
    uint32_t value = 0;
    if (kms_load32(guest->cpu, linear, &value, NULL) != KMS_DONE)
        abort();
    return value;
}

/* The whole walk with every check, and the load, without any cache. */
static inline __attribute__((always_inline)) uint32_t walk_load(const struct guest *guest, kms_linear linear)
{
    struct kms_walk walk;
    uint32_t value;
    if (guest->cpu->layout.mode != KMS_PAGING_32BIT)
        abort();
    x86_walk(&guest->cpu->layout, &guest->cpu->x86, guest->machine->ram, linear, &walk);
    if (walk.verdict != KMS_MAPPED || !ram_is_flat(guest->machine->ram, walk.phys))
        abort();
    memcpy(&value, guest->ram + walk.phys, 4);
    return value;
}

/* The four ways through the four kinds of stream. */
#define DEFINE_STREAMS(way, load)                                                                            \
    static size_t way##_independent(void *state)                                                             \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t random = 1, sum = 0;                                                                        \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const uint64_t offset = xorshift(&random) & (work.footprint - 4);                                \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }                                                                                                        \
    static size_t way##_array(void *state)                                                                   \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t sum = 0;                                                                                    \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const uint64_t offset = work.stream[i % STREAM];                                                 \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }                                                                                                        \
    static size_t way##_dependent(void *state)                                                               \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t offset = 0;                                                                                 \
        for (size_t i = 0; i < work.loads; i++)                                                              \
            offset = load;                                                                                   \
        keep((uint32_t)offset);                                                                              \
        return work.loads;                                                                                   \
    }                                                                                                        \
    static size_t way##_sequential(void *state)                                                              \
    {                                                                                                        \
        const struct work work = *(const struct work *)state;                                                \
        const struct guest guest = *work.guest;                                                              \
        uint32_t sum = 0;                                                                                    \
        for (size_t i = 0; i < work.loads; i++) {                                                            \
            const uint64_t offset = i * 4 & (work.footprint - 4);                                            \
            sum += load;                                                                                     \
        }                                                                                                    \
        keep(sum);                                                                                           \
        return work.loads;                                                                                   \
    }

DEFINE_STREAMS(host, host_load(&guest, offset))
DEFINE_STREAMS(chase, chase3(&guest, LINEAR + offset))
DEFINE_STREAMS(walk, walk_load(&guest, LINEAR + offset))
DEFINE_STREAMS(machine, guest_load(&guest, LINEAR + offset))

/* In order, with a cursor. */
static size_t cursor_sequential(void *state)
{
    const struct work work = *(const struct work *)state;
    struct kms_cursor cursor = kms_cursor_new(work.guest->cpu);
    uint32_t sum = 0;
    for (size_t i = 0; i < work.loads; i++) {
        uint32_t value = 0;
        if (kms_cursor_load32(&cursor, LINEAR + (i * 4 & (work.footprint - 4)), &value, NULL) != KMS_DONE)
            abort();
        sum += value;
    }
    keep(sum);
    return work.loads;
}

struct ways {
    size_t (*host)(void *), (*chase)(void *), (*walk)(void *), (*machine)(void *);
};

static const struct ways independent = {host_independent, chase_independent, walk_independent,
                                        machine_independent};
static const struct ways array = {host_array, chase_array, walk_array, machine_array};
static const struct ways dependent = {host_dependent, chase_dependent, walk_dependent, machine_dependent};
static const struct ways sequential = {host_sequential, chase_sequential, walk_sequential, cursor_sequential};

/* A ring through every 64-byte line of the footprint in random order: offset -> next offset. */
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
        const uint32_t next = order[(i + 1) % lines] * 64;
        memcpy(guest->data + (uint64_t)order[i] * 64, &next, 4);
    }
    free(order);
}

struct row {
    const char *name;
    uint64_t footprint;
    const struct ways *ways;
    double reach;
};

static int run_row(struct guest *guest, const struct row *row, uint32_t *stream)
{
    uint32_t random = 3;
    for (uint32_t i = 0; i < STREAM; i++)
        stream[i] = xorshift(&random) & (uint32_t)(row->footprint - 4);
    write_ring(guest, row->footprint);
    struct work work = {guest, row->footprint, row->footprint > 16 * MIB ? 1000000 : 2000000, stream};
    struct bench_alternative way[] = {
        {.name = "host", .run = row->ways->host, .state = &work},
        {.name = "chase3", .run = row->ways->chase, .state = &work},
        {.name = "walk", .run = row->ways->walk, .state = &work},
        {.name = "machine", .run = row->ways->machine, .state = &work},
    };
    bench_compare(way, 4, ROUNDS);
    const double host = way[0].nanoseconds;
    printf("%-28s %6.2f ns  %6.2f  %6.2f  ", row->name, host, way[1].nanoseconds / host,
           way[2].nanoseconds / host);
    return bench_report("", way[3].nanoseconds / host, row->reach);
}

int main(void)
{
    static const struct row rows[] = {
        {"64 KiB, independent", 64 << 10, &independent, 1.25},
        {"64 KiB, address array", 64 << 10, &array, 1.9},
        {"64 KiB, dependent", 64 << 10, &dependent, 1.6},
        {"64 KiB, sequential", 64 << 10, &sequential, 1.35},
        {"2 MiB, random", 2 * MIB, &array, 1.8},
        {"64 MiB, random", 64 * MIB, &independent, 2.0},
        {"64 MiB, dependent", 64 * MIB, &dependent, 1.1},
    };
    struct guest guest = guest_new((struct kms_tlb_options){.off = false});
    uint32_t *stream = malloc(STREAM * sizeof *stream);
    int missed = 0;
    printf("%-28s %9s  %6s  %6s\n", "32-bit guest loads", "host", "chase3", "walk");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        missed += run_row(&guest, &rows[i], stream);
    free(stream);
    kms_machine_free(guest.machine);
    printf("%d rows short of what is to be reached\n", missed);
    return 0;
}
