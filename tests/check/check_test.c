#include "kms_test.h"
#include "stubborn.h"

#include <kernel/hw.h>
#include <kmemsim/check.h>
#include <stdio.h>
#include <string.h>

static struct kms_guest *guest;
static struct kms_check *check;
static const struct guest_ops *ops;
static char report[2000];

static void note(void *context, const struct kms_check_finding *finding)
{
    char words[200];

    (void)context;
    kms_check_words(finding, words, sizeof words);
    strcat(report, words);
    strcat(report, "\n");
}

static void start(const char *kernel, enum kms_guest_mode mode)
{
    const struct kms_guest_options options = {.kernel = kernel, .mode = mode};
    const enum kms_status status = kms_guest_new(&options, &guest);

    if (status == KMS_UNSUPPORTED)
        kms_skip("the linear window needs Linux on x86-64");
    assert_int_equal(status, KMS_OK);
    assert_int_equal(kms_guest_boot(guest, NULL), KMS_GUEST_RETURNED);
    assert_int_equal(kms_check_new(guest, note, NULL, &check), KMS_OK);
    ops = kms_check_ops(check);
    report[0] = '\0';
    kms_guest_enter(guest);
}

static int teardown(void **state)
{
    (void)state;
    if (guest)
        kms_guest_leave(guest);
    kms_check_free(check);
    kms_guest_free(guest);
    guest = NULL;
    check = NULL;
    return 0;
}

static guest_addr alloc_at(uint64_t line, uint64_t size)
{
    kms_check_line(check, line);
    return ops->alloc(size, 0);
}

static unsigned char *bytes(guest_addr address)
{
    return hw_ptr((uint32_t)address);
}

/* The report with the address of one block in the place of %s. */
static void expect_report(const char *format, guest_addr address)
{
    char text[20];
    char expected[1000];

    snprintf(text, sizeof text, "0x%08x", (unsigned)address);
    snprintf(expected, sizeof expected, format, text, text);
    assert_string_equal(report, expected);
}

/* ---- overwritten ---- */

static void overflow(const char *kernel, enum kms_guest_mode mode)
{
    guest_addr block;

    start(kernel, mode);
    block = alloc_at(7, 100);
    memset(bytes(block), 0xff, 101); /* the kernel's own native code, in the window through its page tables */
    kms_check_line(check, 9);
    assert_int_equal(ops->free(block), 0);
    expect_report(
        "the block of 100 bytes at %s from line 7 (allocation 1) was overwritten 1 byte beyond its right "
        "end: 0xff stands there at line 9\n",
        block);
    assert_true(kms_check_end(check));
    assert_int_equal(kms_check_live(check), 0);
}

static void overflow_vlsos_direct(void **state)
{
    (void)state;
    overflow("vlsos", KMS_GUEST_DIRECT);
}

static void overflow_vlsos_window(void **state)
{
    (void)state;
    overflow("vlsos", KMS_GUEST_WINDOW);
}

static void overflow_vana(void **state)
{
    (void)state;
    overflow("vana", KMS_GUEST_WINDOW);
}

static void a_block_overwritten_on_both_sides_is_told_once_for_each(void **state)
{
    guest_addr block;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    block = alloc_at(1, 64);
    bytes(block)[-5] = 1;
    bytes(block)[66] = 2;
    kms_check_look(check);
    kms_check_look(check);
    expect_report(
        "the block of 64 bytes at %s from line 1 (allocation 1) was overwritten 5 bytes before its left "
        "end: 0x01 stands there at line 1\n"
        "the block of 64 bytes at %s from line 1 (allocation 1) was overwritten 3 bytes beyond its right "
        "end: 0x02 stands there at line 1\n",
        block);
}

static void a_write_is_noticed_where_it_is_near(void **state)
{
    guest_addr one, other;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    one = alloc_at(1, 32);
    other = alloc_at(2, 32);
    bytes(one)[32] = 1;
    kms_check_near(check, other, 32);
    kms_check_near(check, one, 32);
    assert_string_equal(report, "");
    kms_check_line(check, 3);
    kms_check_near(check, one + 32, 1);
    expect_report(
        "the block of 32 bytes at %s from line 1 (allocation 1) was overwritten 1 byte beyond its right "
        "end: 0x01 stands there at line 3\n",
        one);
}

