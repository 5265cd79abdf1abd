/* Belady's optimum: on the strings of the literature, against a search that is plainly right, and over duplications. */
#include "trace/references.h"

#include "kms_test.h"

enum { LENGTH = 300, PAGES = 12, PAGE = 4096 };

static void use(struct references *references, uint32_t process, uint32_t page, bool write)
{
    references_use(references, &(struct reference){process, (uint64_t)page * PAGE + 8, 4, write});
}

/* "1 2 3 4 1 2 5 1 2 3 4 5", the string on which FIFO needs 9 page-ins with three frames and 10 with four. */
static void the_anomalous_string(void **state)
{
    static const uint32_t string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    struct references references = {0};

    (void)state;
    for (size_t i = 0; i < sizeof string / sizeof string[0]; i++)
        use(&references, 0, string[i], false);
    assert_int_equal(references_optimum(&references, 1), 12);
    assert_int_equal(references_optimum(&references, 3), 7);
    assert_int_equal(references_optimum(&references, 4), 6);
    assert_int_equal(references_optimum(&references, 5), 5);
    assert_int_equal(references_optimum(&references, 500), 5);
    assert_true(references_optimum(&references, 0) == UINT64_MAX);
    references_free(&references);
}

/* Silberschatz, "Operating System Concepts", on page replacement: optimal with three frames has nine. */
static void the_textbook_string(void **state)
{
    static const uint32_t string[] = {7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1};
    struct references references = {0};

    (void)state;
    for (size_t i = 0; i < sizeof string / sizeof string[0]; i++)
        use(&references, 3, string[i], i % 2);
    assert_int_equal(references_optimum(&references, 3), 9);
    references_free(&references);
}

/* ---- against a plain search ---- */

static size_t next_use(const uint32_t *string, size_t from, uint32_t page)
{
    while (from < LENGTH && string[from] != page)
        from++;
    return from;
}

static uint64_t plain_optimum(const uint32_t *string, size_t frames)
{
    uint32_t held[PAGES];
    size_t count = 0;
    uint64_t page_ins = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        size_t at = 0, furthest = 0;

        while (at < count && held[at] != string[i])
            at++;
        if (at < count)
            continue;
        page_ins++;
        for (size_t j = 1; j < count; j++)
            if (next_use(string, i, held[j]) > next_use(string, i, held[furthest]))
                furthest = j;
        held[count < frames ? count++ : furthest] = string[i];
    }
    return page_ins;
}

static void any_string(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct references references = {0};
        uint32_t string[LENGTH];

        for (size_t i = 0; i < LENGTH; i++) {
            random = random * 1664525 + 1013904223;
            string[i] = (random >> 24) % PAGES;
            use(&references, 1, string[i], random & 1);
        }
        for (size_t frames = 1; frames <= PAGES; frames++)
            assert_int_equal(references_optimum(&references, frames), plain_optimum(string, frames));
        references_free(&references);
    }
}

/* ---- whose page it is ---- */

static void processes_have_pages_of_their_own(void **state)
{
    struct references references = {0};

    (void)state;
    use(&references, 0, 5, false);
    use(&references, 1, 5, false);
    use(&references, 300, 5, false); /* beyond the limit: ignored */
    assert_int_equal(references_optimum(&references, 10), 2);
    references_free(&references);
}

static void two_pages_at_once(void **state)
{
    struct references references = {0};

    (void)state;
    references_use(&references, &(struct reference){0, 2 * PAGE - 1, 2, false});
    references_use(&references, &(struct reference){0, 2 * PAGE - 4, 4, false});
    assert_int_equal(references.length, 3);
    assert_int_equal(references_optimum(&references, 10), 2);
    references_free(&references);
}

static void duplicates_share_until_one_writes(void **state)
{
    struct references references = {0};

    (void)state;
    use(&references, 0, 1, true);
    use(&references, 0, 2, true);
    references_duplicate(&references, 0, 1);
    use(&references, 1, 1, false);
    use(&references, 1, 2, false);
    assert_int_equal(references_optimum(&references, 10), 2);
    use(&references, 1, 1, true); /* a page of its own */
    use(&references, 0, 1, true); /* the last that has it writes in place */
    assert_int_equal(references_optimum(&references, 10), 3);
    references_end(&references, 1);
    use(&references, 0, 2, true);
    assert_int_equal(references_optimum(&references, 10), 3);
    references_duplicate(&references, 7, 1); /* a process that used nothing */
    use(&references, 1, 2, false);
    assert_int_equal(references_optimum(&references, 10), 4);
    references_duplicate(&references, 0, 0);
    references_duplicate(&references, 0, 999);
    references_end(&references, 999);
    references_free(&references);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the optimum on Belady's anomalous string is seven page-ins with three frames",
             the_anomalous_string),
    KMS_TEST("the optimum on the textbook's string is nine page-ins with three frames", the_textbook_string),
    KMS_TEST("the optimum is that of a plain search on any string", any_string),
    KMS_TEST("processes have pages of their own", processes_have_pages_of_their_own),
    KMS_TEST("an access across two pages uses both", two_pages_at_once),
    KMS_TEST("duplicates share their pages until one of them writes", duplicates_share_until_one_writes),
};
KMS_TESTS(references, tests)
