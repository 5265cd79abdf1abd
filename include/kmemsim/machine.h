/*
 * machine.h - the machine: RAM and CPUs, and the accesses that the CPUs make.
 *
 *     struct kms_machine *machine;
 *     kms_machine_new(&(struct kms_options){.ram_size = 1 << 20}, &machine);
 *     struct kms_cpu *cpu = kms_machine_cpu(machine, 0);
 *     ... build tables with kms_phys_store(kms_machine_ram(machine), ...), load registers with
 * kms_x86_write() ... if (kms_load32(cpu, 0x00400000, &value, &fault) == KMS_FAULT) ...
 *
 * Every access walks the guest's page tables or uses the CPU's TLB, checks rights, sets Accessed and Dirty
 * bits in guest RAM, and ends in an enum kms_result. Faults are values: nothing is delivered anywhere, but
 * CR2 (RISC-V: scause and stval) is set. One thread at a time per machine; different machines are independent.
 */
#ifndef KMEMSIM_MACHINE_H
#define KMEMSIM_MACHINE_H

#include <kmemsim/event.h>
#include <kmemsim/ram.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMS_CPUS_MAX 64u
#define KMS_NO_ASIDS 0xffu /* kms_options.asid_bits */

/* The Accessed bits of upper entries when a walk ends in a fault: the architecture permits either. */
enum kms_accessed_policy {
    KMS_ACCESSED_ON_SUCCESS, /* the default: a walk that faults changes nothing */
    KMS_ACCESSED_ON_WALK, /* every entry that pointed to the next table gets A, though the access then faults
                           */
};

/* A cached translation that lacks the right that an access needs. Either is permitted. */
enum kms_stale_rights {
    KMS_RIGHTS_REWALK, /* the default, what known CPUs do: walk again, fault only if the tables say so */
    KMS_RIGHTS_FAULT,  /* fault at once, even if the tables have changed since */
};

/* RISC-V: loads and stores of 2, 4 or 8 bytes that are not multiples of their size. An execution environment may do
 * either. An AMO (KMS_RMW) must be aligned whatever this says, and faults first unless it is KMS_MISALIGNED_LAST. */
enum kms_misaligned_policy {
    KMS_MISALIGNED_DONE,  /* the default: done by hardware, in as many parts as it crosses pages */
    KMS_MISALIGNED_FIRST, /* causes 4 and 6, of higher priority than page faults and access faults */
    KMS_MISALIGNED_LAST,  /* the same, of lower priority. Either order is permitted */
};

/* An access that crosses 4 GiB in an x86 segment whose limit is 4 GiB. Either is permitted. */
enum kms_wrap_policy {
    KMS_WRAP_ALLOWED, /* the default: it goes on at 0, as in a flat segment on known CPUs */
    KMS_WRAP_FAULTS,  /* its last byte is beyond the limit */
};

/* Zero is the default of every field but ram_size. */
struct kms_options {
    enum kms_arch arch;
    uint64_t ram_size; /* see kms_ram_new() */
    kms_phys ram_base; /* where RAM begins, a multiple of 4 KiB */
    /* On RISC-V `unbacked` counts for nothing: what has nothing behind it reports, and that is an access fault. */
    struct kms_ram_options ram;
    unsigned cpus; /* 0: 1 */
    uint32_t
        features; /* KMS_X86_ or KMS_RISCV_ bits; 0: the MODEL_MAX of either. For a 386, which has none, set `bare` */
    bool bare;          /* take `features` as they are, even if 0 */
    uint8_t maxphyaddr; /* x86: 32 to 52; 0: 52 with IA-32e mode, else 36 with PAE or PSE-36, else 32 */
    uint8_t asid_bits;  /* RISC-V: up to 9 on RV32, 16 on RV64; 0: that many; KMS_NO_ASIDS: none */
    enum kms_misaligned_policy misaligned;
    struct kms_tlb_options tlb;
    enum kms_accessed_policy accessed;
    enum kms_stale_rights stale_rights;
    enum kms_wrap_policy wrap;
};

