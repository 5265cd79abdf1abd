/* x86_subject_segment.c - REF_SEGMENT on the machine, whose tables stand where the ROM has its own. */
#include "x86_subject_segment.h"

#include "rom/selectors.h"

/* Any place that no case asks about will do for the stacks of ring 0. */
#define STACK0      (REF_GDT_FRAME + 0x800)
#define TSS_ESP0    4
#define TSS_SS0     8
#define TSS_LIMIT   0xff
#define TSS_BUSY    0x8b
#define EFLAGS_BASE 2
#define INT_LENGTH  2
#define GDT_LIMIT   (GDT_ENTRIES * 8 - 1)
#define IDT_LIMIT   0xfff
#define FETCHED     2 /* bytes of the code that comes back */

/* What the ROM's own table of pages has for its tables, from the IDT to the TSS. */
#define OWN_PAGE_BITS 0x63

static const struct {
    uint16_t selector;
    uint64_t descriptor;
} own_segments[] = {
    {SEL_CODE32, DESC_CODE32},
    {SEL_DATA, DESC_DATA},
    {SEL_USER_CODE32, DESC_USER_CODE32},
    {SEL_USER_DATA, DESC_USER_DATA},
    {SEL_LEVEL_CODE | 1, DESC_LEVEL(DESC_CODE32, 1)},
    {SEL_LEVEL_DATA | 1, DESC_LEVEL(DESC_DATA, 1)},
    {SEL_LEVEL_CODE | 2, DESC_LEVEL(DESC_CODE32, 2)},
    {SEL_LEVEL_DATA | 2, DESC_LEVEL(DESC_DATA, 2)},
};

#define OWN_IN_GDT 4u /* the others share two places, of which nobody reads */

static struct kms_segment_register own_segment(uint16_t selector)
{
    struct kms_segment_register segment = {0};
    for (size_t i = 0; i < sizeof(own_segments) / sizeof(own_segments[0]); i++) {
        if (own_segments[i].selector == selector)
            segment = kms_segment_decode(own_segments[i].descriptor);
    }
    segment.selector = selector;
    return segment;
}

/* Once in a case: what the ROM has from its start. */
static void set_up(struct kms_cpu *cpu, struct kms_segment_state *state)
{
    struct kms_ram *ram = kms_machine_ram(kms_cpu_machine(cpu));
    for (size_t i = 0; i < OWN_IN_GDT; i++)
        kms_phys_store(ram, REF_GDT_BASE + (own_segments[i].selector & ~3u), 8, own_segments[i].descriptor);
    for (uint32_t frame = REF_IDT32_FRAME; frame <= REF_TSS_FRAME; frame += KMS_PAGE_SIZE)
        kms_phys_store(ram, REF_PT32 + frame / KMS_PAGE_SIZE * 4, 4, frame | OWN_PAGE_BITS);
    kms_phys_store(ram, REF_TSS_BASE + TSS_ESP0, 4, STACK0);
    kms_phys_store(ram, REF_TSS_BASE + TSS_SS0, 4, SEL_DATA);
    state->gdtr = (struct kms_table_register){REF_GDT_BASE, GDT_LIMIT};
    state->idtr = (struct kms_table_register){REF_IDT_BASE, IDT_LIMIT};
    state->segment[KMS_TR] = (struct kms_segment_register){SEL_TSS, TSS_BUSY, TSS_LIMIT, REF_TSS_BASE};
    state->segment[KMS_LDTR] = (struct kms_segment_register){0};
}

static void begin(struct kms_cpu *cpu, unsigned level)
{
    static const uint16_t codes[] = {SEL_CODE32, SEL_LEVEL_CODE | 1, SEL_LEVEL_CODE | 2, SEL_USER_CODE32};
    static const uint16_t stacks[] = {SEL_DATA, SEL_LEVEL_DATA | 1, SEL_LEVEL_DATA | 2, SEL_USER_DATA};
    struct kms_segment_state state = kms_segment_get_state(cpu);
    if (state.gdtr.base != REF_GDT_BASE)
        set_up(cpu, &state);
    state.segment[KMS_ES] = state.segment[KMS_DS] = own_segment(SEL_USER_DATA);
    state.segment[KMS_CS] = own_segment(codes[level]);
    state.segment[KMS_SS] = own_segment(stacks[level]);
    kms_x86_write(cpu, KMS_X86_CPL, level, NULL);
    kms_segment_set_state(cpu, &state);
}

