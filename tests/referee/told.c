#define _GNU_SOURCE
#include "told.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu_features.h"
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

void told_by_default(const struct told_stories *stories)
{
    struct story_list list = stories->read();
    assert_int_equal(stories->tell(&list, 0), 0);
    story_free(&list);
}

void told_alone(const struct told_stories *stories)
{
    struct story_list list = stories->read();
    for (size_t i = 0; i < stories->alone_count; i++) {
        if (!stories->tell(&list, stories->alone[i]))
            fail_msg("no story shows policy 0x%x", stories->alone[i]);
    }
    story_free(&list);
}

void told_together(const struct told_stories *stories)
{
    struct story_list list = stories->read();
    for (unsigned policies = 0; policies < stories->policies; policies++)
        stories->tell(&list, policies);
    story_free(&list);
}

struct ref_cpu told_kept(const struct join_origin *origin, const struct ref_case *c,
                         const struct answers *answers, const char *name)
{
    char directory[] = "/tmp/kms-join-XXXXXX", path[512], error[256];
    struct story_list list = {NULL, 0, 0};
    const size_t last = c->count - 1;
    assert_non_null(mkdtemp(directory));
    assert_true(join_write(directory, origin, c, answers, path));
    assert_string_equal(strrchr(path, '/') + 1, name);
    assert_true(story_read(path, &list, error));
    struct subject *s = join_subject(path);
    assert_non_null(s);
    const struct ref_cpu cpu = *subject_cpu(s);
    assert_true(expectation_met(&list.cases[0].expect[last], &answers->theirs[last], true));
    assert_false(expectation_met(&list.cases[0].expect[last], &answers->mine[last], true));
    subject_free(s);
    story_free(&list);
    unlink(path);
    rmdir(directory);
    return cpu;
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
