/*
 * walk.h - a page walk as a value: every level that was read, and what it came to.
 *
 * The walkers (kms_x86_walk(), kms_riscv_walk()) are pure: registers, RAM and an address in, this value out.
 * Translation, Accessed and Dirty updates, caching, listings, printing and debuggers all use it.
 */
#ifndef KMEMSIM_WALK_H
#define KMEMSIM_WALK_H

#include <kmemsim/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMS_WALK_LEVELS 5u /* the most levels that any mode has */

enum kms_paging_mode {
    KMS_PAGING_NONE, /* linear addresses are physical */
    KMS_PAGING_32BIT,
    KMS_PAGING_PAE,
    KMS_PAGING_4LEVEL,
    KMS_PAGING_5LEVEL,
    KMS_PAGING_SV32,
    KMS_PAGING_SV39,
    KMS_PAGING_SV48,
    KMS_PAGING_SV57,
};

/* What an entry says, or the walk as a whole. */
enum kms_verdict {
    KMS_TABLE,        /* the entry points to the next table; never the verdict of a whole walk */
    KMS_MAPPED,       /* the entry maps a page; also a walk with paging off */
    KMS_NOT_PRESENT,  /* the entry is not present */
    KMS_RESERVED,     /* the entry is present and has a reserved bit set, or a reserved combination of bits */
    KMS_NONCANONICAL, /* the address is not one of this mode: nothing was read */
    KMS_NO_TABLE,     /* nothing answers where the entry should be, and the map reports that */
    KMS_MISALIGNED_PAGE, /* RISC-V: the entry maps a large page whose frame is not a multiple of its size */
    KMS_TOO_DEEP,        /* RISC-V: the entry of the last level does not map a page */
};

/* An entry's flags, decoded. The raw entry stands beside them. */
enum kms_entry_flag {
    KMS_ENTRY_PRESENT = 1 << 0,
    KMS_ENTRY_WRITE = 1 << 1,
    KMS_ENTRY_USER = 1 << 2,
    KMS_ENTRY_NOEXEC = 1 << 3, /* only where the mode knows it */
    KMS_ENTRY_ACCESSED = 1 << 4,
    KMS_ENTRY_DIRTY = 1 << 5,
    KMS_ENTRY_LARGE = 1 << 6,  /* maps a large page */
    KMS_ENTRY_GLOBAL = 1 << 7, /* x86: only in entries that map a page, and only while the mode honours it */
    KMS_ENTRY_PWT = 1 << 8,
    KMS_ENTRY_PCD = 1 << 9,
    KMS_ENTRY_PAT = 1 << 10,
    /* RISC-V, where an entry without READ and EXEC points to a table */
    KMS_ENTRY_READ = 1 << 11,
    KMS_ENTRY_EXEC = 1 << 12,
    KMS_ENTRY_NAPOT = 1 << 13, /* one of the 16 entries of a 64 KiB page */
    KMS_ENTRY_FIXED = 1 << 14, /* not in RAM: the CPU cannot set A and D */
};

/* What the levels read so far leave allowed; policy (WP, SMEP, keys ...) is not in here. */
enum kms_right {
    KMS_RIGHT_READ = 1 << 0,
    KMS_RIGHT_WRITE = 1 << 1,
    KMS_RIGHT_USER = 1 << 2, /* a user-mode address */
    KMS_RIGHT_EXEC = 1 << 3,
};

struct kms_walk_level {
    kms_phys entry_addr; /* physical address of the entry */
    uint64_t entry;      /* as read */
    uint64_t reserved;   /* the reserved bits that are set in it */
    uint16_t flags;      /* enum kms_entry_flag */
    uint16_t index;      /* of the entry in its table */
    uint8_t level;       /* 1: page table, 2: page directory, 3: PDPT, 4: PML4, 5: PML5; RISC-V: i + 1 */
    uint8_t rights;      /* enum kms_right: what is left after this level */
    uint8_t verdict;     /* enum kms_verdict */
    bool in_register;    /* x86: taken from a PDPTE register, not from memory */
};

struct kms_walk {
    kms_linear linear;
    kms_phys phys;      /* with KMS_MAPPED: of the byte at `linear`; may lie outside of RAM */
    uint8_t mode;       /* enum kms_paging_mode */
    uint8_t verdict;    /* enum kms_verdict */
    uint8_t depth;      /* levels read: level[0] is the top, level[depth - 1] the last */
    uint8_t page_shift; /* with KMS_MAPPED: log2 of the page's size; otherwise log2 of what the last entry
                           spans */
    uint8_t rights;     /* enum kms_right, after the last level */
    uint8_t key;        /* protection key of the page */
    bool global;
    struct kms_walk_level level[KMS_WALK_LEVELS];
};

/* "page table", "page directory" ... and "PTE", "PDE", "PDPTE", "PML4E", "PML5E". */
const char *kms_table_name(unsigned level);
const char *kms_entry_name(unsigned level);
/* The entry of a level as the mode's manual has it: as above on x86; "L2", "L1" and "L0" for the levels of Sv39, the
 * last one being L0. */
const char *kms_mode_entry_name(enum kms_paging_mode mode, unsigned level);
/* "32-bit", "PAE", "4-level", "Sv39" ... */
const char *kms_mode_name(enum kms_paging_mode mode);
const char *kms_verdict_words(enum kms_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif
