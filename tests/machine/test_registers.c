/* Register writes: every #GP rule of MOV CR and WRMSR, and that a refusal changes nothing. */
#include "rig.h"

static struct rig in_mode(enum kms_paging_mode mode)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, mode);
    return rig;
}

static void cr0_refuses_paging_without_protection_and_nw_without_cd(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_refuse(&rig, KMS_X86_CR0, KMS_CR0_PG);
    rig_refuse(&rig, KMS_X86_CR0, KMS_CR0_NW | KMS_CR0_PE);
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_NW | KMS_CR0_CD | KMS_CR0_PE);
    rig_refuse(&rig, KMS_X86_CR0, KMS_CR0_PE | UINT64_C(1) << 32);
    rig_free(&rig);
}

static void cr0_ignores_undefined_bits_and_keeps_et(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_set(&rig, KMS_X86_CR0, 0x1ffaffc0 | KMS_CR0_PE);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR0), KMS_CR0_PE | KMS_CR0_ET);
    rig_free(&rig);
}

static void reset_leaves_the_caches_off_and_everything_else_zero(void **state)
{
    (void)state;
    struct rig rig = in_mode(KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CPL, 3);
    kms_cpu_reset(rig.cpu);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR0), 0x60000010);
    for (unsigned reg = KMS_X86_CR2; reg < KMS_X86_REGS; reg++)
        assert_int_equal(kms_x86_read(rig.cpu, (enum kms_x86_reg)reg), 0);
    rig_free(&rig);
}

static void long_mode_needs_pae_and_sets_lma(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_set(&rig, KMS_X86_EFER, KMS_EFER_LME);
    rig_refuse(&rig, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE);
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PG | KMS_CR0_PE);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_EFER), KMS_EFER_LME | KMS_EFER_LMA);
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_EFER), KMS_EFER_LME);
    rig_free(&rig);
}

static void long_mode_holds_pae_la57_and_lme_fast(void **state)
{
    (void)state;
    struct rig rig = in_mode(KMS_PAGING_4LEVEL);
    rig_refuse(&rig, KMS_X86_CR4, 0);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_LA57);
    rig_refuse(&rig, KMS_X86_EFER, KMS_EFER_NXE);
    rig_free(&rig);
    rig = in_mode(KMS_PAGING_5LEVEL);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PAE);
    rig_free(&rig);
    rig = in_mode(KMS_PAGING_32BIT);
    rig_refuse(&rig, KMS_X86_EFER, KMS_EFER_LME);
    rig_free(&rig);
}

static void pcids_need_long_mode_and_a_zero_pcid(void **state)
{
    (void)state;
    struct rig rig = in_mode(KMS_PAGING_PAE);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_free(&rig);
    rig = in_mode(KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 1);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_refuse(&rig, KMS_X86_CR0, KMS_CR0_PE); /* PG cannot go while PCIDE is set */
    rig_free(&rig);
}

static void cr3_refuses_bits_above_maxphyaddr_and_bit_63_without_pcids(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.maxphyaddr = 40});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR3, UINT64_C(1) << 39);
    for (unsigned bit = 40; bit < 64; bit++)
        rig_refuse(&rig, KMS_X86_CR3, UINT64_C(1) << bit);
    rig_set(&rig, KMS_X86_CR3, 0);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_set(&rig, KMS_X86_CR3, KMS_CR3_NOFLUSH | 0x7123);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR3), 0x7123);
    rig_free(&rig);
}

static void outside_long_mode_moves_have_32_bits(void **state)
{
    (void)state;
    struct rig rig = in_mode(KMS_PAGING_32BIT);
    rig_set(&rig, KMS_X86_CR3, UINT64_C(0xffffffff00003018));
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR3), 0x3018);
    rig_set(&rig, KMS_X86_CR2, UINT64_C(0x1234567890abcdef));
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR2), 0x90abcdef);
    rig_free(&rig);
    rig = in_mode(KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR2, UINT64_C(0x1234567890abcdef));
    assert_true(kms_x86_read(rig.cpu, KMS_X86_CR2) == UINT64_C(0x1234567890abcdef));
    rig_free(&rig);
}

static void cr4_refuses_every_bit_that_the_model_lacks(void **state)
{
    (void)state;
    static const struct {
        uint32_t feature;
        uint64_t bit;
    } rows[] = {
        {KMS_X86_PSE, KMS_CR4_PSE},   {KMS_X86_PAE, KMS_CR4_PAE},   {KMS_X86_PGE, KMS_CR4_PGE},
        {KMS_X86_LA57, KMS_CR4_LA57}, {KMS_X86_SMEP, KMS_CR4_SMEP}, {KMS_X86_SMAP, KMS_CR4_SMAP},
        {KMS_X86_PKU, KMS_CR4_PKE},   {KMS_X86_PKS, KMS_CR4_PKS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_MAX & ~rows[i].feature});
        rig_refuse(&rig, KMS_X86_CR4, rows[i].bit);
        rig_free(&rig);
        rig = rig_new(NULL);
        rig_set(&rig, KMS_X86_CR4, rows[i].bit);
        rig_free(&rig);
    }
    struct rig rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_MAX & ~KMS_X86_PCID});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_free(&rig);
}

