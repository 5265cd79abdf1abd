/* "Virtual Address Translation Process" and satp, by hand. */
#include "kms_test.h"
#include "riscv_facts.h"

static struct rvo_result translate(const struct rvo_cpu *cpu, struct rv_facts_memory *memory,
                                   uint64_t address, enum rvo_kind kind)
{
    const struct rvo_memory m = rv_facts_memory_of(memory);
    const struct rvo_access access = {address, kind};
    struct rvo_result result;
    rvo_translate(cpu, &m, &access, 1, &result);
    return result;
}

static void goes_to(const struct rvo_result *r, uint64_t physical)
{
    assert_int_equal(r->cause, RVO_DONE);
    assert_int_equal(r->physical, physical);
}

static void faults(const struct rvo_result *r, enum rvo_cause cause, uint64_t tval)
{
    assert_int_equal(r->cause, cause);
    assert_int_equal(r->tval, tval);
}

/* 0x00c45678 is 3, 0x45, 0x678: entries at 0x1000 + 3 * 4 and 0x2000 + 0x45 * 4. */
static void sv32_by_hand(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV32);
    struct rv_facts_memory memory = {0};
    (void)state;
    rv_facts_poke(&memory, 0x100c, 0x801);      /* 0x2000, V */
    rv_facts_poke(&memory, 0x2114, 0x123450d1); /* frame 0x48d14000, D A U V: no R, W, X */
    struct rvo_result r = translate(&cpu, &memory, 0x00c45678, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x00c45678);
    rv_facts_poke(&memory, 0x2114, 0x123450d3); /* and R */
    r = translate(&cpu, &memory, 0x00c45678, RVO_LOAD);
    goes_to(&r, 0x48d14678);
    r = translate(&cpu, &memory, 0x00c45678, RVO_STORE);
    faults(&r, RVO_STORE_PAGE, 0x00c45678);
    r = translate(&cpu, &memory, 0x00c45678, RVO_FETCH);
    faults(&r, RVO_FETCH_PAGE, 0x00c45678);
}

/* A page of 4 MiB: 22 bits of the address stay, and the frame's lowest ten bits must be 0. */
static void sv32_superpage(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV32);
    struct rv_facts_memory memory = {0};
    (void)state;
    rv_facts_poke(&memory, 0x100c, 0x201000d3); /* frame 0x80400000 */
    struct rvo_result r = translate(&cpu, &memory, 0x00c45678, RVO_LOAD);
    goes_to(&r, 0x80445678);
    assert_int_equal(r.leaf.bytes, 0x400000);
    rv_facts_poke(&memory, 0x100c, 0x201004d3); /* frame 0x80401000 */
    r = translate(&cpu, &memory, 0x00c45678, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x00c45678);
}

/* 0x40645678 is 1, 3, 0x45. */
static void sv39_by_hand(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    (void)state;
    rv_facts_poke(&memory, 0x1008, 0x801);
    rv_facts_poke(&memory, 0x2018, 0xc01);
    rv_facts_poke(&memory, 0x3228, 0x200010df);
    struct rvo_result r = translate(&cpu, &memory, 0x40645678, RVO_FETCH);
    goes_to(&r, 0x80004678);
    rv_facts_poke(&memory, 0x2018, 0x200800df); /* a page of 2 MiB at 0x80200000 */
    r = translate(&cpu, &memory, 0x40645678, RVO_STORE);
    goes_to(&r, 0x80245678);
    rv_facts_poke(&memory, 0x1008, 0x200000df); /* of 1 GiB at 0x80000000 */
    r = translate(&cpu, &memory, 0x40645678, RVO_LOAD);
    goes_to(&r, 0x80645678);
    rv_facts_poke(&memory, 0x1008, 0x200800df);
    r = translate(&cpu, &memory, 0x40645678, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x40645678);
}

static void each_wide_mode_has_its_levels(void **state)
{
    static const enum rvo_mode modes[] = {RVO_SV39, RVO_SV48, RVO_SV57};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rvo_cpu cpu = rv_facts_cpu(modes[i]);
        struct rv_facts_memory memory = {0};
        for (unsigned level = 0; level < i + 2; level++) /* all tables' entry 0 */
            rv_facts_poke(&memory, 0x1000 * (level + 1), (level + 2) << 10 | 1);
        rv_facts_poke(&memory, 0x1000 * (i + 3), 0x99 << 10 | 0xd3);
        struct rvo_result r = translate(&cpu, &memory, 0x123, RVO_LOAD);
        goes_to(&r, 0x99123);
    }
}

