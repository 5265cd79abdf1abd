/*
 * cpu.h - a CPU and its machine, for the files of sim/machine.
 */
#ifndef SIM_MACHINE_CPU_H
#define SIM_MACHINE_CPU_H

#include <kmemsim/x86.h>

#include "lookaside.h"
#include "ram_map.h"
#include "structure_cache.h"
#include "tlb.h"
#include "x86_layout.h"

struct kms_cpu {
    struct kms_fast fast; /* first: fast.h relies on it */
    struct kms_machine *machine;
    struct kms_x86_state x86;
    struct x86_layout layout;
    struct tlb tlb;
    struct structure_cache *structures; /* NULL unless asked for */
    struct lookaside lookaside;
};

struct kms_machine {
    struct kms_ram *ram;
    struct kms_options options;
    struct kms_observer *observers;
    unsigned observed;             /* kinds of events that anyone wants */
    struct kms_snapshot *snapshot; /* the newest */
    unsigned cpus;
    struct kms_cpu *cpu[KMS_CPUS_MAX];
};

/* A register was written (KMS_X86_REGS: all of them): work out what depends on it, and drop every settled
 * page. */
void cpu_registers_changed(struct kms_cpu *cpu, enum kms_x86_reg reg);

static inline bool cpu_is_observed(const struct kms_cpu *cpu, unsigned kinds)
{
    return __builtin_expect((cpu->machine->observed & kinds) != 0, 0);
}

/* Tell the observers; the caller has filled in everything but the CPU. */
void cpu_notify(struct kms_cpu *cpu, struct kms_event *event);

/* The address space tag of translations that are cached now. */
static inline uint16_t cpu_asid(const struct kms_cpu *cpu)
{
    return cpu->x86.cr4 & KMS_CR4_PCIDE ? (uint16_t)(cpu->x86.cr3 & KMS_CR3_PCID) : 0;
}

/* Forget cached translations, and say so. `linear` counts for KMS_FLUSH_PAGE, `asid` for that and
 * KMS_FLUSH_ASID. */
void cpu_flush(struct kms_cpu *cpu, enum kms_flush_scope scope, uint16_t asid, kms_linear linear);
/* One address space and the global entries. */
void cpu_flush_asid_with_globals(struct kms_cpu *cpu, uint16_t asid);

/* Raise a fault: CR2 for a page fault, and the event. `walk` may be NULL. */
enum kms_result cpu_raise(struct kms_cpu *cpu, const struct kms_access *access, const struct kms_walk *walk,
                          const struct kms_fault *fault);

/*
 * Translate as kms_translate() does. On KMS_DONE *entry is the translation as a TLB entry, cached or not, and
 * *hit says whether it came from the TLB.
 */
enum kms_result cpu_translate(struct kms_cpu *cpu, const struct kms_access *access,
                              struct kms_tlb_entry *entry, bool *hit, struct kms_fault *fault);

void snapshot_drop_all(struct kms_machine *machine);

#endif
