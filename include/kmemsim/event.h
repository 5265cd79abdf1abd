/*
 * event.h - what the machine says it does.
 *
 * An observer names the events that it wants; without an observer of an event, the event costs nothing. While
 * anyone observes hits or stale uses, every access goes the long way through the TLB, with the same results.
 * Pointers in an event are valid during the call only. An observer may inspect the machine but not change it.
 */
#ifndef KMEMSIM_EVENT_H
#define KMEMSIM_EVENT_H

#include <kmemsim/tlb.h>
#include <kmemsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kms_machine;
struct kms_cpu;
struct kms_logical;
struct kms_segment_register;

enum kms_event_kind {
    KMS_EVENT_WALK = 1 << 0,       /* tables were read: walk */
    KMS_EVENT_HIT = 1 << 1,        /* the TLB answered: entry */
    KMS_EVENT_MISS = 1 << 2,       /* it did not */
    KMS_EVENT_FILL = 1 << 3,       /* it took a translation: entry */
    KMS_EVENT_INVALIDATE = 1 << 4, /* it was told to forget: scope, access.linear and asid */
    KMS_EVENT_FAULT = 1 << 5,      /* an exception: fault, and walk where there was one */
    KMS_EVENT_REGISTER = 1 << 6,   /* a register was written: reg, old_value, new_value */
    KMS_EVENT_STALE = 1 << 7,    /* a cached entry was used that differs from the tables: entry, walk (now) */
    KMS_EVENT_UNBACKED = 1 << 8, /* an access to a physical address with nothing behind it: phys */
    KMS_EVENT_SEGMENT = 1 << 9,  /* a segment register was loaded: reg (enum kms_segment), segment */
    KMS_EVENT_LOGICAL = 1 << 10, /* a logical address became access.linear: logical */
    KMS_EVENT_ALL = (1 << 11) - 1,
};

struct kms_event {
    enum kms_event_kind kind;
    struct kms_cpu *cpu;
    struct kms_access access; /* what led to it; for register writes and flushes only what applies */
    const struct kms_walk *walk;
    const struct kms_tlb_entry *entry;
    const struct kms_fault *fault;
    enum kms_flush_scope scope;
    uint16_t asid;
    unsigned
        reg; /* x86: enum kms_x86_reg, or with KMS_EVENT_SEGMENT enum kms_segment; RISC-V: enum kms_riscv_reg */
    uint64_t old_value, new_value;
    kms_phys phys;
    const struct kms_logical *logical;          /* of faults too, where a segment refused the access */
    const struct kms_segment_register *segment; /* segment.h */
};

/* Owned by whoever observes; it must stay in place until it is removed or the machine is gone. */
struct kms_observer {
    unsigned events; /* enum kms_event_kind, or-ed */
    void (*notify)(void *context, const struct kms_event *event);
    void *context;
    struct kms_observer *next; /* the machine's */
};

void kms_machine_observe(struct kms_machine *machine, struct kms_observer *observer);
void kms_machine_unobserve(struct kms_machine *machine, struct kms_observer *observer);

#ifdef __cplusplus
}
#endif

#endif
