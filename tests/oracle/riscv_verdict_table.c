/* Exhaustive where it is small: the machine beside the oracle, each row after a full fence. */
#include "kms_test.h"
#include "riscv_judge.h"

#define ROOT (RV_JUDGE_BASE + 0x1000)
#define LINK 1u

static const enum rvo_privilege privileges[] = {RVO_USER, RVO_SUPERVISOR, RVO_MACHINE};

static struct rv_judge *judge_for(enum rvo_mode mode, bool extended)
{
    const struct rv_judge_options options = {.cpu = {.xlen = mode == RVO_SV32 ? 32 : 64,
                                                     .modes = mode == RVO_SV32 ? 1u << RVO_SV32 : 0x1c,
                                                     .asidlen = mode == RVO_SV32 ? 9 : 16,
                                                     .hardware_ad = true,
                                                     .svnapot = extended,
                                                     .svpbmt = extended},
                                             .svadu = true};
    struct rv_judge *judge = rv_judge_new(&options);
    uint64_t number = ROOT >> 12;
    assert_non_null(judge);
    assert_true(rv_judge_satp(judge, mode == RVO_SV32 ? RVO_BIT(31) | number
                                                      : (uint64_t)(mode - RVO_SV39 + 8) << 60 | number));
    return judge;
}

/* Address 0: entry 0 of every table. Pointers down to `level`, and there `entry`. */
static void build(struct rv_judge *judge, enum rvo_mode mode, unsigned level, uint64_t entry)
{
    uint64_t table = ROOT;
    for (unsigned at = rvo_levels(mode) - 1; at > level; at--) {
        rv_judge_poke(judge, table, rvo_entry_bytes(mode), (table + 0x1000) >> 2 | LINK);
        table += 0x1000;
    }
    rv_judge_poke(judge, table, rvo_entry_bytes(mode), entry);
    rv_judge_fence(judge, NULL, NULL);
}

/* Each privilege, with and without MPRV, SUM and MXR; each kind of access. The entry is written anew before each. */
static bool every_way(struct rv_judge *judge, enum rvo_mode mode, unsigned level, uint64_t entry)
{
    for (unsigned row = 0; row < 3 * 3 * 2 * 4 * 2; row++) {
        struct rvo_cpu cpu = judge->cpu;
        unsigned rest = row;
        cpu.privilege = privileges[rest % 3], rest /= 3;
        cpu.mpp = privileges[rest % 3], rest /= 3;
        cpu.mprv = rest & 1;
        cpu.sum = rest & 2;
        cpu.mxr = rest & 4;
        cpu.hardware_ad = rest & 8;
        if (!cpu.mprv && cpu.mpp != RVO_USER) /* MPP has no say */
            continue;
        rv_judge_status(judge, &cpu);
        for (enum rvo_kind kind = 0; kind < RVO_KINDS; kind++) {
            build(judge, mode, level, entry);
            if (!rv_judge_access(judge, &(struct rvo_access){0x10, kind}))
                return false;
        }
    }
    return true;
}

static void permissions(enum rvo_mode mode)
{
    struct rv_judge *judge = judge_for(mode, false);
    for (unsigned level = 0; level < rvo_levels(mode); level++) {
        for (uint64_t bits = 0; bits < 256; bits++)
            assert_true(every_way(judge, mode, level, RV_JUDGE_BASE >> 2 | bits));
    }
    assert_true(judge->accesses > 50000 && judge->denied > 20000 && judge->updated > 1000);
    rv_judge_free(judge);
}

static void permissions_sv32(void **state)
{
    (void)state;
    permissions(RVO_SV32);
}

static void permissions_sv39(void **state)
{
    (void)state;
    permissions(RVO_SV39);
}

static void permissions_sv48(void **state)
{
    (void)state;
    permissions(RVO_SV48);
}

static void permissions_sv57(void **state)
{
    (void)state;
    permissions(RVO_SV57);
}

