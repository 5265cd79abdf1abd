/* RISC-V walks: each scheme and page size by hand, every kind of reserved encoding, and who asks memory for what. */
#include "riscv_rig.h"

#define FRAME (RV_BASE + 0x200000)

static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39, KMS_PAGING_SV48,
                                             KMS_PAGING_SV57};
#define MODES (sizeof modes / sizeof modes[0])

static void bits_stand_where_the_manual_puts_them(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        unsigned shift, width;
    } pins[] = {
        {KMS_RISCV_PTE_V, 0, 1},     {KMS_RISCV_PTE_R, 1, 1},           {KMS_RISCV_PTE_W, 2, 1},
        {KMS_RISCV_PTE_X, 3, 1},     {KMS_RISCV_PTE_U, 4, 1},           {KMS_RISCV_PTE_G, 5, 1},
        {KMS_RISCV_PTE_A, 6, 1},     {KMS_RISCV_PTE_D, 7, 1},           {KMS_RISCV_PTE_RSW, 8, 2},
        {KMS_RISCV_PTE_PBMT, 61, 2}, {KMS_RISCV_PTE_NAPOT_BITS, 10, 4}, {KMS_RISCV_PTE_N, 63, 1},
        {KMS_SATP32_MODE, 31, 1},    {KMS_SATP32_PPN, 0, 22},           {KMS_SATP64_PPN, 0, 44},
    };
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        assert_int_equal(pins[i].bits, ((UINT64_C(1) << pins[i].width) - 1) << pins[i].shift);
    assert_int_equal(KMS_RISCV_PTE_PBMT_NC, UINT64_C(1) << 61);
    assert_int_equal(KMS_RISCV_PTE_PBMT_IO, UINT64_C(1) << 62);
    assert_int_equal(KMS_RISCV_PTE_NAPOT_64K, 0x2000);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_SV32, 0x1ff, 0x3fffff000), 0xffffffff);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_SV32, 5, 0x80001000), 0x80000000 | 5u << 22 | 0x80001);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_SV39, 5, 0x80001000), 0x8000500000080001);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_SV48, 0xffff, 0x80001000), 0x9ffff00000080001);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_SV57, 0, 0x80001000), 0xa000000000080001);
    assert_int_equal(kms_riscv_satp(KMS_PAGING_NONE, 5, 0x80001000), 0);
}

static void a_page_of_sv32_level_by_level(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    rv_map(&rv, 0x00c03000, 1, PPN(FRAME) | V | R | W | A);
    assert_rv_done(&rv, READ(0x00c03abc), FRAME + 0xabc);
    const struct kms_walk walk = rv_inspect(&rv, 0x00c03abc);
    assert_int_equal(walk.verdict, KMS_MAPPED);
    assert_int_equal(walk.mode, KMS_PAGING_SV32);
    assert_int_equal(walk.depth, 2);
    assert_int_equal(walk.page_shift, 12);
    assert_int_equal(walk.level[0].level, 2);
    assert_int_equal(walk.level[0].index, 3);
    assert_int_equal(walk.level[0].entry_addr, RV_ROOT + 3 * 4);
    assert_int_equal(walk.level[0].verdict, KMS_TABLE);
    assert_int_equal(walk.level[0].flags, KMS_ENTRY_PRESENT);
    assert_int_equal(walk.level[0].rights,
                     KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_USER | KMS_RIGHT_EXEC);
    assert_int_equal(walk.level[1].level, 1);
    assert_int_equal(walk.level[1].index, 3);
    assert_int_equal(walk.level[1].entry_addr, RV_ROOT + 0x1000 + 3 * 4);
    assert_int_equal(walk.level[1].flags,
                     KMS_ENTRY_PRESENT | KMS_ENTRY_READ | KMS_ENTRY_WRITE | KMS_ENTRY_ACCESSED);
    assert_int_equal(walk.rights, KMS_RIGHT_READ | KMS_RIGHT_WRITE);
    assert_false(walk.global);
    rv_free(&rv);
}

static void sv32_reaches_34_bits_of_physical_address(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    rv_map(&rv, 0x1000, 1, 0xfffffc00 | V | R | A);
    assert_int_equal(rv_inspect(&rv, 0x1234).phys, 0x3fffff234);
    rv_free(&rv);
}

static void wide_schemes_reach_56_bits_of_physical_address(void **state)
{
    (void)state;
    for (size_t i = 1; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        rv_map(&rv, 0x1000, 1, UINT64_C(0x003ffffffffffc00) | V | R | A);
        assert_int_equal(rv_inspect(&rv, 0x1234).phys, 0xfffffffffff234);
        rv_free(&rv);
    }
}

static void every_level_may_map_a_page(void **state)
{
    (void)state;
    static const struct {
        unsigned mode, level, shift;
    } rows[] = {{0, 1, 12}, {0, 2, 22}, {1, 1, 12}, {1, 2, 21}, {1, 3, 30}, {2, 1, 12}, {2, 2, 21},
                {2, 3, 30}, {2, 4, 39}, {3, 1, 12}, {3, 2, 21}, {3, 3, 30}, {3, 4, 39}, {3, 5, 48}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rv rv = rv_new(modes[rows[i].mode], NULL);
        const uint64_t size = UINT64_C(1) << rows[i].shift;
        const kms_phys frame = rows[i].shift > 31 ? 0 : rows[i].shift == 12 ? FRAME : RV_BASE;
        rv_map(&rv, size, rows[i].level, PPN(frame) | V | R | W | X | A | D);
        assert_rv_done(&rv, READ(size + 0x345), frame + 0x345);
        assert_rv_done(&rv, WRITE(2 * size - 1), frame + size - 1);
        const struct kms_walk walk = rv_inspect(&rv, size);
        assert_int_equal(walk.page_shift, rows[i].shift);
        assert_int_equal(walk.level[walk.depth - 1].flags & KMS_ENTRY_LARGE,
                         rows[i].level > 1 ? KMS_ENTRY_LARGE : 0);
        rv_free(&rv);
    }
}

static void a_super_page_must_be_aligned(void **state)
{
    (void)state;
    static const struct {
        unsigned mode, level;
        uint64_t lowest, highest; /* PPN bits below the page's size */
    } rows[] = {{0, 2, 1, 1u << 9},
                {1, 2, 1, 1u << 8},
                {1, 3, 1, 1u << 17},
                {2, 4, 1, 1u << 26},
                {3, 5, 1, UINT64_C(1) << 35}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned high = 0; high < 2; high++) {
            struct rv rv = rv_new(modes[rows[i].mode], NULL);
            rv_map(&rv, 0, rows[i].level,
                   (high ? rows[i].highest : rows[i].lowest) << 10 | V | R | W | X | A | D);
            assert_int_equal(rv_inspect(&rv, 0).verdict, KMS_MISALIGNED_PAGE);
            assert_rv_fault(&rv, READ(0x10), KMS_CAUSE_LOAD_PAGE);
            assert_rv_fault(&rv, AMO(0x10), KMS_CAUSE_STORE_PAGE);
            assert_rv_fault(&rv, FETCH(0x10), KMS_CAUSE_FETCH_PAGE);
            rv_free(&rv);
        }
}

