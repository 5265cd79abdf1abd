/* interrupt_return.c - IRET: SDM volume 2, "IRET/IRETD/IRETQ/UIRET - Interrupt Return". */
#include "cpu.h"
#include "segment_load.h"

#include <assert.h>

#define WORD          4u
#define FRAME_SAME    3u
#define FRAME_OUTER   5u
#define EFLAGS_RETURN UINT32_C(0x00254dd5) /* what every return takes: CF PF AF ZF SF TF DF OF NT RF AC ID */
#define EFLAGS_SYSTEM (KMS_EFLAGS_IOPL | UINT32_C(0x00180000)) /* at CPL 0 alone: IOPL VIF VIP */
#define IOPL_SHIFT    12u

enum frame_word { FRAME_EIP, FRAME_CS, FRAME_EFLAGS, FRAME_ESP, FRAME_SS };

struct iret {
    struct kms_cpu *cpu;
    struct kms_x86_context *context;
    struct kms_fault *fault;
    uint32_t frame[FRAME_OUTER];
    bool on_stack; /* the frame is to be popped */
    struct segment_load code, stack;
    uint8_t cpl; /* to be */
};

static struct segment_load load_of(uint32_t selector, uint8_t absent)
{
    return (struct segment_load){.selector = (uint16_t)selector, .errors = {KMS_VECTOR_GP, absent, 0}};
}

static uint32_t stack_mask(const struct kms_segment_register *ss)
{
    return ss->attributes & KMS_SEG_DB ? UINT32_MAX : UINT16_MAX;
}

static enum kms_result pop(struct iret *iret, unsigned first, unsigned end)
{
    const struct kms_segment_register *ss = &iret->cpu->segments.segment[KMS_SS];
    enum kms_result result = KMS_DONE;
    for (unsigned i = first; iret->on_stack && i < end && result == KMS_DONE; i++) {
        uint8_t bytes[WORD];
        const struct kms_logical logical = {KMS_SS, (iret->context->esp + i * WORD) & stack_mask(ss), WORD,
                                            KMS_READ, KMS_AS_CURRENT};
        result = kms_segment_read(iret->cpu, &logical, bytes, iret->fault);
        if (result == KMS_DONE)
            iret->frame[i] = (uint32_t)le_get(bytes, WORD);
    }
    return result;
}

static bool may_return_to(const struct iret *iret, const struct kms_segment_register *code)
{
    const unsigned dpl = segment_dpl(code);
    return segment_is_code(code) && iret->cpl >= iret->cpu->x86.cpl &&
           (segment_is_conforming(code) ? dpl <= iret->cpl : dpl == iret->cpl);
}

static enum kms_result find_code(struct iret *iret)
{
    struct segment_load *code = &iret->code;
    *code = load_of(iret->frame[FRAME_CS], KMS_VECTOR_NP);
    iret->cpl = code->selector & KMS_SELECTOR_RPL;
    if (segment_is_null(code->selector))
        return segment_refuse_plain(iret->cpu, code, iret->fault);
    const enum kms_result result = segment_find(iret->cpu, code, iret->fault);
    if (result != KMS_DONE)
        return result;
    if (!may_return_to(iret, &code->segment))
        return segment_refuse(iret->cpu, code, iret->fault);
    return code->segment.attributes & KMS_SEG_P ? KMS_DONE
                                                : segment_refuse_absent(iret->cpu, code, iret->fault);
}

static enum kms_result find_stack(struct iret *iret)
{
    struct segment_load *stack = &iret->stack;
    enum kms_result result = pop(iret, FRAME_ESP, FRAME_OUTER);
    if (result != KMS_DONE)
        return result;
    *stack = load_of(iret->frame[FRAME_SS], KMS_VECTOR_SS);
    if (segment_is_null(stack->selector))
        return segment_refuse_plain(iret->cpu, stack, iret->fault);
    result = segment_find(iret->cpu, stack, iret->fault);
    if (result != KMS_DONE)
        return result;
    if ((stack->selector & KMS_SELECTOR_RPL) != iret->cpl || segment_dpl(&stack->segment) != iret->cpl ||
        !segment_is_writable_data(&stack->segment))
        return segment_refuse(iret->cpu, stack, iret->fault);
    return stack->segment.attributes & KMS_SEG_P ? KMS_DONE
                                                 : segment_refuse_absent(iret->cpu, stack, iret->fault);
}

static enum kms_result mark(struct iret *iret, bool outer)
{
    const enum kms_result result =
        outer ? segment_mark(iret->cpu, &iret->stack, KMS_SEG_ACCESSED, iret->fault) : KMS_DONE;
    return result == KMS_DONE ? segment_mark(iret->cpu, &iret->code, KMS_SEG_ACCESSED, iret->fault) : result;
}

