/*
 * inspect.h - what page tables say, for tools: listings, runs, recursive windows, neighbours, differences,
 * audits.
 *
 * Everything here reads and never changes anything, and takes every fact from the one walker of its
 * architecture. Nothing is printed: results are values, or calls of a function that the caller gives. Memory
 * does not grow with what is listed, except in kms_audit(), which remembers runs and tables.
 */
#ifndef KMEMSIM_INSPECT_H
#define KMEMSIM_INSPECT_H

#include <kmemsim/ram.h>
#include <kmemsim/riscv.h>
#include <kmemsim/walk.h>
#include <kmemsim/x86.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- an address space ---- */

/* Tables in RAM and the walker that reads them. The pointers are borrowed. */
struct kms_space {
    void (*walk)(const void *registers, const struct kms_ram *ram, kms_linear linear, struct kms_walk *walk);
    const void *registers;
    enum kms_arch arch; /* what the registers are: struct kms_x86_state or struct kms_riscv_state */
    const struct kms_ram *ram;
    uint8_t mode;       /* enum kms_paging_mode */
    uint8_t width;      /* bits of a linear address that are translated */
    uint8_t index_bits; /* bits of the address that select an entry: 9, or 10 with 32-bit paging and Sv32 */
    bool sign_extended; /* the bits above are copies of the highest one */
    bool noexec;        /* entries can forbid execution */
    kms_phys table;     /* of the topmost table */
};

/* `state` and `ram` must outlive the space. */
struct kms_space kms_x86_space(const struct kms_x86_state *state, const struct kms_ram *ram);
struct kms_space kms_riscv_space(const struct kms_riscv_state *state, const struct kms_ram *ram);

/* Load state->pdpte from memory at CR3, as a write of CR3 would, whatever they hold; for state that comes
 * from an image, which carries no PDPTE registers. Does nothing outside PAE paging. False if nothing answers
 * there. */
bool kms_x86_load_pdptes(struct kms_x86_state *state, const struct kms_ram *ram);

/* An offset (the translated bits) as the linear address that an instruction would use. */
kms_linear kms_space_linear(const struct kms_space *space, uint64_t offset);
/* The reverse: the translated bits. */
uint64_t kms_space_offset(const struct kms_space *space, kms_linear linear);
static inline void kms_space_walk(const struct kms_space *space, kms_linear linear, struct kms_walk *walk)
{
    space->walk(space->registers, space->ram, linear, walk);
}

/* The decision on a walk: kms_x86_decide() or kms_riscv_decide() with the space's registers. */
enum kms_result kms_space_decide(const struct kms_space *space, const struct kms_walk *walk,
                                 const struct kms_access *access, struct kms_fault *fault);

/* ---- listing ---- */

/*
 * A scan goes through an address space from low offsets to high, by the span of the last entry of each
 * walk: a page where one is mapped, and the largest hole that one entry makes where none is. Tables that
 * point at themselves make an address space look full, so a scan has a limit.
 *
 *     struct kms_scan scan = kms_scan(&space, limit);
 *     while (kms_scan_next(&scan))
 *         if (scan.walk.verdict == KMS_MAPPED) ...
 */
struct kms_scan {
    const struct kms_space *space;
    uint64_t next, end; /* offsets */
    uint64_t left;      /* steps until the limit */
    bool cut;           /* the limit was reached before the end */
    uint64_t offset;    /* of the first byte of this step */
    uint64_t size;      /* bytes of it */
    struct kms_walk walk;
};

#define KMS_SCAN_LIMIT UINT64_C(0x2000000) /* 33,554,432 steps: 128 GiB in 4 KiB pages */

/* limit: steps at most; 0 means KMS_SCAN_LIMIT. */
struct kms_scan kms_scan(const struct kms_space *space, uint64_t limit);
/* Only the pages that hold the bytes from linear address `first` to `last`, inclusive. */
struct kms_scan kms_scan_range(const struct kms_space *space, kms_linear first, kms_linear last);
/* False at the end or at the limit (then `cut`). */
bool kms_scan_next(struct kms_scan *scan);

