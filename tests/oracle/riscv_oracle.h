/*
 * An oracle of RISC-V address translation, written from the privileged specification alone.
 *
 * It judges the machine of sim/machine and therefore shares nothing with it: not a header, not a constant, not a
 * thought. Each rule is one line that can be laid beside the sentence of "The RISC-V Instruction Set Manual, Volume II:
 * Privileged Architecture" that it transcribes. Sections are named by title:
 *
 *   "Supervisor Address Translation and Protection (satp) Register"    rvo_satp_write, rvo_mode_of
 *   "Memory Privilege in mstatus Register"                             rvo_effective_privilege
 *   "Virtual Address Translation Process"                              rvo_walk, rvo_translate
 *   "Sv32: Page-Based 32-bit Virtual-Memory Systems", Sv39, Sv48, Sv57 the shapes in riscv_oracle_walk.c
 *   "Svnapot", "Svpbmt", "Svade", "Svadu"                              reserved encodings, A and D
 *   "Supervisor Memory-Management Fence Instruction"                   rvo_cache_fence
 *
 * What it does not cover: the hypervisor's two stages, PMP (a frame is memory or it is not), LR and SC apart from loads
 * and stores, memory types beyond their encodings, and accesses over two pages (a caller makes two accesses of them).
 */
#ifndef TESTS_ORACLE_RISCV_ORACLE_H
#define TESTS_ORACLE_RISCV_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RVO_BIT(n) ((uint64_t)1 << (n))

/* Page-table entry bits. */
#define RVO_V RVO_BIT(0)
#define RVO_R RVO_BIT(1)
#define RVO_W RVO_BIT(2)
#define RVO_X RVO_BIT(3)
#define RVO_U RVO_BIT(4)
#define RVO_G RVO_BIT(5)
#define RVO_A RVO_BIT(6)
#define RVO_D RVO_BIT(7)
#define RVO_N RVO_BIT(63) /* Svnapot */

#define RVO_PBMT_SHIFT 61 /* Svpbmt: two bits, 3 is reserved */
#define RVO_PPN_SHIFT  10

#define RVO_MAX_LEVELS 5

enum rvo_mode { RVO_BARE, RVO_SV32, RVO_SV39, RVO_SV48, RVO_SV57, RVO_MODES };

enum rvo_privilege { RVO_USER = 0, RVO_SUPERVISOR = 1, RVO_MACHINE = 3 };

enum rvo_kind { RVO_LOAD, RVO_STORE, RVO_AMO, RVO_FETCH, RVO_KINDS };

/* "Machine Cause Register": the exception codes that memory has a part in. */
enum rvo_cause {
    RVO_DONE = 0, /* no exception; code 0 is never one of these */
    RVO_FETCH_ACCESS = 1,
    RVO_LOAD_ACCESS = 5,
    RVO_STORE_ACCESS = 7,
    RVO_FETCH_PAGE = 12,
    RVO_LOAD_PAGE = 13,
    RVO_STORE_PAGE = 15,
};

struct rvo_cpu {
    unsigned xlen;    /* 32 or 64 */
    uint64_t satp;    /* as rvo_satp_write() left it */
    unsigned modes;   /* a set of 1 << enum rvo_mode that satp accepts */
    unsigned asidlen; /* ASID bits that satp keeps: at most 9 (RV32) or 16 */
    enum rvo_privilege privilege, mpp;
    bool mprv, sum, mxr;
    bool hardware_ad; /* Svadu with ADUE: A and D are written by the walk; else Svade: they fault */
    bool svnapot, svpbmt;
};

/* Little-endian; `bytes` is 4 or 8. present: is there memory at all? */
struct rvo_memory {
    bool (*present)(void *context, uint64_t physical, unsigned bytes);
    uint64_t (*read)(void *context, uint64_t physical, unsigned bytes);
    void *context;
};

/* One entry that a walk read, in the order of reading. */
struct rvo_entry {
    unsigned level; /* 0 is the last table */
    uint64_t address, value;
};

