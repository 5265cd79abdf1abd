/*
 * segment_load.c - from a selector to a loaded register: SDM volume 3, "Loading Segment Registers" and "Privilege Level
 * Checking"; volume 2, MOV, LLDT, LTR and JMP.
 */
#include "segment_load.h"

#include "cpu.h"

#include <assert.h>

#define DESCRIPTOR_SIZE     8u
#define RIGHTS_BYTE         5u                     /* of a descriptor: type, S, DPL, P */
#define RIGHTS_SHIFT        40u                    /* the same as bits */
#define UPPER_TYPE          (UINT64_C(0x1f) << 40) /* bits 12:8 of the fourth dword: zero in a 16-byte descriptor */
#define REAL_SELECTOR_SHIFT 4u
#define TSS_BUSY            0x2u

/* ---- refusing ---- */

enum kms_result segment_raise(struct kms_cpu *cpu, const struct kms_fault *raised,
                              const struct kms_logical *logical, struct kms_fault *fault)
{
    if (fault)
        *fault = *raised;
    if (cpu_is_observed(cpu, KMS_EVENT_FAULT))
        cpu_notify(cpu, &(struct kms_event){.kind = KMS_EVENT_FAULT,
                                            .access = {0, logical ? logical->kind : KMS_READ, KMS_AS_CURRENT},
                                            .fault = raised,
                                            .logical = logical});
    return KMS_FAULT;
}

static enum kms_result refuse(struct kms_cpu *cpu, const struct segment_load *load, uint8_t vector,
                              struct kms_fault *fault)
{
    const uint32_t code = (load->selector & ~(uint32_t)KMS_SELECTOR_RPL) | load->errors.ext;
    return segment_raise(cpu, &(struct kms_fault){vector, code, 0}, NULL, fault);
}

enum kms_result segment_refuse(struct kms_cpu *cpu, const struct segment_load *load, struct kms_fault *fault)
{
    return refuse(cpu, load, load->errors.vector, fault);
}

enum kms_result segment_refuse_absent(struct kms_cpu *cpu, const struct segment_load *load,
                                      struct kms_fault *fault)
{
    return refuse(cpu, load, load->errors.absent, fault);
}

enum kms_result segment_refuse_plain(struct kms_cpu *cpu, const struct segment_load *load,
                                     struct kms_fault *fault)
{
    return segment_raise(cpu, &(struct kms_fault){load->errors.vector, load->errors.ext, 0}, NULL, fault);
}

/* ---- finding and marking ---- */

struct table {
    kms_linear base;
    uint32_t limit;
};

/* Where the table of a selector is; false: there is none. */
static bool find_table(const struct kms_cpu *cpu, uint16_t selector, struct table *table)
{
    const struct kms_segment_register *ldt = &cpu->segments.segment[KMS_LDTR];
    if (!(selector & KMS_SELECTOR_TI)) {
        *table = (struct table){cpu->segments.gdtr.base, cpu->segments.gdtr.limit};
        return true;
    }
    *table = (struct table){ldt->base, ldt->limit};
    return (ldt->attributes & KMS_SEG_P) != 0;
}

static enum kms_result read_implicit(struct kms_cpu *cpu, kms_linear linear, uint64_t *value,
                                     struct kms_fault *fault)
{
    uint8_t bytes[DESCRIPTOR_SIZE];
    const struct kms_access access = {linear, KMS_READ, KMS_AS_IMPLICIT};
    const enum kms_result result = kms_access_read(cpu, &access, bytes, sizeof bytes, fault);
    if (result == KMS_DONE)
        *value = le_get(bytes, sizeof bytes);
    return result;
}

/* The descriptor of `size` bytes, 8 or 16; of 16 the upper half is left in *upper. */
static enum kms_result find_sized(struct kms_cpu *cpu, struct segment_load *load, uint64_t *upper,
                                  struct kms_fault *fault)
{
    const uint32_t index = load->selector & KMS_SELECTOR_INDEX;
    const uint32_t size = upper ? 2 * DESCRIPTOR_SIZE : DESCRIPTOR_SIZE;
    struct table table;
    if (!find_table(cpu, load->selector, &table) || index + size - 1 > table.limit)
        return segment_refuse(cpu, load, fault);
    load->at = table.base + index;
    enum kms_result result = read_implicit(cpu, load->at, &load->raw, fault);
    if (result == KMS_DONE && upper)
        result = read_implicit(cpu, load->at + DESCRIPTOR_SIZE, upper, fault);
    if (result != KMS_DONE)
        return result;
    load->segment = kms_segment_decode(load->raw);
    load->segment.selector = load->selector;
    return KMS_DONE;
}

enum kms_result segment_find(struct kms_cpu *cpu, struct segment_load *load, struct kms_fault *fault)
{
    return find_sized(cpu, load, NULL, fault);
}

