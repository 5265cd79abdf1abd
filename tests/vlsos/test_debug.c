/* The build that watches its memory itself (VLSOS_MEMORY_DEBUG): each test plants one bug and reads the report. */
#include "vlsos_fixture.h"

#include <stdio.h>
#include <string.h>

#include "kmem.h"
#include "mapping.h"
#include "memory.h"
#include "slab.h"

static struct fixture_kernel vlsos = {.name = "vlsos_debug", .check = kernel_check};
static struct slab_cache files;

static char *open_file(void)
{
    return slab_alloc(&files);
}

static void make_files(void)
{
    assert_int_equal(slab_cache_create(&files, &(struct slab_options){.name = "file", .size = 24}), VLSOS_OK);
}

/* The report about memory, with the object's address in the place of %s. */
static void expect_report(const void *object, const char *format)
{
    const char *const report = kernel_check();
    char address[16];
    char expected[200];

    fixture_is_broken();
    snprintf(address, sizeof address, "0x%08x", hw_linear(object));
    snprintf(expected, sizeof expected, format, address);
    assert_non_null(report);
    assert_string_equal(report, expected);
}

static void one_byte_beyond_the_right_end_is_named(void **state)
{
    char *file;

    (void)state;
    make_files();
    (void)open_file();
    file = open_file();
    file[24] = 'x';
    expect_report(file,
                  "slab cache file, object %s: written 1 byte beyond its right end; last owner open_file, "
                  "allocation 2");
    assert_int_equal(slab_free(&files, file), VLSOS_ECORRUPT);
    assert_int_equal(slab_objects(&files), 2); /* it stays for whoever looks at it */
}

static void bytes_before_the_left_end_are_named(void **state)
{
    char *file;

    (void)state;
    make_files();
    file = open_file();
    file[-3] = 'x';
    expect_report(file,
                  "slab cache file, object %s: written 3 bytes before its left end; last owner open_file, "
                  "allocation 1");
}

static void a_write_after_free_is_named_with_who_freed(void **state)
{
    char *file;

    (void)state;
    make_files();
    (void)open_file();
    file = open_file();
    assert_int_equal(slab_free_by(&files, file, "close_file"), VLSOS_OK);
    file[5] = 'x';
    expect_report(
        file, "slab cache file, object %s: written 5 bytes into it, after it was freed; freed by close_file");
}

static void an_overflow_of_a_request_smaller_than_its_class_is_seen(void **state)
{
    char *block;

    (void)state;
    block = kmem_alloc(100); /* of 128 */
    block[99] = 'y';
    assert_null(kernel_check());
    block[100] = 'x';
    expect_report(block, "slab cache kmem-128, object %s: written 1 byte beyond its right end; last owner "
                         "an_overflow_of_a_request_smaller_than_its_class_is_seen, allocation 1");
}

static void a_large_block_is_watched_behind_its_end(void **state)
{
    char *block;

    (void)state;
    block = kmem_alloc(8192);
    assert_int_equal(hw_linear(block) % PAGE_SIZE, 0);
    memset(block, 1, 8192);
    assert_null(kernel_check());
    block[8193] = 'x';
    expect_report(block, "large block %s: written 2 bytes beyond its right end; last owner "
                         "a_large_block_is_watched_behind_its_end, allocation 1");
    assert_int_equal(kmem_free(block), VLSOS_ECORRUPT);
}

static void a_large_block_is_watched_before_its_beginning(void **state)
{
    char *block;

    (void)state;
    block = kmem_alloc_by(5000, "read_disk");
    block[-1] = 'x';
    expect_report(block,
                  "large block %s: written 1 byte before its left end; last owner read_disk, allocation 1");
    assert_int_equal(kmem_free(block), VLSOS_ECORRUPT);
    block[-1] = (char)0xbb;
    assert_null(kernel_check());
    memset(block - PAGE_SIZE, 0xff, PAGE_SIZE);
    expect_report(block, "large block %s: written before its left end, over its books");
}

/* 4 MiB less the page before it and the least zone behind it. */
static void the_greatest_block_is_a_page_smaller(void **state)
{
    void *block;

    (void)state;
    assert_null(kmem_alloc((4u << 20) - PAGE_SIZE - 15));
    block = kmem_alloc((4u << 20) - PAGE_SIZE - 16);
    assert_non_null(block);
    assert_int_equal(kmem_free((char *)block - PAGE_SIZE), VLSOS_EINVAL);
    assert_int_equal(kmem_free(block), VLSOS_OK);
}

