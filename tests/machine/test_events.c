/* Events, and the words for faults. */
#include "rig.h"

#include <string.h>

#define NOTES 16

struct notes {
    size_t count;
    struct kms_event event[NOTES];
    struct kms_walk walk[NOTES];
    struct kms_tlb_entry entry[NOTES];
    struct kms_fault fault[NOTES];
};

static void note(void *context, const struct kms_event *event)
{
    struct notes *notes = context;
    assert_true(notes->count < NOTES);
    const size_t i = notes->count++;
    notes->event[i] = *event;
    if (event->walk)
        notes->walk[i] = *event->walk;
    if (event->entry)
        notes->entry[i] = *event->entry;
    if (event->fault)
        notes->fault[i] = *event->fault;
}

struct observed {
    struct rig rig;
    struct notes notes;
    struct kms_observer observer;
};

static void observe(struct observed *observed, unsigned events)
{
    memset(observed, 0, sizeof *observed);
    observed->rig = rig_new(NULL);
    rig_enable(&observed->rig, KMS_PAGING_32BIT);
    rig_map32(&observed->rig, 0x1000, 0x55000 | P | RW);
    observed->observer = (struct kms_observer){.events = events, .notify = note, .context = &observed->notes};
    kms_machine_observe(observed->rig.machine, &observed->observer);
}

static void assert_kinds(struct observed *observed, const unsigned *kinds, size_t count)
{
    assert_int_equal(observed->notes.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(observed->notes.event[i].kind, kinds[i]);
    observed->notes.count = 0;
}

#define ASSERT_KINDS(observed, ...)                                                                          \
    assert_kinds((observed), (const unsigned[]){__VA_ARGS__},                                                \
                 sizeof(const unsigned[]){__VA_ARGS__} / sizeof(unsigned))

static void a_first_access_misses_walks_and_fills_and_the_next_hits(void **state)
{
    (void)state;
    struct observed observed;
    observe(&observed, KMS_EVENT_ALL);
    uint32_t value;
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1010, &value, NULL), KMS_DONE);
    assert_int_equal(observed.notes.walk[1].phys, 0x55010);
    assert_int_equal(observed.notes.entry[2].phys, 0x55000);
    ASSERT_KINDS(&observed, KMS_EVENT_MISS, KMS_EVENT_WALK, KMS_EVENT_FILL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kms_load32(observed.rig.cpu, 0x1010, &value, NULL), KMS_DONE);
        assert_int_equal(observed.notes.event[0].access.linear, 0x1010);
        ASSERT_KINDS(&observed, KMS_EVENT_HIT);
    }
    rig_free(&observed.rig);
}

static void a_fault_carries_its_walk(void **state)
{
    (void)state;
    struct observed observed;
    observe(&observed, KMS_EVENT_FAULT);
    assert_page_fault(&observed.rig, WRITE(0x2abc), KMS_PFERR_WR);
    assert_int_equal(observed.notes.fault[0].address, 0x2abc);
    assert_int_equal(observed.notes.walk[0].depth, 2);
    assert_int_equal(observed.notes.walk[0].verdict, KMS_NOT_PRESENT);
    ASSERT_KINDS(&observed, KMS_EVENT_FAULT);
    rig_refuse(&observed.rig, KMS_X86_CPL, 9);
    assert_int_equal(observed.notes.fault[0].vector, KMS_VECTOR_GP);
    ASSERT_KINDS(&observed, KMS_EVENT_FAULT);
    rig_free(&observed.rig);
}

static void a_stale_use_shows_the_entry_and_the_tables(void **state)
{
    (void)state;
    struct observed observed;
    observe(&observed, KMS_EVENT_STALE);
    uint32_t value;
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1000, &value, NULL), KMS_DONE);
    assert_int_equal(observed.notes.count, 0);
    rig_map32(&observed.rig, 0x1000, 0x66000 | P | RW);
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1004, &value, NULL), KMS_DONE);
    assert_int_equal(observed.notes.entry[0].phys, 0x55000);
    assert_int_equal(observed.notes.walk[0].phys, 0x66004);
    ASSERT_KINDS(&observed, KMS_EVENT_STALE);
    rig_map32(&observed.rig, 0x1000, 0x55000 | P); /* the same frame, fewer rights */
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1004, &value, NULL), KMS_DONE);
    ASSERT_KINDS(&observed, KMS_EVENT_STALE);
    rig_map32(&observed.rig, 0x1000, 0);
    assert_int_equal(kms_load32(observed.rig.cpu, 0x1004, &value, NULL), KMS_DONE);
    ASSERT_KINDS(&observed, KMS_EVENT_STALE);
    rig_free(&observed.rig);
}

static void registers_and_invalidations_are_told(void **state)
{
    (void)state;
    struct observed observed;
    observe(&observed, KMS_EVENT_REGISTER | KMS_EVENT_INVALIDATE);
    rig_set(&observed.rig, KMS_X86_CR3, 0x20000);
    assert_int_equal(observed.notes.event[0].reg, KMS_X86_CR3);
    assert_int_equal(observed.notes.event[0].old_value, RIG_TOP);
    assert_int_equal(observed.notes.event[0].new_value, 0x20000);
    assert_int_equal(observed.notes.event[1].scope, KMS_FLUSH_ASID);
    ASSERT_KINDS(&observed, KMS_EVENT_REGISTER, KMS_EVENT_INVALIDATE);
    kms_invalidate(observed.rig.cpu, 0x1234);
    assert_int_equal(observed.notes.event[0].scope, KMS_FLUSH_PAGE);
    assert_int_equal(observed.notes.event[0].access.linear, 0x1234);
    ASSERT_KINDS(&observed, KMS_EVENT_INVALIDATE);
    rig_set(&observed.rig, KMS_X86_CPL, 3);
    ASSERT_KINDS(&observed, KMS_EVENT_REGISTER);
    rig_free(&observed.rig);
}

static void an_unbacked_access_is_told_with_its_address(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct rig rig = rig_new(&(struct kms_options){.ram.unbacked = KMS_REPORT});
    struct kms_observer observer = {.events = KMS_EVENT_UNBACKED, .notify = note, .context = &notes};
    kms_machine_observe(rig.machine, &observer);
    uint32_t value;
    assert_int_equal(kms_load32(rig.cpu, 0xe0000010, &value, NULL), KMS_UNBACKED);
    assert_int_equal(notes.count, 1);
    assert_int_equal(notes.event[0].phys, 0xe0000010);
    kms_machine_unobserve(rig.machine, &observer);
    assert_int_equal(kms_load32(rig.cpu, 0xe0000010, &value, NULL), KMS_UNBACKED);
    assert_int_equal(notes.count, 1);
    rig_free(&rig);
}

static void an_observer_hears_only_what_it_asked_for(void **state)
{
    (void)state;
    struct observed observed;
    observe(&observed, KMS_EVENT_WALK);
    struct notes others = {0};
    struct kms_observer other = {.events = KMS_EVENT_FILL, .notify = note, .context = &others};
    kms_machine_observe(observed.rig.machine, &other);
    assert_translates(&observed.rig, READ(0x1000), 0x55000);
    ASSERT_KINDS(&observed, KMS_EVENT_WALK);
    assert_int_equal(others.count, 1);
    rig_free(&observed.rig);
}

static void faults_are_told_in_words(void **state)
{
    (void)state;
    static const struct {
        struct kms_fault fault;
        const char *words;
    } rows[] = {
        {{14, 0x0, 0x1000},
         "page fault at 0x00001000: a supervisor-mode read, and the page is not present (error code 0x0)"},
        {{14, 0x7, 0x00400000},
         "page fault at 0x00400000: a user-mode write, and the page is present, but its rights forbid it "
         "(error "
         "code 0x7)"},
        {{14, 0x9, 0x10},
         "page fault at 0x00000010: a supervisor-mode read, and an entry has a reserved bit set (error code "
         "0x9)"},
        {{14, 0x15, 0x10},
         "page fault at 0x00000010: a user-mode instruction fetch, and the page is present, but its rights "
         "forbid it "
         "(error code 0x15)"},
        {{14, 0x25, 0x10},
         "page fault at 0x00000010: a user-mode read, and a protection key forbids it (error code 0x25)"},
        {{13, 0, 0}, "general-protection fault (error code 0x0)"},
        {{12, 0, 0}, "stack fault (error code 0x0)"},
        {{11, 0x48, 0}, "segment not present (error code 0x48)"},
        {{8, 0, 0}, "double fault (error code 0x0)"},
        {{6, 0, 0}, "exception 6 (error code 0x0)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char words[200], cut[10];
        assert_int_equal(kms_x86_fault_words(&rows[i].fault, words, sizeof words), strlen(rows[i].words));
        assert_string_equal(words, rows[i].words);
        assert_int_equal(kms_x86_fault_words(&rows[i].fault, cut, sizeof cut), strlen(rows[i].words));
        assert_memory_equal(cut, rows[i].words, 9);
    }
}

static void levels_modes_and_verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(kms_entry_name(1), "PTE");
    assert_string_equal(kms_entry_name(5), "PML5E");
    assert_string_equal(kms_entry_name(0), "no entry");
    assert_string_equal(kms_table_name(2), "page directory");
    assert_string_equal(kms_table_name(6), "no table");
    assert_string_equal(kms_mode_name(KMS_PAGING_PAE), "PAE");
    assert_string_equal(kms_mode_name(KMS_PAGING_NONE), "no paging");
    assert_string_equal(kms_verdict_words(KMS_NOT_PRESENT), "not present");
    assert_string_equal(kms_verdict_words((enum kms_verdict)99), "no such verdict");
    assert_string_equal(kms_mode_name((enum kms_paging_mode)99), "no such mode");
    assert_string_equal(kms_status_words((enum kms_status)99), "no such status");
}