static void cr4_refuses_reserved_bits_and_the_features_no_model_has(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    static const unsigned refused[] = {13 /* VMXE */, 14 /* SMXE */, 15,
                                       19 /* KL */,   23 /* CET */,  25 /* UINTR */};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        rig_refuse(&rig, KMS_X86_CR4, UINT64_C(1) << refused[i]);
    for (unsigned bit = 26; bit < 64; bit++)
        rig_refuse(&rig, KMS_X86_CR4, UINT64_C(1) << bit);
    rig_free(&rig);
}

static void efer_refuses_undefined_bits_and_ignores_lma(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    for (unsigned bit = 0; bit < 64; bit++)
        if (bit != 0 && bit != 8 && bit != 10 && bit != 11)
            rig_refuse(&rig, KMS_X86_EFER, UINT64_C(1) << bit);
    rig_set(&rig, KMS_X86_EFER, KMS_EFER_LMA | KMS_EFER_NXE | KMS_EFER_SCE);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_EFER), KMS_EFER_NXE | KMS_EFER_SCE);
    rig_free(&rig);
    rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_I686});
    rig_refuse(&rig, KMS_X86_EFER, KMS_EFER_LME);
    rig_refuse(&rig, KMS_X86_EFER, KMS_EFER_NXE);
    rig_free(&rig);
}

static void key_rights_have_32_bits(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_set(&rig, KMS_X86_PKRU, 0xffffffff);
    rig_set(&rig, KMS_X86_PKRS, 0x80000001);
    rig_refuse(&rig, KMS_X86_PKRU, UINT64_C(1) << 32);
    rig_refuse(&rig, KMS_X86_PKRS, UINT64_C(1) << 63);
    rig_free(&rig);
    rig = rig_new(&(struct kms_options){.features = KMS_X86_MODEL_MAX & ~KMS_X86_PKS});
    rig_refuse(&rig, KMS_X86_PKRS, 0);
    rig_free(&rig);
}

static void cpl_ac_and_pdptes_take_only_what_they_can_hold(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_set(&rig, KMS_X86_CPL, 3);
    rig_refuse(&rig, KMS_X86_CPL, 4);
    rig_set(&rig, KMS_X86_EFLAGS_AC, 1);
    rig_refuse(&rig, KMS_X86_EFLAGS_AC, 2);
    for (unsigned reg = KMS_X86_PDPTE0; reg <= KMS_X86_PDPTE3; reg++)
        rig_refuse(&rig, (enum kms_x86_reg)reg, 0);
    rig_free(&rig);
}

/* Bits 2:1, 8:5 and those from MAXPHYADDR up are reserved in a present PDPTE. */
static void a_bad_pdpte_refuses_the_write_that_would_load_it(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit < 64; bit++) {
        struct rig rig = rig_new(&(struct kms_options){.maxphyaddr = 36});
        rig_enable(&rig, KMS_PAGING_PAE);
        rig_poke(&rig, 0x20000 + 2 * 8, 8, P | UINT64_C(1) << bit);
        const bool reserved = (bit >= 1 && bit <= 2) || (bit >= 5 && bit <= 8) || bit >= 36;
        if (reserved)
            rig_refuse(&rig, KMS_X86_CR3, 0x20000);
        else
            rig_set(&rig, KMS_X86_CR3, 0x20000);
        rig_poke(&rig, 0x20000 + 2 * 8, 8, UINT64_C(1) << bit); /* not present: nothing is checked */
        rig_set(&rig, KMS_X86_CR3, 0x20000);
        rig_free(&rig);
    }
}

static void pdptes_are_loaded_again_by_the_writes_that_the_manual_lists(void **state)
{
    (void)state;
    static const struct {
        enum kms_x86_reg reg;
        uint64_t flip;
        bool loads;
    } rows[] = {
        {KMS_X86_CR0, KMS_CR0_CD, true},
        {KMS_X86_CR0, KMS_CR0_WP, false},
        {KMS_X86_CR4, KMS_CR4_PGE, true},
        {KMS_X86_CR4, KMS_CR4_PSE, true},
        {KMS_X86_CR4, KMS_CR4_SMEP, true},
        {KMS_X86_CR4, KMS_CR4_SMAP, false},
        {KMS_X86_CR3, 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig = in_mode(KMS_PAGING_PAE);
        rig_poke(&rig, RIG_TOP, 8, 0x77000 | P);
        rig_set(&rig, rows[i].reg, kms_x86_read(rig.cpu, rows[i].reg) ^ rows[i].flip);
        assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_PDPTE0),
                         rows[i].loads ? (0x77000 | P) : (RIG_TABLE(1) | P));
        rig_poke(&rig, RIG_TOP, 8, 0x77000 | P | US); /* reserved in a PDPTE */
        if (rows[i].loads)
            rig_refuse(&rig, rows[i].reg, kms_x86_read(rig.cpu, rows[i].reg) ^ rows[i].flip);
        rig_free(&rig);
    }
}