/* The entry that ended a walk; NULL if nothing was read. */
const struct kms_walk_level *kms_walk_last(const struct kms_walk *walk);
/* The table that the entry read at this depth stands in. */
kms_phys kms_walk_table(const struct kms_space *space, const struct kms_walk *walk, unsigned depth);
/* First byte of the mapped page's frame. */
kms_phys kms_walk_frame(const struct kms_walk *walk);

/* ---- runs ---- */

/* Neighbouring pages that share what the fold looks at. */
struct kms_run {
    uint64_t offset;
    uint64_t size;
    kms_phys phys;        /* of the first byte; meaningful only if the fold looks at frames */
    uint64_t pages;       /* how many entries map it */
    uint64_t page_shifts; /* bit n set: pages of 2^n bytes are among them */
    uint16_t flags;       /* enum kms_entry_flag of the last entries, as far as `flags` of the fold says */
    uint8_t rights;       /* enum kms_right, as far as `rights` of the fold says */
};

struct kms_fold {
    const struct kms_space *space;
    uint8_t rights; /* enum kms_right: differences that end a run */
    uint16_t flags; /* enum kms_entry_flag: differences that end a run */
    bool frames; /* a run is contiguous in physical memory, and ends at the gap of non-canonical addresses */
    bool open;
    struct kms_run run;
};

/* Add the next step of a scan. True if this ended a run, which is then in *done. */
bool kms_fold_add(struct kms_fold *fold, const struct kms_scan *scan, struct kms_run *done);
/* The last run, if there is one. */
bool kms_fold_end(struct kms_fold *fold, struct kms_run *done);

/* ---- around one address ---- */

/* Where a run of mapped pages begins and ends, whatever its rights and frames. `found` false: there is none.
 */
struct kms_extent {
    bool found;
    bool cut; /* the search gave up at its limit: the extent may be larger, or exist after all */
    kms_linear first, last;
};

/* The nearest mapped extents below and above an address that is not mapped. */
void kms_space_nearest(const struct kms_space *space, kms_linear linear, struct kms_extent *below,
                       struct kms_extent *above);

/*
 * A recursive mapping (x86): an entry of the topmost table points at that table (with PAE paging, an entry of a page
 * directory at a page directory). An address whose walk takes this entry `times` times reaches a table instead
 * of a page.
 */
struct kms_recursion {
    unsigned times;    /* 0: not a recursive window */
    unsigned depth;    /* of the entry in the walk */
    unsigned shift;    /* log2 of what the entry spans */
    kms_linear linear; /* the address whose entry is seen here */
    unsigned level;    /* the level of that entry: 1 for a page-table entry; 0 if it is no entry at all */
};

struct kms_recursion kms_walk_recursion(const struct kms_space *space, const struct kms_walk *walk);

/* An address that stands where a physical one belongs, though it looks like a linear one. */
struct kms_lookalike {
    bool found;
    kms_phys meant; /* the physical address that it would be */
};

/* `phys` lies outside RAM: is it a linear address of RAM in this space, or RAM plus a customary kernel base?
 */
struct kms_lookalike kms_space_lookalike(const struct kms_space *space, kms_phys phys);

/* ---- difference ---- */

enum kms_diff_kind {
    KMS_DIFF_ONLY_A,
    KMS_DIFF_ONLY_B,
    KMS_DIFF_FRAME,  /* mapped in both, to different frames */
    KMS_DIFF_RIGHTS, /* the same frames with different rights */
    KMS_DIFF_SHARED, /* the same tables or pages below an entry of the topmost table, in both */
    KMS_DIFF_EQUAL,  /* the same frames with the same rights, from different tables */
    KMS_DIFF_SELF,   /* each space's own recursive window */
};

struct kms_difference {
    enum kms_diff_kind kind;
    uint64_t offset, size;
    kms_phys phys_a, phys_b; /* of the first byte, where it is mapped */
    uint8_t rights_a, rights_b;
    uint64_t pages;
};

/* Return false to stop. */
typedef bool kms_diff_fn(void *context, const struct kms_difference *difference);

/* Runs in ascending order, what is mapped in neither left out. False if the limit of a scan cut it short.
 */
bool kms_diff(const struct kms_space *a, const struct kms_space *b, kms_diff_fn *report, void *context);

/* ---- audit ---- */

