/* RISC-V: data through the MMU: page crossings, misaligned accesses under each policy, and memory that is not there. */
#include "riscv_rig.h"

#define FRAME    (RV_BASE + 0x200000)
#define PAGE     0x5000
#define NEXT     0x6000
#define CROSSING 0x5ffc /* eight bytes from here end on NEXT */
#define RW_PAGE  (V | R | W | A | D)

static void loads_and_stores_of_every_width(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39, KMS_PAGING_SV48,
                                                 KMS_PAGING_SV57};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        rv_map(&rv, PAGE, 1, PPN(FRAME) | RW_PAGE);
        uint8_t byte = 0;
        uint16_t half = 0;
        uint32_t word = 0;
        uint64_t dword = 0;
        for (unsigned round = 0; round < 3; round++) { /* by a walk, by the TLB, by the settled page */
            assert_int_equal(kms_store64(rv.cpu, PAGE + 8, UINT64_C(0x8877665544332211) + round, NULL),
                             KMS_DONE);
            assert_int_equal(kms_load8(rv.cpu, PAGE + 9, &byte, NULL), KMS_DONE);
            assert_int_equal(kms_load16(rv.cpu, PAGE + 10, &half, NULL), KMS_DONE);
            assert_int_equal(kms_load32(rv.cpu, PAGE + 8, &word, NULL), KMS_DONE);
            assert_int_equal(kms_load64(rv.cpu, PAGE + 8, &dword, NULL), KMS_DONE);
            assert_int_equal(byte, 0x22);
            assert_int_equal(half, 0x4433);
            assert_int_equal(word, 0x44332211 + round);
            assert_int_equal(dword, 0x8877665544332211 + round);
        }
        struct kms_cursor cursor = kms_cursor_new(rv.cpu);
        assert_int_equal(kms_cursor_load32(&cursor, PAGE + 12, &word, NULL), KMS_DONE);
        assert_int_equal(word, 0x88776655);
        rv_free(&rv);
    }
}

