/*
 * An oracle of x86 paging, written from the manual alone.
 *
 * It judges the machine of sim/machine and therefore shares nothing with it: not a header, not a constant,
 * not a thought. It is slow and literal on purpose: each rule is one line that can be laid beside the
 * sentence of the Intel SDM, volume 3, that it transcribes. Sections are named by title, because their
 * numbers move between editions:
 *
 *   "Paging Modes and Control Bits"                      oracle_mode_of, oracle_write_reg
 *   "32-Bit Paging", "PAE Paging", "4-Level Paging and 5-Level Paging"    oracle_walk
 *   "PDPTE Registers"                                    oracle_write_reg
 *   "Access Rights", "Protection Keys"                   oracle_rights_permit
 *   "Page-Fault Exceptions"                              the error code
 *   "Accessed and Dirty Flags"                           oracle_translate
 *   "Caching Translation Information"                    struct oracle_tlb
 *   "Control Registers" and MOV to CR in volume 2        oracle_write_reg
 *
 * What it does not cover: segmentation, CET shadow stacks, LAM, LASS, HLAT, virtualisation (EPT), SGX, memory
 * types, and accesses that cross a page (a caller makes two accesses of them).
 *
 * AMD differs here, and the oracle follows Intel: PML4E and PML5E bit 8 is reserved on AMD and ignored on
 * Intel; AMD's PSE-36 always has bits 20:13 as address; AMD has no PKS; AMD's EFER has more bits; AMD may
 * raise #GP when EFER.LMA is written with a value that is not its own, Intel ignores that bit of the operand.
 */
#ifndef TESTS_ORACLE_X86_ORACLE_H
#define TESTS_ORACLE_X86_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_BIT(n) ((uint64_t)1 << (n))

/* Control register bits, "Control Registers". */
#define ORACLE_CR0_PE ORACLE_BIT(0)
#define ORACLE_CR0_ET ORACLE_BIT(4)
#define ORACLE_CR0_WP ORACLE_BIT(16)
#define ORACLE_CR0_NW ORACLE_BIT(29)
#define ORACLE_CR0_CD ORACLE_BIT(30)
#define ORACLE_CR0_PG ORACLE_BIT(31)

#define ORACLE_CR4_PSE   ORACLE_BIT(4)
#define ORACLE_CR4_PAE   ORACLE_BIT(5)
#define ORACLE_CR4_PGE   ORACLE_BIT(7)
#define ORACLE_CR4_LA57  ORACLE_BIT(12)
#define ORACLE_CR4_PCIDE ORACLE_BIT(17)
#define ORACLE_CR4_SMEP  ORACLE_BIT(20)
#define ORACLE_CR4_SMAP  ORACLE_BIT(21)
#define ORACLE_CR4_PKE   ORACLE_BIT(22)
#define ORACLE_CR4_PKS   ORACLE_BIT(24)

#define ORACLE_EFER_SCE ORACLE_BIT(0)
#define ORACLE_EFER_LME ORACLE_BIT(8)
#define ORACLE_EFER_LMA ORACLE_BIT(10)
#define ORACLE_EFER_NXE ORACLE_BIT(11)

/* Paging-structure entry bits, the format tables of the three paging chapters. */
#define ORACLE_P   ORACLE_BIT(0)
#define ORACLE_RW  ORACLE_BIT(1)
#define ORACLE_US  ORACLE_BIT(2)
#define ORACLE_PWT ORACLE_BIT(3)
#define ORACLE_PCD ORACLE_BIT(4)
#define ORACLE_A   ORACLE_BIT(5)
#define ORACLE_D   ORACLE_BIT(6)
#define ORACLE_PS  ORACLE_BIT(7)
#define ORACLE_G   ORACLE_BIT(8)
#define ORACLE_XD  ORACLE_BIT(63)

/* Page-fault error code, "Page-Fault Exceptions". */
#define ORACLE_PF_P    ORACLE_BIT(0)
#define ORACLE_PF_WR   ORACLE_BIT(1)
#define ORACLE_PF_US   ORACLE_BIT(2)
#define ORACLE_PF_RSVD ORACLE_BIT(3)
#define ORACLE_PF_ID   ORACLE_BIT(4)
#define ORACLE_PF_PK   ORACLE_BIT(5)

#define ORACLE_VECTOR_NONE 0
#define ORACLE_VECTOR_GP   13
#define ORACLE_VECTOR_PF   14

#define ORACLE_MAX_LEVELS 5

