/*
 * The main of every test program.
 *
 *     program                     runs every test
 *     program --list              prints each test's sentence on a line
 *     program --run SENTENCE      runs the one test of that name
 *
 * Exit status: 0 passed, 1 failed, 2 usage, 77 nothing ran because every test chosen was skipped.
 */
#include "kms_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

static struct kms_test_table *tables;
static size_t skipped;

void kms_register_tests(struct kms_test_table *table)
{
    struct kms_test_table **link = &tables;
    while (*link && strcmp((*link)->name, table->name) < 0)
        link = &(*link)->next;
    table->next = *link;
    *link = table;
}

void kms_skip(const char *reason)
{
    fprintf(stderr, "SKIPPED: %s\n", reason);
    if (getenv("KMEMSIM_NO_SKIP"))
        fail_msg("KMEMSIM_NO_SKIP is set: nothing may be skipped");
    skipped++;
    skip();
    abort();
}

static size_t fill_tables(void)
{
    size_t total = 0;
    for (struct kms_test_table *table = tables; table; table = table->next) {
        if (table->fill)
            table->tests = table->fill(&table->count);
        total += table->count;
    }
    return total;
}

static const struct CMUnitTest *find_test(const char *sentence)
{
    const struct CMUnitTest *found = NULL;
    for (const struct kms_test_table *table = tables; table; table = table->next) {
        for (size_t i = 0; i < table->count; i++) {
            if (strcmp(table->tests[i].name, sentence) != 0)
                continue;
            if (found) {
                fprintf(stderr, "two tests are named \"%s\"\n", sentence);
                exit(EXIT_USAGE);
            }
            found = &table->tests[i];
        }
    }
    return found;
}

static int list_tests(void)
{
    for (const struct kms_test_table *table = tables; table; table = table->next) {
        for (size_t i = 0; i < table->count; i++) {
            find_test(table->tests[i].name); /* refuses a second test of the same name */
            puts(table->tests[i].name);
        }
    }
    return EXIT_SUCCESS;
}

static int run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

static int verdict(int failures, size_t chosen)
{
    if (failures != 0)
        return EXIT_FAILURE;
    return skipped == chosen ? EXIT_SKIPPED : EXIT_SUCCESS;
}

static int run_one(const char *sentence)
{
    const struct CMUnitTest *test = find_test(sentence);
    if (!test) {
        fprintf(stderr, "no test is named \"%s\"\n", sentence);
        return EXIT_USAGE;
    }
    return verdict(run(sentence, test, 1), 1);
}

static int run_all(size_t total)
{
    int failures = 0;
    for (const struct kms_test_table *table = tables; table; table = table->next)
        failures += run(table->name, table->tests, table->count);
    return verdict(failures, total);
}

int main(int argc, char **argv)
{
    size_t total = fill_tables();
    if (total == 0) {
        fprintf(stderr, "%s holds no tests\n", argv[0]);
        return EXIT_USAGE;
    }
    if (argc == 1)
        return run_all(total);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list_tests();
    if (argc == 3 && strcmp(argv[1], "--run") == 0)
        return run_one(argv[2]);
    fprintf(stderr, "usage: %s [--list | --run SENTENCE]\n", argv[0]);
    return EXIT_USAGE;
}
