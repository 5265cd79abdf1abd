/* Random registers, tables and accesses: the machine without its TLB against the oracle. */
#include "choices.h"

#include "kms_test.h"

#define ROUNDS          250
#define CASES_PER_ROUND 160

struct random_trial {
    const char *sentence;
    enum oracle_mode mode;
    bool accessed_on_faults;
};

static const struct random_trial trials[] = {
    {"without paging every access goes where the oracle says", ORACLE_MODE_NONE, false},
    {"with 32-bit paging 40,000 random accesses end as the oracle says", ORACLE_MODE_32BIT, false},
    {"with PAE paging 40,000 random accesses end as the oracle says", ORACLE_MODE_PAE, false},
    {"with 4-level paging 40,000 random accesses end as the oracle says", ORACLE_MODE_4LEVEL, false},
    {"with 5-level paging 40,000 random accesses end as the oracle says", ORACLE_MODE_5LEVEL, false},
    {"with 32-bit paging, and A set by faulting walks, all ends as the oracle says", ORACLE_MODE_32BIT, true},
    {"with PAE paging, and A set by faulting walks, all ends as the oracle says", ORACLE_MODE_PAE, true},
    {"with 4-level paging, and A set by faulting walks, all ends as the oracle says", ORACLE_MODE_4LEVEL,
     true},
};

/* One random CPU, one memory, many accesses; each may change the entries of its own walk first. */
static void round_of(struct choices *choices, struct judge *judge, enum oracle_mode mode)
{
    struct oracle_cpu cpu = choose_cpu(choices, mode, false);
    judge_load(judge, &cpu);
    choose_tables(choices, judge);
    for (unsigned i = 0; i < CASES_PER_ROUND; i++) {
        struct oracle_access access = choose_access(choices, &judge->cpu);
        while (one_in(choices, 2))
            choose_damage(choices, judge, access.linear);
        if (one_in(choices, 8)) {
            cpu = choose_cpu(choices, mode, false);
            judge_load(judge, &cpu);
        }
        assert_true(judge_walk(judge, access.linear));
        assert_true(judge_access(judge, &access));
    }
    assert_true(judge_memory(judge));
}

/* Every way to end was taken often enough to mean something: at least 500 of 40,000. */
static void outcomes_are_mixed(const struct judge *judge, enum oracle_mode mode)
{
    if (mode == ORACLE_MODE_NONE)
        return;
    for (unsigned outcome = JUDGE_TRANSLATED; outcome <= JUDGE_REFUSED; outcome++)
        assert_true(judge->outcomes[outcome] >= 500);
    assert_int_equal(judge->outcomes[JUDGE_NONCANONICAL] > 0, mode >= ORACLE_MODE_4LEVEL);
}

static void trial_holds(void **state)
{
    const struct random_trial *trial = *state;
    struct judge_options options = {.open = {.accessed_on_faults = trial->accessed_on_faults}};
    struct judge *judge = judge_new(&options);
    assert_non_null(judge);
    struct choices choices = {.seed = 20261121u + (uint64_t)trial->mode};
    for (unsigned round = 0; round < ROUNDS; round++)
        round_of(&choices, judge, trial->mode);
    outcomes_are_mixed(judge, trial->mode);
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

KMS_TESTS_FILLED(verdict_random, fill)
