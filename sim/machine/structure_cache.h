/*
 * structure_cache.h - an optional model of paging-structure caches: upper entries that a CPU may remember.
 *
 * A CPU may skip the levels above a remembered entry, and then neither sees a change of the skipped entries nor sets
 * their A bits, until an invalidation. Real CPUs do this, and the usual emulators do not. On x86 an entry is remembered
 * only once its A bit is set. SDM volume 3, "Paging-Structure Caches", "Invalidation of TLBs and Paging-Structure
 * Caches"; RISC-V volume II, "Supervisor Memory-Management Fence Instruction": a fence of one address is about "leaf
 * page table entries" alone.
 */
#ifndef SIM_MACHINE_STRUCTURE_CACHE_H
#define SIM_MACHINE_STRUCTURE_CACHE_H

#include <kmemsim/walk.h>

#define STRUCTURE_CACHE_SLOTS 16u /* for each level from the page directory up */

struct structure_slot {
    bool valid;
    uint16_t asid;
    uint8_t depth;     /* levels remembered: level[0] is the top */
    kms_linear prefix; /* the linear address without the bits that lower levels translate */
    struct kms_walk_level level[KMS_WALK_LEVELS - 1];
};

struct structure_cache {
    struct structure_slot slot[KMS_WALK_LEVELS + 1][STRUCTURE_CACHE_SLOTS]; /* by level of the lowest entry */
};

struct kms_cpu;

/* A walk down to the lowest entry that the CPU remembers for the address, in its current mode. False: there is none. */
bool structure_cache_begin(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk);
/* A walk that begins there, or at the top. */
void x86_structure_cache_walk(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk);
void riscv_structure_cache_walk(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk);
/* Remember the upper entries of a walk, on x86 those that have A set. */
void structure_cache_fill(struct structure_cache *cache, const struct kms_walk *walk, uint16_t asid);
/* Forget one address space, or all. An invalidation of one address forgets its whole address space on x86, and nothing
 * on RISC-V. */
void structure_cache_flush_asid(struct structure_cache *cache, uint16_t asid);
void structure_cache_flush_all(struct structure_cache *cache);

#endif
