/*
 * tlb.h - the translation lookaside buffer of a CPU: geometry and contents.
 *
 * The TLB holds what walks found, until something invalidates it or a newer entry takes its place. It is
 * really used: after a change in the tables without an invalidation, accesses follow the old entry.
 * Translations that are not present or have reserved bits are never held. Replacement is first in, first out
 * within a set, so a hit changes nothing and runs are deterministic.
 *
 * Source: Intel SDM, volume 3, "Translation Lookaside Buffers (TLBs)" and "Invalidation of TLBs and
 * Paging-Structure Caches"; RISC-V, volume II, "Supervisor Memory-Management Fence Instruction".
 */
#ifndef KMEMSIM_TLB_H
#define KMEMSIM_TLB_H

#include <kmemsim/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One array for each class of page size: 4 KiB; 2 or 4 MiB; 1 GiB; and on RISC-V 64 KiB; 512 GiB and 256 TiB. */
enum kms_tlb_class {
    KMS_TLB_SMALL,
    KMS_TLB_LARGE,
    KMS_TLB_HUGE,
    KMS_TLB_NAPOT,
    KMS_TLB_GIANT,
    KMS_TLB_CLASSES,
};

/* sets: 0 or a power of two up to 65536; ways: 1 to 64. No sets: pages of this class are never held. */
struct kms_tlb_geometry {
    uint32_t sets, ways;
};

struct kms_tlb_options {
    /* All zero: the default, 4096 x 4, 256 x 4, 16 x 4, 256 x 4 and 4 x 4. */
    struct kms_tlb_geometry geometry[KMS_TLB_CLASSES];
    /* No TLB at all: every access walks. The most forgetful CPU that is allowed. */
    bool off;
    /*
     * Remember upper entries too, 16 of each level ("Paging-Structure Caches"). Walks may then begin below the top: a
     * change of an upper entry goes unseen, and its A bit unset, until an invalidation; INVLPG of any address forgets
     * the current address space's. On RISC-V an SFENCE.VMA of an address forgets none of them: it is about leaf entries.
     * Real CPUs do this and the usual emulators do not, so it is off by default.
     */
    bool structure_caches;
};

struct kms_tlb_entry {
    kms_linear linear;   /* first byte of the page */
    kms_phys phys;       /* first byte of the frame */
    uint64_t entry;      /* the entry that mapped the page, as it was when it was cached, A and D included */
    kms_phys entry_addr; /* where that entry stands */
    uint16_t asid;       /* x86: PCID; 0 while PCIDs are off. RISC-V: of satp */
    uint8_t page_shift;
    uint8_t rights; /* enum kms_right */
    uint8_t key;    /* protection key */
    bool global;
    bool dirty; /* a write needs no walk to set D */
};

/* What an invalidation covers. */
enum kms_flush_scope {
    KMS_FLUSH_PAGE,      /* one linear address in one address space; on x86 global entries of it too */
    KMS_FLUSH_ASID,      /* one address space, but not global entries */
    KMS_FLUSH_NONGLOBAL, /* all address spaces, but not global entries */
    KMS_FLUSH_ALL,       /* everything */
    KMS_FLUSH_PAGE_ALL,  /* one linear address in all address spaces, global entries too (RISC-V) */
};

#ifdef __cplusplus
}
#endif

#endif
