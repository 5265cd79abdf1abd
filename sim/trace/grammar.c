#include "trace/grammar.h"

#include <string.h>

static const char process[] = "process";
static const char expect[] = "expect";
static const char store[] = "store";
static const char limit[] = "limit";

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
    [KMS_TRACE_PROCESS_DUPLICATE] = {process, "duplicate", "qy", 0},
    [KMS_TRACE_PROCESS_READ] = {process, "read", "qwa", 0},
    [KMS_TRACE_PROCESS_WRITE] = {process, "write", "qwav", 0},
    [KMS_TRACE_PROCESS_FETCH] = {process, "fetch", "qa", 0},
    [KMS_TRACE_STORE_SHORT] = {store, "short", "n", 0},
    [KMS_TRACE_STORE_SLOW] = {store, "slow", "n", 0},
    [KMS_TRACE_STORE_STUCK] = {store, "stuck", "n", 0},
    [KMS_TRACE_STORE_FAILED] = {store, "failed", "n", 0},
    [KMS_TRACE_STORE_BROKEN] = {store, "broken", "n", 0},
    [KMS_TRACE_LIMIT_FRAMES] = {limit, "frames", "n", 0},
    [KMS_TRACE_LIMIT_SLOTS] = {limit, "slots", "n", 0},
    [KMS_TRACE_POLICY] = {NULL, "policy", "n", 0},
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
    static const char *const groups[] = {process, expect, store, limit};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (is_word(groups[i], name, length))
            return groups[i];
    }
    return NULL;
}