static void addresses_must_repeat_their_highest_bit(void **state)
{
    (void)state;
    static const unsigned bits[] = {32, 39, 48, 57};
    for (size_t i = 1; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        const kms_linear half = UINT64_C(1) << (bits[i] - 1);
        assert_int_equal(rv_inspect(&rv, half - 1).verdict, KMS_NOT_PRESENT);
        assert_int_equal(rv_inspect(&rv, half).verdict, KMS_NONCANONICAL);
        assert_int_equal(rv_inspect(&rv, half).depth, 0);
        assert_int_equal(rv_inspect(&rv, (kms_linear)-half - 1).verdict, KMS_NONCANONICAL);
        assert_int_equal(rv_inspect(&rv, (kms_linear)-half).verdict, KMS_NOT_PRESENT);
        assert_rv_fault(&rv, READ(half), KMS_CAUSE_LOAD_PAGE);
        assert_rv_fault(&rv, WRITE(half), KMS_CAUSE_STORE_PAGE);
        assert_rv_fault(&rv, FETCH(half), KMS_CAUSE_FETCH_PAGE);
        rv_free(&rv);
    }
}

static void addresses_of_rv32_are_cut_to_32_bits(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    rv_map(&rv, 0x80000000, 1, PPN(FRAME) | V | R | A);
    assert_rv_done(&rv, READ(0xffffffff80000004), FRAME + 4);
    rv_free(&rv);
}

static uint64_t reserved_of(struct rv *rv, unsigned level, uint64_t entry)
{
    const kms_linear linear = level == 1 ? 0 : 0x80000000;
    rv_map(rv, linear, level, entry);
    const struct kms_walk walk = rv_inspect(rv, linear);
    assert_int_equal(walk.verdict, walk.level[walk.depth - 1].verdict);
    if (walk.verdict != KMS_RESERVED)
        return 0;
    assert_rv_fault(rv, READ(linear), KMS_CAUSE_LOAD_PAGE);
    return walk.level[walk.depth - 1].reserved;
}

static void writable_pages_must_be_readable(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        assert_int_equal(reserved_of(&rv, 1, PPN(FRAME) | V | W | A | D), W);
        assert_int_equal(reserved_of(&rv, 1, PPN(FRAME) | V | W | X | A | D), W);
        assert_int_equal(reserved_of(&rv, 1, PPN(FRAME) | V | R | W | A | D), 0);
        assert_int_equal(reserved_of(&rv, 1, PPN(FRAME) | V | X | A), 0);
        rv_free(&rv);
    }
}

static void entries_that_point_to_tables_have_no_a_d_or_u(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | V | A), A);
        assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | V | D), D);
        assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | V | U), U);
        assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | V | G | KMS_RISCV_PTE_RSW), 0);
        rv_free(&rv);
    }
}

static void high_bits_of_wide_entries_are_reserved(void **state)
{
    (void)state;
    for (size_t i = 1; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], &(struct kms_options){.features = KMS_RISCV_SV39 | KMS_RISCV_SV48 |
                                                                          KMS_RISCV_SV57 | KMS_RISCV_SVADU});
        for (unsigned bit = 54; bit < 64; bit++) {
            assert_int_equal(reserved_of(&rv, 1, UINT64_C(1) << bit | PPN(FRAME) | V | R | A), UINT64_C(1)
                                                                                                   << bit);
            assert_int_equal(reserved_of(&rv, 2, UINT64_C(1) << bit | PPN(FRAME) | V), UINT64_C(1) << bit);
        }
        rv_free(&rv);
    }
}

static void memory_types_need_pbmte_and_type_3_is_reserved(void **state)
{
    (void)state;
    const uint64_t page = PPN(FRAME) | V | R | A;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    assert_int_equal(reserved_of(&rv, 1, page | KMS_RISCV_PTE_PBMT_NC), 0);
    assert_int_equal(reserved_of(&rv, 1, page | KMS_RISCV_PTE_PBMT_IO), 0);
    assert_int_equal(reserved_of(&rv, 1, page | KMS_RISCV_PTE_PBMT), KMS_RISCV_PTE_PBMT);
    assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | V | KMS_RISCV_PTE_PBMT_NC), KMS_RISCV_PTE_PBMT_NC);
    rv_set(&rv, KMS_RISCV_PBMTE, 0);
    assert_int_equal(reserved_of(&rv, 1, page | KMS_RISCV_PTE_PBMT_NC), KMS_RISCV_PTE_PBMT_NC);
    assert_int_equal(reserved_of(&rv, 1, page | KMS_RISCV_PTE_PBMT), KMS_RISCV_PTE_PBMT);
    rv_free(&rv);
}