/* On an error *machine is NULL. */
enum kms_status kms_machine_new(const struct kms_options *options, struct kms_machine **machine);
void kms_machine_free(struct kms_machine *machine);

struct kms_ram *kms_machine_ram(struct kms_machine *machine);
/* CPUs are numbered from 0; NULL if there is no such CPU. */
struct kms_cpu *kms_machine_cpu(struct kms_machine *machine, unsigned number);
struct kms_machine *kms_cpu_machine(const struct kms_cpu *cpu);
enum kms_arch kms_cpu_arch(const struct kms_cpu *cpu);
/* What the CPU's own loads and stores go through now: the paging mode, or KMS_PAGING_NONE, also in M-mode of RISC-V. */
enum kms_paging_mode kms_cpu_mode(const struct kms_cpu *cpu);

/* Registers as after power-on, an empty TLB. RAM keeps its contents. */
void kms_cpu_reset(struct kms_cpu *cpu);

/* ---- accesses ---- */

struct kms_translation {
    kms_phys phys;
    uint8_t page_shift;
    uint8_t rights; /* enum kms_right */
    bool hit;       /* the TLB answered */
};

/*
 * Translate one access, with all its effects (Accessed and Dirty bits, TLB, CR2 on a fault) but no data
 * moved. A frame outside RAM is still a translation. Of a page-crossing access this is one page; see the
 * accesses below. `fault` may be NULL here and everywhere below; without KMS_DONE, *translation is
 * unspecified.
 */
enum kms_result kms_translate(struct kms_cpu *cpu, const struct kms_access *access,
                              struct kms_translation *translation, struct kms_fault *fault);

/*
 * Read (kind KMS_READ or KMS_FETCH) or write (KMS_WRITE or KMS_RMW) bytes. Every page is translated before
 * the first byte moves: on KMS_FAULT or KMS_UNBACKED nothing was read or written, though the pages before the
 * one at fault may have got their A and D bits, as on hardware. `size` may be 0, which does nothing; more
 * than 4 GiB is misuse. The fault's address is that of the first byte on the page at fault.
 */
enum kms_result kms_access_read(struct kms_cpu *cpu, const struct kms_access *access, void *to, size_t size,
                                struct kms_fault *fault);
enum kms_result kms_access_write(struct kms_cpu *cpu, const struct kms_access *access, const void *from,
                                 size_t size, struct kms_fault *fault);

/* Locked exchange of 1, 2, 4 or 8 bytes: one KMS_RMW access. */
enum kms_result kms_exchange(struct kms_cpu *cpu, kms_linear linear, unsigned width, uint64_t *value,
                             struct kms_fault *fault);

/* With the CPU's current privilege. Little-endian, any alignment. On anything but KMS_DONE *value is
 * unchanged. */
static inline enum kms_result kms_load8(struct kms_cpu *cpu, kms_linear linear, uint8_t *value,
                                        struct kms_fault *fault);
static inline enum kms_result kms_load16(struct kms_cpu *cpu, kms_linear linear, uint16_t *value,
                                         struct kms_fault *fault);
static inline enum kms_result kms_load32(struct kms_cpu *cpu, kms_linear linear, uint32_t *value,
                                         struct kms_fault *fault);
static inline enum kms_result kms_load64(struct kms_cpu *cpu, kms_linear linear, uint64_t *value,
                                         struct kms_fault *fault);
static inline enum kms_result kms_store8(struct kms_cpu *cpu, kms_linear linear, uint8_t value,
                                         struct kms_fault *fault);
static inline enum kms_result kms_store16(struct kms_cpu *cpu, kms_linear linear, uint16_t value,
                                          struct kms_fault *fault);
static inline enum kms_result kms_store32(struct kms_cpu *cpu, kms_linear linear, uint32_t value,
                                          struct kms_fault *fault);
static inline enum kms_result kms_store64(struct kms_cpu *cpu, kms_linear linear, uint64_t value,
                                          struct kms_fault *fault);
