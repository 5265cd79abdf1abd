/*
 * kms_test.h - what every test program shares: CMocka, a registry of test tables, one main.
 *
 * A test file names its tests in sentences and registers its table; no file writes a main:
 *
 *     static void poison_is_visible(void **state) { ... }
 *
 *     static const struct CMUnitTest tests[] = {
 *         KMS_TEST("a free frame still holds the poison", poison_is_visible),
 *     };
 *     KMS_TESTS(machine_ram, tests)
 *
 * kms_add_test() in sim/cmake builds the program and registers each sentence as a test of CTest's. Sentences
 * are unique within a program. Tests of one program share its process only when the program is run whole.
 */
#ifndef KMS_TEST_H
#define KMS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A table of tests. Filled by the macros below; the registry keeps the pointer. */
struct kms_test_table {
    const char *name;               /* orders the tables, so that every run has the same order */
    const struct CMUnitTest *tests; /* NULL until filled, where fill is given */
    size_t count;                   /* tests in the table */
    const struct CMUnitTest *(*fill)(size_t *count); /* NULL, or makes the table when the program starts */
    struct kms_test_table *next;
};

/* One test: a sentence and a function; the second form adds a setup and a teardown (each may be NULL). */
#define KMS_TEST(sentence, function)                                                                         \
    {                                                                                                        \
        sentence, function, NULL, NULL, NULL                                                                 \
    }
#define KMS_TEST_WITH(sentence, function, setup, teardown)                                                   \
    {                                                                                                        \
        sentence, function, setup, teardown, NULL                                                            \
    }

/* Registers an array of struct CMUnitTest under a name that no other table of the program has. */
#define KMS_TESTS(table, array)                                                                              \
    KMS_REGISTER_TABLE(table, .tests = (array), .count = sizeof(array) / sizeof((array)[0]))

/*
 * Registers a table that a function makes: `const struct CMUnitTest *fill(size_t *count)`, called once. For
 * rows of data that each become a named test, by initial_state. The array and its names live as long as the
 * program.
 */
#define KMS_TESTS_FILLED(table, function) KMS_REGISTER_TABLE(table, .fill = (function))

#define KMS_REGISTER_TABLE(table, ...)                                                                       \
    __attribute__((constructor)) static void kms_register_##table(void)                                      \
    {                                                                                                        \
        static struct kms_test_table entry = {.name = #table, __VA_ARGS__};                                  \
        kms_register_tests(&entry);                                                                          \
    }

void kms_register_tests(struct kms_test_table *table);

/*
 * Ends the running test as skipped, with the reason on standard error. Called from a test's body (a fixture
 * that skips is an error to CMocka). With KMEMSIM_NO_SKIP in the environment it fails the test instead: for
 * machines where nothing may be missing.
 */
_Noreturn void kms_skip(const char *reason);

#endif