static enum kms_result access_through(struct kms_cpu *cpu, const struct ref_op *op, struct ref_result *result,
                                      struct kms_fault *fault)
{
    const enum kms_segment segment = (enum kms_segment)(op->extra >> 16);
    uint64_t value = op->value;
    struct kms_logical logical = {segment, op->address, op->width, KMS_READ, KMS_AS_CURRENT};
    enum kms_result outcome = kms_segment_load(cpu, segment, (uint16_t)op->extra, fault);
    if (outcome != KMS_DONE || op->kind == REF_SEG_LOAD)
        return outcome;
    logical.kind = op->kind == REF_SEG_READ ? KMS_READ : KMS_WRITE;
    if (op->kind == REF_SEG_WRITE)
        return kms_segment_write(cpu, &logical, &value, fault);
    value = 0;
    outcome = kms_segment_read(cpu, &logical, &value, fault);
    if (outcome == KMS_DONE)
        result->value = value;
    return outcome;
}

/* The code at the end of a jump or a return is to be reached. */
static enum kms_result land(struct kms_cpu *cpu, enum kms_result result, uint64_t offset,
                            struct kms_fault *fault)
{
    const struct kms_logical landing = {KMS_CS, (uint32_t)offset, FETCHED, KMS_FETCH, KMS_AS_CURRENT};
    uint8_t bytes[FETCHED];
    return result == KMS_DONE ? kms_segment_read(cpu, &landing, bytes, fault) : result;
}

static enum kms_result interrupt(struct kms_cpu *cpu, bool inner, struct kms_fault *fault)
{
    const struct kms_interrupt asked = {REF_SEGMENT_VECTOR, KMS_INTERRUPT_SOFTWARE, INT_LENGTH, 0};
    struct kms_x86_context context = {0, inner ? STACK0 - 0x100 : 0, EFLAGS_BASE};
    const struct kms_delivery delivery = kms_x86_interrupt(cpu, &asked, &context);
    if (delivery.faults == 0)
        return KMS_DONE;
    *fault = delivery.fault[0];
    return KMS_FAULT;
}

static enum kms_result run(struct kms_cpu *cpu, const struct ref_op *op, struct ref_result *result,
                           struct kms_fault *fault)
{
    struct kms_x86_context context = {0, STACK0 - 0x100, EFLAGS_BASE};
    const struct kms_x86_frame frame = {(uint32_t)op->address, op->extra & 0xffff, EFLAGS_BASE, 0,
                                        op->extra >> 16};
    switch ((enum ref_segment)op->kind) {
    case REF_SEG_LOAD:
    case REF_SEG_READ:
    case REF_SEG_WRITE: return access_through(cpu, op, result, fault);
    case REF_SEG_JUMP:
        return land(cpu, kms_segment_jump(cpu, (uint16_t)op->extra, (uint32_t)op->address, fault),
                    op->address, fault);
    case REF_SEG_IRET: return land(cpu, kms_x86_iret_frame(cpu, &frame, &context, fault), op->address, fault);
    case REF_SEG_INT: return interrupt(cpu, REF_LEVEL(op->flags) == 0, fault);
    case REF_SEG_LLDT: return kms_segment_load(cpu, KMS_LDTR, (uint16_t)op->extra, fault);
    case REF_SEG_LTR: return kms_segment_load(cpu, KMS_TR, (uint16_t)op->extra, fault);
    case REF_SEGMENTS: break;
    }
    return KMS_UNBACKED;
}

void subject_segment(struct kms_cpu *cpu, const struct ref_op *op, struct ref_result *result)
{
    struct kms_fault fault = {0};
    begin(cpu, REF_LEVEL(op->flags));
    const enum kms_result outcome = run(cpu, op, result, &fault);
    kms_x86_write(cpu, KMS_X86_CPL, 0, NULL);
    if (outcome == KMS_UNBACKED)
        result->status = REF_UNSUPPORTED;
    if (outcome != KMS_FAULT)
        return;
    result->status = REF_FAULT;
    result->vector = (uint8_t)fault.vector;
    result->error = fault.error_code;
    result->cr2 = fault.vector == KMS_VECTOR_PF ? fault.address : 0;
}