enum kms_rule {
    KMS_RULE_RESERVED,      /* a reserved bit is set in a present entry */
    KMS_RULE_TABLE_OUTSIDE, /* an entry (or CR3) points to a table where no RAM is */
    KMS_RULE_PAGE_OUTSIDE,  /* a page where no RAM is, which is not a place customary for devices */
    KMS_RULE_DEVICE,        /* a page in a place customary for devices */
    KMS_RULE_TABLE_USER,    /* a page table that user code can write */
    KMS_RULE_WX,            /* writable and executable */
    KMS_RULE_KERNEL_USER,   /* a kernel address that user code can read */
    KMS_RULE_ALIAS,         /* one frame under several addresses with different rights */
    KMS_RULE_RECURSIVE,     /* a recursive mapping */
    KMS_RULE_MIXED,         /* a large page over RAM and something else */
    KMS_RULE_VIRTUAL,       /* an entry that looks like a linear address where a physical one belongs */
    KMS_RULE_LOOP,          /* tables that contain themselves, other than by a recursive mapping */
    KMS_RULE_NO_NX,         /* this mode has no NX: whatever is readable is executable */
    KMS_RULE_MISALIGNED,    /* RISC-V: a large page whose frame is not a multiple of its size */
    KMS_RULE_TOO_DEEP,      /* RISC-V: an entry of the last level that points to a table */
    KMS_RULES,
};

enum kms_severity { KMS_NOTE, KMS_WARNING, KMS_ERROR };

/* Stable, for scripts: "reserved-bit", "page-outside-ram" ... */
const char *kms_rule_id(enum kms_rule rule);
const char *kms_rule_words(enum kms_rule rule);
enum kms_severity kms_rule_severity(enum kms_rule rule);
const char *kms_severity_name(enum kms_severity severity);

struct kms_finding {
    enum kms_rule rule;
    kms_linear first, last; /* linear addresses concerned, inclusive */
    kms_phys phys;          /* where `first` leads; for a table, its address */
    uint64_t count;         /* pages or entries folded into this finding */
    kms_phys entry_addr;    /* the first entry at fault, where there is one */
    uint64_t entry;         /* as read */
    uint64_t detail; /* RESERVED: the bits; VIRTUAL: the address meant; ALIAS: the other linear address */
    uint8_t level;   /* of that entry; 0: CR3 */
    uint16_t index;
    uint8_t rights, other_rights; /* ALIAS: of both */
};

struct kms_audit_options {
    kms_linear kernel_base; /* linear addresses from here up are the kernel's */
    uint64_t limit;         /* of the scan; 0 for the default */
};

/* Return false to stop. */
typedef bool kms_finding_fn(void *context, const struct kms_finding *finding);

struct kms_audit_result {
    uint64_t pages; /* looked at */
    uint64_t tables;
    bool cut; /* the limit was reached: not everything was looked at */
};

/* KMS_NO_MEMORY, or KMS_OK whatever was found. */
enum kms_status kms_audit(const struct kms_space *space, const struct kms_audit_options *options,
                          kms_finding_fn *report, void *context, struct kms_audit_result *result);

/* ---- words ---- */

/* All words go to text[size], cut to fit and ended by zero; the return is the whole length, like snprintf().
 */

/* The flags of an entry: "present, writable, supervisor, accessed". */
size_t kms_entry_words(const struct kms_walk_level *level, char *text, size_t size);
/* The same of RISC-V: "valid, r-x, user, accessed". */
size_t kms_riscv_entry_words(const struct kms_walk_level *level, char *text, size_t size);
/* "user rwx", "kernel r--". */
const char *kms_rights_words(uint8_t rights);
/* The rights that this level of the walk took away (enum kms_right). */
uint8_t kms_walk_removed(const struct kms_walk *walk, unsigned depth);
/* An x86 page-fault error code: "a user-mode write to a page that is present but not writable for it". */
size_t kms_x86_code_words(uint32_t code, char *text, size_t size);
/* Why an access faults or not, after its walk: "W was removed at PDE[768]", "PDE[0] is not present". */
size_t kms_x86_reason_words(const struct kms_x86_state *state, const struct kms_walk *walk,
                            const struct kms_access *access, char *text, size_t size);
size_t kms_riscv_reason_words(const struct kms_riscv_state *state, const struct kms_walk *walk,
                              const struct kms_access *access, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
