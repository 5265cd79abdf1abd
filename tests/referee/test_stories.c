/* The stories and the joined cases, on the machine alone: under every policy, what it answers must be permitted. */
#include "kms_test.h"
#include "told.h"

static const struct ref_cpu everything = {~0u, ~0u, ~0u, ~0u, ~0u, 40};

static struct story_list read_stories(void)
{
    struct story_list list;
    told_read(REFEREE_STORIES "/*.story", &list);
    assert_true(list.stories >= 150);
    return list;
}

static size_t tell_all(const struct story_list *list, unsigned policies)
{
    return told_all(list, &everything, policies, NULL);
}

static const unsigned alone[] = {POLICY_ACCESSED_ON_WALK, POLICY_RIGHTS_FAULT, POLICY_STRUCTURE_CACHES,
                                 POLICY_NO_TLB};
static const struct told_stories stories = {read_stories, tell_all, POLICIES, alone,
                                            sizeof(alone) / sizeof(alone[0])};

static void the_default_is_the_first(void **state)
{
    (void)state;
    told_by_default(&stories);
}

static void each_policy_shows(void **state)
{
    (void)state;
    told_alone(&stories);
}

static void all_policies_together(void **state)
{
    (void)state;
    told_together(&stories);
}

static void joined_cases_hold(void **state)
{
    (void)state;
    told_joined(REFEREE_CASES "/qemu*.case");
    told_joined(REFEREE_CASES "/bochs*.case");
}

/* The machine answers 5 where it should have said 6: the case that is kept expects 6, and only there it fails. */
static void a_difference_is_kept(void **state)
{
    static struct ref_case c;
    static struct ref_result mine[REF_MAX_OPS], theirs[REF_MAX_OPS];
    const struct join_origin origin = {EMULATOR_QEMU, 40, 2};
    (void)state;
    case_begin(&c, "seed 0x123");
    case_add(&c, (struct ref_op){REF_POKE, 4, 0, 0, 0, REF_TABLES, 5});
    case_add(&c, (struct ref_op){REF_PEEK, 4, 0, 0, 0, REF_TABLES, 0});
    mine[2].value = 5;
    theirs[2].value = 6;
    const struct ref_cpu cpu = told_kept(&origin, &c, &(struct answers){mine, theirs}, "qemu-40-0x123.case");
    assert_int_equal(cpu.maxphyaddr, 40);
    assert_null(join_subject("nobody.case"));
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("a difference is kept as a case that expects the emulator's answer", a_difference_is_kept),
    KMS_TEST("with default policies the machine answers every story with the first outcome permitted",
             the_default_is_the_first),
    KMS_TEST("each policy alone answers within what is permitted, and some story shows it",
             each_policy_shows),
    KMS_TEST("all combinations of policies answer within what is permitted", all_policies_together),
    KMS_TEST("cases that failed once do so no more", joined_cases_hold),
};
KMS_TESTS(referee_stories, tests)