static void pdptes_where_nothing_answers_are_reported_when_asked(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.ram.unbacked = KMS_REPORT});
    rig_enable(&rig, KMS_PAGING_PAE);
    assert_int_equal(kms_x86_write(rig.cpu, KMS_X86_CR3, 0x80000000, NULL), KMS_UNBACKED);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR3), RIG_TOP);
    rig_free(&rig);
}

static void a_386_ignores_wp(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.bare = true});
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE | KMS_CR0_WP);
    assert_int_equal(kms_x86_read(rig.cpu, KMS_X86_CR0) & KMS_CR0_WP, 0);
    rig_refuse(&rig, KMS_X86_CR4, KMS_CR4_PSE);
    rig_free(&rig);
}

static void invpcid_refuses_what_the_manual_lists(void **state)
{
    (void)state;
    struct rig rig = in_mode(KMS_PAGING_4LEVEL);
    struct kms_fault fault;
    assert_int_equal(kms_x86_invpcid(rig.cpu, 4, 0, 0, &fault), KMS_FAULT);
    assert_int_equal(fault.vector, KMS_VECTOR_GP);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_SINGLE, 0x1000, 0, NULL), KMS_FAULT);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_SINGLE, 1, 0, NULL), KMS_FAULT);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_ADDRESS, 1, 0, NULL), KMS_FAULT);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_ADDRESS, 0, UINT64_C(1) << 63, NULL),
                     KMS_FAULT);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_ALL, 1, 0, NULL), KMS_DONE);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_SINGLE, 1, 0, NULL), KMS_DONE);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_SINGLE, 1, UINT64_C(1) << 63, NULL), KMS_DONE);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("CR0 refuses paging without protection, NW without CD, and an upper half",
             cr0_refuses_paging_without_protection_and_nw_without_cd),
    KMS_TEST("CR0 ignores undefined bits and keeps ET", cr0_ignores_undefined_bits_and_keeps_et),
    KMS_TEST("reset leaves the caches off and everything else zero",
             reset_leaves_the_caches_off_and_everything_else_zero),
    KMS_TEST("long mode needs PAE and sets LMA", long_mode_needs_pae_and_sets_lma),
    KMS_TEST("long mode holds PAE, LA57 and LME fast", long_mode_holds_pae_la57_and_lme_fast),
    KMS_TEST("PCIDs need long mode and a zero PCID, and hold PG fast", pcids_need_long_mode_and_a_zero_pcid),
    KMS_TEST("CR3 refuses bits above MAXPHYADDR, and bit 63 without PCIDs",
             cr3_refuses_bits_above_maxphyaddr_and_bit_63_without_pcids),
    KMS_TEST("outside long mode moves have 32 bits", outside_long_mode_moves_have_32_bits),
    KMS_TEST("CR4 refuses every bit that the model lacks", cr4_refuses_every_bit_that_the_model_lacks),
    KMS_TEST("CR4 refuses reserved bits and the features that no model has",
             cr4_refuses_reserved_bits_and_the_features_no_model_has),
    KMS_TEST("EFER refuses undefined bits and ignores LMA", efer_refuses_undefined_bits_and_ignores_lma),
    KMS_TEST("protection-key rights have 32 bits, and PKRS needs the feature", key_rights_have_32_bits),
    KMS_TEST("CPL, AC and PDPTEs take only what they can hold",
             cpl_ac_and_pdptes_take_only_what_they_can_hold),
    KMS_TEST("a bad PDPTE refuses the write that would load it",
             a_bad_pdpte_refuses_the_write_that_would_load_it),
    KMS_TEST("PDPTEs are loaded again by the writes that the manual lists",
             pdptes_are_loaded_again_by_the_writes_that_the_manual_lists),
    KMS_TEST("PDPTEs where nothing answers are reported when asked",
             pdptes_where_nothing_answers_are_reported_when_asked),
    KMS_TEST("a 386 ignores WP and has no CR4 bits", a_386_ignores_wp),
    KMS_TEST("INVPCID refuses what the manual lists", invpcid_refuses_what_the_manual_lists),
};
KMS_TESTS(registers, tests)
