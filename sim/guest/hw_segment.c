/*
 * hw_segment.c - segments and interrupts of include/kernel/hw.h, hosted.
 */
#include "guest.h"

#include <stdio.h>

#define INT_LENGTH       2u
#define ERROR_CODE_BYTES 4u

_Noreturn static void refused(struct kms_guest *guest, const char *what, const struct kms_fault *fault)
{
    char words[KMS_GUEST_REASON / 2];
    kms_x86_fault_words(fault, words, sizeof words);
    guest_panic(guest, "%s: %s", what, words);
}

void hw_lgdt(uint32_t base, uint16_t limit)
{
    struct kms_guest *guest = guest_here(__func__);
    struct kms_fault fault;
    if (kms_segment_lgdt(guest->cpu, &(struct kms_table_register){base, limit}, &fault) != KMS_DONE)
        refused(guest, "LGDT", &fault);
}

void hw_lidt(uint32_t base, uint16_t limit)
{
    struct kms_guest *guest = guest_here(__func__);
    struct kms_fault fault;
    if (kms_segment_lidt(guest->cpu, &(struct kms_table_register){base, limit}, &fault) != KMS_DONE)
        refused(guest, "LIDT", &fault);
}

static void load(struct kms_guest *guest, enum kms_segment segment, uint16_t selector)
{
    struct kms_fault fault = {0};
    const enum kms_result result = kms_segment_load(guest->cpu, segment, selector, &fault);
    if (result == KMS_UNBACKED)
        guest_panic(guest, "selector 0x%04x for %s: no memory where its descriptor should be", selector,
                    kms_segment_name(segment));
    if (result == KMS_DONE)
        return;
    char what[48];
    snprintf(what, sizeof what, "selector 0x%04x for %s", selector, kms_segment_name(segment));
    refused(guest, what, &fault);
}

void hw_ltr(uint16_t selector)
{
    load(guest_here(__func__), KMS_TR, selector);
}

void hw_load_segments(uint16_t code, uint16_t data)
{
    static const enum kms_segment segments[] = {KMS_DS, KMS_ES, KMS_FS, KMS_GS, KMS_SS};
    struct kms_guest *guest = guest_here(__func__);
    load(guest, KMS_CS, code);
    for (unsigned i = 0; i < sizeof segments / sizeof segments[0]; i++)
        load(guest, segments[i], data);
    const struct kms_segment_register ds = kms_segment_get(guest->cpu, KMS_DS);
    if (ds.base != 0 || (ds.attributes & KMS_SEG_EXPAND_DOWN))
        guest_panic(guest, "selector 0x%04x: hosted, the data segment begins at 0 and expands up", data);
}

/* ---- interrupts from ring 3 ---- */

/* One INT under way. */
struct visit {
    struct kms_guest *guest;
    struct kms_segment_state kernel; /* the registers to come back to */
    uint64_t kernel_cr3;
    struct kms_x86_context context;
    uint8_t vector;
    bool in_handler; /* an exception was repaired that had interrupted one at its first fetch */
    struct kms_handler handler;
    struct hw_interrupt_trouble *trouble;
};

static void tell(struct visit *visit, const struct kms_fault *fault)
{
    if (visit->trouble->vector == 0)
        *visit->trouble =
            (struct hw_interrupt_trouble){fault->vector, fault->error_code, (uint32_t)fault->address};
}

static void enter_ring3(struct visit *visit)
{
    const struct kms_x86_frame frame = {
        .cs = HW_USER_CODE_SELECTOR, .ss = HW_USER_DATA_SELECTOR, .eflags = KMS_EFLAGS_FIXED | KMS_EFLAGS_IF};
    struct kms_fault fault = {0};
    const enum kms_result result = kms_x86_iret_frame(visit->guest->cpu, &frame, &visit->context, &fault);
    if (result == KMS_FAULT)
        refused(visit->guest, "ring 3 cannot be entered", &fault);
    if (result == KMS_UNBACKED)
        guest_panic(visit->guest, "ring 3 cannot be entered: no memory where its descriptors should be");
}

/* As the kernel's entry code does first. */
static void load_kernel_data(const struct visit *visit)
{
    struct kms_segment_state state = kms_segment_get_state(visit->guest->cpu);
    state.segment[KMS_DS] = visit->kernel.segment[KMS_DS];
    state.segment[KMS_ES] = visit->kernel.segment[KMS_ES];
    state.segment[KMS_FS] = visit->kernel.segment[KMS_FS];
    state.segment[KMS_GS] = visit->kernel.segment[KMS_GS];
    kms_segment_set_state(visit->guest->cpu, &state);
}

