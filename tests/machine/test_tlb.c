/* The TLB: staleness, what each invalidation drops and keeps, geometry. */
#include "rig.h"

#define OLD_FRAME 0x100000u
#define NEW_FRAME 0x200000u

/* Long mode with PGE; a page at 0, a global page at 0x1000, both cached with A and D set. */
static struct rig cached_pages(void)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PAE | KMS_CR4_PGE);
    rig_map64(&rig, 0, OLD_FRAME | P | RW | A | D);
    rig_map64(&rig, 0x1000, OLD_FRAME | P | RW | A | D | G);
    assert_translates(&rig, WRITE(0), OLD_FRAME);
    assert_translates(&rig, WRITE(0x1000), OLD_FRAME);
    return rig;
}

static void remap(struct rig *rig)
{
    rig_map64(rig, 0, NEW_FRAME | P | RW | A | D);
    rig_map64(rig, 0x1000, NEW_FRAME | P | RW | A | D | G);
}

enum survivors { NONE_STAY, GLOBAL_STAYS, BOTH_STAY };

/* After a remap and an invalidation: who still answers with the old frame? */
static void assert_survivors(struct rig *rig, enum survivors expected)
{
    assert_translates(rig, READ(0x0), expected == BOTH_STAY ? OLD_FRAME : NEW_FRAME);
    assert_translates(rig, READ(0x1000), expected == NONE_STAY ? NEW_FRAME : OLD_FRAME);
}

static void a_changed_entry_stays_in_use_until_it_is_invalidated(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    remap(&rig);
    assert_survivors(&rig, BOTH_STAY);
    uint32_t value;
    rig_poke(&rig, OLD_FRAME, 4, 0x01d);
    rig_poke(&rig, NEW_FRAME, 4, 0x2e3);
    assert_int_equal(kms_load32(rig.cpu, 0, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x01d);
    assert_int_equal(kms_load32(rig.cpu, 0, &value, NULL), KMS_DONE); /* by the short way */
    assert_int_equal(value, 0x01d);
    kms_invalidate(rig.cpu, 0x123);
    assert_int_equal(kms_load32(rig.cpu, 0, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x2e3);
    rig_free(&rig);
}

static void invlpg_drops_one_page_global_or_not(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    remap(&rig);
    kms_x86_invlpg(rig.cpu, 0x1abc);
    assert_translates(&rig, READ(0x0), OLD_FRAME);
    assert_translates(&rig, READ(0x1000), NEW_FRAME);
    kms_x86_invlpg(rig.cpu, 0);
    assert_survivors(&rig, NONE_STAY);
    rig_free(&rig);
}

static void invlpg_of_an_address_that_is_not_canonical_does_nothing(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    remap(&rig);
    kms_x86_invlpg(rig.cpu, UINT64_C(0x0001000000000000));
    assert_survivors(&rig, BOTH_STAY);
    rig_free(&rig);
}

static void invlpg_anywhere_in_a_large_page_drops_all_of_it(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_poke(&rig, RIG_TOP, 4, 0x00000000 | P | RW | PS);
    rig_poke(&rig, 0x100000, 4, 0x01d);
    rig_poke(&rig, 0x300000, 4, 0x01d);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PSE);
    uint32_t value;
    assert_int_equal(kms_load32(rig.cpu, 0x100000, &value, NULL), KMS_DONE);
    assert_int_equal(kms_load32(rig.cpu, 0x300000, &value, NULL), KMS_DONE);
    rig_poke(&rig, RIG_TOP, 4, 0);
    assert_int_equal(kms_load32(rig.cpu, 0x100000, &value, NULL), KMS_DONE);
    kms_x86_invlpg(rig.cpu, 0x2ff000);
    assert_int_equal(kms_load32(rig.cpu, 0x100000, &value, NULL), KMS_FAULT);
    assert_int_equal(kms_load32(rig.cpu, 0x300000, &value, NULL), KMS_FAULT);
    rig_free(&rig);
}

struct write_rule {
    const char *what;
    enum kms_x86_reg reg;
    uint64_t first, then; /* two writes, to make the second change the bit */
    enum survivors expected;
};

#define LONG_CR0 (KMS_CR0_PG | KMS_CR0_PE)
#define LONG_CR4 (KMS_CR4_PAE | KMS_CR4_PGE)

static const struct write_rule write_rules[] = {
    {"MOV CR3", KMS_X86_CR3, RIG_TOP, RIG_TOP, GLOBAL_STAYS},
    {"CR4.PGE to 0", KMS_X86_CR4, LONG_CR4, KMS_CR4_PAE, NONE_STAY},
    {"CR4.PCIDE to 1", KMS_X86_CR4, LONG_CR4, LONG_CR4 | KMS_CR4_PCIDE, BOTH_STAY},
    {"CR4.PCIDE to 0", KMS_X86_CR4, LONG_CR4 | KMS_CR4_PCIDE, LONG_CR4, NONE_STAY},
    {"CR4.SMEP to 1", KMS_X86_CR4, LONG_CR4, LONG_CR4 | KMS_CR4_SMEP, NONE_STAY},
    {"CR4.SMEP to 0", KMS_X86_CR4, LONG_CR4 | KMS_CR4_SMEP, LONG_CR4, BOTH_STAY},
    {"CR4.SMAP", KMS_X86_CR4, LONG_CR4, LONG_CR4 | KMS_CR4_SMAP, BOTH_STAY},
    {"CR4.PSE", KMS_X86_CR4, LONG_CR4, LONG_CR4 | KMS_CR4_PSE, NONE_STAY},
    {"CR4.PKE", KMS_X86_CR4, LONG_CR4, LONG_CR4 | KMS_CR4_PKE, BOTH_STAY},
    {"CR0.WP", KMS_X86_CR0, LONG_CR0, LONG_CR0 | KMS_CR0_WP, BOTH_STAY},
    {"EFER.NXE", KMS_X86_EFER, KMS_EFER_LME | KMS_EFER_NXE, KMS_EFER_LME, BOTH_STAY},
    {"PKRU", KMS_X86_PKRU, 0, 0xfffffffc, BOTH_STAY},
    {"EFLAGS.AC", KMS_X86_EFLAGS_AC, 0, 1, BOTH_STAY},
};

static void each_register_write_flushes_exactly_what_the_manual_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof write_rules / sizeof write_rules[0]; i++) {
        const struct write_rule *rule = &write_rules[i];
        struct rig rig = rig_new(NULL);
        rig_enable(&rig, KMS_PAGING_4LEVEL);
        rig_set(&rig, KMS_X86_CR4, LONG_CR4);
        rig_set(&rig, rule->reg, rule->first);
        rig_map64(&rig, 0, OLD_FRAME | P | RW | A | D);
        rig_map64(&rig, 0x1000, OLD_FRAME | P | RW | A | D | G);
        assert_translates(&rig, WRITE(0), OLD_FRAME);
        assert_translates(&rig, WRITE(0x1000), OLD_FRAME);
        remap(&rig);
        rig_set(&rig, rule->reg, rule->then);
        print_message("%s\n", rule->what);
        assert_survivors(&rig, rule->expected);
        rig_free(&rig);
    }
}

