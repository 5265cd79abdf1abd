/* The program in M-mode and its driver, held against facts: what fails here is the referee's own fault. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "kms_test.h"
#include "riscv_layout.h"

static struct emulator *open_emulator(enum emulator_kind kind)
{
    const struct emulator_options options = {0};
    const char *required = getenv("KMEMSIM_REQUIRE_EMULATORS");
    char error[256] = "";
    struct emulator *e;
    enum emulator_status status = emulator_open(kind, &options, &e, error);
    if (status == EMULATOR_MISSING && !(required && strcmp(required, "1") == 0))
        kms_skip(error);
    if (status != EMULATOR_OK)
        fail_msg("%s", error);
    return e;
}

static void run(struct emulator *e, const struct ref_op *ops, struct ref_result *results, size_t count)
{
    if (emulator_run(e, ops, results, count) != EMULATOR_OK)
        fail_msg("%s", emulator_error(e));
}

static void each_program_says_what_it_is(void **state)
{
    (void)state;
    for (enum emulator_kind kind = EMULATOR_RISCV32; kind <= EMULATOR_RISCV64EXT; kind++) {
        struct emulator *e = open_emulator(kind);
        const struct ref_cpu *cpu = emulator_cpu(e);
        bool narrow = kind == EMULATOR_RISCV32;
        assert_int_equal(cpu->rv_cpu_xlen, narrow ? 32 : 64);
        assert_int_equal(cpu->rv_cpu_modes,
                         narrow ? RV_MODE_SV32 : RV_MODE_SV39 | RV_MODE_SV48 | RV_MODE_SV57);
        assert_int_equal(cpu->rv_cpu_asid, narrow ? 9 : 16);
        assert_int_equal(cpu->maxphyaddr, narrow ? 34 : 56);
        emulator_close(e);
    }
}

static void a_case_leaves_nothing(void **state)
{
    const struct ref_op ops[] = {
        {.code = REF_RESET},
        {.code = REF_POKE, .width = 4, .address = RV_DATA, .value = 1},
        {.code = REF_POKE, .width = 8, .address = RV_TABLES, .value = 2},
        {.code = RV_SATP, .value = rv_satp((enum story_mode)RV_SV39, RV_TABLES, 0)},
        {.code = REF_RESET},
        {.code = REF_PEEK, .width = 4, .address = RV_DATA},
        {.code = REF_PEEK, .width = 8, .address = RV_TABLES},
        {.code = REF_PEEK, .width = 8, .address = RV_TABLES + 0xff8},
    };
    struct ref_result results[8];
    struct emulator *e = open_emulator(EMULATOR_RISCV64);
    (void)state;
    run(e, ops, results, 8);
    assert_int_equal(results[5].value, RV_PATTERN(RV_DATA));
    assert_int_equal(results[6].value, 0);
    assert_int_equal(results[7].value, 0);
    emulator_close(e);
}

/* Each way in: S- and U-mode by MRET, from one to the other, and M-mode with MPRV. One page is the user's, one is not. */
static void every_way_in_has_its_privilege(void **state)
{
    enum { USER = 0x400000, SUPERVISOR = 0x401000 };
    const struct ref_op ops[] = {
        {.code = REF_RESET},
        {.code = REF_POKE, .width = 4, .address = RV_TABLES + 4, .value = (RV_TABLES + 0x1000) >> 2 | 1},
        {.code = REF_POKE, .width = 4, .address = RV_TABLES + 0x1000, .value = RV_DATA >> 2 | 0xdb},
        {.code = REF_POKE,
         .width = 4,
         .address = RV_TABLES + 0x1004,
         .value = (RV_DATA + 0x1000) >> 2 | 0xcb},
        {.code = RV_SATP, .value = rv_satp((enum story_mode)RV_SV32, RV_TABLES, 0)},
        {REF_ACCESS, 4, REF_READ, REF_USER, 0, USER, 0},
        {REF_ACCESS, 4, REF_READ, 0, 0, USER, 0},
        {REF_ACCESS, 4, REF_READ, REF_USER, 0, SUPERVISOR, 0},
        {REF_ACCESS, 4, REF_READ, 0, 0, SUPERVISOR, 0},
        {REF_ACCESS, 4, REF_READ, REF_MPRV, 0, USER, 0},
        {REF_ACCESS, 4, REF_READ, REF_MPRV | REF_USER, 0, USER, 0},
        {REF_ACCESS, 4, REF_FETCH, REF_USER, 0, USER, 0},
        {REF_ACCESS, 4, REF_FETCH, 0, 0, USER, 0},
        {REF_ACCESS, 4, REF_FETCH, REF_USER, 0, SUPERVISOR, 0},
        {REF_ACCESS, 4, REF_FETCH, 0, 0, SUPERVISOR, 0},
    };
    static const uint8_t causes[] = {0, 13, 13, 0, 13, 0, 0, 12, 12, 0};
    struct ref_result results[15];
    struct emulator *e = open_emulator(EMULATOR_RISCV32);
    (void)state;
    run(e, ops, results, 15);
    for (size_t i = 0; i < sizeof(causes); i++) {
        const struct ref_result *r = &results[5 + i];
        uint64_t address = ops[5 + i].address;
        assert_int_equal(r->vector, causes[i]);
        assert_int_equal(r->status, causes[i] ? REF_FAULT : REF_DONE);
        assert_int_equal(r->cr2, causes[i] ? address : 0);
        assert_int_equal(r->value, causes[i] ? 0 : RV_PATTERN(address == USER ? RV_DATA : RV_DATA + 0x1000));
    }
    emulator_close(e);
}

static void a_lost_stub_is_said(void **state)
{
    /* A root where no memory is has no place for the stubs: nothing can be told of an access by S-mode. */
    const struct ref_op ops[] = {{.code = REF_RESET},
                                 {.code = RV_SATP, .value = rv_satp((enum story_mode)RV_SV39, RV_ABSENT, 0)},
                                 {REF_ACCESS, 4, REF_READ, 0, 0, 0x1000, 0}};
    struct ref_result results[3];
    struct emulator *e = open_emulator(EMULATOR_RISCV64);
    (void)state;
    run(e, ops, results, 3);
    assert_int_equal(results[2].status, REF_UNSUPPORTED);
    emulator_close(e);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("each RISC-V program says which hart it runs on", each_program_says_what_it_is),
    KMS_TEST("a reset on RISC-V brings back what the case before it changed", a_case_leaves_nothing),
    KMS_TEST("every way into S- and U-mode has its own privilege", every_way_in_has_its_privilege),
    KMS_TEST("an access that could not be made is said to be so", a_lost_stub_is_said),
};
KMS_TESTS(referee_riscv, tests)
