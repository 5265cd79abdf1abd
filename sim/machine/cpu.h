/*
 * cpu.h - a CPU and its machine, for the files of sim/machine.
 */
#ifndef SIM_MACHINE_CPU_H
#define SIM_MACHINE_CPU_H

#include <kmemsim/riscv.h>
#include <kmemsim/segment.h>

#include "lookaside.h"
#include "ram_map.h"
#include "riscv_layout.h"
#include "structure_cache.h"
#include "tlb.h"
#include "x86_layout.h"

struct kms_cpu {
    struct kms_fast fast; /* first: fast.h relies on it */
    struct kms_machine *machine;
    enum kms_arch arch;
    /* Worked out when a register is written. */
    enum kms_paging_mode mode;
    uint16_t asid;          /* the address space tag of translations that are cached now */
    kms_linear linear_mask; /* the address bits that the mode sees */
    union {
        struct {
            struct kms_x86_state x86;
            struct x86_layout layout;
            struct kms_segment_state segments;
        };
        struct {
            struct kms_riscv_state riscv;
            struct riscv_layout riscv_layout;
        };
    };
    struct tlb tlb;
    struct structure_cache *structures; /* NULL unless asked for */
    struct lookaside lookaside;
    uint64_t aside; /* the bytes of the last load that could not be had in place */
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

/* A register that decides translations was written: work out what depends on it, and drop every settled page. */
void cpu_registers_changed(struct kms_cpu *cpu);

static inline bool cpu_is_observed(const struct kms_cpu *cpu, unsigned kinds)
{
    return __builtin_expect((cpu->machine->observed & kinds) != 0, 0);
}

/* Tell the observers; the caller has filled in everything but the CPU. */
void cpu_notify(struct kms_cpu *cpu, struct kms_event *event);

static inline bool cpu_is_x86(const struct kms_cpu *cpu)
{
    return __builtin_expect(cpu->arch == KMS_ARCH_X86, 1);
}

/* Forget cached translations, and say so. `linear` counts for KMS_FLUSH_PAGE and _PAGE_ALL, `asid` for the former and
 * KMS_FLUSH_ASID. */
void cpu_flush(struct kms_cpu *cpu, enum kms_flush_scope scope, uint16_t asid, kms_linear linear);
/* One address space and the global entries. */
void cpu_flush_asid_with_globals(struct kms_cpu *cpu, uint16_t asid);

/* Whether an access goes through tables, and so through the TLB. */
static inline bool cpu_is_translated(const struct kms_cpu *cpu, const struct kms_access *access)
{
    return cpu->mode != KMS_PAGING_NONE &&
           (cpu_is_x86(cpu) || kms_riscv_effective(&cpu->riscv, access) != KMS_RISCV_M);
}

/* Raise a fault: CR2 for a page fault, scause and stval on RISC-V, and the event. `walk` may be NULL. */
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
