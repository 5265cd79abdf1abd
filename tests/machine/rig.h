/*
 * rig.h - a small machine with tables built by hand, for tests. Addresses and entries in tests come from the
 * manual's formats, never from the machine.
 */
#ifndef TESTS_MACHINE_RIG_H
#define TESTS_MACHINE_RIG_H

#include "kms_test.h"

#include <kmemsim/kmemsim.h>

#define RIG_RAM (4u << 20)

/* Where the rig keeps its tables, top level first. */
#define RIG_TOP      0x10000u
#define RIG_TABLE(n) (RIG_TOP + 0x1000u * (n))

#define P  KMS_PTE_P
#define RW KMS_PTE_RW
#define US KMS_PTE_US
#define A  KMS_PTE_A
#define D  KMS_PTE_D
#define PS KMS_PDE_PS
#define G  KMS_PTE_G
#define NX KMS_PTE_NX

struct rig {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_ram *ram;
};

/* A machine with zeroed RAM, paging off; options may be NULL. */
struct rig rig_new(const struct kms_options *options);
void rig_free(struct rig *rig);

/* Physical memory. */
void rig_poke(struct rig *rig, kms_phys phys, unsigned width, uint64_t value);
uint64_t rig_peek(struct rig *rig, kms_phys phys, unsigned width);

/* A register write that must succeed, and one that must be refused with #GP(0) and change nothing. */
void rig_set(struct rig *rig, enum kms_x86_reg reg, uint64_t value);
void rig_refuse(struct rig *rig, enum kms_x86_reg reg, uint64_t value);

/* Turn a mode on with empty tables at RIG_TOP; with PAE, PDPTE 0 to 3 point to RIG_TABLE(1) to RIG_TABLE(4).
 */
void rig_enable(struct rig *rig, enum kms_paging_mode mode);

/* 32-bit paging: write the PTE (and its PDE, P|RW|US, table by number) for a linear address. */
void rig_map32(struct rig *rig, uint32_t linear, uint64_t pte);
/* Where that PTE stands. */
kms_phys rig_pte32(uint32_t linear);
/* 4-level: write the PTE and its upper entries, all P|RW|US; tables RIG_TABLE(1) to (3). One 2 MiB region. */
void rig_map64(struct rig *rig, kms_linear linear, uint64_t pte);
kms_phys rig_pte64(kms_linear linear);

/* One access; the three outcomes. */
void assert_translates(struct rig *rig, struct kms_access access, kms_phys phys);
void assert_page_fault(struct rig *rig, struct kms_access access, uint32_t error_code);
void assert_gp(struct rig *rig, struct kms_access access);

#define READ(linear)  ((struct kms_access){(linear), KMS_READ, KMS_AS_CURRENT})
#define WRITE(linear) ((struct kms_access){(linear), KMS_WRITE, KMS_AS_CURRENT})
#define FETCH(linear) ((struct kms_access){(linear), KMS_FETCH, KMS_AS_CURRENT})
#define RMW(linear)   ((struct kms_access){(linear), KMS_RMW, KMS_AS_CURRENT})

#endif
