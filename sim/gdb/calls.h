/*
 * calls.h - what the gdb commands call in the program that they look at.
 *
 * A debugger must not judge page tables by a walker of its own: it asks the machine's, here. No function changes the
 * machine, its memory, its TLB or its window, none allocates, and none may be called by anything but a debugger: the
 * answer stands in one static buffer until the next call. The layout of the answers is known to sim/gdb/kmemsim_gdb.
 */
#ifndef SIM_GDB_CALLS_H
#define SIM_GDB_CALLS_H

#include <kmemsim/inspect.h>
#include <kmemsim/window.h>

#define KMS_GDB_TEXT  200u
#define KMS_GDB_BYTES 4096u
#define KMS_GDB_RUNS  256u
#define KMS_GDB_TLB   17472u /* as many as the default TLB holds */

/* What the tables say, by kms_inspect(). */
const struct kms_walk *kms_gdb_walk(const struct kms_cpu *cpu, kms_linear linear);

/* What an access would come to by the tables alone, and why; `text` is empty when it would be allowed. */
struct kms_gdb_judgement {
    enum kms_result result;
    struct kms_fault fault;
    char text[KMS_GDB_TEXT];
};
const struct kms_gdb_judgement *kms_gdb_judge(const struct kms_cpu *cpu, kms_linear linear,
                                              enum kms_access_kind kind, enum kms_privilege privilege);

/* Memory at a linear or a physical address; `count` bytes of it could be read, KMS_GDB_BYTES at most. */
struct kms_gdb_bytes {
    uint32_t count;
    uint8_t bytes[KMS_GDB_BYTES];
};
const struct kms_gdb_bytes *kms_gdb_peek(const struct kms_cpu *cpu, kms_linear linear, uint32_t size);
const struct kms_gdb_bytes *kms_gdb_phys(const struct kms_cpu *cpu, kms_phys phys, uint32_t size);

/* Cached translations: those of the TLB, then those that only the window still holds (`window` may be NULL). */
struct kms_gdb_cached {
    struct kms_tlb_entry entry; /* of a page that only the window holds: linear, phys and page_shift */
    bool in_tlb, in_window;
    bool foreign; /* another address space's: the tables of this one say nothing about it, nor what follows */
    bool stale;   /* the tables now lead elsewhere, nowhere, or give other rights */
    bool mapped;  /* they lead somewhere, which is */
    kms_phys phys; /* here */
    uint8_t rights;
};
struct kms_gdb_tlb {
    uint32_t total; /* may be more than there is room for below */
    struct kms_gdb_cached cached[KMS_GDB_TLB];
};
const struct kms_gdb_tlb *kms_gdb_tlb(const struct kms_cpu *cpu, const struct kms_window *window);

/* What is mapped from `first` to `last`: runs of pages that follow each other in physical memory too. */
struct kms_gdb_run {
    kms_linear linear;
    struct kms_run run;
};
struct kms_gdb_space {
    bool more;       /* there was no room for all of it, or the scan reached its limit: */
    kms_linear next; /* go on from here */
    uint32_t count;
    struct kms_gdb_run runs[KMS_GDB_RUNS];
};
const struct kms_gdb_space *kms_gdb_space(const struct kms_cpu *cpu, kms_linear first, kms_linear last);

/* The page table that stands in the frame of `phys`, in the address space of `cr3`. */
struct kms_gdb_table {
    bool found;
    uint8_t level;     /* 1: page table, as in struct kms_walk_level */
    kms_linear linear; /* the first address whose walk comes through it */
};
const struct kms_gdb_table *kms_gdb_table(const struct kms_cpu *cpu, uint64_t cr3, kms_phys phys);

#endif
