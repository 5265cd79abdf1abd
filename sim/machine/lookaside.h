/*
 * lookaside.h - host pointers for pages whose translation is settled; the slow half of fast.h.
 *
 * It is a subset of what the TLB would answer without a walk, for the CPU's current privilege: whatever drops a
 * translation, or changes what a register makes of it, drops it here too. Dropping is always right, keeping is what
 * needs care.
 */
#ifndef SIM_MACHINE_LOOKASIDE_H
#define SIM_MACHINE_LOOKASIDE_H

#include <kmemsim/fast.h>

#define LOOKASIDE_NOTED 256u

/* The pages of one kind of access. */
struct lookaside_table {
    struct kms_fast_table *fast;
    uint64_t
        taken[KMS_FAST_SLOTS / 64];  /* a bit for each slot that holds a page: dropping others costs little */
    uint16_t noted[LOOKASIDE_NOTED]; /* slots in use, so that a flush need not clear them all */
    uint32_t used;                   /* more than LOOKASIDE_NOTED: not all of them are noted */
};

struct lookaside {
    uint64_t *drops;
    struct lookaside_table read, write;
};

/* The slots are those of `fast`, which starts zeroed. */
void lookaside_init(struct lookaside *lookaside, struct kms_fast *fast);

void lookaside_fill(struct lookaside_table *table, kms_linear linear, const uint8_t *host_page);
void lookaside_drop_page(struct lookaside *lookaside, kms_linear linear);
void lookaside_flush(struct lookaside *lookaside);
/* Only what allows writing: the next write to each page goes the long way. */
void lookaside_flush_writes(struct lookaside *lookaside);

#endif
