#include "replayed.h"

#include <stdlib.h>

#include "corpus.h"
#include "kms_test.h"

static uint8_t *load(const char *path, size_t *size)
{
    char error[256];
    uint8_t *file = corpus_load(path, size, error);
    if (!file)
        fail_msg("%s", error);
    return file;
}

void replayed_must_agree(const char *path, uint64_t at_least)
{
    struct corpus_score score;
    char error[256];
    size_t size;
    uint8_t *file = load(path, &size);
    if (!corpus_replay(file, size, &score, error))
        fail_msg("%s", error);
    if (score.wrong)
        fail_msg("%llu of %llu cases; the first: %s", (unsigned long long)score.wrong,
                 (unsigned long long)score.cases, score.first);
    assert_true(score.cases >= at_least);
    free(file);
}

void replayed_must_be_whole(const char *path)
{
    struct corpus_score score;
    char error[256];
    size_t size;
    uint8_t *file = load(path, &size);
    assert_false(corpus_replay(file, 1000, &score, error));
    assert_false(corpus_replay(file, 11, &score, error));
    assert_false(corpus_replay((const uint8_t *)"KMSGOLD0____", 12, &score, error));
    free(file);
}
