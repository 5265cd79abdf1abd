/* Walks: each mode and page size by hand, what each level says, and that looking changes nothing. */
#include "rig.h"

#include <string.h>

static struct kms_walk inspect(struct rig *rig, kms_linear linear)
{
    struct kms_walk walk;
    kms_inspect(rig->cpu, linear, &walk);
    return walk;
}

static void without_paging_addresses_are_physical_and_32_bits_wide(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    assert_translates(&rig, WRITE(0x12345), 0x12345);
    assert_translates(&rig, READ(0xfffffffff0000010), 0xf0000010);
    assert_int_equal(inspect(&rig, 0x12345).depth, 0);
    rig_free(&rig);
}

static void a_4kib_page_of_32bit_paging(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x00c03000, 0x00200000 | P | RW);
    assert_translates(&rig, READ(0x00c03abc), 0x00200abc);
    const struct kms_walk walk = inspect(&rig, 0x00c03abc);
    assert_int_equal(walk.verdict, KMS_MAPPED);
    assert_int_equal(walk.depth, 2);
    assert_int_equal(walk.page_shift, 12);
    assert_int_equal(walk.level[0].level, 2);
    assert_int_equal(walk.level[0].index, 3);
    assert_int_equal(walk.level[0].entry_addr, RIG_TOP + 3 * 4);
    assert_int_equal(walk.level[0].verdict, KMS_TABLE);
    assert_int_equal(walk.level[0].rights,
                     KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_USER | KMS_RIGHT_EXEC);
    assert_int_equal(walk.level[1].index, 3);
    assert_int_equal(walk.level[1].entry_addr, rig_pte32(0x00c03000));
    assert_int_equal(walk.level[1].entry, 0x00200000 | P | RW | A);
    assert_int_equal(walk.level[1].flags, KMS_ENTRY_PRESENT | KMS_ENTRY_WRITE | KMS_ENTRY_ACCESSED);
    assert_int_equal(walk.rights, KMS_RIGHT_READ | KMS_RIGHT_WRITE | KMS_RIGHT_EXEC);
    rig_free(&rig);
}

static void a_4mib_page_needs_pse(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_poke(&rig, RIG_TOP + 1 * 4, 4, 0x00800000 | P | RW | PS);
    rig_enable(&rig, KMS_PAGING_32BIT);
    /* CR4.PSE = 0: PS is ignored, and the entry points to a table at 8 MiB, where this machine has no RAM. */
    assert_int_equal(inspect(&rig, 0x00400000).depth, 2);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PSE);
    assert_translates(&rig, READ(0x00765432), 0x00b65432);
    assert_int_equal(inspect(&rig, 0x00400000).page_shift, 22);
    rig_free(&rig);
}

static void pse36_takes_address_bits_39_to_32_from_bits_20_to_13(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.maxphyaddr = 40});
    rig_poke(&rig, RIG_TOP, 4, 0x00400000 | 0xa5u << 13 | P | PS);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PSE);
    assert_translates(&rig, READ(0x1234), 0xa500401234);
    rig_free(&rig);
}

/* M = min(40, MAXPHYADDR): bits 21 to M-19 are reserved. */
static void pse36_reserves_what_lies_above_maxphyaddr(void **state)
{
    (void)state;
    static const struct {
        uint8_t maxphyaddr;
        uint32_t features;
        unsigned lowest_reserved;
    } rows[] = {
        {32, KMS_X86_MODEL_MAX, 13},
        {36, KMS_X86_MODEL_MAX, 17},
        {40, KMS_X86_MODEL_MAX, 21},
        {52, KMS_X86_MODEL_MAX, 21},
        {36, KMS_X86_MODEL_PENTIUM | KMS_X86_PAT, 13},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig =
            rig_new(&(struct kms_options){.maxphyaddr = rows[i].maxphyaddr, .features = rows[i].features});
        rig_enable(&rig, KMS_PAGING_32BIT);
        rig_set(&rig, KMS_X86_CR4, KMS_CR4_PSE);
        for (unsigned bit = 13; bit <= 21; bit++) {
            rig_poke(&rig, RIG_TOP, 4, UINT64_C(1) << bit | P | PS);
            const bool reserved = bit >= rows[i].lowest_reserved;
            assert_int_equal(inspect(&rig, 0).verdict, reserved ? KMS_RESERVED : KMS_MAPPED);
        }
        rig_free(&rig);
    }
}

