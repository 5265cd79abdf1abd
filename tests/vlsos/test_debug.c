/* The build that watches its memory itself (VLSOS_MEMORY_DEBUG): each test plants one bug and reads the report. */
#include "vlsos_fixture.h"

#include <stdio.h>
#include <string.h>

#include "kmem.h"
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
    assert_int_equal(files.statistics.objects, 2); /* it stays for whoever looks at it */
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
    memset(block, 1, 8192);
    assert_null(kernel_check());
    block[8193] = 'x';
    expect_report(block, "large block %s: written 2 bytes beyond its right end; last owner "
                         "a_large_block_is_watched_behind_its_end, allocation 1");
    assert_int_equal(kmem_free(block), VLSOS_ECORRUPT);
}

static void books_that_were_overrun_are_no_books(void **state)
{
    char *block;

    (void)state;
    block = kmem_alloc(4096 - 32);
    memset(block, 0xff, 4096);
    expect_report(block, "large block %s: written beyond its right end, over its books");
}

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

static void note_leak(void *context, const struct slab_record *record)
{
    char line[100];

    (void)context;
    snprintf(line, sizeof line, "%s %u bytes by %s, allocation %u\n",
             record->cache ? record->cache->is.name : "large", record->size, record->owner, record->when);
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
    since = slab_clock();
    freed = kmem_alloc_by(30, "careful");
    assert_non_null(kmem_alloc_by(30, "careless"));
    assert_non_null(kmem_alloc_by(5000, "wasteful"));
    assert_non_null(open_file());
    assert_int_equal(kmem_free(freed), VLSOS_OK);
    assert_int_equal(kmem_report(since, note_leak, NULL), 3);
    assert_string_equal(leaks, "kmem-32 30 bytes by careless, allocation 3\n"
                               "file 24 bytes by open_file, allocation 5\n"
                               "large 5000 bytes by wasteful, allocation 4\n");
    assert_int_equal(kmem_report(slab_clock(), note_leak, NULL), 0);
    assert_int_equal(kmem_free(kept), VLSOS_OK);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("one byte beyond the right end is named", one_byte_beyond_the_right_end_is_named),
    AFTER_BOOT("bytes before the left end are named", bytes_before_the_left_end_are_named),
    AFTER_BOOT("a write after free is named, with who freed", a_write_after_free_is_named_with_who_freed),
    AFTER_BOOT("an overflow of a request smaller than its class is seen",
               an_overflow_of_a_request_smaller_than_its_class_is_seen),
    AFTER_BOOT("a large block is watched behind its end", a_large_block_is_watched_behind_its_end),
    AFTER_BOOT("books that were overrun are no books", books_that_were_overrun_are_no_books),
    AFTER_BOOT("fresh memory is neither zero nor what it was", fresh_memory_is_neither_zero_nor_what_it_was),
    AFTER_BOOT("a constructed object is constructed anew", a_constructed_object_is_constructed_anew),
    AFTER_BOOT("what was never freed is told, with who and when",
               what_was_never_freed_is_told_with_who_and_when),
};
KMS_TESTS(vlsos_debug, tests)
