/* interrupt_deliver.c - one delivery through a gate: SDM volume 2, "INT n". */
#include "interrupt.h"

#include "cpu.h"
#include "segment_load.h"

#define GATE_SIZE    8u
#define VECTOR_SHIFT 3u
#define FRAME_MAX    6u /* SS, ESP, EFLAGS, CS, EIP, error code */

/* Where a TSS keeps the stacks of the inner levels ("Task-State Segment (TSS)", "16-Bit Task-State Segment"). */
#define TSS_STACKS    4u
#define TSS16_STACKS  2u
#define TSS_IS_32BIT  0x8u /* of its type */
#define GATE_IS_32BIT 0x8u
#define GATE_IS_TRAP  0x1u

struct gate {
    uint16_t selector;
    uint8_t type;
    uint32_t offset;
};

struct stack {
    struct kms_segment_register ss;
    uint32_t esp;
};

/* One delivery under way. */
struct delivery {
    struct kms_cpu *cpu;
    struct kms_x86_context *context;
    const struct interrupt_event *event;
    struct kms_fault *fault;
    struct gate gate;
    struct segment_load code;
    struct stack stack; /* the handler's */
    bool changes_stack;
    uint8_t cpl; /* the handler's */
};

#define TRAPS (INTERRUPT_BIT(1) | INTERRUPT_BIT(3) | INTERRUPT_BIT(4))

static uint8_t ext(const struct interrupt_event *event)
{
    return event->software ? 0 : (uint8_t)KMS_SELERR_EXT;
}

static enum kms_result raise(const struct delivery *delivery, uint32_t vector, uint32_t code)
{
    const struct kms_fault raised = {vector, code | ext(delivery->event), 0};
    return segment_raise(delivery->cpu, &raised, NULL, delivery->fault);
}

static enum kms_result read_implicit(const struct delivery *delivery, kms_linear linear, unsigned width,
                                     uint64_t *value)
{
    uint8_t bytes[8];
    const struct kms_access access = {linear, KMS_READ, KMS_AS_IMPLICIT};
    const enum kms_result result = kms_access_read(delivery->cpu, &access, bytes, width, delivery->fault);
    if (result == KMS_DONE)
        *value = le_get(bytes, width);
    return result;
}

/* ---- the gate ---- */

static enum kms_result check_gate(const struct delivery *delivery, unsigned attributes)
{
    const uint32_t code = (uint32_t)delivery->event->vector << VECTOR_SHIFT | KMS_SELERR_IDT;
    const unsigned dpl = (attributes & KMS_SEG_DPL) >> KMS_SEG_DPL_SHIFT;
    switch (attributes & (KMS_SEG_S | KMS_SEG_TYPE)) {
    case KMS_SYSTEM_TASK_GATE:
    case KMS_SYSTEM_INTERRUPT_GATE16:
    case KMS_SYSTEM_TRAP_GATE16:
    case KMS_SYSTEM_INTERRUPT_GATE:
    case KMS_SYSTEM_TRAP_GATE: break;
    default: return raise(delivery, KMS_VECTOR_GP, code);
    }
    if (delivery->event->software && dpl < delivery->cpu->x86.cpl)
        return raise(delivery, KMS_VECTOR_GP, code);
    if (!(attributes & KMS_SEG_P))
        return raise(delivery, KMS_VECTOR_NP, code);
    return (attributes & KMS_SEG_TYPE) == KMS_SYSTEM_TASK_GATE ? KMS_UNBACKED : KMS_DONE;
}

static enum kms_result read_gate(struct delivery *delivery)
{
    const struct kms_table_register *idtr = &delivery->cpu->segments.idtr;
    const uint32_t place = (uint32_t)delivery->event->vector * GATE_SIZE;
    uint64_t raw;
    if (place + GATE_SIZE - 1 > idtr->limit)
        return raise(delivery, KMS_VECTOR_GP, place | KMS_SELERR_IDT);
    enum kms_result result = read_implicit(delivery, idtr->base + place, GATE_SIZE, &raw);
    if (result != KMS_DONE)
        return result;
    const struct kms_segment_register decoded = kms_segment_decode(raw);
    result = check_gate(delivery, decoded.attributes);
    delivery->gate.type = decoded.attributes & KMS_SEG_TYPE;
    delivery->gate.selector = (uint16_t)(raw >> 16);
    delivery->gate.offset = (uint16_t)raw;
    if (delivery->gate.type & GATE_IS_32BIT)
        delivery->gate.offset |= (uint32_t)(raw >> 32) & UINT32_C(0xffff0000);
    return result;
}