enum oracle_mode {
    ORACLE_MODE_NONE, /* CR0.PG = 0: linear addresses are physical addresses */
    ORACLE_MODE_32BIT,
    ORACLE_MODE_PAE,
    ORACLE_MODE_4LEVEL,
    ORACLE_MODE_5LEVEL,
};

/* What CPUID would report. */
struct oracle_features {
    unsigned maxphyaddr; /* 32 to 52 */
    bool pse, pse36, pae, pge, pat;
    bool nx, lm, page1g, la57, pcid, invpcid;
    bool smep, smap, pku, pks;
    bool wp;              /* CR0.WP; the 386 has none and ignores it */
    uint64_t cr4_others;  /* CR4 bits without a say in paging that this CPU lets software set */
    uint64_t efer_others; /* the same for EFER (SCE, say) */
};

struct oracle_cpu {
    uint64_t cr0, cr2, cr3, cr4, efer;
    uint32_t pkru, pkrs;
    bool ac;           /* EFLAGS.AC */
    unsigned cpl;      /* 0 to 3 */
    uint64_t pdpte[4]; /* the PDPTE registers, meaningful with PAE paging only */
    struct oracle_features has;
};

/* Guest memory as the walk sees it: little-endian, `bytes` is 4 or 8. What lies beyond RAM is the caller's
 * business. */
struct oracle_memory {
    uint64_t (*read)(void *context, uint64_t physical, unsigned bytes);
    void (*write)(void *context, uint64_t physical, unsigned bytes, uint64_t value);
    void *context;
};

enum oracle_kind {
    ORACLE_READ,
    ORACLE_WRITE,
    ORACLE_FETCH,
    ORACLE_RMW, /* locked read-modify-write: a write in every respect */
};

struct oracle_access {
    uint64_t linear;
    enum oracle_kind kind;
    bool implicit; /* an implicit supervisor-mode access (GDT, IDT, LDT, TSS), whatever the CPL */
};

/* What the architecture leaves open. All false is the default. */
struct oracle_options {
    bool accessed_on_faults; /* a walk that faults sets A in the entries that referenced a further table */
    bool denied_hits_walk_again; /* a TLB entry that denies the access is dropped and the tables are read
                                    again */
};

/* One entry that a walk read, in the order of reading. PDPTE registers count, with `in_register` set. */
struct oracle_entry {
    unsigned level; /* 1 is the page table (PTE), 2 PDE, 3 PDPTE, 4 PML4E, 5 PML5E */
    unsigned bytes; /* 4 or 8 */
    uint64_t address;
    uint64_t value; /* as read, before A or D was set */
    bool in_register;
    bool maps_page;
    uint64_t reserved; /* the reserved bits that are set in `value` */
};

/* The rights and attributes of a translation, combined over the levels: what a TLB entry may hold. */
struct oracle_rights {
    bool user, writable, no_execute;
    bool global; /* G in the leaf with CR4.PGE = 1 */
    bool dirty;
    unsigned key; /* protection key, 0 where the mode has none */
};

struct oracle_walk {
    enum oracle_mode mode;
    unsigned count;
    struct oracle_entry entries[ORACLE_MAX_LEVELS];
    bool present;  /* no entry had P = 0 */
    bool reserved; /* the last entry had a reserved bit set */
    uint64_t page_physical, page_bytes;
    struct oracle_rights rights;
};

struct oracle_result {
    unsigned vector; /* ORACLE_VECTOR_* */
    uint32_t error_code;
    uint64_t cr2; /* meaningful with ORACLE_VECTOR_PF */
    uint64_t physical, page_bytes;
    struct oracle_rights rights;
    struct oracle_walk walk; /* count is 0 on a TLB hit, a non-canonical address and without paging */
    unsigned set_count;      /* entries whose A or D went from 0 to 1 */
    struct oracle_entry set[ORACLE_MAX_LEVELS]; /* with the value as written */
};

enum oracle_mode oracle_mode_of(const struct oracle_cpu *cpu);

/* Canonical in the current mode (48 or 57 bits); in the other modes every 32-bit address is. */
bool oracle_is_canonical(const struct oracle_cpu *cpu, uint64_t linear);

/* Bits that must be 0 in a present entry of this level. `entry` decides, by PS, which format applies. */
uint64_t oracle_reserved_bits(const struct oracle_cpu *cpu, unsigned level, uint64_t entry);

/* Reads the tables, changes nothing. The address must be canonical and paging on. */
void oracle_walk(const struct oracle_cpu *cpu, const struct oracle_memory *memory, uint64_t linear,
                 struct oracle_walk *walk);

