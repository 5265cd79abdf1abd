/*
 * interrupt.c - what a delivery leads to: SDM volume 3, "Interrupt and Exception Handling".
 */
#include "interrupt.h"

#include "cpu.h"
#include "segment_load.h"

#include <assert.h>

#define CONTRIBUTORY                                                                                         \
    (INTERRUPT_BIT(0) | INTERRUPT_BIT(KMS_VECTOR_TS) | INTERRUPT_BIT(KMS_VECTOR_NP) |                        \
     INTERRUPT_BIT(KMS_VECTOR_SS) | INTERRUPT_BIT(KMS_VECTOR_GP))
#define WITH_ERROR                                                                                           \
    ((CONTRIBUTORY & ~INTERRUPT_BIT(0)) | INTERRUPT_BIT(KMS_VECTOR_DF) | INTERRUPT_BIT(KMS_VECTOR_PF) |      \
     INTERRUPT_BIT(17) | INTERRUPT_BIT(21))

static enum kms_result fetch_handler(struct kms_cpu *cpu, const struct kms_x86_context *context,
                                     struct kms_fault *fault)
{
    uint8_t byte;
    const struct kms_logical logical = {KMS_CS, context->eip, 1, KMS_FETCH, KMS_AS_CURRENT};
    return kms_segment_read(cpu, &logical, &byte, fault);
}

/* ---- the chain ---- */

static struct interrupt_event event_of_fault(const struct kms_fault *fault, uint32_t eip)
{
    return (struct interrupt_event){.vector = (uint8_t)fault->vector,
                                    .exception = true,
                                    .pushes_error = interrupt_is((uint8_t)fault->vector, WITH_ERROR),
                                    .error = fault->error_code,
                                    .eip = eip,
                                    .address = fault->address};
}

/* "Conditions for Generating a Double Fault"; a delivery raises page faults and contributory exceptions, and no others. */
static bool is_double(const struct interrupt_event *first, const struct kms_fault *second)
{
    if (!first->exception)
        return false;
    if (interrupt_is(first->vector, CONTRIBUTORY))
        return interrupt_is((uint8_t)second->vector, CONTRIBUTORY);
    return first->vector == KMS_VECTOR_PF;
}

static struct interrupt_event event_after(const struct interrupt_event *first, const struct kms_fault *fault,
                                          uint32_t eip)
{
    const struct kms_fault double_fault = {KMS_VECTOR_DF, 0, 0};
    return event_of_fault(is_double(first, fault) ? &double_fault : fault, eip);
}

static bool is_same_fetch(const struct interrupt_event *event, const struct kms_fault *fault)
{
    return event->from_fetch && event->vector == fault->vector && event->address == fault->address;
}

static void note(struct kms_delivery *told, const struct kms_fault *fault)
{
    if (told->faults < KMS_DELIVERY_FAULTS)
        told->fault[told->faults] = *fault;
    told->faults++;
}

static bool is_modelled(const struct kms_cpu *cpu, const struct kms_x86_context *context)
{
    return (cpu->x86.cr0 & KMS_CR0_PE) && !segment_in_64bit_mode(&cpu->x86) &&
           !(context->eflags & KMS_EFLAGS_VM);
}

static struct kms_delivery arrived(struct kms_delivery told, const struct interrupt_event *event)
{
    told.end = KMS_DELIVERED;
    told.vector = event->vector;
    told.error_code_pushed = event->pushes_error;
    told.error_code = event->error;
    return told;
}

static void note_interrupted(struct kms_delivery *told, const struct interrupt_event *event)
{
    told->interrupts_handler = 1;
    told->interrupted = (struct kms_handler){event->vector, event->pushes_error, event->error};
}

/* From an event on; `stands`: the CPU is at its handler's door already. */
static struct kms_delivery chain(struct kms_cpu *cpu, struct kms_x86_context *context,
                                 struct interrupt_event event, bool stands)
{
    struct kms_delivery told = {.end = KMS_DELIVERY_UNDONE};
    while (is_modelled(cpu, context)) {
        struct kms_fault fault;
        enum kms_result result = stands ? KMS_DONE : interrupt_deliver(cpu, context, &event, &fault);
        stands = result == KMS_DONE;
        if (stands)
            result = fetch_handler(cpu, context, &fault);
        if (result == KMS_DONE)
            return arrived(told, &event);
        if (result == KMS_UNBACKED)
            break;
        note(&told, &fault);
        if (stands && is_same_fetch(&event, &fault)) {
            told.end = KMS_FAULT_LOOP;
            break;
        }
        if (!stands && event.exception && event.vector == KMS_VECTOR_DF) {
            told.end = KMS_TRIPLE_FAULT;
            break;
        }
        if (stands)
            note_interrupted(&told, &event);
        event = stands ? event_of_fault(&fault, context->eip) : event_after(&event, &fault, context->eip);
        event.from_fetch = stands;
        stands = false;
    }
    return told;
}

static struct interrupt_event event_asked_for(const struct kms_interrupt *interrupt, uint32_t eip)
{
    const bool exception = interrupt->kind == KMS_INTERRUPT_EXCEPTION;
    return (struct interrupt_event){.vector = interrupt->vector,
                                    .software = interrupt->kind == KMS_INTERRUPT_SOFTWARE,
                                    .exception = exception,
                                    .pushes_error = exception && interrupt_is(interrupt->vector, WITH_ERROR),
                                    .error = interrupt->error_code,
                                    .eip = eip + interrupt->length};
}

struct kms_delivery kms_x86_interrupt(struct kms_cpu *cpu, const struct kms_interrupt *interrupt,
                                      struct kms_x86_context *context)
{
    assert(cpu && interrupt && context);
    return chain(cpu, context, event_asked_for(interrupt, context->eip), false);
}

struct kms_delivery kms_x86_resume_handler(struct kms_cpu *cpu, const struct kms_handler *handler,
                                           struct kms_x86_context *context)
{
    assert(cpu && handler && context);
    const struct interrupt_event event = {
        .vector = handler->vector, .pushes_error = handler->error_code_pushed, .error = handler->error_code};
    return chain(cpu, context, event, true);
}