/* Bulk, and instruction fetch. */
static inline enum kms_result kms_read(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                                       struct kms_fault *fault);
static inline enum kms_result kms_write(struct kms_cpu *cpu, kms_linear linear, const void *from, size_t size,
                                        struct kms_fault *fault);
static inline enum kms_result kms_fetch(struct kms_cpu *cpu, kms_linear linear, void *to, size_t size,
                                        struct kms_fault *fault);

/*
 * A cursor reads memory in order at the least cost: it stays on a page until a load leaves it. It gives what
 * kms_load32() gives, also when the CPU's registers, TLB or observers change between two loads. Its fields are
 * private; begin with kms_cursor_new().
 */
struct kms_cursor {
    struct kms_cpu *cpu;
    uint64_t drops;       /* of the CPU when it came to the page, or KMS_CURSOR_NOWHERE */
    kms_linear less_page; /* what an address is beyond its page's, when added to it */
    uint64_t addend;
};
#define KMS_CURSOR_NOWHERE UINT64_MAX
static inline struct kms_cursor kms_cursor_new(struct kms_cpu *cpu)
{
    return (struct kms_cursor){cpu, KMS_CURSOR_NOWHERE, 0, 0};
}
static inline enum kms_result kms_cursor_load32(struct kms_cursor *cursor, kms_linear linear, uint32_t *value,
                                                struct kms_fault *fault);

/* ---- TLB ---- */

/* Invalidate one linear address (x86: INVLPG, in the current address space; RISC-V: SFENCE.VMA of it, in all). */
void kms_invalidate(struct kms_cpu *cpu, kms_linear linear);
/* Empty the TLB, global entries included. */
void kms_flush(struct kms_cpu *cpu);
/* Copy up to `max` valid entries, in the order of enum kms_tlb_class; returns how many there are. */
size_t kms_tlb_list(const struct kms_cpu *cpu, struct kms_tlb_entry *entries, size_t max);

/* ---- inspection: no effect at all ---- */

/* What the tables say now; on RISC-V as satp selects them, whatever the privilege. */
void kms_inspect(const struct kms_cpu *cpu, kms_linear linear, struct kms_walk *walk);
/* The decision on a walk with the CPU's registers: kms_x86_decide() or kms_riscv_decide(). */
enum kms_result kms_decide(const struct kms_cpu *cpu, const struct kms_walk *walk,
                           const struct kms_access *access, struct kms_fault *fault);
/* What kms_translate() would answer now, TLB included. */
enum kms_result kms_probe(const struct kms_cpu *cpu, const struct kms_access *access,
                          struct kms_translation *translation, struct kms_fault *fault);
/* Memory as the tables say now, whatever the rights; returns the bytes copied, which end at the first page
 * that is not mapped or not backed by memory. */
size_t kms_peek(const struct kms_cpu *cpu, kms_linear linear, void *to, size_t size);

/* A fault of this CPU in one sentence: kms_x86_fault_words() or kms_riscv_fault_words(). */
size_t kms_fault_words(const struct kms_cpu *cpu, const struct kms_fault *fault, char *text, size_t size);

/* ---- snapshots ---- */

/*
 * RAM, registers and TLBs as they are now. Taking one costs nothing that grows with RAM; restoring costs what
 * was changed since. Snapshots nest: restoring an older one discards the newer ones. Devices and ROM are not
 * part of it.
 */
struct kms_snapshot;
enum kms_status kms_snapshot_take(struct kms_machine *machine, struct kms_snapshot **snapshot);
/* Back to the snapshot, which stays usable; newer ones are freed. */
void kms_snapshot_restore(struct kms_machine *machine, struct kms_snapshot *snapshot);
/* Forget a snapshot (and newer ones); memory stays as it is. */
void kms_snapshot_drop(struct kms_machine *machine, struct kms_snapshot *snapshot);
/* The RAM pages that were written since. */
size_t kms_snapshot_dirty_pages(const struct kms_machine *machine, const struct kms_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#include <kmemsim/fast.h>

#endif
