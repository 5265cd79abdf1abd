#include "vlsos_fixture.h"

#include <string.h>

#include "config.h"
#include "memory.h"

VLSOS_UNDER_TEST;

/* ---- the table ---- */

/* The document's rows, as it gives them: first and last byte. */
static void the_table_has_the_documents_ranges(void **state)
{
    static const struct {
        uint32_t first, last;
        enum layout_use use;
    } rows[] = {
        {0x00000000, 0x000003ff, LAYOUT_FIRMWARE}, {0x00000400, 0x000004ff, LAYOUT_FIRMWARE},
        {0x00000500, 0x0009fbff, LAYOUT_UNUSED},   {0x0009fc00, 0x0009ffff, LAYOUT_FIRMWARE},
        {0x000f0000, 0x000fffff, LAYOUT_FIRMWARE}, {0x00100000, 0x0019ffff, LAYOUT_IMAGE},
        {0x00200000, 0x002fffff, LAYOUT_HEAP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(layout_at(rows[i].first)->use, rows[i].use);
        assert_int_equal(layout_at(rows[i].last)->use, rows[i].use);
    }
    assert_int_not_equal(layout_at(0x001a0000)->use, LAYOUT_IMAGE);
    assert_int_not_equal(layout_at(0x001fffff)->use, LAYOUT_HEAP);
    assert_int_not_equal(layout_at(0x00300000)->use, LAYOUT_HEAP);
    assert_null(layout_at(0x01000000)); /* RAM has 16 MiB */
}

static void every_byte_of_ram_is_in_one_range(void **state)
{
    uint32_t next = 0;

    (void)state;
    for (unsigned i = 0; i < LAYOUT_RANGES; i++) {
        assert_int_equal(layout[i].start, next);
        next = layout[i].end;
    }
    assert_int_equal(next, VLSOS_RAM_MOST);
    assert_null(layout_check());
}

static void a_page_has_the_rights_that_all_of_its_ranges_have(void **state)
{
    (void)state;
    assert_int_equal(layout_page_rights(0), 0); /* vectors, BIOS data and free memory */
    assert_int_equal(layout_page_rights(0x0009f000), LAYOUT_READ | LAYOUT_WRITE);
    assert_int_equal(layout_page_rights(0x00100000), LAYOUT_READ | LAYOUT_EXECUTE);
    assert_int_equal(layout_page_rights(VLSOS_RODATA), LAYOUT_READ);
    assert_int_equal(layout_page_rights(VLSOS_RODATA - 1), LAYOUT_READ | LAYOUT_EXECUTE | LAYOUT_USER);
    assert_int_equal(layout_page_rights(VLSOS_BSS), LAYOUT_READ | LAYOUT_WRITE);
    assert_int_equal(layout_page_rights(0x01000000), 0);
}

static void a_use_is_found_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(layout_of(LAYOUT_HEAP)->start, 0x00200000);
    assert_int_equal(layout_of(LAYOUT_POOL)->start, VLSOS_POOL);
    assert_string_equal(layout_of(LAYOUT_IMAGE)->name, ".text");
}

/* ---- malloc and free ---- */

static void blocks_follow_each_other_from_heap_start(void **state)
{
    (void)state;
    memory_init();
    assert_int_equal(hw_linear(vmalloc(16)), 0x200000);
    assert_int_equal(hw_linear(vmalloc(8)), 0x200010);
    assert_int_equal(hw_linear(vmalloc(3)), 0x200018);
    assert_int_equal(hw_linear(vmalloc(1)), 0x200020); /* aligned to 8 */
}

static void a_block_that_is_freed_is_not_handed_out_again(void **state)
{
    void *first;

    (void)state;
    memory_init();
    first = vmalloc(64);
    memset(first, 7, 64);
    vfree(first);
    vfree(NULL);
    assert_int_equal(hw_linear(vmalloc(64)), 0x200040);
    assert_int_equal(((unsigned char *)hw_ptr(0x200000))[63], 7);
}

static void out_of_memory_is_null_and_the_last_byte_is_never_handed_out(void **state)
{
    (void)state;
    memory_init();
    assert_null(vmalloc(HEAP_SIZE)); /* heap_ptr + size >= HEAP_END */
    assert_null(vmalloc(HEAP_SIZE + 1));
    assert_non_null(vmalloc(HEAP_SIZE - 1));
    assert_null(vmalloc(1));
    memory_init();
    assert_int_equal(hw_linear(vmalloc(HEAP_SIZE - 1)), 0x200000);
}

