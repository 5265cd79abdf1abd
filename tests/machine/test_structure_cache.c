/* Paging-structure caches: each outcome that the architecture permits and an emulator never shows. */
#include "rig.h"

#define HOME  0x100000u
#define OTHER 0x200000u

/* 32-bit paging; two page tables that map 0x1000 and 0x2000 to different frames; the directory uses the first. */
static struct rig two_tables(bool structure_caches)
{
    struct rig rig = rig_new(&(struct kms_options){.tlb.structure_caches = structure_caches});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_poke(&rig, RIG_TOP, 4, RIG_TABLE(1) | P | RW);
    for (uint32_t page = 1; page <= 2; page++) {
        rig_poke(&rig, RIG_TABLE(1) + page * 4, 4, HOME | P | RW);
        rig_poke(&rig, RIG_TABLE(2) + page * 4, 4, OTHER | P | RW);
    }
    assert_translates(&rig, READ(0x1000), HOME);
    rig_poke(&rig, RIG_TOP, 4, RIG_TABLE(2) | P | RW | A);
    return rig;
}

static void without_the_model_a_new_table_is_used_for_pages_not_cached(void **state)
{
    (void)state;
    struct rig rig = two_tables(false);
    assert_translates(&rig, READ(0x2000), OTHER);
    rig_free(&rig);
}

static void with_it_the_old_table_serves_pages_never_touched_before(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    assert_translates(&rig, READ(0x2000), HOME);
    rig_free(&rig);
}

static void invlpg_of_any_address_makes_it_look_again(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    kms_invalidate(rig.cpu, 0x80000000);
    assert_translates(&rig, READ(0x2000), OTHER);
    assert_translates(&rig, READ(0x1000), HOME); /* the TLB entry of another address stays */
    rig_free(&rig);
}

static void mov_cr3_makes_it_look_again(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP);
    assert_translates(&rig, READ(0x2000), OTHER);
    rig_free(&rig);
}

static void rights_taken_from_an_upper_entry_stay_taken(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.tlb.structure_caches = true});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, HOME | P | RW | US);
    rig_map32(&rig, 0x2000, HOME | P | RW | US);
    rig_set(&rig, KMS_X86_CPL, 3);
    assert_translates(&rig, READ(0x1000), HOME);
    rig_poke(&rig, RIG_TOP, 4, RIG_TABLE(1) | P | RW | A); /* the supervisor's now */
    assert_translates(&rig, READ(0x2000), HOME);
    kms_invalidate(rig.cpu, 0x2000);
    assert_page_fault(&rig, READ(0x2000), KMS_PFERR_P | KMS_PFERR_US);
    rig_free(&rig);
}

static void accessed_of_a_remembered_entry_is_not_set_again(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    rig_poke(&rig, RIG_TOP, 4, RIG_TABLE(1) | P | RW);
    assert_translates(&rig, READ(0x2000), HOME);
    assert_int_equal(rig_peek(&rig, RIG_TOP, 4), RIG_TABLE(1) | P | RW);
    rig_free(&rig);
}

static void a_page_fault_makes_it_look_again(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    assert_page_fault(&rig, READ(0x5000), 0);
    assert_translates(&rig, READ(0x2000), OTHER);
    rig_free(&rig);
}

/* Long mode: remembered entries of each level, below which the walk begins. */
static void each_upper_level_of_long_mode_is_remembered(void **state)
{
    (void)state;
    for (unsigned level = 4; level >= 2; level--) {
        struct rig rig = rig_new(&(struct kms_options){.tlb.structure_caches = true});
        rig_enable(&rig, KMS_PAGING_4LEVEL);
        rig_map64(&rig, 0x1000, HOME | P);
        rig_map64(&rig, 0x2000, HOME | P);
        assert_translates(&rig, READ(0x1000), HOME);
        const unsigned table = 4 - level; /* of the rig: the entry of this level stands there */
        rig_poke(&rig, table ? RIG_TABLE(table) : RIG_TOP, 8, 0);
        assert_translates(&rig, READ(0x2000), HOME);
        struct kms_walk now;
        kms_inspect(rig.cpu, 0x2000, &now); /* inspection reads the tables */
        assert_int_equal(now.verdict, KMS_NOT_PRESENT);
        kms_invalidate(rig.cpu, 0);
        assert_translates(&rig, READ(0x1000), HOME);
        kms_flush(rig.cpu);
        assert_page_fault(&rig, READ(0x1000), 0);
        rig_free(&rig);
    }
}

