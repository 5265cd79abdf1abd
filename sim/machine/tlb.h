/*
 * tlb.h - the TLB of a CPU. It knows nothing of tables, rights or events.
 *
 * Flushes cost the same however much is cached: every entry carries the time of its fill, and a flush only
 * notes the time before which entries no longer count.
 */
#ifndef SIM_MACHINE_TLB_H
#define SIM_MACHINE_TLB_H

#include <kmemsim/tlb.h>

/* An entry with the time of its fill, as it is handed about. */
struct tlb_slot {
    uint64_t filled; /* 0: never */
    struct kms_tlb_entry entry;
};

/*
 * The slots of one class, set by set, sets * ways of each array. A search reads `linear` alone and a fill the times
 * too, so that the misses of a TLB that is smaller than what goes through it stay in the host's first cache.
 */
struct tlb_array {
    struct kms_tlb_entry *entry; /* NULL: no such array */
    uint64_t *filled;
    kms_linear *linear; /* those of the entries */
    uint32_t set_mask, ways;
    unsigned set_shift;   /* of the lowest bit of an address that chooses a set */
    kms_linear page_most; /* size of the largest page, less 1 */
    uint32_t used;        /* 0: nothing was filled since the last flush of everything */
};

struct tlb {
    struct tlb_array array[KMS_TLB_CLASSES];
    uint64_t now;
    uint64_t flushed;        /* of the last flush of any kind: what was filled later is there */
    uint64_t flushed_global; /* entries filled up to these times are gone */
    uint64_t flushed_nonglobal;
    uint64_t *flushed_asid; /* by ASID */
};

/* False: no memory. ASIDs are below `asids`, a power of two. */
bool tlb_init(struct tlb *tlb, const struct kms_tlb_options *options, uint32_t asids);
void tlb_done(struct tlb *tlb);
/* log2 of the large pages of the current mode: 21 or 22. */
void tlb_set_large_shift(struct tlb *tlb, unsigned shift);
bool tlb_geometry_is_valid(const struct kms_tlb_options *options);

/* The valid entry for an address, smallest page first, or NULL. */
const struct kms_tlb_entry *tlb_find(const struct tlb *tlb, kms_linear linear, uint16_t asid);

/* A page that had to go for another. */
struct tlb_victim {
    kms_linear linear;
    uint8_t page_shift;
};

/* Take an entry. True if another valid page had to go for it, which *victim then names. */
bool tlb_fill(struct tlb *tlb, const struct kms_tlb_entry *entry, struct tlb_victim *victim);

/* Drop what is held for one address: non-global entries of `asid`, and global ones if `global`. */
void tlb_drop(struct tlb *tlb, kms_linear linear, uint16_t asid, bool global);
/* The same for all address spaces. */
void tlb_drop_everywhere(struct tlb *tlb, kms_linear linear);
void tlb_flush_asid(struct tlb *tlb, uint16_t asid);
void tlb_flush_nonglobal(struct tlb *tlb);
void tlb_flush_globals(struct tlb *tlb);
void tlb_flush_all(struct tlb *tlb);

/* Whether a page of more than 4 KiB may be held. */
bool tlb_has_large(const struct tlb *tlb);

/* Put back an entry as it was found by tlb_each(), after a flush of everything; ages stay in order. */
void tlb_put_back(struct tlb *tlb, const struct tlb_slot *slot);

/* Call back for every valid entry, in the order of the slots. */
void tlb_each(const struct tlb *tlb, void (*visit)(void *context, const struct tlb_slot *slot),
              void *context);

#endif
