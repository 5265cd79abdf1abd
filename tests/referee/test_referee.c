/* The ROM and its drivers, held against facts from the manual: what fails here is the referee's own fault. */
#include <stdlib.h>
#include <string.h>

#include "cpu_features.h"
#include "emulator.h"
#include "kms_test.h"
#include "story.h"

static void need(enum emulator_status status, const char *error)
{
    const char *required = getenv("KMEMSIM_REQUIRE_EMULATORS");
    if (status == EMULATOR_MISSING && !(required && strcmp(required, "1") == 0))
        kms_skip(error);
    if (status != EMULATOR_OK)
        fail_msg("%s", error);
}

static struct emulator *open_emulator(enum emulator_kind kind)
{
    const struct emulator_options options = {0};
    char error[256] = "";
    struct emulator *e;
    enum emulator_status status = emulator_open(kind, &options, &e, error);
    need(status, error);
    return e;
}

static void run_all(struct emulator *e, const struct ref_op *ops, struct ref_result *results, size_t count)
{
    if (emulator_run(e, ops, results, count) != EMULATOR_OK)
        fail_msg("%s", emulator_error(e));
}

static void must_be_permitted(const struct ref_case *c, const struct ref_result *results)
{
    char op[160], answer[96];
    for (size_t i = 0; i < c->count; i++) {
        if (expectation_met(&c->expect[i], &results[i], false))
            continue;
        op_write(op, sizeof(op), &c->ops[i]);
        result_write(answer, sizeof(answer), &c->ops[i], &results[i]);
        fail_msg("%s: operation %zu, %s, came to %s", c->name, i, op, answer);
    }
}

/* All cases in one batch, those that the CPU lacks something for left out once it is known. */
static void facts_hold(enum emulator_kind kind)
{
    struct story_list facts = {NULL, 0, 0};
    struct emulator *e = open_emulator(kind);
    char error[256];
    size_t told = 0;
    if (!story_read(REFEREE_STORIES "/facts.story", &facts, error))
        fail_msg("%s", error);
    struct ref_op *ops = calloc(facts.count * REF_MAX_OPS, sizeof(*ops));
    struct ref_result *results = calloc(facts.count * REF_MAX_OPS, sizeof(*results));
    size_t total = 0, at = 0;
    assert_true(ops && results);
    for (size_t i = 0; i < facts.count; i++) {
        memcpy(ops + total, facts.cases[i].ops, facts.cases[i].count * sizeof(*ops));
        total += facts.cases[i].count;
    }
    run_all(e, ops, results, total);
    for (size_t i = 0; i < facts.count; i++) {
        if (!cpu_lacks(emulator_cpu(e), &facts.cases[i])) {
            must_be_permitted(&facts.cases[i], results + at);
            told++;
        }
        at += facts.cases[i].count;
    }
    assert_true(told >= 40);
    free(ops);
    free(results);
    story_free(&facts);
    emulator_close(e);
}

static void qemu_knows_the_facts(void **state)
{
    (void)state;
    facts_hold(EMULATOR_QEMU);
}

static void bochs_knows_the_facts(void **state)
{
    (void)state;
    facts_hold(EMULATOR_BOCHS);
}

static void a_case_leaves_nothing(void **state)
{
    const struct ref_op ops[] = {
        {.code = REF_RESET},
        {.code = REF_POKE, .width = 4, .address = REF_DATA, .value = 1},
        {.code = REF_POKE, .width = 8, .address = REF_TABLES, .value = 2},
        {.code = REF_RESET},
        {.code = REF_PEEK, .width = 4, .address = REF_DATA},
        {.code = REF_PEEK, .width = 8, .address = REF_TABLES},
    };
    struct ref_result results[6];
    struct emulator *e = open_emulator(EMULATOR_QEMU);
    (void)state;
    run_all(e, ops, results, 6);
    assert_int_equal(results[4].value, REF_PATTERN(REF_DATA));
    assert_int_equal(results[5].value, 0);
    emulator_close(e);
}

static void a_dead_emulator_is_an_error(void **state)
{
    /* Paging on without the ROM's own tables: the next instruction cannot be fetched, nor any handler. */
    const struct ref_op ops[] = {
        {.code = REF_RESET}, {.code = REF_CR3, .value = REF_TABLES}, {.code = REF_CR0, .value = 0x80000011}};
    struct ref_result results[3];
    struct emulator *e = open_emulator(EMULATOR_QEMU);
    (void)state;
    assert_int_equal(emulator_run(e, ops, results, 3), EMULATOR_FAILED);
    assert_non_null(strstr(emulator_error(e), "QEMU ended"));
    emulator_close(e);
}

static const struct CMUnitTest tests[] = {
    KMS_TEST("QEMU answers as the manual says to facts worked out by hand", qemu_knows_the_facts),
    KMS_TEST("Bochs answers as the manual says to facts worked out by hand", bochs_knows_the_facts),
    KMS_TEST("a reset brings back what the case before it changed", a_case_leaves_nothing),
    KMS_TEST("an emulator that dies is a clear error, not a wait without end", a_dead_emulator_is_an_error),
};
KMS_TESTS(referee, tests)
