/* RISC-V: who may do what: R, W, X and U with S and U, SUM, MXR, MPRV; A and D under Svadu and Svade. */
#include "riscv_rig.h"

#define FRAME (RV_BASE + 0x200000)
#define PAGE  0x5000

enum { LOAD, STORE, FETCH_, KINDS };

static struct kms_access access_of(unsigned kind, enum kms_privilege privilege)
{
    static const enum kms_access_kind kinds[] = {KMS_READ, KMS_WRITE, KMS_FETCH};
    return (struct kms_access){PAGE, kinds[kind], privilege};
}

static uint32_t cause_of(struct rv *rv, struct kms_access access)
{
    struct kms_translation translation;
    struct kms_fault fault = {0};
    return kms_translate(rv->cpu, &access, &translation, &fault) == KMS_DONE ? 0 : fault.vector;
}

/* "Addressing and Memory Protection": one row for each legal combination of R, W and X. */
static void r_w_and_x_allow_loads_stores_and_fetches(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        bool allowed[KINDS];
    } rows[] = {
        {R, {true, false, false}},    {R | W, {true, true, false}},    {X, {false, false, true}},
        {R | X, {true, false, true}}, {R | W | X, {true, true, true}},
    };
    static const uint32_t causes[KINDS] = {KMS_CAUSE_LOAD_PAGE, KMS_CAUSE_STORE_PAGE, KMS_CAUSE_FETCH_PAGE};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned user = 0; user < 2; user++)
            for (unsigned kind = 0; kind < KINDS; kind++) {
                struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
                rv_map(&rv, PAGE, 1, PPN(FRAME) | V | rows[i].bits | A | D | (user ? U : 0));
                assert_int_equal(cause_of(&rv, access_of(kind, user ? KMS_AS_USER : KMS_AS_SUPERVISOR)),
                                 rows[i].allowed[kind] ? 0 : causes[kind]);
                rv_free(&rv);
            }
}

static void users_reach_only_user_pages(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X | A | D);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_USER)), KMS_CAUSE_LOAD_PAGE);
    assert_int_equal(cause_of(&rv, access_of(STORE, KMS_AS_USER)), KMS_CAUSE_STORE_PAGE);
    assert_int_equal(cause_of(&rv, access_of(FETCH_, KMS_AS_USER)), KMS_CAUSE_FETCH_PAGE);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_SUPERVISOR)), 0);
    rv_free(&rv);
}

static void sum_lets_the_supervisor_load_and_store_on_user_pages_never_fetch(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X | U | A | D);
    for (unsigned sum = 0; sum < 2; sum++) {
        rv_set(&rv, KMS_RISCV_SUM, sum);
        assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_CURRENT)), sum ? 0 : KMS_CAUSE_LOAD_PAGE);
        assert_int_equal(cause_of(&rv, access_of(STORE, KMS_AS_CURRENT)), sum ? 0 : KMS_CAUSE_STORE_PAGE);
        assert_int_equal(cause_of(&rv, access_of(FETCH_, KMS_AS_CURRENT)), KMS_CAUSE_FETCH_PAGE);
        assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_IMPLICIT)), sum ? 0 : KMS_CAUSE_LOAD_PAGE);
        assert_int_equal(cause_of(&rv, access_of(FETCH_, KMS_AS_USER)), 0);
    }
    rv_free(&rv);
}

static void mxr_makes_executable_pages_readable(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | V | X | U | A | D);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_USER)), KMS_CAUSE_LOAD_PAGE);
    rv_set(&rv, KMS_RISCV_MXR, 1);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_USER)), 0);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_SUPERVISOR)), KMS_CAUSE_LOAD_PAGE);
    rv_set(&rv, KMS_RISCV_SUM, 1);
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_SUPERVISOR)), 0);
    assert_int_equal(cause_of(&rv, access_of(STORE, KMS_AS_USER)), KMS_CAUSE_STORE_PAGE);
    rv_free(&rv);
}

/* "AMOs never raise load page-fault exceptions." */
static void an_amo_faults_as_a_store(void **state)
{
    (void)state;
    static const uint64_t bits[] = {0, R, X, R | X};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
        rv_map(&rv, PAGE, 1, PPN(FRAME) | V | bits[i] | A);
        assert_rv_fault(&rv, AMO(PAGE), KMS_CAUSE_STORE_PAGE);
        rv_free(&rv);
    }
}

static void in_m_mode_addresses_are_physical(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_set(&rv, KMS_RISCV_PRIV, KMS_RISCV_M);
    assert_int_equal(kms_cpu_mode(rv.cpu), KMS_PAGING_NONE);
    assert_rv_done(&rv, READ(FRAME), FRAME);
    assert_rv_done(&rv, FETCH(FRAME), FRAME);
    /* The tables are still there for whoever asks with another privilege, or looks. */
    assert_int_equal(cause_of(&rv, access_of(LOAD, KMS_AS_SUPERVISOR)), KMS_CAUSE_LOAD_PAGE);
    assert_int_equal(rv_inspect(&rv, PAGE).mode, KMS_PAGING_SV39);
    rv_free(&rv);
}

static void mprv_lends_loads_and_stores_the_privilege_in_mpp(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X | U | A | D);
    rv_set(&rv, KMS_RISCV_PRIV, KMS_RISCV_M);
    rv_set(&rv, KMS_RISCV_MPRV, 1);
    rv_set(&rv, KMS_RISCV_MPP, KMS_RISCV_U);
    assert_int_equal(kms_cpu_mode(rv.cpu), KMS_PAGING_SV39);
    assert_rv_done(&rv, READ(PAGE), FRAME);
    assert_rv_done(&rv, AMO(PAGE), FRAME);
    assert_rv_done(&rv, FETCH(PAGE), PAGE);
    rv_set(&rv, KMS_RISCV_MPP, KMS_RISCV_S);
    assert_rv_fault(&rv, WRITE(PAGE), KMS_CAUSE_STORE_PAGE);
    rv_set(&rv, KMS_RISCV_SUM, 1);
    assert_rv_done(&rv, WRITE(PAGE), FRAME);
    rv_set(&rv, KMS_RISCV_MPP, KMS_RISCV_M);
    assert_rv_done(&rv, WRITE(PAGE), PAGE);
    rv_free(&rv);
}