/* 16 entries alike, each with N and a PPN that ends in 1000. */
static void napot_pages_are_64_kib(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const uint64_t entry = PPN(FRAME) | N | 0x2000 | V | R | W | A | D;
    for (unsigned i = 0; i < 16; i++)
        rv_map(&rv, 0x40000 + 0x1000 * i, 1, entry);
    for (unsigned i = 0; i < 16; i++)
        assert_rv_done(&rv, READ(0x40000 + 0x1000 * i + 5), FRAME + 0x1000 * i + 5);
    assert_int_equal(rv_inspect(&rv, 0x43000).page_shift, 16);
    assert_int_equal(rv_inspect(&rv, 0x43000).level[2].flags & KMS_ENTRY_NAPOT, KMS_ENTRY_NAPOT);
    for (unsigned bits = 0; bits < 16; bits++)
        assert_int_equal(reserved_of(&rv, 1, PPN(FRAME) | N | (uint64_t)bits << 10 | V | R | A),
                         bits == 8 ? 0 : N);
    assert_int_equal(reserved_of(&rv, 2, PPN(RV_BASE) | N | 0x2000 | V | R | A), N);
    assert_int_equal(reserved_of(&rv, 2, PPN(FRAME) | N | V), N);
    rv_free(&rv);
}

static void the_last_level_points_to_no_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        rv_map(&rv, 0, 1, PPN(FRAME) | V);
        assert_int_equal(rv_inspect(&rv, 0).verdict, KMS_TOO_DEEP);
        assert_rv_fault(&rv, FETCH(0), KMS_CAUSE_FETCH_PAGE);
        rv_free(&rv);
    }
}

static void a_clear_v_leaves_the_rest_to_software(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, 0, 1, UINT64_MAX & ~V);
    assert_int_equal(rv_inspect(&rv, 0).verdict, KMS_NOT_PRESENT);
    rv_free(&rv);
}

/* "...the global setting implies that all mappings in the subsequent levels of the page table are global." */
static void global_entries_make_all_below_global(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys leaf = rv_map(&rv, 0, 1, PPN(FRAME) | V | R | A);
    assert_false(rv_inspect(&rv, 0).global);
    rv_set_entry(&rv, RV_ROOT, rv_entry(&rv, RV_ROOT) | G);
    assert_true(rv_inspect(&rv, 0).global);
    rv_set_entry(&rv, RV_ROOT, rv_entry(&rv, RV_ROOT) & ~G);
    rv_set_entry(&rv, leaf, PPN(FRAME) | V | R | A | G);
    assert_true(rv_inspect(&rv, 0).global);
    rv_free(&rv);
}

static void tables_where_nothing_answers_are_access_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        rv_map(&rv, 0, 2, PPN(0x1000) | V);
        assert_int_equal(rv_inspect(&rv, 0).verdict, KMS_NO_TABLE);
        assert_rv_fault(&rv, FETCH(0), KMS_CAUSE_FETCH_ACCESS);
        assert_rv_fault(&rv, READ(0), KMS_CAUSE_LOAD_ACCESS);
        assert_rv_fault(&rv, WRITE(0), KMS_CAUSE_STORE_ACCESS);
        assert_rv_fault(&rv, AMO(0), KMS_CAUSE_STORE_ACCESS);
        rv_free(&rv);
    }
}

static void bare_addresses_are_physical(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_set(&rv, KMS_RISCV_SATP, 0);
    assert_rv_done(&rv, WRITE(FRAME + 5), FRAME + 5);
    assert_rv_done(&rv, FETCH(UINT64_C(1) << 40), UINT64_C(1) << 40);
    assert_int_equal(rv_inspect(&rv, FRAME).depth, 0);
    assert_int_equal(rv_inspect(&rv, FRAME).verdict, KMS_MAPPED);
    rv_free(&rv);
}

