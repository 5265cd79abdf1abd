/* translate_riscv.c - the rows of bench_translate with Sv32 and Sv39. */
#include "bench.h"
#include "translate_streams.h"

#include "machine/cpu.h"
#include "machine/riscv_walk.h"

#include <stdio.h>

#define ROOT   UINT64_C(0x1000)
#define MIDDLE UINT64_C(0x2000) /* Sv39 alone */
#define TABLES UINT64_C(0x10000)
#define LEAF   (KMS_RISCV_PTE_V | KMS_RISCV_PTE_R | KMS_RISCV_PTE_W | KMS_RISCV_PTE_A | KMS_RISCV_PTE_D)

static uint64_t ppn(kms_phys phys)
{
    return phys >> KMS_PAGE_SHIFT << KMS_RISCV_PTE_PPN_SHIFT;
}

/* The last tables, one after another, and what points to them from `above` on. */
static void build(struct kms_ram *ram, kms_phys above, unsigned width)
{
    for (uint64_t page = 0; page < LARGEST / KMS_PAGE_SIZE; page++)
        kms_phys_store(ram, TABLES + page * width, width, ppn(FRAMES + page * KMS_PAGE_SIZE) | LEAF);
    for (uint64_t table = 0; table < LARGEST / KMS_PAGE_SIZE * width / KMS_PAGE_SIZE; table++)
        kms_phys_store(ram, above + table * width, width,
                       ppn(TABLES + table * KMS_PAGE_SIZE) | KMS_RISCV_PTE_V);
}

static struct guest riscv_guest(enum kms_paging_mode mode)
{
    struct guest guest;
    const bool rv32 = mode == KMS_PAGING_SV32;
    const struct kms_options options = {
        .arch = rv32 ? KMS_ARCH_RV32 : KMS_ARCH_RV64, .ram_size = RAM_SIZE, .ram.fill = KMS_FILL_ZERO};
    if (kms_machine_new(&options, &guest.machine) != KMS_OK) {
        fprintf(stderr, "translate_bench: no memory for the guest\n");
        exit(2);
    }
    struct kms_ram *ram = kms_machine_ram(guest.machine);
    build(ram, rv32 ? ROOT + (LINEAR >> 22) * 4 : MIDDLE, rv32 ? 4 : 8);
    if (!rv32)
        kms_phys_store(ram, ROOT + (LINEAR >> 30) * 8, 8, ppn(MIDDLE) | KMS_RISCV_PTE_V);
    guest.cpu = kms_machine_cpu(guest.machine, 0);
    kms_riscv_write(guest.cpu, KMS_RISCV_SATP, kms_riscv_satp(mode, 0, ROOT));
    kms_riscv_write(guest.cpu, KMS_RISCV_PRIV, KMS_RISCV_S);
    guest.ram = kms_ram_ptr(ram, 0, RAM_SIZE);
    guest.data = guest.ram + FRAMES;
    guest.bias = (uint64_t)(uintptr_t)guest.data - LINEAR;
    return guest;
}

/* ---- the least that a walk can do ---- */

static inline uint32_t chase_sv32(const struct guest *guest, kms_linear linear)
{
    uint32_t upper, leaf, value;
    memcpy(&upper, guest->ram + ROOT + (linear >> 22) * 4, 4);
    memcpy(&leaf, guest->ram + ((uint64_t)upper >> 10 << 12) + (linear >> 12 & 0x3ff) * 4, 4);
    memcpy(&value, guest->ram + ((uint64_t)leaf >> 10 << 12) + (linear & 0xfff), 4);
    return value;
}

static inline uint32_t chase_sv39(const struct guest *guest, kms_linear linear)
{
    uint64_t top, middle, leaf;
    uint32_t value;
    memcpy(&top, guest->ram + ROOT + (linear >> 30 & 0x1ff) * 8, 8);
    memcpy(&middle, guest->ram + (top >> 10 << 12) + (linear >> 21 & 0x1ff) * 8, 8);
    memcpy(&leaf, guest->ram + (middle >> 10 << 12) + (linear >> 12 & 0x1ff) * 8, 8);
    memcpy(&value, guest->ram + (leaf >> 10 << 12) + (linear & 0xfff), 4);
    return value;
}

/* The whole walk with every check, and the load, without any cache. */
static inline __attribute__((always_inline)) uint32_t walk_load(const struct guest *guest,
                                                                enum kms_paging_mode mode, kms_linear linear)
{
    const struct kms_ram *const ram = guest->machine->ram;
    struct kms_walk walk;
    uint32_t value;
    if (guest->cpu->riscv_layout.mode != mode)
        abort();
    riscv_walk(&guest->cpu->riscv_layout, ram, linear, &walk);
    if (walk.verdict != KMS_MAPPED || !ram_is_flat(ram, walk.phys))
        abort();
    memcpy(&value, guest->ram + walk.phys, 4);
    return value;
}

DEFINE_STREAMS(host, host_load(&guest, linear))
DEFINE_STREAMS(machine, guest_load(&guest, linear))
DEFINE_STREAMS(chase32, chase_sv32(&guest, linear))
DEFINE_STREAMS(chase39, chase_sv39(&guest, linear))
DEFINE_STREAMS(walk32, walk_load(&guest, KMS_PAGING_SV32, linear))
DEFINE_STREAMS(walk39, walk_load(&guest, KMS_PAGING_SV39, linear))

/* What is to be reached is what x86 is to reach. */
#define DEFINE_ROWS(name, chase, walk)                                                                       \
    static const struct ways name##_independent = {host_independent, chase##_independent,                    \
                                                   walk##_independent, machine_independent};                 \
    static const struct ways name##_array = {host_array, chase##_array, walk##_array, machine_array};        \
    static const struct ways name##_dependent = {host_dependent, chase##_dependent, walk##_dependent,        \
                                                 machine_dependent};                                         \
    static const struct ways name##_sequential = {host_sequential, chase##_sequential, walk##_sequential,    \
                                                  cursor_sequential};                                        \
    static const struct row name##_rows[] = {                                                                \
        {"64 KiB, independent", 64 << 10, &name##_independent, 1.25, 0, 0},                                  \
        {"64 KiB, address array", 64 << 10, &name##_array, 1.9, 0, 0},                                       \
        {"64 KiB, dependent", 64 << 10, &name##_dependent, 1.6, 0, 0},                                       \
        {"64 KiB, sequential", 64 << 10, &name##_sequential, 1.35, 0, 0},                                    \
        {"2 MiB, random", 2 * MIB, &name##_independent, 1.8, 0, 0},                                          \
        {"64 MiB, random", 64 * MIB, &name##_independent, 2.0, 1.05, 1.6},                                   \
        {"64 MiB, dependent", 64 * MIB, &name##_dependent, 1.1, 0, 0},                                       \
    };

DEFINE_ROWS(sv32, chase32, walk32)
DEFINE_ROWS(sv39, chase39, walk39)

static int mode_rows(enum kms_paging_mode mode, const struct row *rows, size_t count)
{
    struct guest guest = riscv_guest(mode);
    printf("%s guest loads\n", kms_mode_name(mode));
    const int missed = run_rows(&guest, rows, count);
    kms_machine_free(guest.machine);
    return missed;
}

int riscv_rows(void)
{
    return mode_rows(KMS_PAGING_SV32, sv32_rows, sizeof sv32_rows / sizeof sv32_rows[0]) +
           mode_rows(KMS_PAGING_SV39, sv39_rows, sizeof sv39_rows / sizeof sv39_rows[0]);
}
