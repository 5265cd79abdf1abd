/* RISC-V: what is cached is really used until SFENCE.VMA drops it, in each of its forms; ASIDs, global entries, harts. */
#include "riscv_rig.h"

#define FRAME(n) (RV_BASE + 0x200000 + 0x10000 * (n))
#define PAGE     0x5000
#define RW_PAGE  (V | R | W | A | D)

static void fence(struct rv *rv, kms_linear linear)
{
    kms_riscv_sfence_vma(rv->cpu, &linear, NULL);
}

static void fence_asid(struct rv *rv, uint16_t asid)
{
    kms_riscv_sfence_vma(rv->cpu, NULL, &asid);
}

static void fence_both(struct rv *rv, kms_linear linear, uint16_t asid)
{
    kms_riscv_sfence_vma(rv->cpu, &linear, &asid);
}

static void fence_all(struct rv *rv)
{
    kms_riscv_sfence_vma(rv->cpu, NULL, NULL);
}

static void set_asid(struct rv *rv, uint16_t asid)
{
    rv_set(rv, KMS_RISCV_SATP, kms_riscv_satp(rv->mode, asid, RV_ROOT));
}

static size_t held(struct rv *rv)
{
    return kms_tlb_list(rv->cpu, NULL, 0);
}

static void a_changed_entry_goes_unseen_until_the_fence(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39, KMS_PAGING_SV48,
                                                 KMS_PAGING_SV57};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct rv rv = rv_new(modes[i], NULL);
        const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
        for (unsigned round = 0; round < 3; round++)
            assert_rv_done(&rv, READ(PAGE), FRAME(1));
        rv_set_entry(&rv, entry, 0);
        assert_rv_done(&rv, READ(PAGE), FRAME(1));
        fence(&rv, PAGE + 0x1000);
        assert_rv_done(&rv, WRITE(PAGE), FRAME(1));
        fence(&rv, PAGE + 0xfff);
        assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
        rv_free(&rv);
    }
}

/* Also through pages that loads and stores have settled on. */
static void loads_use_the_old_frame_until_the_fence(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    uint32_t value = 0;
    rv_poke(&rv, FRAME(1), 4, 11);
    rv_poke(&rv, FRAME(2), 4, 22);
    for (unsigned round = 0; round < 3; round++)
        assert_int_equal(kms_load32(rv.cpu, PAGE, &value, NULL), KMS_DONE);
    rv_set_entry(&rv, entry, PPN(FRAME(2)) | RW_PAGE);
    assert_int_equal(kms_load32(rv.cpu, PAGE, &value, NULL), KMS_DONE);
    assert_int_equal(value, 11);
    kms_invalidate(rv.cpu, PAGE);
    assert_int_equal(kms_load32(rv.cpu, PAGE, &value, NULL), KMS_DONE);
    assert_int_equal(value, 22);
    rv_free(&rv);
}

/* Three entries for one address: of ASID 1, of ASID 2, and a global one at the next page. */
struct three {
    struct rv rv;
    kms_phys entry, global;
};

