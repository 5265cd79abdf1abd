/* The kernel heap at its documented addresses, over plain RAM. */
#include <kernel/sanitize.h>

#include "kms_test.h"

#include <string.h>

#include "hw_plain.h"
#include "kernel/hw.h"
#include "vana/kheap.h"

static int set_up(void **state)
{
    (void)state;
    hw_plain_set_ram_size(HW_PLAIN_RAM);
    (void)hw_plain_console();
    memset(hw_ptr(VANA_HEAP_TABLE_ADDRESS), 0xee, 0x10000 - VANA_HEAP_TABLE_ADDRESS);
    kheap_init();
    return 0;
}

static int tear_down(void **state)
{
    const char *const broken = kernel_heap.table ? heap_check(&kernel_heap) : NULL;

    (void)state;
    if (broken)
        fail_msg("%s", broken);
    return 0;
}

static void stands_at_its_addresses(void **state)
{
    (void)state;
    assert_int_equal(hw_linear(kmalloc(1)), 0x01000000);
    assert_int_equal(hw_linear(kmalloc(1)), 0x01001000);
    assert_int_equal(hw_linear(kernel_heap_table.entries), 0x7e00);
    assert_int_equal(*(uint8_t *)hw_ptr(0x7e00), 0x41);
    assert_int_equal(*(uint8_t *)hw_ptr(0x7e02), 0x00);
}

static void writes_its_table_only(void **state)
{
    (void)state;
    assert_non_null(kmalloc(VANA_HEAP_SIZE_BYTES));
    assert_int_equal(*(uint8_t *)hw_ptr(0xe1ff), 0x01);
    assert_int_equal(*(uint8_t *)hw_ptr(0xe200), 0xee);
}

static void holds_25600_blocks(void **state)
{
    unsigned count = 0;

    (void)state;
    while (kmalloc(4096))
        count++;
    assert_int_equal(count, 25600);
    assert_null(kmalloc(1));
}

static void small_ram_is_no_heap(void **state)
{
    (void)state;
    hw_plain_set_ram_size(0x07400000 - 1);
    kheap_init();
    assert_string_equal(hw_plain_console(), "Failed to create heap\n");
    assert_int_equal(kheap_start(), -ENOMEM);
    assert_null(kmalloc(1));
    assert_null(kzalloc(1));
    assert_int_equal(kheap_release(hw_ptr(0x01000000)), -EINVARG);
}

static void least_ram_is_enough(void **state)
{
    (void)state;
    hw_plain_set_ram_size(0x07400000);
    kheap_init();
    assert_string_equal(hw_plain_console(), "");
    assert_non_null(kmalloc(1));
}

static void zeroes_what_was_asked(void **state)
{
    unsigned char *dirty;
    const unsigned char *zeroed;

    (void)state;
    dirty = kmalloc(8192);
    memset(dirty, 0xa5, 8192);
    kfree(dirty);
    zeroed = kzalloc(5001);
    assert_ptr_equal(zeroed, dirty);
    for (unsigned i = 0; i < 5001; i++)
        assert_int_equal(zeroed[i], 0);
}

/* Not under a sanitizer, where the bytes beyond the request are nobody's. */
#if !defined(KERNEL_ASAN) && !defined(KERNEL_VALGRIND)
static void zeroes_nothing_beyond(void **state)
{
    unsigned char *dirty;
    const unsigned char *zeroed;

    (void)state;
    dirty = kmalloc(8192);
    memset(dirty, 0xa5, 8192);
    kfree(dirty);
    zeroed = kzalloc(5001);
    for (unsigned i = 5001; i < 8192; i++)
        assert_int_equal(zeroed[i], 0xa5);
}
#endif

static void zero_bytes(void **state)
{
    (void)state;
    assert_null(kmalloc(0));
    assert_null(kzalloc(0));
    assert_int_equal(hw_linear(kmalloc(1)), 0x01000000);
}

