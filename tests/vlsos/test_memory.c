/* The functions on bytes, by the names under which the kernel's copies do not meet the C library's. */
#include "kms_test.h"

#include <string.h>

void *kernel_memset(void *ptr, int value, size_t size);
void *kernel_memcpy(void *dest, const void *src, size_t size);
int kernel_memcmp(const void *a, const void *b, size_t size);

#define BYTES 70u

static void every_length_at_every_offset_is_set_and_no_byte_beyond(void **state)
{
    unsigned char here[BYTES], expected[BYTES];

    (void)state;
    for (size_t from = 0; from < 17; from++)
        for (size_t size = 0; size < BYTES - 17; size++) {
            memset(here, 0x11, sizeof here);
            memset(expected, 0x11, sizeof expected);
            memset(expected + from, 0xab, size);
            assert_ptr_equal(kernel_memset(here + from, 0x7ab, size), here + from);
            assert_memory_equal(here, expected, sizeof here);
        }
}

static void every_length_at_every_offset_is_copied_and_no_byte_beyond(void **state)
{
    unsigned char from[BYTES], here[BYTES], expected[BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)(i * 7 + 3);
    for (size_t at = 0; at < 17; at++)
        for (size_t size = 0; size < BYTES - 17; size++) {
            memset(here, 0, sizeof here);
            memset(expected, 0, sizeof expected);
            memcpy(expected + at, from + 17 - at, size);
            assert_ptr_equal(kernel_memcpy(here + at, from + 17 - at, size), here + at);
            assert_memory_equal(here, expected, sizeof here);
        }
}

static void a_comparison_is_the_difference_of_the_first_bytes_that_differ(void **state)
{
    unsigned char a[BYTES] = {0}, b[BYTES] = {0};

    (void)state;
    assert_int_equal(kernel_memcmp(a, b, sizeof a), 0);
    for (size_t at = 0; at < BYTES; at++) {
        a[at] = 200; /* taken unsigned */
        b[at] = 3;
        if (at + 1 < BYTES)
            b[at + 1] = 255;
        assert_int_equal(kernel_memcmp(a, b, sizeof a), 197);
        assert_int_equal(kernel_memcmp(b, a, sizeof a), -197);
        assert_int_equal(kernel_memcmp(a, b, at), 0);
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
    }
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("every length at every offset is set, and no byte beyond",
             every_length_at_every_offset_is_set_and_no_byte_beyond),
    KMS_TEST("every length at every offset is copied, and no byte beyond",
             every_length_at_every_offset_is_copied_and_no_byte_beyond),
    KMS_TEST("a comparison is the difference of the first bytes that differ",
             a_comparison_is_the_difference_of_the_first_bytes_that_differ),
};
KMS_TESTS(vlsos_memory, tests)