enum kms_result segment_mark(struct kms_cpu *cpu, struct segment_load *load, unsigned bits,
                             struct kms_fault *fault)
{
    const uint8_t rights = (uint8_t)(load->raw >> RIGHTS_SHIFT), marked = (uint8_t)(rights | bits);
    load->segment.attributes = (uint16_t)(load->segment.attributes | bits);
    if (marked == rights)
        return KMS_DONE;
    const struct kms_access access = {load->at + RIGHTS_BYTE, KMS_RMW, KMS_AS_IMPLICIT};
    return kms_access_write(cpu, &access, &marked, sizeof marked, fault);
}

static enum kms_result mark_and_put(struct kms_cpu *cpu, enum kms_segment segment, struct segment_load *load,
                                    struct kms_fault *fault)
{
    const unsigned bits = segment == KMS_TR ? TSS_BUSY : segment == KMS_LDTR ? 0 : KMS_SEG_ACCESSED;
    const enum kms_result result = segment_mark(cpu, load, bits, fault);
    if (result == KMS_DONE)
        segment_put(cpu, segment, &load->segment);
    return result;
}

/* ---- the instructions ---- */

static bool is_present(const struct segment_load *load)
{
    return (load->segment.attributes & KMS_SEG_P) != 0;
}

static enum kms_result load_null(struct kms_cpu *cpu, enum kms_segment segment, uint16_t selector)
{
    segment_put(cpu, segment, &(struct kms_segment_register){.selector = selector});
    return KMS_DONE;
}

static enum kms_result load_stack(struct kms_cpu *cpu, struct segment_load *load, struct kms_fault *fault)
{
    const unsigned cpl = cpu->x86.cpl, rpl = load->selector & KMS_SELECTOR_RPL;
    if (segment_is_null(load->selector)) {
        const bool allowed = segment_in_64bit_mode(&cpu->x86) && cpl != 3 && rpl == cpl;
        return allowed ? load_null(cpu, KMS_SS, load->selector) : segment_refuse_plain(cpu, load, fault);
    }
    const enum kms_result result = segment_find(cpu, load, fault);
    if (result != KMS_DONE)
        return result;
    if (rpl != cpl || segment_dpl(&load->segment) != cpl || !segment_is_writable_data(&load->segment))
        return segment_refuse(cpu, load, fault);
    if (!is_present(load))
        return segment_refuse_absent(cpu, load, fault);
    return mark_and_put(cpu, KMS_SS, load, fault);
}

static bool is_readable(const struct kms_segment_register *segment)
{
    const unsigned attributes = segment->attributes;
    return (attributes & KMS_SEG_S) && (!(attributes & KMS_SEG_CODE) || (attributes & KMS_SEG_READABLE));
}

static enum kms_result load_data(struct kms_cpu *cpu, enum kms_segment segment, struct segment_load *load,
                                 struct kms_fault *fault)
{
    if (segment_is_null(load->selector))
        return load_null(cpu, segment, load->selector);
    const enum kms_result result = segment_find(cpu, load, fault);
    if (result != KMS_DONE)
        return result;
    const unsigned dpl = segment_dpl(&load->segment), rpl = load->selector & KMS_SELECTOR_RPL;
    const bool open = segment_is_code(&load->segment) && segment_is_conforming(&load->segment);
    if (!is_readable(&load->segment) || (!open && (rpl > dpl || cpu->x86.cpl > dpl)))
        return segment_refuse(cpu, load, fault);
    if (!is_present(load))
        return segment_refuse_absent(cpu, load, fault);
    return mark_and_put(cpu, segment, load, fault);
}

static bool may_jump_to(const struct kms_cpu *cpu, const struct segment_load *load)
{
    const unsigned cpl = cpu->x86.cpl, dpl = segment_dpl(&load->segment);
    const unsigned both = KMS_SEG_L | KMS_SEG_DB;
    if (!segment_is_code(&load->segment))
        return false;
    if (segment_in_64bit_mode(&cpu->x86) && (load->segment.attributes & both) == both)
        return false;
    if (segment_is_conforming(&load->segment))
        return dpl <= cpl;
    return dpl == cpl && (load->selector & KMS_SELECTOR_RPL) <= cpl;
}

static bool is_in_code(const struct kms_cpu *cpu, const struct segment_load *load, uint32_t offset)
{
    const bool is_64bit = segment_in_64bit_mode(&cpu->x86) && (load->segment.attributes & KMS_SEG_L);
    return is_64bit || segment_has(&load->segment, offset, 1);
}