static void a_crossing_access_faults_at_the_part_that_faults(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | RW_PAGE);
    const kms_phys second = rv_map(&rv, NEXT, 1, 0);
    struct kms_fault fault;
    uint64_t value = 1;
    assert_int_equal(kms_store64(rv.cpu, CROSSING, 0x1122334455667788, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_STORE_PAGE);
    assert_int_equal(fault.address, NEXT);
    assert_int_equal(kms_riscv_read(rv.cpu, KMS_RISCV_STVAL), NEXT);
    assert_int_equal(rv_peek(&rv, FRAME + 0xffc, 4), 0);
    rv_set_entry(&rv, second, PPN(FRAME + 0x5000) | RW_PAGE);
    assert_int_equal(kms_store64(rv.cpu, CROSSING, 0x1122334455667788, &fault), KMS_DONE);
    assert_int_equal(rv_peek(&rv, FRAME + 0xffc, 4), 0x55667788);
    assert_int_equal(rv_peek(&rv, FRAME + 0x5000, 4), 0x11223344);
    assert_int_equal(kms_load64(rv.cpu, CROSSING, &value, &fault), KMS_DONE);
    assert_int_equal(value, 0x1122334455667788);
    rv_map(&rv, PAGE, 1, 0);
    kms_riscv_sfence_vma(rv.cpu, NULL, NULL);
    assert_int_equal(kms_load64(rv.cpu, CROSSING, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_LOAD_PAGE);
    assert_int_equal(fault.address, CROSSING);
    rv_free(&rv);
}

static void an_access_may_cross_from_the_last_address_to_the_first(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV32, NULL);
    rv_map(&rv, 0xfffff000, 1, PPN(FRAME) | RW_PAGE);
    rv_map(&rv, 0, 1, PPN(FRAME + 0x1000) | RW_PAGE);
    rv_poke(&rv, FRAME + 0xffe, 2, 0x2211);
    rv_poke(&rv, FRAME + 0x1000, 2, 0x4433);
    uint32_t value = 0;
    assert_int_equal(kms_load32(rv.cpu, 0xfffffffe, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x44332211);
    rv_free(&rv);
}

static void leaving_the_canonical_half_faults_at_its_end(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, 0x3ffffff000, 1, PPN(FRAME) | RW_PAGE);
    struct kms_fault fault;
    uint32_t value;
    assert_int_equal(kms_load32(rv.cpu, 0x3ffffffffe, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_LOAD_PAGE);
    assert_int_equal(fault.address, 0x4000000000);
    rv_free(&rv);
}

static void memory_that_is_not_there_is_an_access_fault(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(0x20000000) | V | R | W | X | A | D);
    rv_map(&rv, NEXT, 1, UINT64_C(0x003ffffffffffc00) | RW_PAGE);
    struct kms_fault fault;
    uint32_t value;
    uint64_t old = 5;
    assert_rv_done(&rv, READ(PAGE), 0x20000000);
    assert_int_equal(kms_load32(rv.cpu, PAGE + 4, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_LOAD_ACCESS);
    assert_int_equal(fault.address, PAGE + 4);
    assert_int_equal(kms_riscv_read(rv.cpu, KMS_RISCV_SCAUSE), KMS_CAUSE_LOAD_ACCESS);
    assert_int_equal(kms_store32(rv.cpu, PAGE, 1, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_STORE_ACCESS);
    assert_int_equal(kms_exchange(rv.cpu, PAGE, 4, &old, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_STORE_ACCESS);
    assert_int_equal(kms_fetch(rv.cpu, PAGE, &value, 4, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_FETCH_ACCESS);
    assert_int_equal(kms_load32(rv.cpu, NEXT, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_LOAD_ACCESS);
    rv_set(&rv, KMS_RISCV_PRIV, KMS_RISCV_M);
    assert_int_equal(kms_load32(rv.cpu, 0, &value, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_LOAD_ACCESS);
    assert_int_equal(fault.address, 0);
    rv_free(&rv);
}

static void rom_may_be_read_and_a_store_is_an_access_fault(void **state)
{
    (void)state;
    static uint32_t rom[1024];
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rom[0] = 0x12345678;
    assert_int_equal(kms_ram_add_rom(rv.ram, 0x1000, rom, sizeof rom), KMS_OK);
    rv_map(&rv, PAGE, 1, PPN(0x1000) | RW_PAGE);
    struct kms_fault fault;
    uint32_t value;
    assert_int_equal(kms_load32(rv.cpu, PAGE, &value, &fault), KMS_DONE);
    assert_int_equal(value, 0x12345678);
    assert_int_equal(kms_store32(rv.cpu, PAGE, 1, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_CAUSE_STORE_ACCESS);
    assert_int_equal(rom[0], 0x12345678);
    rv_free(&rv);
}

/* By default hardware does them, also through a settled page. */
static void misaligned_accesses_are_done_by_default(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME) | RW_PAGE);
    uint32_t value = 0;
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(kms_store32(rv.cpu, PAGE + 1, 0x44332211, NULL), KMS_DONE);
        assert_int_equal(kms_load32(rv.cpu, PAGE + 1, &value, NULL), KMS_DONE);
        assert_int_equal(value, 0x44332211);
    }
    rv_free(&rv);
}

static uint32_t cause_of_load(struct rv *rv, kms_linear linear, size_t size)
{
    uint8_t bytes[8];
    struct kms_fault fault = {0};
    if (kms_read(rv->cpu, linear, bytes, size, &fault) == KMS_DONE)
        return 0;
    assert_int_equal(kms_riscv_read(rv->cpu, KMS_RISCV_STVAL), fault.address);
    return fault.vector;
}

static uint32_t cause_of_store(struct rv *rv, kms_linear linear, size_t size)
{
    static const uint8_t bytes[8];
    struct kms_fault fault = {0};
    return kms_write(rv->cpu, linear, bytes, size, &fault) == KMS_DONE ? 0 : fault.vector;
}

static void misaligned_accesses_fault_when_asked(void **state)
{
    (void)state;
    static const enum kms_misaligned_policy policies[] = {KMS_MISALIGNED_FIRST, KMS_MISALIGNED_LAST};
    for (size_t i = 0; i < 2; i++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.misaligned = policies[i]});
        rv_map(&rv, PAGE, 1, PPN(FRAME) | V | R | W | X | A | D);
        for (unsigned round = 0; round < 3; round++)
            for (size_t size = 1; size <= 8; size++)
                for (unsigned offset = 0; offset < 8; offset++) {
                    const bool whole = size == 2 || size == 4 || size == 8;
                    const bool faults = whole && offset % size != 0;
                    assert_int_equal(cause_of_load(&rv, PAGE + offset, size),
                                     faults ? KMS_CAUSE_LOAD_MISALIGNED : 0);
                    assert_int_equal(cause_of_store(&rv, PAGE + offset, size),
                                     faults ? KMS_CAUSE_STORE_MISALIGNED : 0);
                }
        uint16_t parcel;
        assert_int_equal(kms_fetch(rv.cpu, PAGE + 1, &parcel, 2, NULL), KMS_DONE);
        rv_free(&rv);
    }
}

static void either_order_of_misaligned_and_page_faults(void **state)
{
    (void)state;
    struct rv first = rv_new(KMS_PAGING_SV39, &(struct kms_options){.misaligned = KMS_MISALIGNED_FIRST});
    struct rv last = rv_new(KMS_PAGING_SV39, &(struct kms_options){.misaligned = KMS_MISALIGNED_LAST});
    assert_int_equal(cause_of_load(&first, PAGE + 1, 4), KMS_CAUSE_LOAD_MISALIGNED);
    assert_int_equal(cause_of_load(&last, PAGE + 1, 4), KMS_CAUSE_LOAD_PAGE);
    assert_int_equal(cause_of_store(&first, CROSSING + 1, 8), KMS_CAUSE_STORE_MISALIGNED);
    assert_int_equal(kms_riscv_read(first.cpu, KMS_RISCV_STVAL), CROSSING + 1);
    rv_free(&first);
    rv_free(&last);
}

/* "...the address must be naturally aligned...": whatever ordinary accesses may do. */
static void an_amo_must_be_aligned(void **state)
{
    (void)state;
    static const enum kms_misaligned_policy policies[] = {KMS_MISALIGNED_DONE, KMS_MISALIGNED_FIRST,
                                                          KMS_MISALIGNED_LAST};
    for (size_t i = 0; i < 3; i++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.misaligned = policies[i]});
        rv_map(&rv, PAGE, 1, PPN(FRAME) | RW_PAGE);
        struct kms_fault fault;
        uint64_t value = 7;
        assert_int_equal(kms_exchange(rv.cpu, PAGE + 2, 4, &value, &fault), KMS_FAULT);
        assert_int_equal(fault.vector, KMS_CAUSE_STORE_MISALIGNED);
        assert_int_equal(fault.address, PAGE + 2);
        assert_int_equal(kms_exchange(rv.cpu, NEXT + 2, 4, &value, &fault), KMS_FAULT);
        assert_int_equal(fault.vector, policies[i] == KMS_MISALIGNED_LAST ? KMS_CAUSE_STORE_PAGE
                                                                          : KMS_CAUSE_STORE_MISALIGNED);
        assert_int_equal(kms_exchange(rv.cpu, PAGE + 4, 4, &value, &fault), KMS_DONE);
        assert_int_equal(value, 0);
        assert_int_equal(rv_peek(&rv, FRAME + 4, 4), 7);
        rv_free(&rv);
    }
}

