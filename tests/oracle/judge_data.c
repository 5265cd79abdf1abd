#include "judge.h"

#include <inttypes.h>
#include <stdio.h>

/* The bytes of one access: on one page or on two. */
struct span {
    unsigned count;
    uint64_t linear[2], physical[2];
    unsigned bytes[2];
};

#define PAGE 4096u

static struct span span_of(const struct oracle_cpu *cpu, uint64_t linear, unsigned bytes)
{
    unsigned first = PAGE - (unsigned)(linear % PAGE);
    uint64_t next = linear - linear % PAGE + PAGE;
    if (!(cpu->efer & ORACLE_EFER_LMA))
        next &= UINT32_MAX;
    if (first >= bytes)
        return (struct span){.count = 1, .linear = {linear}, .bytes = {bytes}};
    return (struct span){.count = 2, .linear = {linear, next}, .bytes = {first, bytes - first}};
}

/* Page after page, as far as the first fault. */
static void expect_span(struct judge *judge, const struct oracle_access *access, struct span *span,
                        struct oracle_result *expected)
{
    for (unsigned i = 0; i < span->count; i++) {
        struct oracle_access part = *access;
        part.linear = span->linear[i];
        judge_expect(judge, &part, expected);
        if (expected->vector != ORACLE_VECTOR_NONE)
            return;
        span->physical[i] = expected->physical;
    }
}

static uint64_t load_span(const struct judge *judge, const struct span *span)
{
    uint64_t value = 0;
    unsigned shift = 0;
    for (unsigned i = 0; i < span->count; i++) {
        for (unsigned n = 0; n < span->bytes[i]; n++, shift += 8) {
            uint64_t at = span->physical[i] + n;
            value |= (uint64_t)(at < JUDGE_RAM ? judge->ram[at] : 0xff) << shift;
        }
    }
    return value;
}

static void store_span(struct judge *judge, const struct span *span, uint64_t value)
{
    for (unsigned i = 0; i < span->count; i++) {
        for (unsigned n = 0; n < span->bytes[i]; n++, value >>= 8) {
            uint64_t at = span->physical[i] + n;
            if (at < JUDGE_RAM)
                judge->ram[at] = (uint8_t)value;
        }
    }
}

static enum kms_result load(struct kms_cpu *cpu, uint64_t linear, unsigned bytes, uint64_t *value,
                            struct kms_fault *fault)
{
    uint8_t byte = 0;
    uint16_t word = 0;
    uint32_t dword = 0;
    enum kms_result result;
    switch (bytes) {
    case 1: result = kms_load8(cpu, linear, &byte, fault); break;
    case 2: result = kms_load16(cpu, linear, &word, fault); break;
    case 4: result = kms_load32(cpu, linear, &dword, fault); break;
    default: return kms_load64(cpu, linear, value, fault);
    }
    *value = (uint64_t)byte | word | dword;
    return result;
}

static enum kms_result store(struct kms_cpu *cpu, uint64_t linear, unsigned bytes, uint64_t value,
                             struct kms_fault *fault)
{
    switch (bytes) {
    case 1: return kms_store8(cpu, linear, (uint8_t)value, fault);
    case 2: return kms_store16(cpu, linear, (uint16_t)value, fault);
    case 4: return kms_store32(cpu, linear, (uint32_t)value, fault);
    default: return kms_store64(cpu, linear, value, fault);
    }
}

static enum kms_result fetch(struct kms_cpu *cpu, uint64_t linear, unsigned bytes, uint64_t *value,
                             struct kms_fault *fault)
{
    uint8_t got[8] = {0};
    enum kms_result result = kms_fetch(cpu, linear, got, bytes, fault);
    *value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *value |= (uint64_t)got[i] << (8 * i);
    return result;
}

/* The machine's side of it; *value goes in and comes out. */
static void perform(struct judge *judge, const struct oracle_access *access, unsigned bytes, uint64_t *value,
                    struct judge_answer *got)
{
    struct kms_cpu *cpu = judge->suspect;
    switch (access->kind) {
    case ORACLE_READ: got->result = load(cpu, access->linear, bytes, value, &got->fault); break;
    case ORACLE_WRITE: got->result = store(cpu, access->linear, bytes, *value, &got->fault); break;
    case ORACLE_FETCH: got->result = fetch(cpu, access->linear, bytes, value, &got->fault); break;
    case ORACLE_RMW: got->result = kms_exchange(cpu, access->linear, bytes, value, &got->fault); break;
    }
}

static uint64_t cut(uint64_t value, unsigned bytes)
{
    return bytes == 8 ? value : value & (ORACLE_BIT(8 * bytes) - 1);
}

static bool data_agrees(struct judge *judge, const struct oracle_access *access, unsigned bytes,
                        uint64_t value)
{
    struct oracle_result expected = {0};
    struct judge_answer got = {0};
    struct span span = span_of(&judge->cpu, access->linear, bytes);
    uint64_t theirs = value, ours = value;
    expect_span(judge, access, &span, &expected);
    perform(judge, access, bytes, &theirs, &got);
    bool agreed = kms_x86_read(judge->suspect, KMS_X86_CR2) == judge->cpu.cr2;
    if (expected.vector != ORACLE_VECTOR_NONE) {
        agreed = agreed && judge_same_fault(&expected, &got);
    } else {
        if (access->kind != ORACLE_WRITE)
            ours = load_span(judge, &span);
        if (access->kind == ORACLE_WRITE || access->kind == ORACLE_RMW)
            store_span(judge, &span, value);
        agreed = agreed && got.result == KMS_DONE && theirs == ours;
    }
    if (!agreed) {
        fprintf(stderr,
                "the machine (value %#" PRIx64 ") and the oracle (%#" PRIx64 ") disagree over %u bytes:\n",
                theirs, ours, bytes);
        judge_say_access(access);
        judge_say_cpu(&judge->cpu);
        judge_say_result(&expected);
        judge_say_answer(&got);
    }
    return agreed;
}

bool judge_data(struct judge *judge, const struct oracle_access *access, unsigned bytes, uint64_t value)
{
    struct span span = span_of(&judge->cpu, access->linear, bytes);
    judge_settle(judge, span.linear[0]);
    if (judge->tlb &&
        span.count == 2) /* the first page's walk may cache a large page that holds the second too */
        judge_invlpg(judge, span.linear[1]);
    judge->last = "a data access";
    bool agreed = data_agrees(judge, access, bytes, cut(value, bytes));
    for (unsigned i = 0; i < span.count; i++)
        judge_settle(judge, span.linear[i]);
    return agreed;
}