static void upper_bits_repeat_the_highest(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    (void)state;
    rv_facts_poke(&memory, 0x1ff8, 0x200000df);
    struct rvo_result r = translate(&cpu, &memory, 0xffffffffc0000000, RVO_LOAD);
    goes_to(&r, 0x80000000);
    r = translate(&cpu, &memory, 0x7fc0000000, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x7fc0000000);
    r = translate(&cpu, &memory, 0xfffffeffc0000000, RVO_FETCH);
    faults(&r, RVO_FETCH_PAGE, 0xfffffeffc0000000);
}

static void causes_tell_who_asked(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    static const enum rvo_cause page[] = {13, 15, 15, 12}, absent[] = {5, 7, 7, 1};
    (void)state;
    for (enum rvo_kind kind = 0; kind < RVO_KINDS; kind++) {
        rv_facts_poke(&memory, 0x1000, 0);
        struct rvo_result r = translate(&cpu, &memory, 0x10, kind);
        faults(&r, page[kind], 0x10);
        rv_facts_poke(&memory, 0x1000, 0x400000000 | 1); /* a table at 2^36: no memory */
        r = translate(&cpu, &memory, 0x10, kind);
        faults(&r, absent[kind], 0x10);
        rv_facts_poke(&memory, 0x1000, 0x400000000 | 0xdf); /* a frame there */
        r = translate(&cpu, &memory, 0x10, kind);
        faults(&r, absent[kind], 0x10);
    }
}

static void reserved_encodings(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    static const uint64_t bad[] = {0xd5,
                                   0xdd,
                                   0x41 | 0x400,
                                   0x81 | 0x400,
                                   0x11 | 0x400,
                                   RVO_BIT(54) | 0xdf,
                                   RVO_BIT(60) | 0xdf,
                                   RVO_BIT(61) | 0xdf,
                                   RVO_BIT(62) | 0xdf,
                                   RVO_BIT(63) | 0xdf};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rv_facts_poke(&memory, 0x1000, bad[i]);
        struct rvo_result r = translate(&cpu, &memory, 0, RVO_LOAD);
        assert_int_equal(r.cause, RVO_LOAD_PAGE);
    }
}

/* N with ppn xxxx1000 in the last table: 64 KiB; the address gives the four bits. */
static void svnapot_by_hand(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    (void)state;
    cpu.svnapot = true;
    rv_facts_poke(&memory, 0x1000, 0x801);
    rv_facts_poke(&memory, 0x2000, 0xc01);
    rv_facts_poke(&memory, 0x3028, RVO_N | 0x200020df); /* ppn 0x80008: 64 KiB at 0x80000000 */
    struct rvo_result r = translate(&cpu, &memory, 0x5123, RVO_LOAD);
    goes_to(&r, 0x80005123);
    assert_int_equal(r.leaf.virtual_base, 0);
    assert_int_equal(r.leaf.bytes, 0x10000);
    rv_facts_poke(&memory, 0x3028, RVO_N | 0x200010df); /* ppn xxxx0100: reserved */
    r = translate(&cpu, &memory, 0x5123, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x5123);
    rv_facts_poke(&memory, 0x2000, RVO_N | 0x200020df); /* not in the last table */
    r = translate(&cpu, &memory, 0x5123, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0x5123);
}

static void svpbmt_by_hand(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    (void)state;
    cpu.svpbmt = true;
    for (uint64_t type = 0; type < 4; type++) {
        rv_facts_poke(&memory, 0x1000, type << 61 | 0x200000df);
        struct rvo_result r = translate(&cpu, &memory, 0x5123, RVO_LOAD);
        assert_int_equal(r.cause, type == 3 ? RVO_LOAD_PAGE : RVO_DONE);
        rv_facts_poke(&memory, 0x1000, type << 61 | 0x801);
        rv_facts_poke(&memory, 0x2000, 0x200000df);
        r = translate(&cpu, &memory, 0x5123, RVO_LOAD);
        assert_int_equal(r.cause, type ? RVO_LOAD_PAGE : RVO_DONE); /* a pointer has none */
    }
}

/* A and D: 0xdf without them is 0x1f. */
static void accessed_and_dirty(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    struct rv_facts_memory memory = {0};
    (void)state;
    rv_facts_poke(&memory, 0x1000, 0x2000001f);
    struct rvo_result r = translate(&cpu, &memory, 0, RVO_LOAD);
    assert_true(r.updates);
    assert_int_equal(r.value, 0x2000005f);
    r = translate(&cpu, &memory, 0, RVO_AMO);
    assert_int_equal(r.value, 0x200000df);
    cpu.hardware_ad = false;
    r = translate(&cpu, &memory, 0, RVO_LOAD);
    faults(&r, RVO_LOAD_PAGE, 0);
    rv_facts_poke(&memory, 0x1000, 0x2000005f);
    r = translate(&cpu, &memory, 0, RVO_LOAD);
    goes_to(&r, 0x80000000);
    r = translate(&cpu, &memory, 0, RVO_STORE);
    faults(&r, RVO_STORE_PAGE, 0);
}

