/* The stories of RISC-V on the machine alone, under every choice that the architecture leaves. */
#include "kms_test.h"
#include "riscv_protocol.h"
#include "riscv_subject.h"
#include "told.h"

#define CPUS 3

static struct ref_cpu cpus[CPUS];

static struct story_list read_stories(void)
{
    static const enum emulator_kind kinds[CPUS] = {EMULATOR_RISCV32, EMULATOR_RISCV64, EMULATOR_RISCV64EXT};
    struct story_list list;
    for (int i = 0; i < CPUS; i++) {
        cpus[i].maxphyaddr = kinds[i] == EMULATOR_RISCV32 ? 34 : 56;
        assert_true(own_cpu(kinds[i], &cpus[i]));
    }
    told_read(REFEREE_STORIES "/*.story", &list);
    assert_true(list.stories >= 120);
    return list;
}

/* Returns how many answers were not the first of those permitted. */
static size_t tell_all(const struct story_list *list, unsigned policies)
{
    size_t others = 0, told;
    for (int i = 0; i < CPUS; i++) {
        others += told_all(list, &cpus[i], policies, &told);
        assert_true(told >= 80);
    }
    return others;
}

static struct told_stories all_stories(void)
{
    static unsigned alone[32];
    size_t count = 0;
    for (unsigned policy = 1; policy < RV_POLICIES; policy <<= 1)
        alone[count++] = policy;
    return (struct told_stories){read_stories, tell_all, RV_POLICIES, alone, count};
}

static void the_default_is_the_first(void **state)
{
    const struct told_stories stories = all_stories();
    (void)state;
    told_by_default(&stories);
}

static void each_policy_shows(void **state)
{
    const struct told_stories stories = all_stories();
    (void)state;
    told_alone(&stories);
}

static void all_policies_together(void **state)
{
    const struct told_stories stories = all_stories();
    (void)state;
    told_together(&stories);
}

static void joined_cases_hold(void **state)
{
    (void)state;
    told_joined(REFEREE_CASES "/riscv*.case");
}

/* A case that QEMU left behind asks for its CPU by name. */
static void a_difference_is_kept(void **state)
{
    static struct ref_case c;
    static struct ref_result mine[REF_MAX_OPS], theirs[REF_MAX_OPS];
    const struct join_origin origin = {EMULATOR_RISCV32, 34, 1};
    (void)state;
    case_begin(&c, "seed 0x123");
    case_add(&c, (struct ref_op){REF_ACCESS, 4, REF_READ, REF_USER, 0, 0x1000, 0});
    theirs[1] = (struct ref_result){REF_FAULT, 13, 0, 0, 0x1000, 0};
    const struct ref_cpu cpu =
        told_kept(&origin, &c, &(struct answers){mine, theirs}, "riscv32-34-0x123.case");
    assert_int_equal(cpu.rv_cpu_xlen, 32);
    assert_null(join_subject("qemu-40-0x1.case"));
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("by default the machine answers every RISC-V story with the first outcome permitted",
             the_default_is_the_first),
    KMS_TEST("each RISC-V policy alone answers within what is permitted, and some story shows it",
             each_policy_shows),
    KMS_TEST("all combinations of RISC-V policies answer within what is permitted", all_policies_together),
    KMS_TEST("RISC-V cases that failed once do so no more", joined_cases_hold),
    KMS_TEST("a difference is kept as a case for the hart that its name says", a_difference_is_kept),
};
KMS_TESTS(referee_riscv_stories, tests)