static struct three three_cached(void)
{
    struct three three = {.rv = rv_new(KMS_PAGING_SV39, NULL)};
    struct rv *rv = &three.rv;
    three.entry = rv_map(rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    three.global = rv_map(rv, PAGE + 0x1000, 1, PPN(FRAME(3)) | RW_PAGE | G);
    set_asid(rv, 1);
    assert_rv_done(rv, READ(PAGE), FRAME(1));
    assert_rv_done(rv, READ(PAGE + 0x1000), FRAME(3));
    set_asid(rv, 2);
    assert_rv_done(rv, READ(PAGE), FRAME(1));
    rv_set_entry(rv, three.entry, 0);
    rv_set_entry(rv, three.global, 0);
    assert_int_equal(held(rv), 3);
    return three;
}

static void assert_cached(struct three *three, bool asid1, bool asid2, bool global)
{
    const struct kms_access page = READ(PAGE), global_page = READ(PAGE + 0x1000);
    struct kms_translation translation;
    set_asid(&three->rv, 1);
    assert_int_equal(kms_probe(three->rv.cpu, &page, &translation, NULL), asid1 ? KMS_DONE : KMS_FAULT);
    assert_int_equal(kms_probe(three->rv.cpu, &global_page, &translation, NULL),
                     global ? KMS_DONE : KMS_FAULT);
    set_asid(&three->rv, 2);
    assert_int_equal(kms_probe(three->rv.cpu, &page, &translation, NULL), asid2 ? KMS_DONE : KMS_FAULT);
    assert_int_equal(kms_probe(three->rv.cpu, &global_page, &translation, NULL),
                     global ? KMS_DONE : KMS_FAULT);
    assert_int_equal(held(&three->rv), asid1 + asid2 + global);
    rv_free(&three->rv);
}

static void a_fence_of_everything_drops_everything(void **state)
{
    (void)state;
    struct three three = three_cached();
    fence_all(&three.rv);
    assert_cached(&three, false, false, false);
}

static void a_fence_of_an_asid_spares_others_and_global_entries(void **state)
{
    (void)state;
    struct three three = three_cached();
    fence_asid(&three.rv, 1);
    assert_cached(&three, false, true, true);
}

static void a_fence_of_an_address_reaches_every_asid_and_global_entries(void **state)
{
    (void)state;
    struct three three = three_cached();
    fence(&three.rv, PAGE);
    assert_cached(&three, false, false, true);
    three = three_cached();
    fence(&three.rv, PAGE + 0x1008);
    assert_cached(&three, true, true, false);
}

static void a_fence_of_an_address_in_an_asid_is_the_narrowest(void **state)
{
    (void)state;
    struct three three = three_cached();
    fence_both(&three.rv, PAGE, 1);
    assert_cached(&three, false, true, true);
    three = three_cached();
    fence_both(&three.rv, PAGE + 0x1000, 1);
    assert_cached(&three, true, true, true);
}

static void asid_bits_beyond_asidlen_are_ignored(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.asid_bits = 2});
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    set_asid(&rv, 3);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_set_entry(&rv, entry, 0);
    fence_asid(&rv, 4);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    fence_asid(&rv, 7);
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
    rv_free(&rv);
}

static void the_widest_asid_is_an_asid_of_its_own(void **state)
{
    (void)state;
    static const struct {
        enum kms_paging_mode mode;
        uint16_t asid;
    } rows[] = {{KMS_PAGING_SV32, 0x1ff}, {KMS_PAGING_SV39, 0xffff}};
    for (size_t i = 0; i < 2; i++) {
        struct rv rv = rv_new(rows[i].mode, NULL);
        const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
        set_asid(&rv, rows[i].asid);
        assert_rv_done(&rv, READ(PAGE), FRAME(1));
        rv_set_entry(&rv, entry, 0);
        fence_asid(&rv, (uint16_t)(rows[i].asid >> 1));
        assert_rv_done(&rv, READ(PAGE), FRAME(1));
        fence_asid(&rv, rows[i].asid);
        assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
        rv_free(&rv);
    }
}

static void a_new_satp_forgets_nothing(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_set(&rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, RV_BASE + 0x300000));
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_set(&rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 1, RV_BASE + 0x300000));
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
    rv_set(&rv, KMS_RISCV_SATP, 0);
    assert_rv_done(&rv, READ(PAGE), PAGE);
    rv_set(&rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, RV_BASE + 0x300000));
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    fence_all(&rv);
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
    rv_free(&rv);
}

/* An address that Sv48 had, and that is none of Sv39, faults whatever is cached. */
static void a_narrower_mode_does_not_find_what_a_wider_one_cached(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV48, NULL);
    const kms_linear wide = UINT64_C(1) << 40;
    rv_map(&rv, wide, 1, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(wide), FRAME(1));
    rv_set(&rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV39, 0, RV_ROOT));
    assert_rv_fault(&rv, READ(wide), KMS_CAUSE_LOAD_PAGE);
    fence(&rv, wide); /* no address of this mode: "the SFENCE.VMA instruction has no effect" */
    rv_set(&rv, KMS_RISCV_SATP, kms_riscv_satp(KMS_PAGING_SV48, 0, RV_ROOT));
    assert_int_equal(held(&rv), 1);
    rv_free(&rv);
}

static void a_fence_inside_a_large_page_drops_it(void **state)
{
    (void)state;
    static const struct {
        enum kms_paging_mode mode;
        unsigned level, shift;
    } rows[] = {{KMS_PAGING_SV32, 2, 22},
                {KMS_PAGING_SV39, 2, 21},
                {KMS_PAGING_SV39, 3, 30},
                {KMS_PAGING_SV48, 4, 39},
                {KMS_PAGING_SV57, 5, 48}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rv rv = rv_new(rows[i].mode, NULL);
        const uint64_t size = UINT64_C(1) << rows[i].shift;
        const kms_phys frame = rows[i].shift < 32 ? RV_BASE : 0;
        const kms_phys entry = rv_map(&rv, size, rows[i].level, PPN(frame) | RW_PAGE);
        assert_rv_done(&rv, READ(size + 0x1000), frame + 0x1000);
        rv_set_entry(&rv, entry, 0);
        assert_rv_done(&rv, READ(2 * size - 8), frame + size - 8);
        assert_int_equal(held(&rv), 1);
        fence(&rv, size - 1);
        fence(&rv, 2 * size);
        assert_rv_done(&rv, READ(size + size / 2), frame + size / 2);
        fence(&rv, size + size / 4);
        assert_rv_fault(&rv, READ(size + 0x1000), KMS_CAUSE_LOAD_PAGE);
        rv_free(&rv);
    }
}

