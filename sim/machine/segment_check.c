/* segment_check.c - SDM volume 3, "Limit Checking", "Type Checking", "Logical and Linear Addresses". */
#include "cpu.h"
#include "segment_load.h"

#include <assert.h>

#define HIGHEST_32 UINT64_C(0xffffffff)
#define HIGHEST_16 UINT64_C(0xffff)

static bool is_expand_down(const struct kms_segment_register *segment)
{
    return (segment->attributes & (KMS_SEG_CODE | KMS_SEG_EXPAND_DOWN)) == KMS_SEG_EXPAND_DOWN;
}

bool segment_has(const struct kms_segment_register *segment, uint64_t offset, uint64_t size)
{
    const uint64_t last = offset + (size - 1);
    if (!is_expand_down(segment))
        return last <= segment->limit;
    return offset > segment->limit && last <= (segment->attributes & KMS_SEG_DB ? HIGHEST_32 : HIGHEST_16);
}

static bool type_allows(const struct kms_segment_register *segment, enum kms_access_kind kind)
{
    const bool code = (segment->attributes & KMS_SEG_CODE) != 0;
    switch (kind) {
    case KMS_READ: return !code || (segment->attributes & KMS_SEG_READABLE);
    case KMS_FETCH: return code;
    case KMS_WRITE:
    case KMS_RMW: break;
    }
    return !code && (segment->attributes & KMS_SEG_WRITABLE);
}

/* A limit of 4 GiB leaves it to the implementation whether an access may go around. */
static bool may_wrap(const struct kms_cpu *cpu, const struct kms_segment_register *segment)
{
    return cpu->machine->options.wrap == KMS_WRAP_ALLOWED && segment->limit == HIGHEST_32 &&
           !is_expand_down(segment);
}

static bool is_allowed_32(const struct kms_cpu *cpu, const struct kms_logical *logical)
{
    const struct kms_segment_register *segment = &cpu->segments.segment[logical->segment];
    return (segment->attributes & KMS_SEG_P) && type_allows(segment, logical->kind) &&
           (may_wrap(cpu, segment) || segment_has(segment, (uint32_t)logical->offset, logical->size));
}

static enum kms_result linear_64(const struct kms_cpu *cpu, const struct kms_logical *logical,
                                 kms_linear *linear)
{
    const bool has_base = logical->segment == KMS_FS || logical->segment == KMS_GS;
    const kms_linear base = has_base ? cpu->segments.segment[logical->segment].base : 0;
    const kms_linear first = base + logical->offset;
    if (!x86_is_canonical(&cpu->layout, first) ||
        !x86_is_canonical(&cpu->layout, first + (logical->size - 1u)))
        return KMS_FAULT;
    *linear = first;
    return KMS_DONE;
}

enum kms_result kms_segment_probe(const struct kms_cpu *cpu, const struct kms_logical *logical,
                                  kms_linear *linear, struct kms_fault *fault)
{
    assert(cpu && logical && linear && logical->segment <= KMS_GS && logical->size > 0);
    enum kms_result result = KMS_FAULT;
    if (segment_in_64bit_mode(&cpu->x86)) {
        result = linear_64(cpu, logical, linear);
    } else if (is_allowed_32(cpu, logical)) {
        *linear = (uint32_t)(cpu->segments.segment[logical->segment].base + logical->offset);
        result = KMS_DONE;
    }
    if (result == KMS_FAULT && fault)
        *fault = (struct kms_fault){logical->segment == KMS_SS ? KMS_VECTOR_SS : KMS_VECTOR_GP, 0, 0};
    return result;
}

enum kms_result kms_segment_linear(struct kms_cpu *cpu, const struct kms_logical *logical, kms_linear *linear,
                                   struct kms_fault *fault)
{
    struct kms_fault raised;
    if (kms_segment_probe(cpu, logical, linear, &raised) != KMS_DONE)
        return segment_raise(cpu, &raised, logical, fault);
    if (cpu_is_observed(cpu, KMS_EVENT_LOGICAL))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_LOGICAL,
                                            .access = {*linear, logical->kind, logical->privilege},
                                            .logical = logical});
    return KMS_DONE;
}

enum kms_result kms_segment_read(struct kms_cpu *cpu, const struct kms_logical *logical, void *to,
                                 struct kms_fault *fault)
{
    struct kms_access access = {0, logical->kind, logical->privilege};
    const enum kms_result result = kms_segment_linear(cpu, logical, &access.linear, fault);
    return result == KMS_DONE ? kms_access_read(cpu, &access, to, logical->size, fault) : result;
}

enum kms_result kms_segment_write(struct kms_cpu *cpu, const struct kms_logical *logical, const void *from,
                                  struct kms_fault *fault)
{
    struct kms_access access = {0, logical->kind, logical->privilege};
    const enum kms_result result = kms_segment_linear(cpu, logical, &access.linear, fault);
    return result == KMS_DONE ? kms_access_write(cpu, &access, from, logical->size, fault) : result;
}
