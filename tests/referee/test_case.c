/* Cases as text, the generator, and the reducer: no emulator is needed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "kms_test.h"
#include "reduce.h"
#include "story.h"

static const struct ref_cpu everything = {~0u, ~0u, ~0u, ~0u, ~0u, 46};

/* Writes the text to a file and reads it as stories; the file is gone afterwards. */
static bool read_text(const char *text, struct story_list *list, char error[256])
{
    char path[] = "/tmp/kms-case-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs(text, f);
    fclose(f);
    *list = (struct story_list){NULL, 0, 0};
    bool good = story_read(path, list, error);
    unlink(path);
    return good;
}

static void written_cases_read_back(void **state)
{
    const struct generate_options options = {everything, ARCH_ALL, true, 1ull << 26};
    static struct ref_case c;
    char error[256];
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        char *text = NULL;
        size_t size = 0;
        struct story_list list;
        generate_case(&c, &options, seed);
        FILE *f = open_memstream(&text, &size);
        case_write(f, &c);
        fclose(f);
        assert_true(read_text(text, &list, error));
        assert_int_equal(list.count, 1);
        assert_int_equal(list.cases[0].count, c.count);
        assert_memory_equal(list.cases[0].ops, c.ops, c.count * sizeof(c.ops[0]));
        story_free(&list);
        free(text);
    }
}

static void seeds_decide(void **state)
{
    const struct generate_options options = {everything, ARCH_ALL, false, 1ull << 26};
    static struct ref_case a, b;
    (void)state;
    generate_case(&a, &options, 42);
    generate_case(&b, &options, 42);
    assert_memory_equal(&a, &b, sizeof(a));
    generate_case(&b, &options, 43);
    assert_memory_not_equal(&a, &b, sizeof(a));
}

static void bad_lines_are_named(void **state)
{
    static const char *const bad[] = {
        "case x\npoke3 0x0 0x0\n",
        "case x\nread4\n",
        "story x\non frobnicate\n",
        "story x\non\nset nowhere A p\n",
        "story x\non\nread4 page -> perhaps\n",
        "story x\non\nfetch2 page -> int\n",
    };
    struct story_list list;
    char error[256];
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(read_text(bad[i], &list, error));
        assert_non_null(strchr(error, ':'));
        story_free(&list);
    }
}

static void stories_multiply_by_mode(void **state)
{
    struct story_list list;
    char error[256];
    (void)state;
    assert_true(read_text("story a\non\nread4 page -> pf 0\nstory b\nmodes pae\non\nread4 far -> pf 0\n",
                          &list, error));
    assert_int_equal(list.stories, 2);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.cases[0].name, "a, 32bit");
    assert_int_equal(list.cases[4].expect[list.cases[4].count - 1].permitted[0].value, 0x80645000);
    story_free(&list);
}

#define SYSTEM_BIT 0x200u /* bit 9 of an entry, which the CPU ignores */

/* "Shows it" if some entry has bit 9 set. */
static bool has_system_bit(void *context, const struct ref_case *c)
{
    (void)context;
    for (size_t i = 0; i < c->count; i++) {
        if (c->ops[i].code == REF_POKE && c->ops[i].value & SYSTEM_BIT)
            return true;
    }
    return false;
}

/* What keeps the ROM alive stays: the reset, the root's first entry, and the four registers. */
static void reduction_ends_at_the_cause(void **state)
{
    const struct generate_options options = {everything, ARCH_4LEVEL, false, 1ull << 26};
    static struct ref_case c;
    unsigned causes = 0, others = 0;
    (void)state;
    generate_case(&c, &options, 7);
    reduce_case(&c, has_system_bit, NULL, 10000);
    for (size_t i = 0; i < c.count; i++) {
        if (c.ops[i].code == REF_POKE && c.ops[i].value == SYSTEM_BIT)
            causes++;
        else
            others++;
    }
    assert_int_equal(causes, 1);
    assert_true(others <= 7);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a case written as text reads back the same", written_cases_read_back),
    KMS_TEST("the seed decides a generated case entirely", seeds_decide),
    KMS_TEST("a line that is no operation is named with its number", bad_lines_are_named),
    KMS_TEST("a story becomes one case for each paging mode", stories_multiply_by_mode),
    KMS_TEST("reduction leaves the one operation and the one bit that matter", reduction_ends_at_the_cause),
};
KMS_TESTS(referee_case, tests)
