/* memset, memcmp and memcpy of the kernels, against byte loops, at every alignment and around every word's border. */
#include "kms_test.h"

#include <limits.h>
#include <stdlib.h>

/* The kernel's functions, renamed by the build so that they do not meet the C library's. */
void *kernel_memset(void *ptr, int c, size_t size);
int kernel_memcmp(const void *s1, const void *s2, int count);
void *kernel_memcpy(void *dest, const void *src, int count);

#define AREA    96
#define LONGEST 40

static unsigned char pattern(unsigned i)
{
    return (unsigned char)(i * 37 + 11);
}

static void fill_with_pattern(unsigned char *area)
{
    for (unsigned i = 0; i < AREA; i++)
        area[i] = pattern(i);
}

static void sets_exactly(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 16; offset++) {
        for (unsigned size = 0; size <= LONGEST; size++) {
            unsigned char area[AREA];

            fill_with_pattern(area);
            assert_ptr_equal(kernel_memset(area + offset, 0xc3, size), area + offset);
            for (unsigned i = 0; i < AREA; i++)
                assert_int_equal(area[i], i - offset < size ? 0xc3 : pattern(i));
        }
    }
}

static void sets_low_byte(void **state)
{
    unsigned char byte = 0;

    (void)state;
    kernel_memset(&byte, 0x1234, 1);
    assert_int_equal(byte, 0x34);
    kernel_memset(&byte, -1, 1);
    assert_int_equal(byte, 0xff);
}

static void copies_exactly(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset < 16; offset++) {
        for (int count = 0; count <= LONGEST; count++) {
            unsigned char from[AREA];
            unsigned char to[AREA] = {0};

            fill_with_pattern(from);
            assert_ptr_equal(kernel_memcpy(to + 16 - offset, from + offset, count), to + 16 - offset);
            for (unsigned i = 0; i < AREA; i++)
                assert_int_equal(to[i],
                                 i - (16 - offset) < (unsigned)count ? pattern(i - 16 + 2 * offset) : 0);
        }
    }
}

static void equal_areas(void **state)
{
    unsigned char a[AREA], b[AREA];

    (void)state;
    fill_with_pattern(a);
    fill_with_pattern(b);
    for (int count = 0; count <= AREA; count++) {
        assert_int_equal(kernel_memcmp(a, b, count), 0);
        if (count < AREA)
            b[count]++;
        assert_int_equal(kernel_memcmp(a, b, count), 0);
        if (count < AREA)
            b[count]--;
    }
}

static void first_difference_decides(void **state)
{
    (void)state;
    for (unsigned at = 0; at < LONGEST; at++) {
        unsigned char a[AREA], b[AREA];

        fill_with_pattern(a);
        fill_with_pattern(b);
        a[at] = 0x80;
        b[at] = 0x7f;
        a[at + 1] = 0x00;
        b[at + 1] = 0xff;
        assert_int_equal(kernel_memcmp(a, b, AREA), 1);
        assert_int_equal(kernel_memcmp(b, a, AREA), -1);
    }
}

static void negative_counts(void **state)
{
    unsigned char a = 1, b = 2;

    (void)state;
    assert_ptr_equal(kernel_memcpy(&a, &b, -1), &a);
    assert_ptr_equal(kernel_memcpy(&a, &b, INT_MIN), &a);
    assert_int_equal(a, 1);
    assert_int_equal(kernel_memcmp(&a, &b, -1), 0);
    assert_int_equal(kernel_memcmp(&a, &b, 0), 0);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("memset sets every byte asked for and none beside", sets_exactly),
    KMS_TEST("memset takes the low byte of its value", sets_low_byte),
    KMS_TEST("memcpy copies every byte asked for and none beside", copies_exactly),
    KMS_TEST("areas that differ only beyond the count are equal", equal_areas),
    KMS_TEST("the first byte that differs decides, taken unsigned", first_difference_decides),
    KMS_TEST("a count below one touches nothing and finds all equal", negative_counts),
};
KMS_TESTS(memory, tests)