static void a_napot_page_is_one_entry_of_the_tlb(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    kms_phys entry[16];
    for (unsigned i = 0; i < 16; i++)
        entry[i] = rv_map(&rv, 0x40000 + 0x1000 * i, 1, PPN(FRAME(1)) | N | 0x2000 | RW_PAGE);
    assert_rv_done(&rv, READ(0x43008), FRAME(1) + 0x3008);
    assert_int_equal(held(&rv), 1);
    for (unsigned i = 0; i < 16; i++)
        rv_set_entry(&rv, entry[i], 0);
    assert_rv_done(&rv, READ(0x4f000), FRAME(1) + 0xf000);
    fence(&rv, 0x50000);
    fence(&rv, 0x3ffff);
    assert_rv_done(&rv, READ(0x40000), FRAME(1));
    fence(&rv, 0x4a000);
    assert_rv_fault(&rv, READ(0x40000), KMS_CAUSE_LOAD_PAGE);
    rv_free(&rv);
}

static void a_write_through_a_clean_entry_sets_d(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | V | R | W | A);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    assert_rv_done(&rv, WRITE(PAGE), FRAME(1));
    assert_int_equal(rv_entry(&rv, entry) & D, D);
    rv_free(&rv);
}

/* "...either the new or old permissions will be used." */
static void rights_that_were_added_count_now_or_after_the_fence(void **state)
{
    (void)state;
    static const enum kms_stale_rights policies[] = {KMS_RIGHTS_REWALK, KMS_RIGHTS_FAULT};
    for (size_t i = 0; i < 2; i++) {
        struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.stale_rights = policies[i]});
        const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | V | R | A);
        assert_rv_done(&rv, READ(PAGE), FRAME(1));
        rv_set_entry(&rv, entry, PPN(FRAME(1)) | RW_PAGE);
        const struct kms_access write = WRITE(PAGE);
        struct kms_translation translation;
        struct kms_fault fault = {0};
        const enum kms_result expected = policies[i] == KMS_RIGHTS_FAULT ? KMS_FAULT : KMS_DONE;
        assert_int_equal(kms_probe(rv.cpu, &write, &translation, &fault), expected);
        assert_int_equal(kms_translate(rv.cpu, &write, &translation, &fault), expected);
        if (expected == KMS_FAULT) {
            assert_int_equal(fault.vector, KMS_CAUSE_STORE_PAGE);
            assert_int_equal(fault.address, PAGE);
            assert_rv_done(&rv, READ(PAGE), FRAME(1));
        }
        fence(&rv, PAGE);
        assert_rv_done(&rv, WRITE(PAGE), FRAME(1));
        rv_free(&rv);
    }
}

static void invalid_entries_are_not_cached(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&rv, PAGE, 1, 0);
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
    rv_set_entry(&rv, entry, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_free(&rv);
}

/* "...orders only reads and writes made to leaf page table entries" if an address is given. */
static void upper_entries_that_are_remembered_need_a_fence_without_an_address(void **state)
{
    (void)state;
    static const enum kms_paging_mode modes[] = {KMS_PAGING_SV32, KMS_PAGING_SV39, KMS_PAGING_SV48,
                                                 KMS_PAGING_SV57};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        for (unsigned form = 0; form < 2; form++) {
            struct rv rv = rv_new(modes[i], &(struct kms_options){.tlb = {.structure_caches = true}});
            rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
            assert_rv_done(&rv, READ(PAGE), FRAME(1));
            rv_set_entry(&rv, rv_inspect(&rv, PAGE).level[0].entry_addr, 0);
            fence(&rv, PAGE);
            fence_both(&rv, PAGE, 0);
            assert_int_equal(held(&rv), 0);
            assert_rv_done(&rv, READ(PAGE), FRAME(1));
            fence_asid(&rv, 1);
            fence(&rv, PAGE);
            assert_rv_done(&rv, READ(PAGE), FRAME(1));
            if (form)
                fence_asid(&rv, 0);
            else
                fence_all(&rv);
            assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_PAGE);
            rv_free(&rv);
        }
}