static void the_books_of_a_large_block_are_not_mapped(void **state)
{
    const uint32_t block = hw_linear(kmem_alloc_pages(2 * PAGE_SIZE));

    (void)state;
    assert_int_equal(mapping_add(&(struct mapping){USER_PAGE, block - PAGE_SIZE, 1, PAGING_USER}),
                     VLSOS_EINVAL);
    assert_int_equal(mapping_add(&(struct mapping){USER_PAGE, block, 2, PAGING_USER}), VLSOS_OK);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_EBUSY);
    assert_int_equal(mapping_remove(USER_PAGE, 2), VLSOS_OK);
    assert_int_equal(kmem_free(hw_ptr(block)), VLSOS_OK);
}

/* ---- the linear heap ---- */

static void blocks_of_malloc_are_watched_on_both_sides(void **state)
{
    char *first, *second;

    (void)state;
    first = malloc_by(13, "load_font");
    second = malloc_by(100, "make_table");
    memset(first, 1, 13);
    memset(second, 2, 100);
    assert_null(kernel_check());
    first[13] = 'x';
    expect_report(first, "malloc heap, block %s: written 1 byte beyond its right end; last owner load_font, "
                         "allocation 1");
    first[13] = (char)0xcc;
    second[-4] = 'x';
    expect_report(second, "malloc heap, block %s: written 4 bytes before its left end; last owner "
                          "make_table, allocation 2");
    vfree(second); /* it stays as it is */
    expect_report(second, "malloc heap, block %s: written 4 bytes before its left end; last owner "
                          "make_table, allocation 2");
}

/* From the first block's end over the zone behind it, and the books and the zone of the second. */
static void a_run_from_one_block_of_malloc_over_the_next_is_blamed_on_the_first(void **state)
{
    char *first, *second;

    (void)state;
    first = malloc_by(16, "load_font");
    second = malloc_by(16, "make_table");
    memset(first + 16, 'x', (size_t)(second - first));
    expect_report(first, "malloc heap, block %s: written 1 byte beyond its right end; last owner load_font, "
                         "allocation 1");
    memset(first + 16, 0xcc, 16);
    expect_report(second, "malloc heap, block %s: written before its left end, over its books");
}

static void a_block_of_malloc_is_poisoned_when_it_is_given_back(void **state)
{
    unsigned char *block;

    (void)state;
    block = malloc_by(40, "load_font");
    assert_int_equal(block[39], 0x5a);
    free_by(block, "drop_font");
    assert_int_equal(block[39], 0x6b);
    assert_ptr_not_equal(malloc_by(40, "load_font"), block); /* never reclaimed */
    block[8] = 1;
    expect_report(block, "malloc heap, block %s: written 8 bytes into it, after it was freed; freed by "
                         "drop_font");
}

static void what_malloc_did_not_give_is_named_when_it_is_freed(void **state)
{
    char *const block = malloc_by(40, "load_font");

    (void)state;
    vfree(NULL);
    assert_null(kernel_check());
    free_by(block + 8, "drop_font");
    expect_report(block + 8, "malloc heap: %s was freed by drop_font, and is no block");
    free_by(hw_ptr(HEAP_START), "somebody else"); /* the first is told */
    expect_report(block + 8, "malloc heap: %s was freed by drop_font, and is no block");
}

static void a_block_of_malloc_that_is_freed_twice_is_named_with_both(void **state)
{
    char *const block = malloc_by(40, "load_font");

    (void)state;
    free_by(block, "drop_font");
    assert_null(kernel_check());
    free_by(block, "end");
    expect_report(block, "malloc heap: %s was freed by end, and before by drop_font");
}

/* A block of 1 byte: 32 before it, 16 behind it, and the document's last byte stays. */
static void malloc_has_room_for_its_zones(void **state)
{
    struct memory_usage usage;

    (void)state;
    memory_measure(&usage);
    assert_int_equal(usage.heap_left, HEAP_SIZE - 1 - 48);
    assert_null(vmalloc(HEAP_SIZE - 48));
    assert_non_null(vmalloc(HEAP_SIZE - 1 - 48));
    assert_null(vmalloc(1));
    assert_null(kernel_check());
}

/* ---- what fresh memory holds ---- */

static void fresh_memory_is_neither_zero_nor_what_it_was(void **state)
{
    unsigned char *block;

    (void)state;
    block = kmem_alloc(64);
    assert_int_equal(block[0], 0x5a);
    memset(block, 1, 64);
    assert_int_equal(kmem_free(block), VLSOS_OK);
    assert_int_equal(block[0], 0x6b);
    assert_ptr_equal(kmem_alloc(64), block);
    assert_int_equal(block[63], 0x5a);
}

