/* segment.c - the registers of segmentation, and what a descriptor's bits say. */
#include "cpu.h"
#include "segment_load.h"

#include <assert.h>

#define LIMIT_LOW     UINT64_C(0xffff)
#define LIMIT_HIGH    UINT32_C(0xf0000)
#define BASE_LOW      UINT64_C(0xffffff)
#define BASE_TOP      UINT32_C(0xff000000)
#define ATTRIBUTES    0xf0ffu
#define GRAIN_OFFSETS 0xfffu

#define FLAT_DATA (KMS_SEG_P | KMS_SEG_S | KMS_SEG_WRITABLE | KMS_SEG_ACCESSED | KMS_SEG_DB | KMS_SEG_G)
#define FLAT_CODE (FLAT_DATA | KMS_SEG_CODE)
#define RESET_LDT (KMS_SEG_P | KMS_SYSTEM_LDT)
#define RESET_TSS (KMS_SEG_P | KMS_SYSTEM_TSS_BUSY)

#define FLAT(attributes)                                                                                     \
    {                                                                                                        \
        0, attributes, UINT32_MAX, 0                                                                         \
    }

const struct kms_segment_state segment_flat = {
    .segment =
        {
            [KMS_ES] = FLAT(FLAT_DATA),
            [KMS_CS] = FLAT(FLAT_CODE),
            [KMS_SS] = FLAT(FLAT_DATA),
            [KMS_DS] = FLAT(FLAT_DATA),
            [KMS_FS] = FLAT(FLAT_DATA),
            [KMS_GS] = FLAT(FLAT_DATA),
            [KMS_LDTR] = {0, RESET_LDT, 0xffff, 0},
            [KMS_TR] = {0, RESET_TSS, 0xffff, 0},
        },
    .gdtr = {0, 0xffff},
    .idtr = {0, 0xffff},
};

struct kms_segment_register kms_segment_decode(uint64_t descriptor)
{
    const uint32_t high = (uint32_t)(descriptor >> 32);
    struct kms_segment_register segment = {
        .attributes = high >> 8 & ATTRIBUTES,
        .limit = (uint32_t)(descriptor & LIMIT_LOW) | (high & LIMIT_HIGH),
        .base = (descriptor >> 16 & BASE_LOW) | (high & BASE_TOP),
    };
    if (segment.attributes & KMS_SEG_G)
        segment.limit = segment.limit << KMS_PAGE_SHIFT | GRAIN_OFFSETS;
    return segment;
}

struct kms_segment_state kms_segment_get_state(const struct kms_cpu *cpu)
{
    assert(cpu);
    return cpu->segments;
}

struct kms_segment_register kms_segment_get(const struct kms_cpu *cpu, enum kms_segment segment)
{
    assert(cpu && segment < KMS_SEGMENTS);
    return cpu->segments.segment[segment];
}

static void notify_loaded(struct kms_cpu *cpu, enum kms_segment segment)
{
    if (cpu_is_observed(cpu, KMS_EVENT_SEGMENT))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_SEGMENT,
                                            .reg = segment,
                                            .segment = &cpu->segments.segment[segment]});
}

void segment_put(struct kms_cpu *cpu, enum kms_segment segment, const struct kms_segment_register *content)
{
    cpu->segments.segment[segment] = *content;
    notify_loaded(cpu, segment);
}

void kms_segment_set_state(struct kms_cpu *cpu, const struct kms_segment_state *state)
{
    assert(cpu && state);
    cpu->segments = *state;
    for (unsigned segment = 0; segment < KMS_SEGMENTS; segment++)
        notify_loaded(cpu, segment);
}

/* ---- tables ---- */

static enum kms_result load_table(struct kms_cpu *cpu, struct kms_table_register *reg,
                                  const struct kms_table_register *table, struct kms_fault *fault)
{
    assert(cpu && table);
    const bool canonical = !segment_in_64bit_mode(&cpu->x86) || x86_is_canonical(&cpu->layout, table->base);
    if (cpu->x86.cpl != 0 || !canonical)
        return segment_raise(cpu, &(struct kms_fault){KMS_VECTOR_GP, 0, 0}, NULL, fault);
    reg->limit = table->limit;
    reg->base = segment_in_64bit_mode(&cpu->x86) ? table->base : (uint32_t)table->base;
    return KMS_DONE;
}

enum kms_result kms_segment_lgdt(struct kms_cpu *cpu, const struct kms_table_register *table,
                                 struct kms_fault *fault)
{
    return load_table(cpu, &cpu->segments.gdtr, table, fault);
}

enum kms_result kms_segment_lidt(struct kms_cpu *cpu, const struct kms_table_register *table,
                                 struct kms_fault *fault)
{
    return load_table(cpu, &cpu->segments.idtr, table, fault);
}