static void remembered_upper_entries_still_make_pages_global(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.tlb = {.structure_caches = true}});
    rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    rv_map(&rv, PAGE + 0x1000, 1, PPN(FRAME(2)) | RW_PAGE);
    rv_set_entry(&rv, RV_ROOT, rv_entry(&rv, RV_ROOT) | G);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    assert_rv_done(&rv, READ(PAGE + 0x1000), FRAME(2));
    struct kms_tlb_entry entries[2];
    assert_int_equal(kms_tlb_list(rv.cpu, entries, 2), 2);
    assert_true(entries[0].global && entries[1].global);
    const struct kms_access far = READ(UINT64_C(1) << 50);
    struct kms_translation translation;
    assert_int_equal(kms_translate(rv.cpu, &far, &translation, NULL), KMS_FAULT);
    rv_free(&rv);
}

static void each_hart_has_a_tlb_of_its_own(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, &(struct kms_options){.cpus = 2});
    struct rv other = rv;
    other.cpu = kms_machine_cpu(rv.machine, 1);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    assert_rv_done(&other, READ(PAGE), FRAME(1));
    rv_set_entry(&rv, entry, PPN(FRAME(2)) | RW_PAGE);
    fence_all(&rv);
    assert_rv_done(&rv, READ(PAGE), FRAME(2));
    assert_rv_done(&other, READ(PAGE), FRAME(1)); /* the remote fence is missing */
    fence_all(&other);
    assert_rv_done(&other, READ(PAGE), FRAME(2));
    rv_free(&rv);
}

static void the_list_tells_what_is_cached(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    set_asid(&rv, 9);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | V | R | X | A | G);
    assert_rv_done(&rv, READ(PAGE + 8), FRAME(1) + 8);
    struct kms_tlb_entry found;
    assert_int_equal(kms_tlb_list(rv.cpu, &found, 1), 1);
    assert_int_equal(found.linear, PAGE);
    assert_int_equal(found.phys, FRAME(1));
    assert_int_equal(found.entry, PPN(FRAME(1)) | V | R | X | A | G);
    assert_int_equal(found.entry_addr, entry);
    assert_int_equal(found.asid, 9);
    assert_int_equal(found.rights, KMS_RIGHT_READ | KMS_RIGHT_EXEC);
    assert_true(found.global);
    assert_false(found.dirty);
    rv_free(&rv);
}

static void a_snapshot_brings_back_registers_and_stale_entries(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_set_entry(&rv, entry, 0);
    struct kms_snapshot *snapshot;
    assert_int_equal(kms_snapshot_take(rv.machine, &snapshot), KMS_OK);
    const struct kms_riscv_state before = kms_riscv_get_state(rv.cpu);
    rv_set(&rv, KMS_RISCV_SATP, 0);
    rv_set(&rv, KMS_RISCV_SUM, 1);
    fence_all(&rv);
    kms_snapshot_restore(rv.machine, snapshot);
    const struct kms_riscv_state after = kms_riscv_get_state(rv.cpu);
    assert_int_equal(after.satp, before.satp);
    assert_false(after.sum);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_free(&rv);
}

struct noted {
    unsigned count;
    struct kms_event last;
    kms_phys stale_phys; /* what last.entry led to, which is gone when the observer returns */
};

static void note(void *context, const struct kms_event *event)
{
    struct noted *noted = context;
    noted->last = *event;
    noted->stale_phys = event->kind == KMS_EVENT_STALE ? event->entry->phys : 0;
    noted->count++;
}

static void fences_and_stale_uses_are_told(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    struct noted noted = {0};
    struct kms_observer observer = {KMS_EVENT_INVALIDATE, note, &noted, NULL};
    kms_machine_observe(rv.machine, &observer);
    fence_all(&rv);
    assert_int_equal(noted.last.scope, KMS_FLUSH_ALL);
    fence_asid(&rv, 5);
    assert_int_equal(noted.last.scope, KMS_FLUSH_ASID);
    assert_int_equal(noted.last.asid, 5);
    fence(&rv, PAGE);
    assert_int_equal(noted.last.scope, KMS_FLUSH_PAGE_ALL);
    assert_int_equal(noted.last.access.linear, PAGE);
    fence_both(&rv, PAGE, 5);
    assert_int_equal(noted.last.scope, KMS_FLUSH_PAGE);
    assert_int_equal(noted.last.asid, 5);
    fence(&rv, UINT64_C(1) << 39 | PAGE); /* no address of Sv39: nothing happens */
    assert_int_equal(noted.count, 4);
    kms_machine_unobserve(rv.machine, &observer);

    const kms_phys entry = rv_map(&rv, PAGE, 1, PPN(FRAME(1)) | RW_PAGE);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    rv_set_entry(&rv, entry, PPN(FRAME(2)) | RW_PAGE);
    observer.events = KMS_EVENT_STALE;
    kms_machine_observe(rv.machine, &observer);
    assert_rv_done(&rv, READ(PAGE), FRAME(1));
    assert_int_equal(noted.count, 5);
    assert_int_equal(noted.last.kind, KMS_EVENT_STALE);
    assert_int_equal(noted.stale_phys, FRAME(1));
    rv_free(&rv);
}