static uint32_t eflags_after(const struct iret *iret)
{
    const uint32_t old = iret->context->eflags;
    const unsigned cpl = iret->cpu->x86.cpl;
    uint32_t taken = EFLAGS_RETURN;
    if (cpl <= (old & KMS_EFLAGS_IOPL) >> IOPL_SHIFT)
        taken |= KMS_EFLAGS_IF;
    if (cpl == 0)
        taken |= EFLAGS_SYSTEM;
    return (old & ~taken) | (iret->frame[FRAME_EFLAGS] & taken) | KMS_EFLAGS_FIXED;
}

/* The outer level may not keep what it could not have loaded. */
static void drop_inner_segments(const struct iret *iret)
{
    static const enum kms_segment data[] = {KMS_ES, KMS_FS, KMS_GS, KMS_DS};
    for (unsigned i = 0; i < sizeof data / sizeof data[0]; i++) {
        const struct kms_segment_register *segment = &iret->cpu->segments.segment[data[i]];
        const bool open = segment_is_code(segment) && segment_is_conforming(segment);
        if (segment_dpl(segment) < iret->cpl && !open)
            segment_put(iret->cpu, data[i], &(struct kms_segment_register){0});
    }
}

static void leave_handler(const struct iret *iret, bool outer)
{
    struct kms_cpu *cpu = iret->cpu;
    struct kms_x86_context *context = iret->context;
    const uint32_t eflags = eflags_after(iret);
    const uint32_t mask = stack_mask(outer ? &iret->stack.segment : &cpu->segments.segment[KMS_SS]);
    const uint32_t esp = outer ? iret->frame[FRAME_ESP] : context->esp + FRAME_SAME * WORD;
    *context =
        (struct kms_x86_context){iret->frame[FRAME_EIP], (esp & mask) | (context->esp & ~mask), eflags};
    segment_put(cpu, KMS_CS, &iret->code.segment);
    if (outer)
        segment_put(cpu, KMS_SS, &iret->stack.segment);
    kms_x86_write(cpu, KMS_X86_EFLAGS_AC, (eflags & KMS_EFLAGS_AC) != 0, NULL);
    if (!outer)
        return;
    kms_x86_write(cpu, KMS_X86_CPL, iret->cpl, NULL);
    drop_inner_segments(iret);
}

static bool is_modelled(const struct kms_cpu *cpu, const struct kms_x86_context *context)
{
    return (cpu->x86.cr0 & KMS_CR0_PE) && !segment_in_64bit_mode(&cpu->x86) &&
           !(context->eflags & (KMS_EFLAGS_VM | KMS_EFLAGS_NT));
}

static enum kms_result run(struct iret *iret)
{
    struct kms_cpu *cpu = iret->cpu;
    if (!is_modelled(cpu, iret->context))
        return KMS_UNBACKED;
    enum kms_result result = pop(iret, FRAME_EIP, FRAME_SAME);
    if (result != KMS_DONE)
        return result;
    if ((iret->frame[FRAME_EFLAGS] & KMS_EFLAGS_VM) && cpu->x86.cpl == 0)
        return KMS_UNBACKED;
    result = find_code(iret);
    const bool outer = iret->cpl > cpu->x86.cpl;
    if (result == KMS_DONE && outer)
        result = find_stack(iret);
    if (result == KMS_DONE && !segment_has(&iret->code.segment, iret->frame[FRAME_EIP], 1))
        result = segment_refuse_plain(cpu, &iret->code, iret->fault);
    if (result == KMS_DONE)
        result = mark(iret, outer);
    if (result == KMS_DONE)
        leave_handler(iret, outer);
    return result;
}

enum kms_result kms_x86_iret(struct kms_cpu *cpu, struct kms_x86_context *context, struct kms_fault *fault)
{
    assert(cpu && context);
    struct kms_fault unused = {0};
    struct iret iret = {.cpu = cpu, .context = context, .fault = fault ? fault : &unused, .on_stack = true};
    return run(&iret);
}

enum kms_result kms_x86_iret_frame(struct kms_cpu *cpu, const struct kms_x86_frame *frame,
                                   struct kms_x86_context *context, struct kms_fault *fault)
{
    assert(cpu && frame && context);
    struct kms_fault unused = {0};
    struct iret iret = {.cpu = cpu,
                        .context = context,
                        .fault = fault ? fault : &unused,
                        .frame = {[FRAME_EIP] = frame->eip,
                                  [FRAME_CS] = frame->cs,
                                  [FRAME_EFLAGS] = frame->eflags,
                                  [FRAME_ESP] = frame->esp,
                                  [FRAME_SS] = frame->ss}};
    return run(&iret);
}