/* "Determination of Access Rights" with the registers of this moment. */
bool oracle_rights_permit(const struct oracle_cpu *cpu, const struct oracle_access *access,
                          const struct oracle_rights *rights);

/* The error code of a fault by this access; `rights` is NULL where there is no translation. */
uint32_t oracle_error_code(const struct oracle_cpu *cpu, const struct oracle_access *access,
                           const struct oracle_rights *rights);

/* One access without any TLB: canonical check, walk, rights, A and D written to memory. Never changes *cpu.
 */
void oracle_translate(const struct oracle_cpu *cpu, const struct oracle_memory *memory,
                      const struct oracle_options *options, const struct oracle_access *access,
                      struct oracle_result *result);

/* ---- register writes
 * ---------------------------------------------------------------------------------------- */

enum oracle_register {
    ORACLE_CR0,
    ORACLE_CR2,
    ORACLE_CR3,
    ORACLE_CR4,
    ORACLE_EFER,
    ORACLE_PKRU,
    ORACLE_PKRS,
    ORACLE_REGISTER_COUNT,
};

/* What an operation must drop from the TLBs. The CPU may always drop more; a TLB that never evicts drops
 * exactly this. */
enum oracle_flush {
    ORACLE_FLUSH_NONE,
    ORACLE_FLUSH_PCID_KEEP_GLOBAL, /* translations of one PCID except global ones */
    ORACLE_FLUSH_PCID_AND_GLOBAL,  /* translations of the current PCID, and global ones */
    ORACLE_FLUSH_ALL_KEEP_GLOBAL,
    ORACLE_FLUSH_ALL,
};

struct oracle_write {
    bool gp;     /* #GP(0), and nothing has changed */
    bool loaded; /* the PDPTE registers were loaded */
    enum oracle_flush flush;
    unsigned pcid; /* for the two kinds of flush by PCID */
};

/*
 * MOV to CR, WRMSR or WRPKRU at CPL 0. Outside IA-32e mode MOV to CR has a 32-bit operand: the upper half of
 * `value` must be 0 there. There is no CS here: MOV to CR0 may clear PG as it may in compatibility mode.
 */
struct oracle_write oracle_write_reg(struct oracle_cpu *cpu, const struct oracle_memory *memory,
                                     enum oracle_register which, uint64_t value);

/* The current PCID: CR3 bits 11:0 with CR4.PCIDE, else 000H. */
unsigned oracle_current_pcid(const struct oracle_cpu *cpu);

/* ---- the TLB: everything that was ever cached and that nothing had to invalidate
 * -------------------------------- */

#define ORACLE_TLB_CAPACITY 65536

struct oracle_tlb_entry {
    uint64_t linear, page_bytes, physical;
    unsigned pcid;
    struct oracle_rights rights;
};

struct oracle_tlb {
    size_t count;
    struct oracle_tlb_entry entries[ORACLE_TLB_CAPACITY];
};

enum oracle_invpcid {
    ORACLE_INVPCID_ADDRESS,
    ORACLE_INVPCID_CONTEXT,
    ORACLE_INVPCID_ALL,
    ORACLE_INVPCID_ALL_KEEP_GLOBAL,
};

struct oracle_tlb *oracle_tlb_new(void);

/* How many cached translations may be used for this address now; the manual lets the CPU choose when there
 * are several. */
size_t oracle_tlb_candidates(const struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear);

/*
 * One access with the TLB. A miss walks and caches; a translation is cached only by a walk whose access was
 * permitted. A write through an entry whose D was 0 reads the tables again, to set D. A page fault drops what
 * is cached for the address. With more than one candidate the newest is used.
 */
void oracle_tlb_translate(struct oracle_tlb *tlb, const struct oracle_cpu *cpu,
                          const struct oracle_memory *memory, const struct oracle_options *options,
                          const struct oracle_access *access, struct oracle_result *result);

void oracle_tlb_flush(struct oracle_tlb *tlb, enum oracle_flush flush, unsigned pcid);

/* INVLPG: nothing for a non-canonical address. */
void oracle_tlb_invlpg(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, uint64_t linear);

/* INVPCID; false is #GP(0) and nothing was invalidated. `tlb` may be NULL, to ask only that. */
bool oracle_tlb_invpcid(struct oracle_tlb *tlb, const struct oracle_cpu *cpu, unsigned type,
                        const uint64_t descriptor[2]);

#endif