/* No machine: registers, memory and an address in, values out. */
static void the_walk_and_the_decision_are_pure(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, 0x5000, 1, PPN(FRAME) | V | R | W);
    struct kms_riscv_state registers = kms_riscv_get_state(rv.cpu);
    const struct kms_access write = WRITE(0x5008);
    struct kms_walk walk;
    struct kms_fault fault;
    kms_riscv_walk(&registers, rv.ram, 0x5008, &walk);
    assert_int_equal(walk.verdict, KMS_MAPPED);
    assert_int_equal(walk.phys, FRAME + 8);
    assert_int_equal(kms_riscv_decide(&registers, &walk, &write, NULL), KMS_DONE);
    assert_int_equal(rv_entry(&rv, walk.level[2].entry_addr), PPN(FRAME) | V | R | W);
    registers.adue = false;
    assert_int_equal(kms_riscv_decide(&registers, &walk, &write, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_STORE_PAGE);
    assert_int_equal(fault.address, 0x5008);
    registers.priv = KMS_RISCV_M;
    assert_false(kms_riscv_is_translated(&registers, &write));
    assert_int_equal(kms_riscv_decide(&registers, &walk, &write, &fault), KMS_DONE);
    registers.priv = KMS_RISCV_U;
    assert_true(kms_riscv_is_translated(&registers, &write));
    registers.satp = 0;
    assert_false(kms_riscv_is_translated(&registers, &write));
    kms_riscv_walk(&registers, rv.ram, 0x5008, &walk);
    assert_int_equal(walk.phys, 0x5008);
    assert_int_equal(kms_riscv_decide(&registers, &walk, &write, &fault), KMS_DONE);
    rv_free(&rv);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("bits stand where the manual puts them", bits_stand_where_the_manual_puts_them),
    KMS_TEST("a page of Sv32, level by level", a_page_of_sv32_level_by_level),
    KMS_TEST("Sv32 reaches 34 bits of physical address", sv32_reaches_34_bits_of_physical_address),
    KMS_TEST("wide schemes reach 56 bits of physical address",
             wide_schemes_reach_56_bits_of_physical_address),
    KMS_TEST("every level may map a page", every_level_may_map_a_page),
    KMS_TEST("a super page must be aligned", a_super_page_must_be_aligned),
    KMS_TEST("addresses must repeat their highest bit", addresses_must_repeat_their_highest_bit),
    KMS_TEST("addresses of RV32 are cut to 32 bits", addresses_of_rv32_are_cut_to_32_bits),
    KMS_TEST("writable pages must be readable", writable_pages_must_be_readable),
    KMS_TEST("entries that point to tables have no A, D or U", entries_that_point_to_tables_have_no_a_d_or_u),
    KMS_TEST("high bits of wide entries are reserved", high_bits_of_wide_entries_are_reserved),
    KMS_TEST("memory types need PBMTE, and type 3 is reserved",
             memory_types_need_pbmte_and_type_3_is_reserved),
    KMS_TEST("NAPOT pages are 64 KiB", napot_pages_are_64_kib),
    KMS_TEST("the last level points to no table", the_last_level_points_to_no_table),
    KMS_TEST("a clear V leaves the rest to software", a_clear_v_leaves_the_rest_to_software),
    KMS_TEST("global entries make all below global", global_entries_make_all_below_global),
    KMS_TEST("tables where nothing answers are access faults",
             tables_where_nothing_answers_are_access_faults),
    KMS_TEST("Bare addresses are physical", bare_addresses_are_physical),
    KMS_TEST("the walk and the decision are pure", the_walk_and_the_decision_are_pure),
};
KMS_TESTS(riscv_walk, tests)