/* ---- the handler's code segment ---- */

static enum kms_result find_code(struct delivery *delivery)
{
    struct segment_load *code = &delivery->code;
    const uint8_t cpl = delivery->cpu->x86.cpl;
    *code = (struct segment_load){.selector = delivery->gate.selector,
                                  .errors = {KMS_VECTOR_GP, KMS_VECTOR_NP, ext(delivery->event)}};
    if (segment_is_null(code->selector))
        return segment_refuse_plain(delivery->cpu, code, delivery->fault);
    const enum kms_result result = segment_find(delivery->cpu, code, delivery->fault);
    if (result != KMS_DONE)
        return result;
    const unsigned dpl = segment_dpl(&code->segment);
    if (!segment_is_code(&code->segment) || dpl > cpl)
        return segment_refuse(delivery->cpu, code, delivery->fault);
    if (!(code->segment.attributes & KMS_SEG_P))
        return segment_refuse_absent(delivery->cpu, code, delivery->fault);
    delivery->cpl = segment_is_conforming(&code->segment) ? cpl : (uint8_t)dpl;
    delivery->changes_stack = delivery->cpl < cpl;
    code->segment.selector = (uint16_t)((code->selector & ~KMS_SELECTOR_RPL) | delivery->cpl);
    return KMS_DONE;
}

/* ---- the handler's stack ---- */

static enum kms_result read_stack_of_tss(struct delivery *delivery, uint16_t *ss)
{
    const struct kms_segment_register *tss = &delivery->cpu->segments.segment[KMS_TR];
    const unsigned width = tss->attributes & TSS_IS_32BIT ? 4 : 2;
    const uint32_t place = width == 4 ? TSS_STACKS + delivery->cpl * 8u : TSS16_STACKS + delivery->cpl * 4u;
    uint64_t esp, selector;
    if (place + width + sizeof *ss - 1 > tss->limit)
        return raise(delivery, KMS_VECTOR_TS, tss->selector & ~(uint32_t)KMS_SELECTOR_RPL);
    enum kms_result result = read_implicit(delivery, tss->base + place, width, &esp);
    if (result == KMS_DONE)
        result = read_implicit(delivery, tss->base + place + width, sizeof *ss, &selector);
    if (result != KMS_DONE)
        return result;
    delivery->stack.esp = (uint32_t)esp;
    *ss = (uint16_t)selector;
    return KMS_DONE;
}

static enum kms_result find_stack(struct delivery *delivery, struct segment_load *load)
{
    *load = (struct segment_load){.errors = {KMS_VECTOR_TS, KMS_VECTOR_SS, ext(delivery->event)}};
    enum kms_result result = read_stack_of_tss(delivery, &load->selector);
    if (result != KMS_DONE)
        return result;
    if (segment_is_null(load->selector))
        return segment_refuse_plain(delivery->cpu, load, delivery->fault);
    result = segment_find(delivery->cpu, load, delivery->fault);
    if (result != KMS_DONE)
        return result;
    if ((load->selector & KMS_SELECTOR_RPL) != delivery->cpl ||
        segment_dpl(&load->segment) != delivery->cpl || !segment_is_writable_data(&load->segment))
        return segment_refuse(delivery->cpu, load, delivery->fault);
    if (!(load->segment.attributes & KMS_SEG_P))
        return segment_refuse_absent(delivery->cpu, load, delivery->fault);
    delivery->stack.ss = load->segment;
    return KMS_DONE;
}

static uint32_t below(const struct stack *stack, uint32_t bytes)
{
    const uint32_t mask = stack->ss.attributes & KMS_SEG_DB ? UINT32_MAX : UINT16_MAX;
    return (stack->esp - bytes) & mask;
}

static bool has_room(const struct stack *stack, unsigned pushes, unsigned width)
{
    for (unsigned i = 1; i <= pushes; i++)
        if (!segment_has(&stack->ss, below(stack, i * width), width))
            return false;
    return true;
}

static enum kms_result push(const struct delivery *delivery, uint32_t offset, uint32_t value)
{
    uint8_t bytes[4];
    const unsigned width = delivery->gate.type & GATE_IS_32BIT ? 4 : 2;
    const struct kms_access access = {(uint32_t)(delivery->stack.ss.base + offset), KMS_WRITE,
                                      delivery->cpl == 3 ? KMS_AS_USER : KMS_AS_SUPERVISOR};
    le_put(bytes, width, value);
    return kms_access_write(delivery->cpu, &access, bytes, width, delivery->fault);
}

