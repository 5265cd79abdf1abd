/* The golden corpora, replayed on the machine without any emulator. */
#include "kms_test.h"
#include "replayed.h"

static void the_machine_agrees(void **state)
{
    (void)state;
    replayed_must_agree(REFEREE_CORPUS, 20000);
}

static void the_machine_agrees_about_segments(void **state)
{
    (void)state;
    replayed_must_agree(REFEREE_SEGMENTS, 15000);
}

static void a_cut_corpus_is_refused(void **state)
{
    (void)state;
    replayed_must_be_whole(REFEREE_CORPUS);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("the machine gives every answer of the golden corpus", the_machine_agrees),
    KMS_TEST("the machine gives every answer of the golden corpus about segments",
             the_machine_agrees_about_segments),
    KMS_TEST("a corpus that was cut short is refused", a_cut_corpus_is_refused),
};
KMS_TESTS(referee_corpus, tests)
