/*
 * lookaside.h - host pointers for pages whose translation is settled; the slow half of fast.h.
 *
 * It is a subset of what the TLB would answer without a walk: whatever drops a translation, or changes what a
 * register makes of it, drops it here too. Dropping is always right, keeping is what needs care.
 */
#ifndef SIM_MACHINE_LOOKASIDE_H
#define SIM_MACHINE_LOOKASIDE_H

#include <kmemsim/fast.h>

#define LOOKASIDE_NOTED 256u

/* Slots of one kind of access at one privilege. */
struct lookaside_table {
    struct kms_fast_slot *slots;
    uint16_t noted[LOOKASIDE_NOTED]; /* slots in use, so that a flush need not clear them all */
    uint32_t used;                   /* more than LOOKASIDE_NOTED: not all of them are noted */
};

enum lookaside_kind { LOOKASIDE_READ, LOOKASIDE_WRITE, LOOKASIDE_KINDS };

struct lookaside {
    struct lookaside_table table[2][LOOKASIDE_KINDS]; /* by user mode, then by kind */
};

/* False: no memory. */
bool lookaside_init(struct lookaside *lookaside);
void lookaside_done(struct lookaside *lookaside);

void lookaside_fill(struct lookaside_table *table, kms_linear page, const uint8_t *host_page);
void lookaside_drop_page(struct lookaside *lookaside, kms_linear linear);
void lookaside_flush(struct lookaside *lookaside);
/* Only what allows writing: the next write to each page goes the long way. */
void lookaside_flush_writes(struct lookaside *lookaside);

#endif
