/* Toy tests for harness_test.sh: one of each outcome, and a sentence with every character that could go
 * wrong. */
#include "kms_test.h"

#include <stdio.h>

static void passes(void **state)
{
    (void)state;
}

static void fails(void **state)
{
    (void)state;
    fail();
}

static void skips(void **state)
{
    (void)state;
    kms_skip("nothing here can run");
}

static const struct CMUnitTest outcomes[] = {
    KMS_TEST("it passes", passes),
    KMS_TEST("it fails", fails),
    KMS_TEST("it is skipped", skips),
    KMS_TEST("what is *starred*, \"quoted\"; [bracketed] or $priced?", passes),
};
KMS_TESTS(b_outcomes, outcomes)

static void row_is_its_own(void **state)
{
    assert_in_range(*(int *)*state, 0, 1);
}

static const struct CMUnitTest *rows(size_t *count)
{
    static int values[2];
    static char names[2][16];
    static struct CMUnitTest tests[2];
    for (int row = 0; row < 2; row++) {
        values[row] = row;
        snprintf(names[row], sizeof(names[row]), "row %d", row);
        tests[row] = (struct CMUnitTest){names[row], row_is_its_own, NULL, NULL, &values[row]};
    }
    *count = 2;
    return tests;
}
KMS_TESTS_FILLED(a_rows, rows)