/* A leaf as a translation: what an address-translation cache may hold. */
struct rvo_leaf {
    uint64_t virtual_base, bytes; /* the page; with Svnapot 64 KiB */
    uint64_t physical_base;
    uint64_t entry; /* the entry's bits, A and D as the walk left them */
    bool global;    /* G here or in an entry that led here */
    unsigned asid;  /* at the time of the walk */
};

enum rvo_end {
    RVO_END_LEAF,    /* a leaf that is well formed; rights are another matter */
    RVO_END_INVALID, /* a page fault whatever the access */
    RVO_END_ABSENT,  /* an entry lies where no memory is: an access fault */
};

struct rvo_walk {
    enum rvo_end end;
    unsigned count;
    struct rvo_entry entries[RVO_MAX_LEVELS];
    struct rvo_leaf leaf;
};

struct rvo_result {
    enum rvo_cause cause;
    uint64_t tval; /* with a cause */
    uint64_t physical;
    bool updates; /* entry `updated` must become `value` */
    uint64_t updated, value;
    struct rvo_leaf leaf;
    bool translated; /* leaf is filled: there was a walk that ended well */
    bool bare;       /* no tables were asked: physical is the address */
};

struct rvo_access {
    uint64_t address;
    enum rvo_kind kind;
};

/* What `satp` reads as after a write: a mode that is not implemented makes the whole write have no effect. */
uint64_t rvo_satp_write(const struct rvo_cpu *cpu, uint64_t value);
enum rvo_mode rvo_mode_of(const struct rvo_cpu *cpu);
unsigned rvo_asid(const struct rvo_cpu *cpu);
unsigned rvo_levels(enum rvo_mode mode);
/* 4 or 8 */
unsigned rvo_entry_bytes(enum rvo_mode mode);

/* The mode in which this kind of access is made: MPRV moves loads and stores, never fetches. */
enum rvo_privilege rvo_effective_privilege(const struct rvo_cpu *cpu, enum rvo_kind kind);
/* Is this access translated by page tables? */
bool rvo_translates(const struct rvo_cpu *cpu, enum rvo_kind kind);

/* Bits above the virtual address are all equal to its highest bit. */
bool rvo_is_valid_address(const struct rvo_cpu *cpu, uint64_t address);

/* Reads the tables, changes nothing. A mode must be on and the address valid. */
void rvo_walk(const struct rvo_cpu *cpu, const struct rvo_memory *memory, uint64_t address,
              struct rvo_walk *walk);

/* May an entry with these bits be used so? Without regard to A and D. */
bool rvo_permits(const struct rvo_cpu *cpu, enum rvo_kind kind, uint64_t entry);

enum rvo_cause rvo_page_fault(enum rvo_kind kind);
enum rvo_cause rvo_access_fault(enum rvo_kind kind);

/* One access without any cache. `memory` also decides whether the final access finds memory, `bytes` of it. */
void rvo_translate(const struct rvo_cpu *cpu, const struct rvo_memory *memory,
                   const struct rvo_access *access, unsigned bytes, struct rvo_result *result);

/* ---- address-translation caches: everything that was ever cached and that no fence had to drop ---- */

#define RVO_CACHE_CAPACITY 4096

struct rvo_cache {
    size_t count;
    struct rvo_leaf leaves[RVO_CACHE_CAPACITY];
};

void rvo_cache_add(struct rvo_cache *cache, const struct rvo_leaf *leaf);

/* SFENCE.VMA: `address` is NULL where rs1 is x0, `asid` where rs2 is. */
void rvo_cache_fence(struct rvo_cache *cache, const struct rvo_cpu *cpu, const uint64_t *address,
                     const unsigned *asid);

/*
 * All that may come of an access: results[0] is what the tables say now, the others what cached translations say.
 * A cached leaf that denies the access may fault, or make the walk happen; so may one without A or D.
 * Returns how many there are, at most `max`.
 */
size_t rvo_cache_outcomes(const struct rvo_cache *cache, const struct rvo_cpu *cpu,
                          const struct rvo_memory *memory, const struct rvo_access *access, unsigned bytes,
                          struct rvo_result *results, size_t max);

#endif
