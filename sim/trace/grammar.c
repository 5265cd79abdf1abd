#include "trace/grammar.h"

#include <string.h>

static const char process[] = "process";
static const char expect[] = "expect";

const struct trace_rule trace_rules[KMS_TRACE_KINDS] = {
    [KMS_TRACE_ALLOC] = {NULL, "alloc", "hs", KMS_TRACE_ZEROED | KMS_TRACE_ALIGNED},
    [KMS_TRACE_FREE] = {NULL, "free", "a", 0},
    [KMS_TRACE_MAP] = {NULL, "map", "atp", KMS_TRACE_WRITABLE | KMS_TRACE_USER},
    [KMS_TRACE_UNMAP] = {NULL, "unmap", "ap", 0},
    [KMS_TRACE_PHYSICAL] = {NULL, "physical", "a", 0},
    [KMS_TRACE_READ] = {NULL, "read", "wa", KMS_TRACE_USER},
    [KMS_TRACE_WRITE] = {NULL, "write", "wav", KMS_TRACE_USER},
    [KMS_TRACE_FETCH] = {NULL, "fetch", "a", 0},
    [KMS_TRACE_PROCESS_CREATE] = {process, "create", "cg", 0},
    [KMS_TRACE_PROCESS_SWITCH] = {process, "switch", "q", 0},
    [KMS_TRACE_PROCESS_EXIT] = {process, "exit", "q", 0},
    [KMS_TRACE_PROCESS_ALLOC] = {process, "alloc", "qhs", 0},
    [KMS_TRACE_PROCESS_FREE] = {process, "free", "qa", 0},
    [KMS_TRACE_SYSCALL] = {NULL, "syscall", "rnat", 0},
    [KMS_TRACE_FAIL] = {NULL, "fail", "n", 0},
    [KMS_TRACE_CHECK] = {NULL, "check", "", 0},
    [KMS_TRACE_UNIT] = {NULL, "unit", "a", 0},
    [KMS_TRACE_PROCESS_SBRK] = {process, "sbrk", "qrd", 0},
    [KMS_TRACE_PROCESS_REALLOC] = {process, "realloc", "qras", 0},
    [KMS_TRACE_PROCESS_STACK] = {process, "stack", "qa", 0},
    [KMS_TRACE_CPU] = {NULL, "cpu", "n", 0},
    [KMS_TRACE_NOTE] = {NULL, "note", "x", 0},
    [KMS_TRACE_EXPECT_OK] = {expect, "ok", "", 0},
    [KMS_TRACE_EXPECT_STATUS] = {expect, "status", "k", 0},
    [KMS_TRACE_EXPECT_NULL] = {expect, "null", "", 0},
    [KMS_TRACE_EXPECT_VALUE] = {expect, "value", "a", 0},
    [KMS_TRACE_EXPECT_FAULT] = {expect, "fault", "e@a", 0},
    [KMS_TRACE_EXPECT_MAPPED] = {expect, "mapped", "a@t", 0},
    [KMS_TRACE_EXPECT_UNMAPPED] = {expect, "unmapped", "a", 0},
};

const struct trace_word trace_words[TRACE_WORDS] = {
    {"zeroed", KMS_TRACE_ZEROED},
    {"aligned", KMS_TRACE_ALIGNED},
    {"write", KMS_TRACE_WRITABLE},
    {"user", KMS_TRACE_USER},
};

static bool is_word(const char *word, const char *name, size_t length)
{
    // cppcheck-suppress arrayIndexOutOfBoundsCond // a shorter word differs before its end
    return length > 0 && strncmp(word, name, length) == 0 && word[length] == '\0';
}

const struct trace_rule *trace_find_rule(const char *group, const char *name, size_t length)
{
    for (size_t i = 0; i < KMS_TRACE_KINDS; i++) {
        if (trace_rules[i].group == group && is_word(trace_rules[i].name, name, length))
            return &trace_rules[i];
    }
    return NULL;
}

const char *trace_find_group(const char *name, size_t length)
{
    if (is_word(process, name, length))
        return process;
    return is_word(expect, name, length) ? expect : NULL;
}
