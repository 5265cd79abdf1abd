#include "told.h"

#include <glob.h>

#include "cpu_features.h"
#include "join.h"
#include "kms_test.h"

#define RAM_BYTES (16ull << 20) /* where everything lies that a story names */

size_t told_read(const char *pattern, struct story_list *list)
{
    glob_t found;
    char error[256];
    size_t files = 0;
    *list = (struct story_list){NULL, 0, 0};
    if (glob(pattern, 0, NULL, &found) == 0)
        files = found.gl_pathc;
    for (size_t i = 0; i < files; i++) {
        if (!story_read(found.gl_pathv[i], list, error))
            fail_msg("%s", error);
    }
    globfree(&found);
    return files;
}

size_t told_case(struct subject *s, const struct ref_case *c, unsigned policies)
{
    static struct ref_result results[REF_MAX_OPS];
    size_t others = 0;
    subject_run(s, c->ops, results, c->count);
    for (size_t i = 0; i < c->count; i++) {
        char op[160], answer[96];
        others += !expectation_met(&c->expect[i], &results[i], true);
        if (expectation_met(&c->expect[i], &results[i], false))
            continue;
        op_write(op, sizeof(op), &c->ops[i]);
        result_write(answer, sizeof(answer), &c->ops[i], &results[i]);
        fail_msg("%s, policies 0x%x: operation %zu, %s, came to %s", c->name, policies, i, op, answer);
    }
    return others;
}

size_t told_all(const struct story_list *list, const struct ref_cpu *cpu, unsigned policies, size_t *told)
{
    struct subject *s = subject_new(&(struct subject_options){*cpu, RAM_BYTES, policies});
    size_t others = 0, count = 0;
    assert_non_null(s);
    for (size_t i = 0; i < list->count; i++) {
        if (cpu_lacks(cpu, &list->cases[i]))
            continue;
        others += told_case(s, &list->cases[i], policies);
        count++;
    }
    subject_free(s);
    if (told)
        *told = count;
    return others;
}

void told_joined(const char *pattern)
{
    glob_t found;
    char error[256];
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct story_list list = {NULL, 0, 0};
        struct subject *s = join_subject(found.gl_pathv[i]);
        if (!s || !story_read(found.gl_pathv[i], &list, error))
            fail_msg("%s: %s", found.gl_pathv[i],
                     s ? error : "the name does not say whose answers these are");
        for (size_t k = 0; k < list.count; k++)
            told_case(s, &list.cases[k], 0);
        story_free(&list);
        subject_free(s);
    }
    globfree(&found);
}