static void turning_paging_off_forgets_everything(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    remap(&rig);
    rig_set(&rig, KMS_X86_CR0, KMS_CR0_PE);
    rig_set(&rig, KMS_X86_CR0, LONG_CR0);
    assert_survivors(&rig, NONE_STAY);
    rig_free(&rig);
}

static void changing_pae_forgets_everything(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PGE);
    rig_map32(&rig, 0, OLD_FRAME | P | G);
    assert_translates(&rig, READ(0), OLD_FRAME);
    rig_set(&rig, KMS_X86_CR3, 0x50000); /* four empty PDPTEs; the global page stays cached */
    assert_translates(&rig, READ(0), OLD_FRAME);
    rig_set(&rig, KMS_X86_CR4, KMS_CR4_PGE | KMS_CR4_PAE);
    assert_page_fault(&rig, READ(0), 0);
    rig_free(&rig);
}

static void a_flush_of_everything_takes_global_entries_too(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    remap(&rig);
    kms_flush(rig.cpu);
    assert_survivors(&rig, NONE_STAY);
    rig_free(&rig);
}

static void without_pge_no_entry_is_global(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_map64(&rig, 0x1000, OLD_FRAME | P | G);
    assert_translates(&rig, READ(0x1000), OLD_FRAME);
    rig_map64(&rig, 0x1000, NEW_FRAME | P | G);
    rig_set(&rig, KMS_X86_CR3, RIG_TOP);
    assert_translates(&rig, READ(0x1000), NEW_FRAME);
    rig_free(&rig);
}

/* Two address spaces, PCIDs 1 and 2, over the same tables; a page at 0 cached in both, a global one at
 * 0x1000. */
static struct rig two_spaces(void)
{
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_4LEVEL);
    rig_set(&rig, KMS_X86_CR4, LONG_CR4 | KMS_CR4_PCIDE);
    rig_map64(&rig, 0, OLD_FRAME | P | RW | A | D);
    rig_map64(&rig, 0x1000, OLD_FRAME | P | RW | A | D | G);
    for (unsigned pcid = 1; pcid <= 2; pcid++) {
        rig_set(&rig, KMS_X86_CR3, RIG_TOP | pcid);
        assert_translates(&rig, READ(0), OLD_FRAME);
    }
    assert_translates(&rig, READ(0x1000), OLD_FRAME);
    remap(&rig);
    return rig;
}

