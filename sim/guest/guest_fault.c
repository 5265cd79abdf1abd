/*
 * guest_fault.c - what the kernel is told about faults, and what becomes of those that it does not repair.
 */
#include "guest.h"

#include <inttypes.h>
#include <stdio.h>

/* On the metal both would go on until the stack is full. */
#define ATTEMPTS_MAX 64u
#define DEPTH_MAX    16u

static bool has_handler(const struct kms_guest *guest, const struct kms_fault *fault)
{
    if (guest_is_x86(guest))
        return fault->vector == KMS_VECTOR_PF && guest->on_page_fault;
    return guest->riscv.on_trap != NULL;
}

static bool tell(struct kms_guest *guest, const struct kms_fault *fault)
{
    if (guest_is_x86(guest))
        return guest->on_page_fault(&(struct hw_page_fault){(uint32_t)fault->address, fault->error_code});
    return guest->riscv.on_trap(&(struct hw_trap){fault->vector, fault->address, guest->riscv.by_user});
}

bool guest_repair(struct kms_guest *guest, const struct kms_fault *fault, unsigned attempt)
{
    if (!has_handler(guest, fault))
        return false;
    if (attempt >= ATTEMPTS_MAX)
        guest_panic(guest,
                    "the page-fault handler said %u times that 0x%08" PRIx64 " is repaired, and it is not",
                    attempt, fault->address);
    if (guest->fault_depth >= DEPTH_MAX)
        guest_panic(guest, "the page-fault handler faults itself, %u deep, the last time at 0x%08" PRIx64,
                    guest->fault_depth, fault->address);
    guest->fault_depth++;
    bool repaired = tell(guest, fault);
    guest->fault_depth--;
    return repaired;
}

_Noreturn static void stop_fault(struct kms_guest *guest, const struct kms_fault *fault)
{
    struct kms_guest_stop stop = {.end = KMS_GUEST_FAULT, .fault = *fault};
    if (guest_is_x86(guest))
        kms_x86_fault_words(fault, stop.reason, sizeof stop.reason);
    else
        kms_riscv_fault_words(fault, stop.reason, sizeof stop.reason);
    guest_stop(guest, &stop);
}

void guest_stop_unbacked(struct kms_guest *guest, kms_phys phys)
{
    struct kms_guest_stop stop = {.end = KMS_GUEST_UNBACKED, .phys = phys};
    snprintf(stop.reason, sizeof stop.reason,
             "an access to physical address 0x%08" PRIx64 ", where no RAM is", phys);
    guest_stop(guest, &stop);
}

bool guest_window_trouble(void *context, const struct kms_window_event *event)
{
    struct kms_guest *guest = context;
    if (!guest->guard && guest->entered == 0)
        return false; /* somebody else's code went through a window's pointer: that program's own crash */
    if (event->trouble == KMS_WINDOW_UNBACKED)
        guest_stop_unbacked(guest, event->phys);
    guest->riscv.by_user = false;
    if (!guest_repair(guest, &event->fault, event->attempt))
        stop_fault(guest, &event->fault);
    return true;
}