static void pae_walks_from_a_pdpte_register_through_two_tables(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_PAE);
    rig_poke(&rig, RIG_TABLE(2) + 5 * 8, 8, RIG_TABLE(5) | P | RW);
    rig_poke(&rig, RIG_TABLE(5) + 7 * 8, 8, 0x123000 | P | RW);
    const kms_linear linear = 1u << 30 | 5u << 21 | 7u << 12 | 0x18;
    assert_translates(&rig, WRITE(linear), 0x123018);
    const struct kms_walk walk = inspect(&rig, linear);
    assert_int_equal(walk.depth, 3);
    assert_true(walk.level[0].in_register);
    assert_int_equal(walk.level[0].index, 1);
    assert_int_equal(walk.level[1].entry_addr, RIG_TABLE(2) + 5 * 8);
    assert_int_equal(rig_peek(&rig, RIG_TOP + 8, 8), RIG_TABLE(2) | P); /* a PDPTE has no A bit */
    rig_free(&rig);
}

static void pae_uses_the_registers_and_not_what_memory_says_later(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_PAE);
    rig_poke(&rig, RIG_TABLE(1), 8, 0x200000 | P | PS);
    rig_poke(&rig, RIG_TOP, 8, 0);
    assert_translates(&rig, READ(0x10), 0x200010);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP);
    assert_page_fault(&rig, READ(0x10), 0);
    rig_free(&rig);
}

static void four_levels_with_4kib_2mib_and_1gib_pages(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    const kms_linear high = UINT64_C(0xffff800000000000);
    rig_map64(&rig, high, 0x55000 | P | RW);
    rig_poke(&rig, RIG_TABLE(2) + 8, 8, UINT64_C(0xfedcba600000) | P | PS);
    rig_poke(&rig, RIG_TABLE(1) + 8, 8, UINT64_C(0x8c0000000) | P | PS);
    assert_translates(&rig, READ(high | 0x123), 0x55123);
    assert_translates(&rig, READ(high | 0x2fffff), UINT64_C(0xfedcba6fffff));
    assert_translates(&rig, READ(high | 0x40000000 | 0x3fffffff), UINT64_C(0x8c0000000) | 0x3fffffff);
    assert_int_equal(inspect(&rig, high).depth, 4);
    assert_int_equal(inspect(&rig, high | 0x200000).page_shift, 21);
    assert_int_equal(inspect(&rig, high | 0x40000000).page_shift, 30);
    rig_free(&rig);
}

static void five_levels_begin_at_a_pml5(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_5LEVEL);
    const kms_linear linear = UINT64_C(3) << 48 | UINT64_C(9) << 39 | 0x77;
    rig_poke(&rig, RIG_TOP + 3 * 8, 8, RIG_TABLE(1) | P);
    rig_poke(&rig, RIG_TABLE(1) + 9 * 8, 8, RIG_TABLE(2) | P);
    rig_poke(&rig, RIG_TABLE(2), 8, RIG_TABLE(3) | P);
    rig_poke(&rig, RIG_TABLE(3), 8, RIG_TABLE(4) | P);
    rig_poke(&rig, RIG_TABLE(4), 8, 0x99000 | P);
    assert_translates(&rig, READ(linear), 0x99077);
    assert_int_equal(inspect(&rig, linear).level[0].level, 5);
    rig_free(&rig);
}

static void addresses_that_are_not_canonical_raise_gp(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    assert_gp(&rig, READ(UINT64_C(0x0000800000000000)));
    assert_gp(&rig, WRITE(UINT64_C(0xffff7fffffffffff)));
    assert_page_fault(&rig, READ(UINT64_C(0x00007fffffffffff)), 0);
    rig_free(&rig);
    rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_5LEVEL);
    assert_gp(&rig, READ(UINT64_C(0x0100000000000000)));
    assert_page_fault(&rig, READ(UINT64_C(0x0000800000000000)), 0);
    rig_free(&rig);
}

/* Reserved bits of 4-level entries, level by level: bits 51:M, bit 7 of a PML4E, low frame bits of large
 * pages. */