static void assert_space(struct rig *rig, unsigned pcid, uint32_t frame, uint32_t global_frame)
{
    rig_set(rig, KMS_X86_CR3, KMS_CR3_NOFLUSH | RIG_TOP | pcid);
    assert_translates(rig, READ(0), frame);
    assert_translates(rig, READ(0x1000), global_frame);
}

static void mov_cr3_with_pcids_flushes_the_new_one_only(void **state)
{
    (void)state;
    struct rig rig = two_spaces();
    rig_set(&rig, KMS_X86_CR3, RIG_TOP | 1);
    assert_space(&rig, 1, NEW_FRAME, OLD_FRAME);
    assert_space(&rig, 2, OLD_FRAME, OLD_FRAME);
    rig_free(&rig);
}

static void mov_cr3_with_bit_63_flushes_nothing(void **state)
{
    (void)state;
    struct rig rig = two_spaces();
    assert_space(&rig, 1, OLD_FRAME, OLD_FRAME);
    assert_space(&rig, 2, OLD_FRAME, OLD_FRAME);
    assert_space(&rig, 3, NEW_FRAME, OLD_FRAME);
    rig_free(&rig);
}

static void invlpg_drops_the_current_pcid_only(void **state)
{
    (void)state;
    struct rig rig = two_spaces();
    kms_x86_invlpg(rig.cpu, 0);
    assert_space(&rig, 2, NEW_FRAME, OLD_FRAME);
    assert_space(&rig, 1, OLD_FRAME, OLD_FRAME);
    rig_free(&rig);
}

static void each_type_of_invpcid_drops_what_it_names(void **state)
{
    (void)state;
    static const struct {
        enum kms_x86_invpcid_type type;
        kms_linear linear;
        uint32_t frame1, frame2, global_frame;
    } rows[] = {
        {KMS_X86_INVPCID_ADDRESS, 0, NEW_FRAME, OLD_FRAME, OLD_FRAME},
        {KMS_X86_INVPCID_ADDRESS, 0x1000, OLD_FRAME, OLD_FRAME, OLD_FRAME},
        {KMS_X86_INVPCID_SINGLE, 0, NEW_FRAME, OLD_FRAME, OLD_FRAME},
        {KMS_X86_INVPCID_ALL, 0, NEW_FRAME, NEW_FRAME, NEW_FRAME},
        {KMS_X86_INVPCID_ALL_LOCAL, 0, NEW_FRAME, NEW_FRAME, OLD_FRAME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig rig = two_spaces();
        assert_int_equal(kms_x86_invpcid(rig.cpu, rows[i].type, 1, rows[i].linear, NULL), KMS_DONE);
        assert_space(&rig, 1, rows[i].frame1, rows[i].global_frame);
        assert_space(&rig, 2, rows[i].frame2, rows[i].global_frame);
        rig_free(&rig);
    }
}

static void a_page_that_was_not_present_is_found_once_it_is(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    assert_page_fault(&rig, READ(0x1000), 0);
    rig_map32(&rig, 0x1000, 0x55000 | P);
    assert_translates(&rig, READ(0x1000), 0x55000);
    rig_map32(&rig, 0x2000, 0x55000 | P);
    rig_free(&rig);
}

static void rights_that_were_widened_are_found_by_walking_again(void **state)
{
    (void)state;
    for (int policy = KMS_RIGHTS_REWALK; policy <= KMS_RIGHTS_FAULT; policy++) {
        struct rig rig = rig_new(&(struct kms_options){.stale_rights = (enum kms_stale_rights)policy});
        rig_enable(&rig, KMS_PAGING_32BIT);
        rig_set(&rig, KMS_X86_CPL, 3);
        rig_map32(&rig, 0x1000, 0x55000 | P | US);
        assert_translates(&rig, READ(0x1000), 0x55000);
        rig_map32(&rig, 0x1000, 0x55000 | P | US | RW);
        if (policy == KMS_RIGHTS_FAULT) /* a spurious fault, which also drops the entry */
            assert_page_fault(&rig, WRITE(0x1000), KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US);
        assert_translates(&rig, WRITE(0x1000), 0x55000);
        rig_free(&rig);
    }
}

static void rights_that_were_narrowed_stay_wide_until_invalidated(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_set(&rig, KMS_X86_CPL, 3);
    rig_map32(&rig, 0x1000, 0x55000 | P | US | RW);
    assert_translates(&rig, WRITE(0x1000), 0x55000);
    rig_map32(&rig, 0x1000, 0x55000 | P);
    assert_translates(&rig, WRITE(0x1000), 0x55000);
    kms_invalidate(rig.cpu, 0x1000);
    assert_page_fault(&rig, WRITE(0x1000), KMS_PFERR_P | KMS_PFERR_WR | KMS_PFERR_US);
    rig_free(&rig);
}

static void a_dirty_bit_that_software_cleared_stays_clear_while_the_entry_is_cached(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW);
    assert_int_equal(kms_store32(rig.cpu, 0x1000, 1, NULL), KMS_DONE);
    rig_poke(&rig, rig_pte32(0x1000), 4, 0x55000 | P | RW);
    assert_int_equal(kms_store32(rig.cpu, 0x1000, 2, NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, rig_pte32(0x1000), 4), 0x55000 | P | RW);
    kms_invalidate(rig.cpu, 0x1000);
    assert_int_equal(kms_store32(rig.cpu, 0x1000, 3, NULL), KMS_DONE);
    assert_int_equal(rig_peek(&rig, rig_pte32(0x1000), 4), 0x55000 | P | RW | A | D);
    rig_free(&rig);
}