/* 5-level: a neighbour that has the upper entries in common begins below them, whatever stands there now. */
static void a_walk_begins_below_any_level(void **state)
{
    static const struct {
        kms_phys at; /* the neighbour's entry, index 1 of its table */
        uint64_t entry;
        kms_phys gone; /* the entry above */
        kms_linear linear;
        kms_phys phys;
    } rows[] = {
        {RIG_TABLE(3) + 8, 0x200000 | P | PS, RIG_TABLE(2), UINT64_C(1) << 21, 0x200000},
        {RIG_TABLE(2) + 8, P | PS, RIG_TABLE(1), (UINT64_C(1) << 30) + 0x5000, 0x5000},
        {RIG_TABLE(1) + 8, RIG_TABLE(2) | P, RIG_TOP, (UINT64_C(1) << 39) + 0x1000, HOME},
    };
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig rig = rig_new(&(struct kms_options){.tlb.structure_caches = true});
        rig_enable(&rig, KMS_PAGING_5LEVEL);
        for (unsigned table = 0; table < 4; table++)
            rig_poke(&rig, RIG_TABLE(table), 8, RIG_TABLE(table + 1) | P);
        rig_poke(&rig, RIG_TABLE(4) + 8, 8, HOME | P);
        assert_translates(&rig, READ(0x1000), HOME);
        rig_poke(&rig, rows[i].at, 8, rows[i].entry);
        rig_poke(&rig, rows[i].gone, 8, 0);
        assert_translates(&rig, READ(rows[i].linear), rows[i].phys);
        kms_flush(rig.cpu);
        assert_page_fault(&rig, READ(rows[i].linear), 0);
        rig_free(&rig);
    }
}

static void pcids_keep_what_they_remember_apart(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.tlb.structure_caches = true});
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PCIDE);
    rig_map64(&rig, 0x1000, HOME | P);
    rig_map64(&rig, 0x2000, HOME | P);
    rig_map64(&rig, 0x3000, HOME | P);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 1);
    assert_translates(&rig, READ(0x1000), HOME);
    rig_poke(&rig, RIG_TABLE(2), 8, 0);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 2);
    assert_page_fault(&rig, READ(0x2000), 0);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 1 | KMS_CR3_NOFLUSH);
    assert_translates(&rig, READ(0x2000), HOME);
    assert_int_equal(kms_x86_invpcid(rig.cpu, KMS_X86_INVPCID_ADDRESS, 1, 0x7000, NULL), KMS_DONE);
    assert_page_fault(&rig, READ(0x3000), 0);
    rig_free(&rig);
}

static void a_snapshot_brings_it_back(void **state)
{
    (void)state;
    struct rig rig = two_tables(true);
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_snapshot_take(rig.machine, &snapshot), KMS_OK);
    kms_flush(rig.cpu);
    assert_translates(&rig, READ(0x2000), OTHER);
    kms_snapshot_restore(rig.machine, snapshot);
    assert_translates(&rig, READ(0x2000), HOME);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("without the model a new table is used for pages that are not cached",
             without_the_model_a_new_table_is_used_for_pages_not_cached),
    KMS_TEST("with it the old table serves pages that were never touched before",
             with_it_the_old_table_serves_pages_never_touched_before),
    KMS_TEST("INVLPG of any address makes it look again", invlpg_of_any_address_makes_it_look_again),
    KMS_TEST("MOV CR3 makes it look again", mov_cr3_makes_it_look_again),
    KMS_TEST("rights taken from an upper entry stay as they were",
             rights_taken_from_an_upper_entry_stay_taken),
    KMS_TEST("Accessed of a remembered entry is not set again",
             accessed_of_a_remembered_entry_is_not_set_again),
    KMS_TEST("a page fault makes it look again", a_page_fault_makes_it_look_again),
    KMS_TEST("each upper level of long mode is remembered", each_upper_level_of_long_mode_is_remembered),
    KMS_TEST("a walk begins below any level that is remembered", a_walk_begins_below_any_level),
    KMS_TEST("PCIDs keep what they remember apart", pcids_keep_what_they_remember_apart),
    KMS_TEST("a snapshot brings it back", a_snapshot_brings_it_back),
};
KMS_TESTS(structure_cache, tests)