static void faults_in_words(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    char text[80];
    static const struct {
        struct kms_fault fault;
        const char *words;
    } rows[] = {
        {{1, 0, 0x1000}, "instruction access fault at 0x00001000 (cause 1)"},
        {{4, 0, 0x1001}, "load address misaligned at 0x00001001 (cause 4)"},
        {{5, 0, 0x1000}, "load access fault at 0x00001000 (cause 5)"},
        {{6, 0, 0x1000}, "store/AMO address misaligned at 0x00001000 (cause 6)"},
        {{7, 0, 0x1000}, "store/AMO access fault at 0x00001000 (cause 7)"},
        {{12, 0, 0xffffffc000000000}, "instruction page fault at 0xffffffc000000000 (cause 12)"},
        {{13, 0, 0x1000}, "load page fault at 0x00001000 (cause 13)"},
        {{15, 0, 0x1000}, "store/AMO page fault at 0x00001000 (cause 15)"},
        {{2, 0, 0}, "exception at 0x00000000 (cause 2)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kms_fault_words(rv.cpu, &rows[i].fault, text, sizeof text);
        assert_string_equal(text, rows[i].words);
    }
    rv_free(&rv);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("loads and stores of every width", loads_and_stores_of_every_width),
    KMS_TEST("a crossing access faults at the part that faults",
             a_crossing_access_faults_at_the_part_that_faults),
    KMS_TEST("an access may cross from the last address to the first",
             an_access_may_cross_from_the_last_address_to_the_first),
    KMS_TEST("leaving the canonical half faults at its end", leaving_the_canonical_half_faults_at_its_end),
    KMS_TEST("memory that is not there is an access fault", memory_that_is_not_there_is_an_access_fault),
    KMS_TEST("ROM may be read, and a store is an access fault",
             rom_may_be_read_and_a_store_is_an_access_fault),
    KMS_TEST("misaligned accesses are done by default", misaligned_accesses_are_done_by_default),
    KMS_TEST("misaligned accesses fault when asked", misaligned_accesses_fault_when_asked),
    KMS_TEST("either order of misaligned and page faults", either_order_of_misaligned_and_page_faults),
    KMS_TEST("an AMO must be aligned", an_amo_must_be_aligned),
    KMS_TEST("faults in words", faults_in_words),
};
KMS_TESTS(riscv_access, tests)