static void svadu_sets_a_and_d_in_memory(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39, KMS_PAGING_SV48,
                                                 KMS_PAGING_SV57};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X);
        const uint64_t above = rv_entry(&rv, rv_inspect(&rv, PAGE).level[0].entry_addr);
        assert_rv_done(&rv, FETCH(PAGE), FRAME);
        assert_int_equal(rv_entry(&rv, entry), PPN(FRAME) | V | R | W | X | A);
        assert_rv_done(&rv, AMO(PAGE), FRAME);
        assert_int_equal(rv_entry(&rv, entry), PPN(FRAME) | V | R | W | X | A | D);
        assert_int_equal(rv_entry(&rv, rv_inspect(&rv, PAGE).level[0].entry_addr), above);
        rv_free(&rv);
    }
}

static void a_fault_sets_neither_a_nor_d(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R);
    assert_rv_fault(&rv, WRITE(PAGE), KMS_CAUSE_STORE_PAGE);
    assert_int_equal(rv_entry(&rv, entry), PPN(FRAME) | V | R);
    rv_free(&rv);
}

static void svade_faults_where_a_or_d_is_clear(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        uint32_t load, store, fetch;
    } rows[] = {{0, KMS_CAUSE_LOAD_PAGE, KMS_CAUSE_STORE_PAGE, KMS_CAUSE_FETCH_PAGE},
                {D, KMS_CAUSE_LOAD_PAGE, KMS_CAUSE_STORE_PAGE, KMS_CAUSE_FETCH_PAGE},
                {A, 0, KMS_CAUSE_STORE_PAGE, 0},
                {A | D, 0, 0, 0}};
    for (unsigned model = 0; model < 2; model++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            /* ADUE cleared, or a model that has no such bit */
            struct rv rv =
                rv_new(KMS_PAGING_SV39,
                       &(struct kms_options){.features = model ? KMS_RISCV_MODEL_SV39 : KMS_RISCV_MODEL_MAX});
            kms_riscv_write(rv.cpu, KMS_RISCV_ADUE, model);
            assert_int_equal(kms_riscv_read(rv.cpu, KMS_RISCV_ADUE), 0);
            const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X | rows[i].bits);
            assert_int_equal(cause_of(&rv, READ(PAGE)), rows[i].load);
            assert_int_equal(cause_of(&rv, WRITE(PAGE)), rows[i].store);
            assert_int_equal(cause_of(&rv, FETCH(PAGE)), rows[i].fetch);
            assert_int_equal(rv_entry(&rv, entry), PPN(FRAME) | V | R | W | X | rows[i].bits);
            rv_free(&rv);
        }
}

/* "If a store to the PTE would violate a PMA or PMP check, raise an access-fault exception..." */
static void tables_in_rom_give_an_access_fault_when_a_or_d_must_be_set(void **state)
{
    (void)state;
    static uint64_t rom[512];
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    assert_int_equal(kms_ram_add_rom(rv.ram, 0x1000, rom, sizeof rom), KMS_OK);
    rv_map(&rv, 0, 2, PPN(0x1000) | V);
    rom[PAGE >> 12] = PPN(FRAME) | V | R | W | X;
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_ACCESS);
    assert_rv_fault(&rv, AMO(PAGE), KMS_CAUSE_STORE_ACCESS);
    assert_rv_fault(&rv, FETCH(PAGE), KMS_CAUSE_FETCH_ACCESS);
    rom[PAGE >> 12] |= A;
    assert_rv_done(&rv, READ(PAGE), FRAME);
    assert_rv_fault(&rv, WRITE(PAGE), KMS_CAUSE_STORE_ACCESS);
    rv_set(&rv, KMS_RISCV_ADUE, 0);
    assert_rv_fault(&rv, WRITE(PAGE), KMS_CAUSE_STORE_PAGE);
    rv_free(&rv);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("R, W and X allow loads, stores and fetches", r_w_and_x_allow_loads_stores_and_fetches),
    KMS_TEST("users reach only user pages", users_reach_only_user_pages),
    KMS_TEST("SUM lets the supervisor load and store on user pages, never fetch",
             sum_lets_the_supervisor_load_and_store_on_user_pages_never_fetch),
    KMS_TEST("MXR makes executable pages readable", mxr_makes_executable_pages_readable),
    KMS_TEST("an AMO faults as a store", an_amo_faults_as_a_store),
    KMS_TEST("in M-mode addresses are physical", in_m_mode_addresses_are_physical),
    KMS_TEST("MPRV lends loads and stores the privilege in MPP",
             mprv_lends_loads_and_stores_the_privilege_in_mpp),
    KMS_TEST("Svadu sets A and D in memory, in the last entry alone", svadu_sets_a_and_d_in_memory),
    KMS_TEST("a fault sets neither A nor D", a_fault_sets_neither_a_nor_d),
    KMS_TEST("Svade faults where A or D is clear", svade_faults_where_a_or_d_is_clear),
    KMS_TEST("tables in ROM give an access fault when A or D must be set",
             tables_in_rom_give_an_access_fault_when_a_or_d_must_be_set),
};
KMS_TESTS(riscv_rights, tests)
