/* Long random stories: the machine with its TLB against the oracle, with and without stale translations. */
#include "choices.h"

#include "kms_test.h"

#define STORIES    400
#define OPERATIONS 110 /* fewer accesses than one set of the machine's TLB has ways: nothing is evicted */

struct tlb_trial {
    const char *sentence;
    enum judge_tlb tlb;
    struct oracle_options open;
};

static const struct tlb_trial trials[] = {
    {"a TLB that keeps everything is stale exactly where the oracle is", JUDGE_TLB_KEEPS, {0}},
    {"a TLB that walks again when rights are missing is stale exactly where the oracle is",
     JUDGE_TLB_KEEPS,
     {.denied_hits_walk_again = true}},
    {"a TLB is stale exactly where the oracle is, A being set by faulting walks",
     JUDGE_TLB_KEEPS,
     {.denied_hits_walk_again = true, .accessed_on_faults = true}},
    {"with a flush after every change the default TLB cannot be told from none", JUDGE_TLB_DEFAULT, {0}},
    {"with a flush after every change a TLB that walks again cannot be told from none",
     JUDGE_TLB_DEFAULT,
     {.denied_hits_walk_again = true}},
    {"with a flush after every change a TLB of one entry cannot be told from none",
     JUDGE_TLB_TINY,
     {.denied_hits_walk_again = true}},
    {"operations on a machine without a TLB end as the oracle says", JUDGE_TLB_OFF, {0}},
};

static void story_holds(struct choices *choices, struct judge *judge, unsigned story)
{
    static const enum oracle_mode modes[] = {ORACLE_MODE_32BIT, ORACLE_MODE_PAE, ORACLE_MODE_4LEVEL,
                                             ORACLE_MODE_5LEVEL};
    struct oracle_cpu cpu = choose_cpu(choices, modes[story % 4], story % 2);
    judge_load(judge, &cpu);
    choose_tables(choices, judge);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        if (choose_operation(choices, judge))
            continue;
        fail_msg("story %u, operation %u", story, i);
    }
    assert_true(judge_memory(judge));
    if (judge->tlb)
        assert_true(judge_tlb(judge));
}

static void trial_holds(void **state)
{
    const struct tlb_trial *trial = *state;
    struct judge_options options = {.tlb = trial->tlb, .open = trial->open};
    struct judge *judge = judge_new(&options);
    assert_non_null(judge);
    struct choices choices = {.seed = 7};
    for (unsigned story = 0; story < STORIES; story++)
        story_holds(&choices, judge, story);
    for (unsigned outcome = 0; outcome < JUDGE_OUTCOMES; outcome++)
        assert_true(judge->outcomes[outcome] >= 100);
    assert_true(trial->tlb != JUDGE_TLB_KEEPS || judge->stale >= 300);
    assert_true(judge->choices * 20 < judge->outcomes[JUDGE_TRANSLATED]);
    judge_free(judge);
}

#define TRIALS (sizeof(trials) / sizeof(trials[0]))

static const struct CMUnitTest *fill(size_t *count)
{
    static struct CMUnitTest tests[TRIALS];
    for (size_t i = 0; i < TRIALS; i++) {
        tests[i] = (struct CMUnitTest){.name = trials[i].sentence,
                                       .test_func = trial_holds,
                                       .initial_state = (void *)(uintptr_t)&trials[i]};
    }
    *count = TRIALS;
    return tests;
}

KMS_TESTS_FILLED(verdict_tlb, fill)
