/* RISC-V's golden corpus, replayed by whoever this is linked with: the machine, or the specification's oracle. */
#include "kms_test.h"
#include "replayed.h"

static void every_answer_is_given(void **state)
{
    (void)state;
    replayed_must_agree(REFEREE_CORPUS, 20000);
}

static void a_cut_corpus_is_refused(void **state)
{
    (void)state;
    replayed_must_be_whole(REFEREE_CORPUS);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("every answer of RISC-V's golden corpus is given", every_answer_is_given),
    KMS_TEST("a corpus of RISC-V's that was cut short is refused", a_cut_corpus_is_refused),
};
KMS_TESTS(referee_riscv_corpus, tests)