static void a_size_that_wraps_is_out_of_memory(void **state)
{
    (void)state;
    memory_init();
    assert_non_null(vmalloc(100));
    assert_null(vmalloc(SIZE_MAX));
    assert_null(vmalloc(SIZE_MAX - 0x200000));
    assert_null(vmalloc(UINT32_MAX));
    assert_null(vmalloc((size_t)0 - 0x200064));
    assert_int_equal(hw_linear(vmalloc(1)), 0x200068);
}

static void nothing_is_no_memory(void **state)
{
    (void)state;
    memory_init();
    assert_null(vmalloc(0));
    assert_int_equal(hw_linear(vmalloc(8)), 0x200000);
}

static void before_memory_init_there_is_no_heap(void **state)
{
    (void)state;
    assert_null(vmalloc(1));
}

static void the_failure_that_was_ordered_comes_once(void **state)
{
    (void)state;
    memory_init();
    memory_fail_at(2);
    assert_int_equal(hw_linear(vmalloc(8)), 0x200000);
    assert_null(vmalloc(8));
    assert_int_equal(hw_linear(vmalloc(8)), 0x200008);
}

/* ---- statistics ---- */

static void usage_tells_where_memory_went(void **state)
{
    struct memory_usage usage;

    (void)state;
    memory_init();
    assert_non_null(vmalloc(1000));
    assert_null(vmalloc(2000000));
    memory_measure(&usage);
    assert_int_equal(usage.heap_used, 1000);
    assert_int_equal(usage.heap_left, (1u << 20) - 1000 - 1);
    assert_int_equal(usage.heap_calls, 2);
    assert_int_equal(usage.heap_failures, 1);
    assert_int_equal(usage.heap_peak_request, 2000000);
    assert_int_equal(usage.stack, 16384);
    assert_int_equal(usage.image + usage.static_data, 640u << 10);
    assert_int_equal(usage.ram, 16u << 20);
    assert_int_equal(usage.pages_used + usage.pages_free, 12u << 20 >> 12);
}

/* ---- too little RAM ---- */

static void with_too_little_ram_the_kernel_says_so(void **state)
{
    const struct kms_guest_options options = {.kernel = "vlsos", .machine.ram_size = 0x7ff000};
    struct kms_guest *guest;
    struct kms_guest_stop stop;

    (void)state;
    assert_int_equal(kms_guest_new(&options, &guest), KMS_OK);
    assert_int_equal(kms_guest_boot(guest, &stop), KMS_GUEST_RETURNED);
    assert_int_equal(stop.status, VLSOS_ENOMEM);
    kms_guest_free(guest);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("the table has the document's ranges", the_table_has_the_documents_ranges),
    AFTER_BOOT("every byte of RAM is in one range", every_byte_of_ram_is_in_one_range),
    AFTER_BOOT("a page has the rights that all of its ranges have",
               a_page_has_the_rights_that_all_of_its_ranges_have),
    AFTER_BOOT("a use is found by its name", a_use_is_found_by_its_name),
    AFTER_RESET("blocks follow each other from HEAP_START", blocks_follow_each_other_from_heap_start),
    AFTER_RESET("a block that is freed is not handed out again",
                a_block_that_is_freed_is_not_handed_out_again),
    AFTER_RESET("out of memory is NULL, and the last byte is never handed out",
                out_of_memory_is_null_and_the_last_byte_is_never_handed_out),
    AFTER_RESET("a size that wraps is out of memory", a_size_that_wraps_is_out_of_memory),
    AFTER_RESET("nothing is no memory", nothing_is_no_memory),
    AFTER_RESET("before memory_init there is no heap", before_memory_init_there_is_no_heap),
    AFTER_RESET("the failure that was ordered comes once", the_failure_that_was_ordered_comes_once),
    AFTER_BOOT("usage tells where memory went", usage_tells_where_memory_went),
    KMS_TEST("with too little RAM the kernel says so", with_too_little_ram_the_kernel_says_so),
};
KMS_TESTS(vlsos_layout, tests)
