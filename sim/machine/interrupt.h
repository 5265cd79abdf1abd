/*
 * interrupt.h - one delivery of an interrupt or exception, for the chain of them.
 */
#ifndef SIM_MACHINE_INTERRUPT_H
#define SIM_MACHINE_INTERRUPT_H

#include <kmemsim/segment.h>

/* Something to be delivered: what was asked for, or a fault on the way. */
struct interrupt_event {
    uint8_t vector;
    bool software;
    bool exception;
    bool pushes_error;
    bool from_fetch; /* the fault of fetching a handler */
    uint32_t error;
    uint32_t eip; /* to be saved */
    kms_linear address;
};

#define INTERRUPT_BIT(vector) (UINT32_C(1) << (vector))

/* Whether an exception is one of a set of bits. */
static inline bool interrupt_is(uint8_t vector, uint32_t set)
{
    return vector < 32 && (set >> vector & 1u);
}

/* Up to the handler's door; on KMS_FAULT only what was pushed has changed. */
enum kms_result interrupt_deliver(struct kms_cpu *cpu, struct kms_x86_context *context,
                                  const struct interrupt_event *event, struct kms_fault *fault);

#endif