static void unbacked_tables_and_faults_are_told(void **state)
{
    (void)state;
    struct rv rv = rv_new(KMS_PAGING_SV39, NULL);
    struct noted noted = {0};
    struct kms_observer observer = {KMS_EVENT_UNBACKED, note, &noted, NULL};
    rv_map(&rv, PAGE, 2, PPN(0x1000) | V);
    rv_map(&rv, 0x200000, 1, PPN(0x2000) | RW_PAGE);
    kms_machine_observe(rv.machine, &observer);
    assert_rv_fault(&rv, READ(PAGE), KMS_CAUSE_LOAD_ACCESS);
    assert_int_equal(noted.last.phys, 0x1000 + 5 * 8);
    uint8_t byte;
    assert_int_equal(kms_load8(rv.cpu, 0x200001, &byte, NULL), KMS_FAULT);
    assert_int_equal(noted.last.phys, 0x2001);
    kms_machine_unobserve(rv.machine, &observer);
    observer.events = KMS_EVENT_FAULT;
    kms_machine_observe(rv.machine, &observer);
    assert_int_equal(kms_load8(rv.cpu, 0x200001, &byte, NULL), KMS_FAULT);
    assert_int_equal(noted.count, 3);
    assert_int_equal(noted.last.kind, KMS_EVENT_FAULT);
    rv_free(&rv);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a changed entry goes unseen until the fence", a_changed_entry_goes_unseen_until_the_fence),
    KMS_TEST("loads use the old frame until the fence", loads_use_the_old_frame_until_the_fence),
    KMS_TEST("a fence of everything drops everything", a_fence_of_everything_drops_everything),
    KMS_TEST("a fence of an ASID spares others and global entries",
             a_fence_of_an_asid_spares_others_and_global_entries),
    KMS_TEST("a fence of an address reaches every ASID and global entries",
             a_fence_of_an_address_reaches_every_asid_and_global_entries),
    KMS_TEST("a fence of an address in an ASID is the narrowest",
             a_fence_of_an_address_in_an_asid_is_the_narrowest),
    KMS_TEST("ASID bits beyond ASIDLEN are ignored", asid_bits_beyond_asidlen_are_ignored),
    KMS_TEST("the widest ASID is an ASID of its own", the_widest_asid_is_an_asid_of_its_own),
    KMS_TEST("a new satp forgets nothing", a_new_satp_forgets_nothing),
    KMS_TEST("a narrower mode does not find what a wider one cached",
             a_narrower_mode_does_not_find_what_a_wider_one_cached),
    KMS_TEST("a fence inside a large page drops it", a_fence_inside_a_large_page_drops_it),
    KMS_TEST("a NAPOT page is one entry of the TLB", a_napot_page_is_one_entry_of_the_tlb),
    KMS_TEST("a write through a clean entry sets D", a_write_through_a_clean_entry_sets_d),
    KMS_TEST("rights that were added count now or after the fence",
             rights_that_were_added_count_now_or_after_the_fence),
    KMS_TEST("invalid entries are not cached", invalid_entries_are_not_cached),
    KMS_TEST("upper entries that are remembered need a fence without an address",
             upper_entries_that_are_remembered_need_a_fence_without_an_address),
    KMS_TEST("remembered upper entries still make pages global",
             remembered_upper_entries_still_make_pages_global),
    KMS_TEST("each hart has a TLB of its own", each_hart_has_a_tlb_of_its_own),
    KMS_TEST("the list tells what is cached", the_list_tells_what_is_cached),
    KMS_TEST("a snapshot brings back registers and stale entries",
             a_snapshot_brings_back_registers_and_stale_entries),
    KMS_TEST("fences and stale uses are told", fences_and_stale_uses_are_told),
    KMS_TEST("unbacked tables and faults are told", unbacked_tables_and_faults_are_told),
};
KMS_TESTS(riscv_tlb, tests)
