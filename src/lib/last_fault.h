/*
 * last_fault.h - the fault that a kernel's handler could not repair, kept until a tool asks for it.
 *
 * What take_fault of guest.h answers: the fault since the last call, the latest if there were several, once.
 */
#ifndef LIB_LAST_FAULT_H
#define LIB_LAST_FAULT_H

#include <kernel/guest.h>
#include <stdbool.h>

struct last_fault {
    struct guest_fault fault;
    bool is_there; /* false from boot on, and again once it was taken */
};

static inline void last_fault_keep(struct last_fault *last, const struct guest_fault *fault)
{
    last->fault = *fault;
    last->is_there = true;
}

/* Whether there was one, 1 or 0: guest.h's. *fault is not touched where there was none. */
static inline int last_fault_take(struct last_fault *last, struct guest_fault *fault)
{
    const bool was_there = last->is_there;

    if (was_there)
        *fault = last->fault;
    last->is_there = false;
    return was_there;
}

#endif