static void what_stays_inside_is_not_told(void **state)
{
    guest_addr block;

    (void)state;
    start("vlsos", KMS_GUEST_WINDOW);
    for (unsigned size = 1; size < 9000; size = size * 2 + 1) {
        block = ops->alloc(size, GUEST_ZEROED);
        assert_int_equal(bytes(block)[size - 1], 0);
        memset(bytes(block), 0xff, size);
        assert_int_equal(ops->free(block), 0);
    }
    assert_true(kms_check_end(check));
    assert_string_equal(report, "");
}

/* ---- leaks ---- */

static void leaks_are_told_in_the_order_of_allocation(void **state)
{
    guest_addr freed;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    for (uint64_t i = 1; i < 200; i++) { /* more than the ledger begins with */
        freed = alloc_at(i, 10 + i);
        if (i != 60 && i != 4)
            assert_int_equal(ops->free(freed), 0);
    }
    assert_int_equal(kms_check_live(check), 2);
    assert_true(kms_check_end(check));
    assert_non_null(strstr(report, "the block of 14 bytes at 0x"));
    assert_non_null(strstr(report, " from line 4 (allocation 4) was never freed\nthe block of 70 bytes"));
    assert_non_null(strstr(report, " from line 60 (allocation 60) was never freed\n"));
}

static void a_process_that_ends_leaks_nothing(void **state)
{
    static const char image[100];
    int first, second;

    (void)state;
    start("vana", KMS_GUEST_WINDOW);
    first = ops->process_create(image, sizeof image);
    second = ops->process_create(image, sizeof image);
    assert_int_not_equal(ops->process_alloc(first, 100), 0);
    assert_int_not_equal(ops->process_alloc(second, 200), 0);
    assert_int_equal(ops->process_free(second, ops->process_alloc(second, 300)), 0);
    assert_int_equal(ops->process_exit(first), 0);
    assert_int_equal(kms_check_live(check), 1);
    assert_true(kms_check_end(check));
    assert_non_null(strstr(report, "the block of process 1 of 200 bytes at 0x"));
    kms_check_process_ended(check, second);
    assert_int_equal(kms_check_live(check), 0);
}

/* ---- what the kernel is asked ---- */

static void only_the_callers_address_is_freed(void **state)
{
    guest_addr block;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    block = ops->alloc(100, 0);
    assert_true(ops->free(block - KMS_CHECK_ZONE) < 0); /* the kernel's own address of it */
    assert_true(ops->free(block + 1) < 0);
    assert_true(ops->free(block + 100) < 0);
    assert_int_equal(ops->free(block), 0);
    assert_true(ops->free(block) < 0);
    assert_true(ops->free(0x12345) < 0);
}

static void what_must_be_aligned_stays_aligned(void **state)
{
    guest_addr block;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    block = ops->alloc(100, GUEST_ALIGNED);
    assert_int_equal(block % 4096, 0);
    assert_int_equal(ops->heap_unit(block), 1);
    assert_int_equal(ops->alloc(0, 0), 0);
    assert_int_equal(ops->alloc(UINT64_MAX, 0), 0);
    assert_int_equal(ops->alloc(64u << 20, 0), 0);
    assert_int_equal(ops->free(block), 0);
}

static void blocks_of_a_kernel_of_pages_start_on_pages(void **state)
{
    (void)state;
    start("vana", KMS_GUEST_WINDOW);
    assert_int_equal(ops->alloc(100, 0) % 4096, 0);
    assert_null(ops->check());
}

static void a_write_inside_the_block_is_not_near_its_ends(void **state)
{
    guest_addr block;

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    block = alloc_at(1, 64);
    bytes(block)[-1] = 1;
    kms_check_near(check, block + 8, 8);
    assert_string_equal(report, "");
    kms_check_near(check, block - 1, 1);
    expect_report(
        "the block of 64 bytes at %s from line 1 (allocation 1) was overwritten 1 byte before its left end: "
        "0x01 stands there at line 1\n",
        block);
}