/* The handler that was reached. False: the program cannot go on. */
static bool handle(struct visit *visit, const struct kms_delivery *delivery, unsigned attempt)
{
    struct kms_guest *guest = visit->guest;
    load_kernel_data(visit);
    if (delivery->faults > 0 && delivery->vector == KMS_VECTOR_PF)
        return guest_repair(guest, &delivery->fault[delivery->faults - 1], attempt);
    if (guest->on_interrupt)
        guest->on_interrupt(delivery->vector, delivery->error_code);
    return !delivery->error_code_pushed && delivery->vector == visit->vector;
}

static void leave_ring3(const struct visit *visit)
{
    struct kms_cpu *cpu = visit->guest->cpu;
    kms_x86_write(cpu, KMS_X86_CPL, 0, NULL);
    kms_segment_set_state(cpu, &visit->kernel);
    if (kms_x86_read(cpu, KMS_X86_CR3) != visit->kernel_cr3)
        kms_x86_write(cpu, KMS_X86_CR3, visit->kernel_cr3, NULL);
}

_Noreturn static void undone(const struct visit *visit)
{
    leave_ring3(visit);
    guest_panic(visit->guest, "INT 0x%02x: its delivery is not modelled, or needs memory that is not there",
                visit->vector);
}

static struct kms_delivery deliver(struct visit *visit)
{
    const struct kms_interrupt interrupt = {visit->vector, KMS_INTERRUPT_SOFTWARE, INT_LENGTH, 0};
    struct kms_cpu *cpu = visit->guest->cpu;
    return visit->in_handler ? kms_x86_resume_handler(cpu, &visit->handler, &visit->context)
                             : kms_x86_interrupt(cpu, &interrupt, &visit->context);
}

/* To a handler and back once. *again: an exception was repaired, so that what it had interrupted is to go on. */
static enum hw_interrupt_end interrupt_once(struct visit *visit, unsigned attempt, bool *again)
{
    const struct kms_delivery delivery = deliver(visit);
    struct kms_fault fault = {0};
    *again = delivery.faults > 0;
    if (delivery.faults > 0)
        tell(visit, &delivery.fault[0]);
    if (delivery.end == KMS_DELIVERY_UNDONE)
        undone(visit);
    if (delivery.end != KMS_DELIVERED)
        return HW_INTERRUPT_DEAD;
    if (!handle(visit, &delivery, attempt))
        return HW_INTERRUPT_FAULTED;
    if (delivery.error_code_pushed)
        visit->context.esp += ERROR_CODE_BYTES;
    visit->in_handler = delivery.interrupts_handler;
    visit->handler = delivery.interrupted;
    if (kms_x86_iret(visit->guest->cpu, &visit->context, &fault) == KMS_DONE)
        return HW_INTERRUPT_RETURNED;
    tell(visit, &fault);
    return HW_INTERRUPT_FAULTED;
}

enum hw_interrupt_end hw_user_interrupt(uint8_t vector, struct hw_interrupt_trouble *trouble)
{
    struct kms_guest *guest = guest_here(__func__);
    struct hw_interrupt_trouble unused = {0};
    struct visit visit = {.guest = guest,
                          .kernel = kms_segment_get_state(guest->cpu),
                          .kernel_cr3 = kms_x86_read(guest->cpu, KMS_X86_CR3),
                          .context = {.eflags = KMS_EFLAGS_FIXED},
                          .vector = vector,
                          .trouble = trouble ? trouble : &unused};
    *visit.trouble = (struct hw_interrupt_trouble){0};
    if (guest->user_cr3)
        hw_write_cr3(guest->user_cr3);
    enter_ring3(&visit);
    enum hw_interrupt_end end = HW_INTERRUPT_RETURNED;
    bool again = true;
    for (unsigned attempt = 0; again && end == HW_INTERRUPT_RETURNED; attempt++)
        end = interrupt_once(&visit, attempt, &again);
    leave_ring3(&visit);
    return end;
}

void hw_set_interrupt_handler(hw_interrupt_handler handler)
{
    guest_here(__func__)->on_interrupt = handler;
}