static void reserved_bits_fault_at_the_level_that_has_them(void **state)
{
    (void)state;
    static const struct {
        kms_phys entry_addr;
        uint64_t bit;
        unsigned level;
        bool large;
    } rows[] = {
        {RIG_TOP, UINT64_C(1) << 40, 4, false},
        {RIG_TOP, UINT64_C(1) << 51, 4, false},
        {RIG_TOP, PS, 4, false},
        {RIG_TABLE(1), UINT64_C(1) << 40, 3, false},
        {RIG_TABLE(1), UINT64_C(1) << 29, 3, true},
        {RIG_TABLE(1), UINT64_C(1) << 13, 3, true},
        {RIG_TABLE(2), UINT64_C(1) << 45, 2, false},
        {RIG_TABLE(2), UINT64_C(1) << 20, 2, true},
        {RIG_TABLE(2), UINT64_C(1) << 13, 2, true},
        {RIG_TABLE(3), UINT64_C(1) << 40, 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig = rig_new(&(struct kms_options){.maxphyaddr = 40});
        rig_enable(&rig, KMS_PAGING_4LEVEL);
        rig_map64(&rig, 0, 0x55000 | P | RW | US);
        rig_poke(&rig, rows[i].entry_addr, 8,
                 (rows[i].large ? P | PS : rig_peek(&rig, rows[i].entry_addr, 8)) | rows[i].bit);
        const struct kms_walk walk = inspect(&rig, 0);
        assert_int_equal(walk.verdict, KMS_RESERVED);
        assert_int_equal(walk.level[walk.depth - 1].level, rows[i].level);
        assert_int_equal(walk.level[walk.depth - 1].reserved, rows[i].bit);
        assert_page_fault(&rig, READ(0), KMS_PFERR_P | KMS_PFERR_RSVD);
        rig_free(&rig);
    }
}

static void bits_62_to_52_are_ignored_in_long_mode_and_reserved_in_pae(void **state)
{
    (void)state;
    for (unsigned bit = 52; bit <= 62; bit++) {
        struct rig rig = rig_new(NULL);
        rig_enable(&rig, KMS_PAGING_4LEVEL);
        rig_map64(&rig, 0, UINT64_C(1) << bit | 0x55000 | P);
        assert_translates(&rig, READ(0), 0x55000);
        rig_free(&rig);
        rig = rig_new(NULL);
        rig_enable(&rig, KMS_PAGING_PAE);
        rig_poke(&rig, RIG_TABLE(1), 8, UINT64_C(1) << bit | 0x200000 | P | PS);
        assert_page_fault(&rig, READ(0), KMS_PFERR_P | KMS_PFERR_RSVD);
        rig_free(&rig);
    }
}

static void bit_63_is_reserved_without_nxe(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_PAE);
    rig_poke(&rig, RIG_TABLE(1), 8, NX | 0x200000 | P | PS);
    assert_page_fault(&rig, READ(0), KMS_PFERR_P | KMS_PFERR_RSVD);
    rig_set(&rig, KMS_X86_EFER, KMS_EFER_NXE);
    assert_translates(&rig, READ(0), 0x200000);
    assert_page_fault(&rig, FETCH(0), KMS_PFERR_P | KMS_PFERR_ID);
    rig_free(&rig);
}

static void without_1gib_pages_ps_is_reserved_in_a_pdpte(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_MAX & ~KMS_X86_1GB});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_poke(&rig, RIG_TOP, 8, RIG_TABLE(1) | P);
    rig_poke(&rig, RIG_TABLE(1), 8, P | PS);
    assert_page_fault(&rig, READ(0), KMS_PFERR_P | KMS_PFERR_RSVD);
    rig_free(&rig);
}

static void without_pat_its_bit_is_reserved(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_PENTIUM});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0, 0x55000 | KMS_PTE_PAT | P);
    assert_page_fault(&rig, READ(0), KMS_PFERR_P | KMS_PFERR_RSVD);
    rig_free(&rig);
    rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_MAX & ~KMS_X86_PAT});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_poke(&rig, RIG_TOP, 8, RIG_TABLE(1) | P);
    rig_poke(&rig, RIG_TABLE(1), 8, P | PS);
    assert_translates(&rig, READ(0x123), 0x123);
    rig_poke(&rig, RIG_TABLE(1), 8, P | PS | KMS_PDE_PAT);
    kms_x86_write(rig.cpu, KMS_X86_CR3, RIG_TOP, NULL);
    assert_page_fault(&rig, READ(0x123), KMS_PFERR_P | KMS_PFERR_RSVD);
    rig_free(&rig);
}

static void a_table_where_no_memory_answers_reads_as_all_ones(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_poke(&rig, RIG_TOP, 4, 0x80000000 | P | RW);
    const struct kms_walk walk = inspect(&rig, 0);
    assert_int_equal(walk.level[1].entry, 0xffffffff);
    assert_int_equal(walk.verdict, KMS_MAPPED);
    rig_free(&rig);
}

