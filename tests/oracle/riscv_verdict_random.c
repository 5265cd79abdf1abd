/* Random harts, tables and operations: the machine beside the oracle, with everything fenced and with nothing. */
#include "kms_test.h"
#include "riscv_choices.h"

#define ROUNDS     300
#define OPERATIONS 600

static struct rv_judge *random_round(struct choices *choices, enum rvo_mode mode, bool fenced, bool no_tlb)
{
    unsigned variant = (unsigned)choose(choices, RV_VARIANTS / 2) | (no_tlb ? RV_VARIANTS / 2 : 0);
    struct rv_judge_options options = rv_hardware(mode, variant);
    struct rv_judge *judge = rv_judge_new(&options);
    assert_non_null(judge);
    assert_true(rv_choose_tables(choices, judge, mode));
    for (unsigned i = 0; i < OPERATIONS; i++) {
        if (!rv_choose_operation(choices, judge, fenced))
            fail_msg("operation %u of this round", i);
    }
    return judge;
}

struct sums {
    unsigned accesses, stale, denied, updated;
};

static struct sums rounds(uint64_t seed, bool fenced, bool no_tlb)
{
    struct sums sums = {0, 0, 0, 0};
    struct choices choices = {.seed = seed};
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct rv_judge *judge = random_round(&choices, RVO_SV32 + i % 4, fenced, no_tlb);
        sums.accesses += judge->accesses;
        /* Random entries of one 64 KiB group disagree: any of them may be the cached one. */
        sums.stale += fenced && judge->options.cpu.svnapot ? 0 : judge->stale;
        sums.denied += judge->denied;
        sums.updated += judge->updated;
        rv_judge_free(judge);
    }
    if (sums.accesses < 80000 || sums.denied < 20000 || sums.updated < 250)
        fail_msg("%u accesses, %u denied, %u set A or D: too few", sums.accesses, sums.denied, sums.updated);
    return sums;
}

static void without_a_tlb(void **state)
{
    (void)state;
    assert_int_equal(rounds(1, false, true).stale, 0);
}

static void with_everything_fenced(void **state)
{
    (void)state;
    assert_int_equal(rounds(2, true, false).stale, 0);
}

/* Stale translations are really used, and only those that may be. */
static void with_nothing_fenced(void **state)
{
    (void)state;
    struct sums sums = rounds(3, false, false);
    if (sums.stale < 200)
        fail_msg("%u stale translations were used: too few", sums.stale);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("without a TLB random RISC-V accesses end as the tables say", without_a_tlb),
    KMS_TEST("with a fence after each change random RISC-V accesses end as the tables say",
             with_everything_fenced),
    KMS_TEST("without fences random RISC-V accesses end in one of the ways permitted, some of them stale",
             with_nothing_fenced),
};
KMS_TESTS(riscv_random, tests)
