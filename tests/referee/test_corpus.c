/* The golden corpus, replayed on the machine without any emulator. */
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "kms_test.h"

static uint8_t *load_file(const char *path, size_t *size)
{
    char error[256];
    uint8_t *file = corpus_load(path, size, error);
    if (!file)
        fail_msg("%s", error);
    return file;
}

static uint8_t *load(size_t *size)
{
    return load_file(REFEREE_CORPUS, size);
}

static void the_machine_agrees_about_segments(void **state)
{
    struct corpus_score score;
    char error[256];
    size_t size;
    uint8_t *file = load_file(REFEREE_SEGMENTS, &size);
    (void)state;
    if (!corpus_replay(file, size, &score, error))
        fail_msg("%s", error);
    if (score.wrong)
        fail_msg("%llu of %llu cases; the first: %s", (unsigned long long)score.wrong,
                 (unsigned long long)score.cases, score.first);
    assert_true(score.cases >= 15000);
    free(file);
}

static void the_machine_agrees(void **state)
{
    struct corpus_score score;
    char error[256];
    size_t size;
    uint8_t *file = load(&size);
    (void)state;
    if (!corpus_replay(file, size, &score, error))
        fail_msg("%s", error);
    if (score.wrong)
        fail_msg("%llu of %llu cases; the first: %s", (unsigned long long)score.wrong,
                 (unsigned long long)score.cases, score.first);
    assert_true(score.cases >= 20000);
    free(file);
}

static void a_cut_corpus_is_refused(void **state)
{
    struct corpus_score score;
    char error[256];
    size_t size;
    uint8_t *file = load(&size);
    (void)state;
    assert_false(corpus_replay(file, 1000, &score, error));
    assert_false(corpus_replay(file, 11, &score, error));
    assert_false(corpus_replay((const uint8_t *)"KMSGOLD0____", 12, &score, error));
    free(file);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the machine gives every answer of the golden corpus", the_machine_agrees),
    KMS_TEST("the machine gives every answer of the golden corpus about segments",
             the_machine_agrees_about_segments),
    KMS_TEST("a corpus that was cut short is refused", a_cut_corpus_is_refused),
};
KMS_TESTS(referee_corpus, tests)
