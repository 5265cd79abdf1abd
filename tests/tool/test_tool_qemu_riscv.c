/* The tool against the monitors of qemu-system-riscv32 and riscv64, on tables that are anything but well-formed. */
#include "kms_test.h"
#include "qemu.h"
#include "run_tool.h"

#include <inttypes.h>
#include <kmemsim/riscv.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BASE       UINT64_C(0x80000000)
#define SIZE       0x40000u
#define TABLES     24u
#define TABLE(n)   (BASE + 0x10000 + UINT64_C(0x1000) * (n))
#define SATP_AT    16u /* in the program below */
#define SEEDS      3u
#define MEGABYTES  "16"
#define PATIENCE_S 20u

struct scheme {
    enum kms_paging_mode mode;
    const char *name, *qemu;
    unsigned width, index_bits, levels;
};

static const struct scheme schemes[] = {
    {KMS_PAGING_SV32, "sv32", "qemu-system-riscv32", 4, 10, 2},
    {KMS_PAGING_SV39, "sv39", "qemu-system-riscv64", 8, 9, 3},
    {KMS_PAGING_SV48, "sv48", "qemu-system-riscv64", 8, 9, 4},
    {KMS_PAGING_SV57, "sv57", "qemu-system-riscv64", 8, 9, 5},
};

/* ---- random tables ---- */

struct maker {
    const struct scheme *scheme;
    uint8_t *image;
    uint32_t seed;
    unsigned tables; /* made so far */
};

static uint32_t rnd(struct maker *maker, uint32_t below)
{
    maker->seed = maker->seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(maker->seed >> 8) * below) >> 24);
}

static void put(struct maker *maker, unsigned table, unsigned index, uint64_t entry)
{
    const unsigned width = maker->scheme->width;
    tool_put(maker->image, TABLE(table) - BASE + (uint64_t)index * width, width, entry);
}

/* Any flags, W without R too; now and then a bit above the PPN. */
static uint64_t random_leaf(struct maker *maker)
{
    static const uint64_t high[] = {KMS_RISCV_PTE_N, KMS_RISCV_PTE_PBMT_NC, UINT64_C(1) << 54};
    uint64_t entry = KMS_RISCV_PTE_V | (uint64_t)(1 + rnd(maker, 7)) << 1 | (uint64_t)rnd(maker, 16) << 4;
    if (maker->scheme->width == 8 && rnd(maker, 8) == 0)
        entry |= high[rnd(maker, 3)];
    return entry;
}

/* Neighbours whose frames follow each other, so that runs come about, sometimes with a gap. */
static void put_leaves(struct maker *maker, unsigned table, unsigned index, unsigned level)
{
    static const uint64_t frames[] = {0x80000, 0x80100, 0x10000, 0x81234, 0};
    const uint64_t step = UINT64_C(1) << (maker->scheme->index_bits * (level - 1));
    const uint64_t frame = frames[rnd(maker, 5)], entry = random_leaf(maker);
    const unsigned count = 1 + rnd(maker, 6), gap = rnd(maker, 3) ? count : rnd(maker, count);
    for (unsigned i = 0; i < count && index + i < 1u << maker->scheme->index_bits; i++) {
        if (i != gap)
            put(maker, table, index + i, entry | (frame + i * step) << KMS_RISCV_PTE_PPN_SHIFT);
    }
}

static unsigned random_index(struct maker *maker)
{
    const unsigned entries = 1u << maker->scheme->index_bits;
    const unsigned customary[] = {0, 1, 2, entries / 2, entries - 2, entries - 1};
    return rnd(maker, 2) ? customary[rnd(maker, 6)] : rnd(maker, entries);
}

/* Pointers may have A, D, U or G, and the last level may point on. */
static void fill_table(struct maker *maker, unsigned table, unsigned level)
{
    for (unsigned i = 0; i < 12; i++) {
        const unsigned index = random_index(maker);
        if (maker->tables < TABLES && rnd(maker, 3) && (level > 1 || rnd(maker, 8) == 0)) {
            const unsigned next = maker->tables++;
            const uint64_t flags = rnd(maker, 3) ? 0 : (uint64_t)rnd(maker, 16) << 4;
            put(maker, table, index, TABLE(next) >> 12 << KMS_RISCV_PTE_PPN_SHIFT | flags | KMS_RISCV_PTE_V);
            if (level > 1)
                fill_table(maker, next, level - 1);
        } else {
            put_leaves(maker, table, index, level);
        }
    }
}