/* More blocks at once than the ledger has chains for at first, and each is found again. */
static void many_blocks_live_at_once(void **state)
{
    enum { BLOCKS = 300 };
    guest_addr blocks[BLOCKS];

    (void)state;
    start("vlsos", KMS_GUEST_DIRECT);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = alloc_at(i + 1, 16);
        assert_int_not_equal(blocks[i], 0);
    }
    assert_int_equal(kms_check_live(check), BLOCKS);
    for (unsigned i = 0; i < BLOCKS; i += 2)
        assert_int_equal(ops->free(blocks[i]), 0);
    assert_int_equal(kms_check_live(check), BLOCKS / 2);
    for (unsigned i = 0; i < BLOCKS; i += 2)
        assert_true(ops->free(blocks[i]) < 0);
    for (unsigned i = 1; i < BLOCKS; i += 2)
        assert_int_equal(ops->free(blocks[i]), 0);
    assert_true(kms_check_end(check));
    assert_string_equal(report, "");
}

static void what_a_process_is_refused_changes_nothing(void **state)
{
    static const char image[100];
    guest_addr block;
    int process;

    (void)state;
    start("vana", KMS_GUEST_WINDOW);
    process = ops->process_create(image, sizeof image);
    block = ops->process_alloc(process, 100);
    assert_int_not_equal(block, 0);
    assert_int_equal(ops->process_alloc(process, UINT32_MAX), 0);
    assert_true(ops->process_free(process, block + 1) < 0);
    assert_true(ops->process_exit(process + 50) < 0);
    assert_int_equal(kms_check_live(check), 1);
}

/* ---- a kernel that breaks its promises ---- */

static void what_is_no_memory_has_no_zones(void **state)
{
    static const enum stubborn_order orders[] = {STUBBORN_GIVES_NO_RAM, STUBBORN_GIVES_THE_LAST_RAM};

    (void)state;
    start("stubborn", KMS_GUEST_DIRECT);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        stubborn_order = orders[i];
        assert_int_not_equal(alloc_at(1, 100), 0);
    }
    kms_check_near(check, 0, UINT32_MAX);
    kms_check_look(check);
    assert_string_equal(report, "");
    assert_int_equal(kms_check_live(check), 2);
}

static void what_was_not_taken_back_still_lives(void **state)
{
    guest_addr block, of_process;

    (void)state;
    start("stubborn", KMS_GUEST_DIRECT);
    block = alloc_at(1, 100);
    of_process = ops->process_alloc(3, 50);
    stubborn_order = STUBBORN_REFUSES;
    assert_int_equal(ops->free(block), -1);
    assert_int_equal(ops->process_free(3, of_process), -1);
    assert_int_equal(ops->process_exit(3), -1);
    assert_int_equal(kms_check_live(check), 2);
    stubborn_order = STUBBORN_OBEYS;
    assert_int_equal(ops->free(block), 0);
    assert_int_equal(ops->process_free(3, of_process + 1), 0); /* nobody's, but the kernel takes it */
    assert_int_equal(kms_check_live(check), 1);
    assert_int_equal(ops->process_exit(3), 0);
    assert_int_equal(kms_check_live(check), 0);
}

static void what_was_refused_is_not_in_the_book(void **state)
{
    guest_addr block;

    (void)state;
    start("stubborn", KMS_GUEST_DIRECT);
    block = ops->process_alloc(3, 50);
    stubborn_order = STUBBORN_HAS_NOTHING;
    assert_int_equal(ops->alloc(100, 0), 0);
    assert_int_equal(ops->alloc(0, 0), 0);
    assert_int_equal(ops->alloc(UINT64_MAX, 0), 0);
    assert_int_equal(ops->process_alloc(3, 50), 0);
    assert_int_equal(ops->process_realloc(3, block, 70), 0);
    assert_int_equal(kms_check_live(check), 1);
    stubborn_order = STUBBORN_OBEYS;
    assert_int_not_equal(ops->process_realloc(3, block, 70), 0);
    assert_int_equal(kms_check_live(check), 1);
    assert_null(ops->heap_unit); /* the kernel has none, nor has the checker */
}