static void a_table_where_no_memory_answers_is_reported_when_asked(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.ram.unbacked = KMS_REPORT});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_poke(&rig, RIG_TOP, 4, 0x80000000 | P | RW);
    struct kms_translation translation;
    assert_int_equal(inspect(&rig, 0).verdict, KMS_NO_TABLE);
    assert_int_equal(kms_translate(rig.cpu, &READ(0), &translation, NULL), KMS_UNBACKED);
    assert_int_equal(rig_peek(&rig, RIG_TOP, 4), 0x80000000 | P | RW);
    rig_free(&rig);
}

static void a_walk_that_stops_names_the_level_and_its_span(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.maxphyaddr = 40});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_map64(&rig, 0, UINT64_C(1) << 51); /* ignored, as all bits are while P is 0 */
    struct kms_walk walk = inspect(&rig, 0);
    assert_int_equal(walk.verdict, KMS_NOT_PRESENT);
    assert_int_equal(walk.depth, 4);
    assert_int_equal(walk.level[3].reserved, 0);
    assert_int_equal(walk.page_shift, 12);
    walk = inspect(&rig, UINT64_C(1) << 39);
    assert_int_equal(walk.depth, 1);
    assert_int_equal(walk.page_shift, 39);
    rig_free(&rig);
}

static void looking_changes_nothing(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW | US);
    rig_poke(&rig, 0x55010, 4, 0x12345678);
    struct kms_translation translation;
    struct kms_fault fault;
    uint32_t value = 0;
    assert_int_equal(kms_probe(rig.cpu, &WRITE(0x1010), &translation, &fault), KMS_DONE);
    assert_int_equal(translation.phys, 0x55010);
    assert_int_equal(kms_probe(rig.cpu, &READ(0x5000), &translation, &fault), KMS_FAULT);
    assert_int_equal(fault.address, 0x5000);
    assert_int_equal(kms_peek(rig.cpu, 0x1010, &value, 4), 4);
    assert_int_equal(value, 0x12345678);
    assert_int_equal(kms_peek(rig.cpu, 0x1ffe, &value, 4), 2);
    assert_int_equal(rig_peek(&rig, rig_pte32(0x1000), 4), 0x55000 | P | RW | US);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR2), 0);
    assert_int_equal(kms_tlb_list(rig.cpu, NULL, 0), 0);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("without paging addresses are physical and 32 bits wide",
             without_paging_addresses_are_physical_and_32_bits_wide),
    KMS_TEST("a 4 KiB page of 32-bit paging, level by level", a_4kib_page_of_32bit_paging),
    KMS_TEST("a 4 MiB page needs PSE", a_4mib_page_needs_pse),
    KMS_TEST("PSE-36 takes address bits 39 to 32 from bits 20 to 13",
             pse36_takes_address_bits_39_to_32_from_bits_20_to_13),
    KMS_TEST("PSE-36 reserves what lies above MAXPHYADDR", pse36_reserves_what_lies_above_maxphyaddr),
    KMS_TEST("PAE walks from a PDPTE register through two tables",
             pae_walks_from_a_pdpte_register_through_two_tables),
    KMS_TEST("PAE uses the registers and not what memory says later",
             pae_uses_the_registers_and_not_what_memory_says_later),
    KMS_TEST("four levels with 4 KiB, 2 MiB and 1 GiB pages", four_levels_with_4kib_2mib_and_1gib_pages),
    KMS_TEST("five levels begin at a PML5", five_levels_begin_at_a_pml5),
    KMS_TEST("addresses that are not canonical raise #GP and leave CR2",
             addresses_that_are_not_canonical_raise_gp),
    KMS_TEST("reserved bits fault at the level that has them",
             reserved_bits_fault_at_the_level_that_has_them),
    KMS_TEST("bits 62 to 52 are ignored in long mode and reserved in PAE",
             bits_62_to_52_are_ignored_in_long_mode_and_reserved_in_pae),
    KMS_TEST("bit 63 is reserved without NXE and forbids fetches with it", bit_63_is_reserved_without_nxe),
    KMS_TEST("without 1 GiB pages PS is reserved in a PDPTE", without_1gib_pages_ps_is_reserved_in_a_pdpte),
    KMS_TEST("without PAT its bit is reserved", without_pat_its_bit_is_reserved),
    KMS_TEST("a table where no memory answers reads as all ones",
             a_table_where_no_memory_answers_reads_as_all_ones),
    KMS_TEST("a table where no memory answers is reported when asked",
             a_table_where_no_memory_answers_is_reported_when_asked),
    KMS_TEST("a walk that stops names the level and its span",
             a_walk_that_stops_names_the_level_and_its_span),
    KMS_TEST("looking changes nothing", looking_changes_nothing),
};
KMS_TESTS(walk, tests)