/* "auipc t0, 0; load t0, 16(t0); csrw satp, t0; j ." and the value: QEMU begins there in M-mode. */
static uint64_t put_program(uint8_t *image, const struct scheme *scheme)
{
    const uint64_t satp = kms_riscv_satp(scheme->mode, 0, TABLE(0));
    const uint32_t program[] = {0x00000297, scheme->width == 8 ? 0x0102b283 : 0x0102a283, 0x18029073,
                                0x0000006f};
    for (unsigned i = 0; i < 4; i++)
        tool_put(image, 4 * i, 4, program[i]);
    tool_put(image, SATP_AT, scheme->width, satp);
    return satp;
}

/* ---- QEMU ---- */

static void wait_for_satp(struct qemu *qemu, uint64_t satp)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    char value[24];
    snprintf(value, sizeof value, "%" PRIx64, satp);
    for (unsigned i = 0; i < 50 * PATIENCE_S; i++) {
        char *registers = qemu_monitor(qemu, "info registers");
        const char *found = strstr(registers, " satp ");
        const bool set = found && strstr(found, value) && strstr(found, value) < strchr(found, '\n');
        free(registers);
        if (set)
            return;
        nanosleep(&pause, NULL);
    }
    qemu_stop(qemu);
    fail_msg("the guest did not set satp within %u s", PATIENCE_S);
}

static struct qemu start(const struct scheme *scheme, uint64_t satp)
{
    char loader[256];
    snprintf(loader, sizeof loader, "loader,file=%s/image,addr=0x80000000,force-raw=on", tool_folder());
    const char *const arguments[] = {scheme->qemu, "-machine", "virt",    "-bios", "none",
                                     "-m",         MEGABYTES,  "-device", loader,  NULL};
    struct qemu qemu = qemu_start(arguments);
    wait_for_satp(&qemu, satp);
    qemu_pause(&qemu);
    return qemu;
}

static void expect_same(const struct scheme *scheme, uint64_t satp, const char *file, const char *expected)
{
    char arguments[128];
    snprintf(arguments, sizeof arguments, "mem --arch %s --satp 0x%" PRIx64 " %s", scheme->name, satp, file);
    tool_expect(arguments, expected, "", 0);
}

static void compare(const struct scheme *scheme, uint32_t seed)
{
    static uint8_t image[SIZE];
    char command[256];
    memset(image, 0, sizeof image);
    struct maker maker = {.scheme = scheme, .image = image, .seed = seed, .tables = 1};
    fill_table(&maker, 0, scheme->levels);
    const uint64_t satp = put_program(image, scheme);
    tool_file("image", image, sizeof image);
    struct qemu qemu = start(scheme, satp);
    char *expected = qemu_monitor(&qemu, "info mem");
    snprintf(command, sizeof command, "dump-guest-memory %s/core", tool_folder());
    free(qemu_monitor(&qemu, command));
    qemu_stop(&qemu);
    assert_true(strlen(expected) > 500);
    expect_same(scheme, satp, "image", expected);
    expect_same(scheme, satp, "core", expected);
    free(expected);
}

static void compare_seeds(const struct scheme *scheme)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        compare(scheme, seed);
}

static void compares_sv32(void **state)
{
    (void)state;
    compare_seeds(&schemes[0]);
}

static void compares_sv39(void **state)
{
    (void)state;
    compare_seeds(&schemes[1]);
}

static void compares_sv48(void **state)
{
    (void)state;
    compare_seeds(&schemes[2]);
}

static void compares_sv57(void **state)
{
    (void)state;
    compare_seeds(&schemes[3]);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("mem is QEMU's to the letter with Sv32, of a raw image and of a core", compares_sv32),
    KMS_TEST("mem is QEMU's to the letter with Sv39, of a raw image and of a core", compares_sv39),
    KMS_TEST("mem is QEMU's to the letter with Sv48, of a raw image and of a core", compares_sv48),
    KMS_TEST("mem is QEMU's to the letter with Sv57, of a raw image and of a core", compares_sv57),
};
KMS_TESTS(tool_qemu_riscv, tests)