static enum kms_result load_code(struct kms_cpu *cpu, struct segment_load *load, uint32_t offset,
                                 struct kms_fault *fault)
{
    if (segment_is_null(load->selector))
        return segment_refuse_plain(cpu, load, fault);
    enum kms_result result = segment_find(cpu, load, fault);
    if (result != KMS_DONE)
        return result;
    if (!may_jump_to(cpu, load))
        return segment_refuse(cpu, load, fault);
    if (!is_present(load))
        return segment_refuse_absent(cpu, load, fault);
    if (!is_in_code(cpu, load, offset))
        return segment_refuse_plain(cpu, load, fault);
    load->segment.selector = (uint16_t)((load->selector & ~KMS_SELECTOR_RPL) | cpu->x86.cpl);
    return mark_and_put(cpu, KMS_CS, load, fault);
}

static bool is_system(const struct segment_load *load, enum kms_segment segment)
{
    const unsigned type = load->segment.attributes & (KMS_SEG_S | KMS_SEG_TYPE);
    return segment == KMS_LDTR ? type == KMS_SYSTEM_LDT : type == KMS_SYSTEM_TSS || type == KMS_SYSTEM_TSS16;
}

/* LLDT and LTR; in IA-32e mode descriptors have 16 bytes, and there is no 16-bit TSS. */
static enum kms_result load_system(struct kms_cpu *cpu, enum kms_segment segment, struct segment_load *load,
                                   struct kms_fault *fault)
{
    const bool wide = segment_in_64bit_mode(&cpu->x86);
    uint64_t upper = 0;
    if (cpu->x86.cpl != 0 || (segment == KMS_TR && segment_is_null(load->selector)))
        return segment_raise(cpu, &(struct kms_fault){KMS_VECTOR_GP, 0, 0}, NULL, fault);
    if (segment_is_null(load->selector))
        return load_null(cpu, segment, load->selector);
    if (load->selector & KMS_SELECTOR_TI)
        return segment_refuse(cpu, load, fault);
    const enum kms_result result = find_sized(cpu, load, wide ? &upper : NULL, fault);
    if (result != KMS_DONE)
        return result;
    const bool narrow_tss = (load->segment.attributes & KMS_SEG_TYPE) == KMS_SYSTEM_TSS16;
    if (!is_system(load, segment) || (wide && (narrow_tss || (upper & UPPER_TYPE))))
        return segment_refuse(cpu, load, fault);
    if (!is_present(load))
        return segment_refuse_absent(cpu, load, fault);
    load->segment.base |= upper << 32;
    return mark_and_put(cpu, segment, load, fault);
}

static bool in_real_mode(const struct kms_cpu *cpu)
{
    return !(cpu->x86.cr0 & KMS_CR0_PE);
}

/* "Real-Address Mode": the base moves, the rest of the cached descriptor stays. */
static enum kms_result load_real(struct kms_cpu *cpu, enum kms_segment segment, uint16_t selector)
{
    struct kms_segment_register content = cpu->segments.segment[segment];
    content.selector = selector;
    content.base = (uint32_t)selector << REAL_SELECTOR_SHIFT;
    segment_put(cpu, segment, &content);
    return KMS_DONE;
}

static struct segment_load load_of(enum kms_segment segment, uint16_t selector)
{
    const uint8_t absent = segment == KMS_SS ? KMS_VECTOR_SS : KMS_VECTOR_NP;
    return (struct segment_load){.selector = selector, .errors = {KMS_VECTOR_GP, absent, 0}};
}

enum kms_result kms_segment_jump(struct kms_cpu *cpu, uint16_t selector, uint32_t offset,
                                 struct kms_fault *fault)
{
    assert(cpu);
    struct segment_load load = load_of(KMS_CS, selector);
    struct kms_fault unused = {0};
    return in_real_mode(cpu) ? load_real(cpu, KMS_CS, selector)
                             : load_code(cpu, &load, offset, fault ? fault : &unused);
}

enum kms_result kms_segment_load(struct kms_cpu *cpu, enum kms_segment segment, uint16_t selector,
                                 struct kms_fault *fault)
{
    assert(cpu && segment < KMS_SEGMENTS);
    struct segment_load load = load_of(segment, selector);
    struct kms_fault unused = {0};
    fault = fault ? fault : &unused;
    if (segment == KMS_CS)
        return kms_segment_jump(cpu, selector, 0, fault);
    if (in_real_mode(cpu) && segment >= KMS_LDTR)
        return segment_raise(cpu, &(struct kms_fault){KMS_VECTOR_UD, 0, 0}, NULL, fault);
    if (in_real_mode(cpu))
        return load_real(cpu, segment, selector);
    if (segment >= KMS_LDTR)
        return load_system(cpu, segment, &load, fault);
    return segment == KMS_SS ? load_stack(cpu, &load, fault) : load_data(cpu, segment, &load, fault);
}