static void misuse_is_refused(void **state)
{
    char *const ptr = kmalloc(3 * 4096);

    (void)state;
    assert_int_equal(kheap_release(NULL), -EINVARG);
    assert_int_equal(kheap_release(ptr + 1), -EINVARG);
    assert_int_equal(kheap_release(ptr + 4096), -EINVARG);
    assert_int_equal(kheap_release(ptr - 4096), -EINVARG);
    assert_int_equal(kheap_release(ptr), 0);
    assert_int_equal(kheap_release(ptr), -EINVARG);
    kfree(ptr);
    kfree(NULL);
}

static void fails_at_the_nth(void **state)
{
    (void)state;
    kheap_fail_at(3);
    assert_non_null(kmalloc(1));
    assert_non_null(kzalloc(1));
    assert_null(kmalloc(1));
    assert_non_null(kmalloc(1));
}

static void failure_takes_nothing(void **state)
{
    struct heap_usage usage;

    (void)state;
    kheap_fail_at(1);
    assert_null(kzalloc(4096));
    heap_measure(&kernel_heap, &usage);
    assert_int_equal(usage.used_blocks, 0);
}

static void failure_is_taken_back(void **state)
{
    (void)state;
    kheap_fail_at(1);
    kheap_fail_at(0);
    assert_non_null(kmalloc(1));
    kheap_fail_at(1);
    kheap_init();
    assert_non_null(kmalloc(1));
}

static void second_start_is_a_new_heap(void **state)
{
    (void)state;
    assert_non_null(kmalloc(100 * 4096));
    kheap_init();
    assert_int_equal(hw_linear(kmalloc(1)), 0x01000000);
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(vana_status_name(0), "VANA_ALL_OK");
    assert_string_equal(vana_status_name(-1), "EIO");
    assert_string_equal(vana_status_name(-2), "EINVARG");
    assert_string_equal(vana_status_name(3), "ENOMEM");
    assert_string_equal(vana_status_name(-4), "EBADPATH");
    assert_string_equal(vana_status_name(-5), "EFSNOTUS");
    assert_string_equal(vana_status_name(-6), "ERDONLY");
    assert_string_equal(vana_status_name(-7), "EUNIMP");
    assert_string_equal(vana_status_name(-8), "EISTKN");
    assert_string_equal(vana_status_name(-9), "EINFORMAT");
    assert_string_equal(vana_status_name(-10), "unknown");
    assert_string_equal(vana_status_name(INT32_MIN), "unknown");
}

#define KHEAP_TEST(sentence, function) KMS_TEST_WITH(sentence, function, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    KHEAP_TEST("the kernel heap starts at 16 MiB and its table at 0x7e00", stands_at_its_addresses),
    KHEAP_TEST("the table ends before 0xe200", writes_its_table_only),
    KHEAP_TEST("the kernel heap holds 25,600 blocks", holds_25600_blocks),
    KHEAP_TEST("a machine with too little RAM has no heap and says so", small_ram_is_no_heap),
    KHEAP_TEST("116 MiB of RAM are enough", least_ram_is_enough),
    KHEAP_TEST("kzalloc zeroes all that was asked for", zeroes_what_was_asked),
#if !defined(KERNEL_ASAN) && !defined(KERNEL_VALGRIND)
    KHEAP_TEST("kzalloc zeroes no byte beyond", zeroes_nothing_beyond),
#endif
    KHEAP_TEST("kmalloc of zero bytes is no memory", zero_bytes),
    KHEAP_TEST("kheap_release says what kfree ignores", misuse_is_refused),
    KHEAP_TEST("the n-th allocation fails when asked to, and that one only", fails_at_the_nth),
    KHEAP_TEST("an allocation that was made to fail takes nothing", failure_takes_nothing),
    KHEAP_TEST("an order to fail is taken back by 0 and by a new heap", failure_is_taken_back),
    KHEAP_TEST("a second start makes a new heap", second_start_is_a_new_heap),
    KMS_TEST("every status has its name", statuses_have_names),
};
KMS_TESTS(kheap, tests)