static uint32_t saved_eflags(const struct delivery *delivery)
{
    uint32_t eflags = (delivery->context->eflags & ~KMS_EFLAGS_AC) | KMS_EFLAGS_FIXED;
    if (delivery->cpu->x86.ac)
        eflags |= KMS_EFLAGS_AC;
    if (delivery->event->exception && !interrupt_is(delivery->event->vector, TRAPS))
        eflags |= KMS_EFLAGS_RF;
    return eflags;
}

/* What is saved, in the order of the pushes. */
static unsigned frame_of(const struct delivery *delivery, uint32_t frame[FRAME_MAX])
{
    const struct kms_segment_register *segment = delivery->cpu->segments.segment;
    unsigned count = 0;
    if (delivery->changes_stack) {
        frame[count++] = segment[KMS_SS].selector;
        frame[count++] = delivery->context->esp;
    }
    frame[count++] = saved_eflags(delivery);
    frame[count++] = segment[KMS_CS].selector;
    frame[count++] = delivery->event->eip;
    if (delivery->event->pushes_error)
        frame[count++] = delivery->event->error;
    return count;
}

static enum kms_result save(struct delivery *delivery, const struct segment_load *stack_load)
{
    const unsigned width = delivery->gate.type & GATE_IS_32BIT ? 4 : 2;
    uint32_t frame[FRAME_MAX];
    const unsigned count = frame_of(delivery, frame);
    struct stack *stack = &delivery->stack;
    if (!has_room(stack, count, width))
        return delivery->changes_stack ? segment_refuse_absent(delivery->cpu, stack_load, delivery->fault)
                                       : raise(delivery, KMS_VECTOR_SS, 0);
    if (!segment_has(&delivery->code.segment, delivery->gate.offset, 1))
        return raise(delivery, KMS_VECTOR_GP, 0);
    enum kms_result result = KMS_DONE;
    for (unsigned i = 0; i < count && result == KMS_DONE; i++)
        result = push(delivery, below(stack, (i + 1) * width), frame[i]);
    const uint32_t esp = below(stack, count * width);
    stack->esp = stack->ss.attributes & KMS_SEG_DB ? esp : (stack->esp & UINT32_C(0xffff0000)) | esp;
    return result;
}

/* ---- one delivery ---- */

static void enter_handler(const struct delivery *delivery)
{
    struct kms_cpu *cpu = delivery->cpu;
    struct kms_x86_context *context = delivery->context;
    if (delivery->changes_stack)
        segment_put(cpu, KMS_SS, &delivery->stack.ss);
    segment_put(cpu, KMS_CS, &delivery->code.segment);
    context->eip = delivery->gate.offset;
    context->esp = delivery->stack.esp;
    context->eflags &= ~(KMS_EFLAGS_TF | KMS_EFLAGS_NT | KMS_EFLAGS_RF);
    if (!(delivery->gate.type & GATE_IS_TRAP))
        context->eflags &= ~KMS_EFLAGS_IF;
    if (delivery->cpl != cpu->x86.cpl)
        kms_x86_write(cpu, KMS_X86_CPL, delivery->cpl, NULL);
}

static enum kms_result deliver(struct delivery *delivery)
{
    struct kms_cpu *cpu = delivery->cpu;
    struct segment_load stack_load = {0};
    delivery->stack = (struct stack){cpu->segments.segment[KMS_SS], delivery->context->esp};
    enum kms_result result = read_gate(delivery);
    if (result == KMS_DONE)
        result = find_code(delivery);
    if (result == KMS_DONE && delivery->changes_stack)
        result = find_stack(delivery, &stack_load);
    if (result == KMS_DONE)
        result = save(delivery, &stack_load);
    if (result == KMS_DONE && delivery->changes_stack)
        result = segment_mark(cpu, &stack_load, KMS_SEG_ACCESSED, delivery->fault);
    if (result == KMS_DONE)
        result = segment_mark(cpu, &delivery->code, KMS_SEG_ACCESSED, delivery->fault);
    if (result != KMS_DONE)
        return result;
    delivery->stack.ss.attributes |= KMS_SEG_ACCESSED;
    enter_handler(delivery);
    return KMS_DONE;
}

enum kms_result interrupt_deliver(struct kms_cpu *cpu, struct kms_x86_context *context,
                                  const struct interrupt_event *event, struct kms_fault *fault)
{
    struct delivery delivery = {.cpu = cpu, .context = context, .event = event, .fault = fault};
    return deliver(&delivery);
}