static void a_heap_that_takes_nothing_back_has_no_checker(void **state)
{
    static const enum stubborn_order orders[] = {STUBBORN_REFUSES, STUBBORN_HAS_NOTHING};
    struct kms_check *none;

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        start("stubborn", KMS_GUEST_DIRECT);
        stubborn_order = orders[i];
        kms_guest_leave(guest);
        kms_check_free(check);
        assert_int_equal(kms_check_new(guest, note, NULL, &none), KMS_UNSUPPORTED);
        assert_null(none);
        kms_guest_free(guest);
    }
    guest = NULL;
    check = NULL;
}

static void a_guest_that_was_not_booted_has_no_checker(void **state)
{
    const struct kms_guest_options options = {.kernel = "vlsos"};
    struct kms_check *none;

    (void)state;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_check_new(guest, note, NULL, &none), KMS_UNSUPPORTED);
    assert_null(none);
    kms_guest_free(guest);
    guest = NULL;
}

static const struct CMUnitTest tests[] = {
    KMS_TEST_WITH("a byte beyond a block of VlsOs is told with block and lines (direct)",
                  overflow_vlsos_direct, NULL, teardown),
    KMS_TEST_WITH("a byte beyond a block of VlsOs is told with block and lines (window)",
                  overflow_vlsos_window, NULL, teardown),
    KMS_TEST_WITH("a byte beyond a block of VanaOS is told with block and lines", overflow_vana, NULL,
                  teardown),
    KMS_TEST_WITH("a block overwritten on both sides is told once for each",
                  a_block_overwritten_on_both_sides_is_told_once_for_each, NULL, teardown),
    KMS_TEST_WITH("a write is noticed where it is near", a_write_is_noticed_where_it_is_near, NULL, teardown),
    KMS_TEST_WITH("what stays inside is not told", what_stays_inside_is_not_told, NULL, teardown),
    KMS_TEST_WITH("leaks are told in the order of allocation", leaks_are_told_in_the_order_of_allocation,
                  NULL, teardown),
    KMS_TEST_WITH("a process that ends leaks nothing", a_process_that_ends_leaks_nothing, NULL, teardown),
    KMS_TEST_WITH("only the caller's address is freed", only_the_callers_address_is_freed, NULL, teardown),
    KMS_TEST_WITH("what must be aligned stays aligned", what_must_be_aligned_stays_aligned, NULL, teardown),
    KMS_TEST_WITH("a write inside a block is not near its ends",
                  a_write_inside_the_block_is_not_near_its_ends, NULL, teardown),
    KMS_TEST_WITH("many blocks live at once, and each is found again", many_blocks_live_at_once, NULL,
                  teardown),
    KMS_TEST_WITH("what a process is refused changes nothing", what_a_process_is_refused_changes_nothing,
                  NULL, teardown),
    KMS_TEST_WITH("blocks where no memory is have no zones", what_is_no_memory_has_no_zones, NULL, teardown),
    KMS_TEST_WITH("what the kernel did not take back still lives", what_was_not_taken_back_still_lives, NULL,
                  teardown),
    KMS_TEST_WITH("what the kernel refused is not in the book", what_was_refused_is_not_in_the_book, NULL,
                  teardown),
    KMS_TEST_WITH("a heap that takes nothing back has no checker",
                  a_heap_that_takes_nothing_back_has_no_checker, NULL, teardown),
    KMS_TEST("a guest that was not booted has no checker", a_guest_that_was_not_booted_has_no_checker),
    KMS_TEST_WITH("blocks of a kernel of pages start on pages", blocks_of_a_kernel_of_pages_start_on_pages,
                  NULL, teardown),
};
KMS_TESTS(check, tests)