/* Every bit and pair of bits of a leaf and of a pointer, at every level, with and without Svnapot, Svpbmt and PBMTE. */
static void bits_of(enum rvo_mode mode, bool extended, bool pbmte)
{
    struct rv_judge *judge = judge_for(mode, extended);
    struct rvo_cpu cpu = judge->cpu;
    unsigned width = rvo_entry_bytes(mode) * 8;
    cpu.privilege = RVO_USER;
    cpu.svpbmt = extended && pbmte;
    rv_judge_status(judge, &cpu);
    for (unsigned level = 0; level < rvo_levels(mode); level++) {
        for (unsigned pair = 0; pair < width * width; pair++) {
            uint64_t flips = RVO_BIT(pair / width) ^ RVO_BIT(pair % width ? pair % width : pair / width);
            flips |= RVO_BIT(pair / width);
            build(judge, mode, level, (RV_JUDGE_BASE >> 2 | 0xdf) ^ flips);
            assert_true(rv_judge_walk(judge, 0x10));
            assert_true(rv_judge_access(judge, &(struct rvo_access){0x10, RVO_LOAD}));
            build(judge, mode, level, (RV_JUDGE_BASE >> 2 | LINK) ^ flips);
            assert_true(rv_judge_walk(judge, 0x10));
            assert_true(rv_judge_access(judge, &(struct rvo_access){0x10, RVO_STORE}));
        }
    }
    rv_judge_free(judge);
}

static void every_bit(void **state)
{
    (void)state;
    for (enum rvo_mode mode = RVO_SV32; mode < RVO_MODES; mode++) {
        bits_of(mode, false, false);
        if (mode != RVO_SV32) {
            bits_of(mode, true, false);
            bits_of(mode, true, true);
        }
    }
}

static void every_mode_of_satp(void **state)
{
    struct rv_judge *wide = judge_for(RVO_SV39, false), *narrow = judge_for(RVO_SV32, false);
    (void)state;
    for (uint64_t mode = 0; mode < 16; mode++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            assert_true(rv_judge_satp(wide, mode << 60 | (RVO_BIT(bit) & ~(UINT64_C(15) << 60))));
            assert_true(rv_judge_satp(narrow, RVO_BIT(bit) | mode << 28));
        }
    }
    rv_judge_free(wide);
    rv_judge_free(narrow);
}

/* One bit of an address flipped, from the lowest page and from the highest. */
static void every_bit_of_an_address(void **state)
{
    (void)state;
    for (enum rvo_mode mode = RVO_SV39; mode < RVO_MODES; mode++) {
        struct rv_judge *judge = judge_for(mode, false);
        struct rvo_cpu cpu = judge->cpu;
        cpu.privilege = RVO_SUPERVISOR;
        rv_judge_status(judge, &cpu);
        for (unsigned bit = 12; bit < 64; bit++) {
            for (uint64_t from = 0; from < 2; from++) {
                uint64_t address = (0 - from) ^ RVO_BIT(bit);
                assert_true(rv_judge_walk(judge, address));
                assert_true(rv_judge_access(judge, &(struct rvo_access){address, RVO_FETCH}));
            }
        }
        rv_judge_free(judge);
    }
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("Sv32: every permission byte, level, privilege, SUM, MXR, MPRV, kind and A/D policy",
             permissions_sv32),
    KMS_TEST("Sv39: every permission byte, level, privilege, SUM, MXR, MPRV, kind and A/D policy",
             permissions_sv39),
    KMS_TEST("Sv48: every permission byte, level, privilege, SUM, MXR, MPRV, kind and A/D policy",
             permissions_sv48),
    KMS_TEST("Sv57: every permission byte, level, privilege, SUM, MXR, MPRV, kind and A/D policy",
             permissions_sv57),
    KMS_TEST("every bit and pair of bits of leaves and pointers, with and without Svnapot and Svpbmt",
             every_bit),
    KMS_TEST("every mode and every bit of satp", every_mode_of_satp),
    KMS_TEST("every bit of an address above its page", every_bit_of_an_address),
};
KMS_TESTS(riscv_table, tests)
