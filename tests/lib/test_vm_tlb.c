/*
 * The MMU's caches, by the machine's own events: no stale translation is ever used, and whatever is invalidated was
 * cached ("Details of TLB Use": what has A clear is not).
 */
#include "vm_fixture.h"

#include <string.h>

static struct kms_observer observer;
static unsigned stale, pages_invalidated, needless;
static uint8_t cached[64]; /* what the TLB took for the test's pages, since it was told to forget */

static int page_of(uint64_t linear)
{
    return linear >= HERE(0) && linear < HERE(64) ? (int)((linear - HERE(0)) / PAGE_SIZE) : -1;
}

static void notice(void *context, const struct kms_event *event)
{
    const int page = page_of(event->access.linear);

    (void)context;
    if (event->kind == KMS_EVENT_STALE) {
        stale++;
    } else if (event->kind == KMS_EVENT_FILL && page >= 0) {
        cached[page] = 1;
    } else if (event->kind == KMS_EVENT_INVALIDATE && event->scope != KMS_FLUSH_PAGE) {
        memset(cached, 0, sizeof cached);
    } else if (event->kind == KMS_EVENT_INVALIDATE) {
        pages_invalidated++;
        needless += page < 0 || !cached[page];
        if (page >= 0)
            cached[page] = 0;
    }
}

/* Counts from now on; what the TLB holds is known from before. */
static void watch_on(void)
{
    stale = pages_invalidated = needless = 0;
    toy.vm.counts.invalidations = 0;
    observer = (struct kms_observer){.events = KMS_EVENT_STALE | KMS_EVENT_FILL | KMS_EVENT_INVALIDATE,
                                     .notify = notice};
    kms_machine_observe(kms_guest_machine(fixture_guest()), &observer);
}

/* From the beginning, when nothing of the test's pages is cached. */
static void watch(void)
{
    memset(cached, 0, sizeof cached);
    watch_on();
}

/* INVLPG so many times, each for a page that was cached; nothing stale was used. */
static void expect_invalidations(uint64_t count)
{
    kms_machine_unobserve(kms_guest_machine(fixture_guest()), &observer);
    assert_int_equal(stale, 0);
    assert_int_equal(needless, 0);
    assert_int_equal(pages_invalidated, count);
    assert_int_equal(toy.vm.counts.invalidations, count);
}

static void first_touches(void **state)
{
    (void)state;
    with_space(0, 8);
    watch();
    for (uint32_t page = 0; page < 8; page++)
        write_page(page, page);
    expect_invalidations(0);
}

/* FIFO looks at no A bit: one INVLPG for each page that leaves. */
static void leaving(void **state)
{
    (void)state;
    with_space(0, 8);
    limit_frames(2);
    toy.vm.replace.policy = REPLACE_FIFO;
    watch();
    for (uint32_t page = 0; page < 8; page++)
        write_page(page, page);
    expect_invalidations(6);
}

/* What belongs to another space went out of the TLB when CR3 was loaded. */
static void leaving_from_another_space(void **state)
{
    (void)state;
    with_space(0, 8);
    limit_frames(2);
    toy.vm.replace.policy = REPLACE_FIFO;
    write_page(0, 1);
    write_page(1, 2);
    with_space(1, 8);
    watch();
    write_page(2, 3);
    write_page(3, 4);
    assert_int_equal(toy.vm.counts.evictions, 2);
    expect_invalidations(0);
    toy_switch(0);
    expect_page(0, 1);
}

/* The clock clears A: without INVLPG the processor would not set it again, and the page in use would leave. */
static void clearing_accessed(void **state)
{
    (void)state;
    with_space(0, 8);
    limit_frames(4);
    watch();
    for (uint32_t page = 0; page < 4; page++)
        write_page(page, page);
    write_page(4, 4); /* all four lose A, one leaves: its A is clear by then */
    expect_invalidations(4);
    watch_on();
    expect_page(1, 1);
    assert_true(entry_here(HERE(1)) & PTE_A);
    write_page(5, 5);
    expect_page(1, 1);
    expect_invalidations(pages_invalidated);
}

/* Duplication takes the right to write away: once for each page that was written. */
static void duplicating(void **state)
{
    (void)state;
    with_space(0, 8);
    watch();
    write_page(0, 1);
    write_page(1, 1);
    expect_page(2, 0);
    duplicate(0, 1);
    expect_invalidations(3); /* page 2 may be written as well */
    watch_on();
    expect_page(0, 1);
    write_page(0, 2); /* read before: the old frame is cached */
    expect_page(0, 2);
    expect_invalidations(1);
    watch_on();
    write_page(1, 3); /* invalidated by the duplication, and not cached since */
    expect_invalidations(0);
}

static void ending_an_area(void **state)
{
    (void)state;
    with_space(0, 8);
    watch();
    write_page(0, 1);
    write_page(1, 1);
    assert_int_equal(space_remove_area(&toy.vm, toy.current, HERE(0)), VM_OK);
    expect_invalidations(2);
    refuses_read(HERE(0), VM_NOT_MAPPED);
}

static void write_and_read(uint32_t i)
{
    user_writes(HERE(i * 7 % 20), i);
    (void)user_reads(HERE(i * 3 % 20));
}

/* Eviction, sharing, and the sharing's end, all in the space that CR3 names. */
static void under_load(void **state)
{
    (void)state;
    limit_frames(9);
    with_space(0, 20);
    watch();
    for (uint32_t i = 0; i < 300; i++) {
        if (i % 100 == 50)
            duplicate(0, 1);
        if (i % 100 == 99)
            toy_destroy(1);
        write_and_read(i);
    }
    assert_true(toy.vm.counts.evictions > 100);
    assert_true(toy.vm.counts.copies > 0);
    assert_true(pages_invalidated > 100);
    expect_invalidations(toy.vm.counts.invalidations);
}

/* A bits stay set when CR3 is loaded, so that here an invalidation may find nothing. */
static void between_spaces(void **state)
{
    (void)state;
    limit_frames(9);
    with_space(0, 20);
    watch();
    duplicate(0, 1);
    for (uint32_t i = 0; i < 300; i++) {
        toy_switch(i % 3 == 0);
        write_and_read(i);
    }
    assert_true(toy.vm.counts.evictions > 100);
    assert_int_equal(stale, 0);
    kms_machine_unobserve(kms_guest_machine(fixture_guest()), &observer);
}

static const struct CMUnitTest tests[] = {
    VM_ROWS("a page that comes needs no invalidation", first_touches),
    VM_ROWS("a page that leaves is invalidated once", leaving),
    VM_ROWS("a page that leaves another space is not invalidated", leaving_from_another_space),
    VM_ROWS("a cleared A bit is invalidated, and the page leaves without another", clearing_accessed),
    VM_ROWS("duplication invalidates what could be written, a copy what was cached", duplicating),
    VM_ROWS("an area that ends is invalidated page by page", ending_an_area),
    VM_ROWS("under load no stale translation is used and none is invalidated that was not cached",
            under_load),
    VM_ROWS("with two spaces in turn no stale translation is used", between_spaces),
};
KMS_TESTS(lib_vm_tlb, tests)