static void a_page_fault_drops_what_is_cached_for_its_address(void **state)
{
    (void)state;
    struct rig rig = rig_new(NULL);
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, 0x55000 | P | RW);
    assert_translates(&rig, READ(0x1000), 0x55000);
    rig_map32(&rig, 0x1000, 0);
    assert_page_fault(&rig, ((struct kms_access){0x1000, KMS_READ, KMS_AS_USER}), KMS_PFERR_US);
    assert_page_fault(&rig, READ(0x1000), 0);
    rig_free(&rig);
}

static void a_small_tlb_forgets_the_oldest_page_of_a_set(void **state)
{
    (void)state;
    const struct kms_tlb_options tlb = {.geometry = {{2, 2}, {1, 1}, {1, 1}}};
    struct rig rig = rig_new(&(struct kms_options){.tlb = tlb});
    rig_enable(&rig, KMS_PAGING_32BIT);
    for (uint32_t page = 0; page < 6; page++)
        rig_map32(&rig, page * 0x1000, OLD_FRAME | P | RW | A | D);
    for (uint32_t page = 0; page < 4; page++) /* fills both sets: 0 and 2, 1 and 3 */
        assert_translates(&rig, READ(page * 0x1000), OLD_FRAME);
    assert_int_equal(kms_tlb_list(rig.cpu, NULL, 0), 4);
    assert_translates(&rig, READ(0), OLD_FRAME);      /* a hit does not make it younger */
    assert_translates(&rig, READ(0x4000), OLD_FRAME); /* takes the place of page 0 */
    for (uint32_t page = 0; page < 6; page++)
        rig_map32(&rig, page * 0x1000, NEW_FRAME | P | RW | A | D);
    assert_translates(&rig, READ(0x2000), OLD_FRAME);
    assert_translates(&rig, READ(0x4000), OLD_FRAME);
    assert_translates(&rig, READ(0x1000), OLD_FRAME);
    assert_translates(&rig, READ(0x0000), NEW_FRAME);
    rig_free(&rig);
}