static void satp_keeps_what_it_knows(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    (void)state;
    cpu.modes = 1u << RVO_SV39;
    assert_int_equal(rvo_satp_write(&cpu, 0x9000000000000002), cpu.satp); /* Sv48: not here */
    assert_int_equal(rvo_satp_write(&cpu, 0x1000000000000002), cpu.satp); /* reserved */
    assert_int_equal(rvo_satp_write(&cpu, 0x8ffff00000000002), 0x8ffff00000000002);
    cpu.asidlen = 4;
    assert_int_equal(rvo_satp_write(&cpu, 0x8ffff00000000002), 0x8000f00000000002);
    cpu = rv_facts_cpu(RVO_SV32);
    cpu.asidlen = 2;
    assert_int_equal(rvo_satp_write(&cpu, 0xffffffff), 0x80ffffff);
    assert_int_equal(rvo_asid(&cpu), 7);
}

/* "Memory Privilege in mstatus Register": who may do what, one row a line. */
static void privileges(void **state)
{
    static const struct {
        uint64_t entry;
        enum rvo_privilege privilege;
        bool sum, mxr, load, store, fetch;
    } rows[] = {
        {RVO_R | RVO_W | RVO_X | RVO_U, RVO_USER, false, false, true, true, true},
        {RVO_R | RVO_W | RVO_X | RVO_U, RVO_SUPERVISOR, false, false, false, false, false},
        {RVO_R | RVO_W | RVO_X | RVO_U, RVO_SUPERVISOR, true, false, true, true, false},
        {RVO_R | RVO_W | RVO_X, RVO_USER, true, true, false, false, false},
        {RVO_R | RVO_W | RVO_X, RVO_SUPERVISOR, false, false, true, true, true},
        {RVO_X | RVO_U, RVO_USER, false, false, false, false, true},
        {RVO_X | RVO_U, RVO_USER, false, true, true, false, true},
        {RVO_R | RVO_U, RVO_USER, false, false, true, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rvo_cpu cpu = {
            .xlen = 64, .privilege = rows[i].privilege, .sum = rows[i].sum, .mxr = rows[i].mxr};
        assert_int_equal(rvo_permits(&cpu, RVO_LOAD, rows[i].entry), rows[i].load);
        assert_int_equal(rvo_permits(&cpu, RVO_STORE, rows[i].entry), rows[i].store);
        assert_int_equal(rvo_permits(&cpu, RVO_AMO, rows[i].entry), rows[i].store);
        assert_int_equal(rvo_permits(&cpu, RVO_FETCH, rows[i].entry), rows[i].fetch);
    }
}

static void mprv_moves_data_alone(void **state)
{
    struct rvo_cpu cpu = rv_facts_cpu(RVO_SV39);
    (void)state;
    cpu.privilege = RVO_MACHINE;
    assert_false(rvo_translates(&cpu, RVO_LOAD));
    cpu.mprv = true;
    cpu.mpp = RVO_USER;
    assert_true(rvo_translates(&cpu, RVO_LOAD));
    assert_int_equal(rvo_effective_privilege(&cpu, RVO_STORE), RVO_USER);
    assert_false(rvo_translates(&cpu, RVO_FETCH));
    cpu.mpp = RVO_MACHINE;
    assert_false(rvo_translates(&cpu, RVO_AMO));
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("Sv32: two levels of ten bits, and causes 12, 13, 15", sv32_by_hand),
    KMS_TEST("Sv32: a page of 4 MiB must be aligned", sv32_superpage),
    KMS_TEST("Sv39: three levels, pages of 4 KiB, 2 MiB and 1 GiB", sv39_by_hand),
    KMS_TEST("Sv39, Sv48 and Sv57 have 3, 4 and 5 levels", each_wide_mode_has_its_levels),
    KMS_TEST("the bits above an address repeat its highest one, or it is a page fault",
             upper_bits_repeat_the_highest),
    KMS_TEST("page faults and access faults tell who asked", causes_tell_who_asked),
    KMS_TEST("reserved bits and combinations are page faults", reserved_encodings),
    KMS_TEST("Svnapot makes 64 KiB of 16 entries, in the last table alone", svnapot_by_hand),
    KMS_TEST("Svpbmt: type 3 is reserved, and a pointer has no type", svpbmt_by_hand),
    KMS_TEST("A and D are set by hardware, or their lack is a page fault", accessed_and_dirty),
    KMS_TEST("satp ignores modes that are not there and keeps the ASID bits that are",
             satp_keeps_what_it_knows),
    KMS_TEST("rights by privilege, SUM and MXR", privileges),
    KMS_TEST("MPRV moves loads, stores and AMOs, never fetches", mprv_moves_data_alone),
};
KMS_TESTS(riscv_walk, tests)