static void construct(void *object)
{
    memset(object, 0x77, 40);
}

static void a_constructed_object_is_constructed_anew(void **state)
{
    unsigned char *object;

    (void)state;
    assert_int_equal(slab_cache_create(&files, &(struct slab_options){"inode", 40, 0, construct}), VLSOS_OK);
    object = slab_alloc(&files);
    assert_int_equal(object[39], 0x77);
    assert_int_equal(slab_free(&files, object), VLSOS_OK);
    assert_int_equal(object[39], 0x6b);
    object = slab_alloc(&files);
    assert_int_equal(object[39], 0x77);
}

/* ---- leaks ---- */

static char leaks[400];

static void note_leak(void *context, const struct zone_record *record)
{
    char line[100];

    (void)context;
    snprintf(line, sizeof line, "%s %u bytes by %s, allocation %u\n",
             record->cache ? record->cache->is.name : "none", record->size, record->owner, record->when);
    strcat(leaks, line);
}

static void what_was_never_freed_is_told_with_who_and_when(void **state)
{
    void *kept, *freed;
    uint32_t since;

    (void)state;
    leaks[0] = '\0';
    make_files();
    kept = kmem_alloc_by(30, "before");
    assert_non_null(malloc_by(70, "long before"));
    since = zone_clock();
    freed = kmem_alloc_by(30, "careful");
    assert_non_null(kmem_alloc_by(30, "careless"));
    assert_non_null(kmem_alloc_by(5000, "wasteful"));
    assert_non_null(open_file());
    free_by(malloc_by(70, "tidy"), "tidy");
    assert_non_null(malloc_by(70, "forgetful"));
    assert_int_equal(kmem_free(freed), VLSOS_OK);
    assert_int_equal(kernel_report(since, note_leak, NULL), 4);
    assert_string_equal(leaks, "none 70 bytes by forgetful, allocation 8\n"
                               "kmem-32 30 bytes by careless, allocation 4\n"
                               "file 24 bytes by open_file, allocation 6\n"
                               "none 5000 bytes by wasteful, allocation 5\n");
    assert_int_equal(kernel_report(zone_clock(), note_leak, NULL), 0);
    assert_int_equal(kmem_free(kept), VLSOS_OK);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("one byte beyond the right end is named", one_byte_beyond_the_right_end_is_named),
    AFTER_BOOT("bytes before the left end are named", bytes_before_the_left_end_are_named),
    AFTER_BOOT("a write after free is named, with who freed", a_write_after_free_is_named_with_who_freed),
    AFTER_BOOT("an overflow of a request smaller than its class is seen",
               an_overflow_of_a_request_smaller_than_its_class_is_seen),
    AFTER_BOOT("a large block is watched behind its end", a_large_block_is_watched_behind_its_end),
    AFTER_BOOT("a large block is watched before its beginning",
               a_large_block_is_watched_before_its_beginning),
    AFTER_BOOT("the greatest large block is a page smaller", the_greatest_block_is_a_page_smaller),
    AFTER_BOOT("the books of a large block are not mapped", the_books_of_a_large_block_are_not_mapped),
    AFTER_BOOT("blocks of malloc are watched on both sides", blocks_of_malloc_are_watched_on_both_sides),
    AFTER_BOOT("a run over two blocks of malloc is blamed on the first",
               a_run_from_one_block_of_malloc_over_the_next_is_blamed_on_the_first),
    AFTER_BOOT("a block of malloc is poisoned when it is given back",
               a_block_of_malloc_is_poisoned_when_it_is_given_back),
    AFTER_BOOT("what malloc did not give is named when it is freed",
               what_malloc_did_not_give_is_named_when_it_is_freed),
    AFTER_BOOT("a block of malloc that is freed twice is named, with both",
               a_block_of_malloc_that_is_freed_twice_is_named_with_both),
    AFTER_BOOT("malloc has room for its zones", malloc_has_room_for_its_zones),
    AFTER_BOOT("fresh memory is neither zero nor what it was", fresh_memory_is_neither_zero_nor_what_it_was),
    AFTER_BOOT("a constructed object is constructed anew", a_constructed_object_is_constructed_anew),
    AFTER_BOOT("what was never freed is told, with who and when",
               what_was_never_freed_is_told_with_who_and_when),
};
KMS_TESTS(vlsos_debug, tests)