static void an_evicted_page_is_not_reached_by_the_short_way(void **state)
{
    (void)state;
    const struct kms_tlb_options tlb = {.geometry = {{1, 1}, {1, 1}, {1, 1}}};
    struct rig rig = rig_new(&(struct kms_options){.tlb = tlb});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, OLD_FRAME | P | RW);
    rig_map32(&rig, 0x2000, OLD_FRAME | P | RW);
    rig_poke(&rig, NEW_FRAME, 4, 0x2e3);
    uint32_t value;
    assert_int_equal(kms_load32(rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(kms_load32(rig.cpu, 0x2000, &value, NULL), KMS_DONE);
    rig_map32(&rig, 0x1000, NEW_FRAME | P | RW);
    assert_int_equal(kms_load32(rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x2e3);
    rig_free(&rig);
}

static void without_a_tlb_every_change_is_seen_at_once(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.tlb.off = true});
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, OLD_FRAME | P | RW);
    uint32_t value;
    rig_poke(&rig, NEW_FRAME, 4, 0x2e3);
    assert_int_equal(kms_load32(rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    rig_map32(&rig, 0x1000, NEW_FRAME | P | RW);
    assert_int_equal(kms_load32(rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(value, 0x2e3);
    assert_int_equal(kms_tlb_list(rig.cpu, NULL, 0), 0);
    rig_free(&rig);
}

static void the_list_shows_what_is_cached(void **state)
{
    (void)state;
    struct rig rig = cached_pages();
    struct kms_tlb_entry entries[4];
    assert_int_equal(kms_tlb_list(rig.cpu, entries, 4), 2);
    assert_int_equal(entries[0].linear, 0);
    assert_int_equal(entries[0].phys, OLD_FRAME);
    assert_int_equal(entries[0].entry_addr, rig_pte64(0));
    assert_int_equal(entries[0].entry, OLD_FRAME | P | RW | A | D);
    assert_false(entries[0].global);
    assert_true(entries[1].global);
    assert_true(entries[1].dirty);
    assert_int_equal(entries[1].page_shift, 12);
    rig_free(&rig);
}

static void each_cpu_has_a_tlb_of_its_own(void **state)
{
    (void)state;
    struct rig rig = rig_new(&(struct kms_options){.cpus = 2});
    struct rig other = rig;
    other.cpu = kms_machine_cpu(rig.machine, 1);
    assert_null(kms_machine_cpu(rig.machine, 2));
    rig_enable(&rig, KMS_PAGING_32BIT);
    rig_enable(&other, KMS_PAGING_32BIT);
    rig_map32(&rig, 0x1000, OLD_FRAME | P | RW);
    assert_translates(&rig, READ(0x1000), OLD_FRAME);
    assert_translates(&other, READ(0x1000), OLD_FRAME);
    rig_map32(&rig, 0x1000, NEW_FRAME | P | RW);
    kms_invalidate(rig.cpu, 0x1000);
    assert_translates(&rig, READ(0x1000), NEW_FRAME);
    assert_translates(&other, READ(0x1000), OLD_FRAME);
    rig_free(&rig);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a changed entry stays in use until it is invalidated",
             a_changed_entry_stays_in_use_until_it_is_invalidated),
    KMS_TEST("INVLPG drops one page, global or not", invlpg_drops_one_page_global_or_not),
    KMS_TEST("INVLPG of an address that is not canonical does nothing",
             invlpg_of_an_address_that_is_not_canonical_does_nothing),
    KMS_TEST("INVLPG anywhere in a large page drops all of it",
             invlpg_anywhere_in_a_large_page_drops_all_of_it),
    KMS_TEST("each register write flushes exactly what the manual says",
             each_register_write_flushes_exactly_what_the_manual_says),
    KMS_TEST("turning paging off forgets everything", turning_paging_off_forgets_everything),
    KMS_TEST("changing PAE forgets everything, global entries too", changing_pae_forgets_everything),
    KMS_TEST("a flush of everything takes global entries too",
             a_flush_of_everything_takes_global_entries_too),
    KMS_TEST("without PGE no entry is global", without_pge_no_entry_is_global),
    KMS_TEST("MOV CR3 with PCIDs flushes the new one only", mov_cr3_with_pcids_flushes_the_new_one_only),
    KMS_TEST("MOV CR3 with bit 63 flushes nothing", mov_cr3_with_bit_63_flushes_nothing),
    KMS_TEST("INVLPG drops the current PCID only", invlpg_drops_the_current_pcid_only),
    KMS_TEST("each type of INVPCID drops what it names", each_type_of_invpcid_drops_what_it_names),
    KMS_TEST("a page that was not present is found once it is",
             a_page_that_was_not_present_is_found_once_it_is),
    KMS_TEST("rights that were widened are found by walking again, or by a spurious fault",
             rights_that_were_widened_are_found_by_walking_again),
    KMS_TEST("rights that were narrowed stay wide until invalidated",
             rights_that_were_narrowed_stay_wide_until_invalidated),
    KMS_TEST("a Dirty bit that software cleared stays clear while the entry is cached",
             a_dirty_bit_that_software_cleared_stays_clear_while_the_entry_is_cached),
    KMS_TEST("a page fault drops what is cached for its address",
             a_page_fault_drops_what_is_cached_for_its_address),
    KMS_TEST("a small TLB forgets the oldest page of a set", a_small_tlb_forgets_the_oldest_page_of_a_set),
    KMS_TEST("an evicted page is not reached by the short way",
             an_evicted_page_is_not_reached_by_the_short_way),
    KMS_TEST("without a TLB every change is seen at once", without_a_tlb_every_change_is_seen_at_once),
    KMS_TEST("the list shows what is cached", the_list_shows_what_is_cached),
    KMS_TEST("each CPU has a TLB of its own", each_cpu_has_a_tlb_of_its_own),
};
KMS_TESTS(tlb, tests)