static void every_paging_mode_has_its_manuals_name(void **state)
{
    (void)state;
    static const struct {
        enum kms_paging_mode mode;
        const char *name, *leaf; /* the mode's own, and that of the entry of a 4 KiB page */
    } rows[] = {
        {KMS_PAGING_32BIT, "32-bit", "PTE"},   {KMS_PAGING_PAE, "PAE", "PTE"},
        {KMS_PAGING_4LEVEL, "4-level", "PTE"}, {KMS_PAGING_5LEVEL, "5-level", "PTE"},
        {KMS_PAGING_SV32, "Sv32", "L0"},       {KMS_PAGING_SV39, "Sv39", "L0"},
        {KMS_PAGING_SV48, "Sv48", "L0"},       {KMS_PAGING_SV57, "Sv57", "L0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(kms_mode_name(rows[i].mode), rows[i].name);
        assert_string_equal(kms_mode_entry_name(rows[i].mode, 1), rows[i].leaf);
    }
    assert_string_equal(kms_mode_entry_name(KMS_PAGING_SV39, 3), "L2");
    assert_string_equal(kms_mode_entry_name(KMS_PAGING_SV39, 0), "no entry");
    assert_string_equal(kms_mode_entry_name(KMS_PAGING_SV57, 6), "no entry");
}

/* No two of them alike, for a reader has nothing but the words. */
static void every_verdict_has_words_of_its_own(void **state)
{
    (void)state;
    static const enum kms_verdict verdicts[] = {KMS_TABLE,           KMS_MAPPED,       KMS_NOT_PRESENT,
                                                KMS_RESERVED,        KMS_NONCANONICAL, KMS_NO_TABLE,
                                                KMS_MISALIGNED_PAGE, KMS_TOO_DEEP};
    const size_t count = sizeof verdicts / sizeof verdicts[0];
    for (size_t i = 0; i < count; i++) {
        assert_string_not_equal(kms_verdict_words(verdicts[i]), "no such verdict");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(kms_verdict_words(verdicts[i]), kms_verdict_words(verdicts[j]));
    }
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a first access misses, walks and fills, and the next ones hit",
             a_first_access_misses_walks_and_fills_and_the_next_hits),
    KMS_TEST("a fault carries its walk", a_fault_carries_its_walk),
    KMS_TEST("a stale use shows the entry and the tables", a_stale_use_shows_the_entry_and_the_tables),
    KMS_TEST("registers and invalidations are told", registers_and_invalidations_are_told),
    KMS_TEST("an unbacked access is told with its address", an_unbacked_access_is_told_with_its_address),
    KMS_TEST("an observer hears only what it asked for", an_observer_hears_only_what_it_asked_for),
    KMS_TEST("faults are told in words", faults_are_told_in_words),
    KMS_TEST("levels, modes and verdicts have names", levels_modes_and_verdicts_have_names),
    KMS_TEST("every paging mode has its manual's name", every_paging_mode_has_its_manuals_name),
    KMS_TEST("every verdict has words of its own", every_verdict_has_words_of_its_own),
};
KMS_TESTS(events, tests)
