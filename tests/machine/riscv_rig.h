/*
 * riscv_rig.h - a small RISC-V machine with tables built by hand, for tests. Addresses and entries in tests come from
 * the specification's formats, never from the machine.
 */
#ifndef TESTS_MACHINE_RISCV_RIG_H
#define TESTS_MACHINE_RISCV_RIG_H

#include "kms_test.h"

#include <kmemsim/kmemsim.h>

#define RV_BASE UINT64_C(0x80000000)
#define RV_RAM  (UINT64_C(4) << 20)
#define RV_ROOT (RV_BASE + 0x10000)

#define V KMS_RISCV_PTE_V
#define R KMS_RISCV_PTE_R
#define W KMS_RISCV_PTE_W
#define X KMS_RISCV_PTE_X
#define U KMS_RISCV_PTE_U
#define G KMS_RISCV_PTE_G
#define A KMS_RISCV_PTE_A
#define D KMS_RISCV_PTE_D
#define N KMS_RISCV_PTE_N

/* The PPN field for a physical address. */
#define PPN(phys) ((uint64_t)(phys) >> 12 << 10)

struct rv {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_ram *ram;
    enum kms_paging_mode mode;
    kms_phys next_table;
};

/* A hart in S-mode with satp on empty tables at RV_ROOT and ASID 0. Options may be NULL; arch and RAM are the rig's. */
struct rv rv_new(enum kms_paging_mode mode, const struct kms_options *options);
void rv_free(struct rv *rv);

void rv_poke(struct rv *rv, kms_phys phys, unsigned width, uint64_t value);
uint64_t rv_peek(struct rv *rv, kms_phys phys, unsigned width);

/* Write an entry for an address at a level (1: a page), with the tables above it. Returns where it stands. */
kms_phys rv_map(struct rv *rv, kms_linear linear, unsigned level, uint64_t entry);
/* Write over an entry. */
void rv_set_entry(struct rv *rv, kms_phys where, uint64_t entry);
uint64_t rv_entry(struct rv *rv, kms_phys where);

void rv_set(struct rv *rv, enum kms_riscv_reg reg, uint64_t value);
struct kms_walk rv_inspect(struct rv *rv, kms_linear linear);

/* One access; its outcomes. A fault must also be in scause and stval. */
void assert_rv_done(struct rv *rv, struct kms_access access, kms_phys phys);
void assert_rv_fault(struct rv *rv, struct kms_access access, uint32_t cause);

#define READ(linear)  ((struct kms_access){(linear), KMS_READ, KMS_AS_CURRENT})
#define WRITE(linear) ((struct kms_access){(linear), KMS_WRITE, KMS_AS_CURRENT})
#define FETCH(linear) ((struct kms_access){(linear), KMS_FETCH, KMS_AS_CURRENT})
#define AMO(linear)   ((struct kms_access){(linear), KMS_RMW, KMS_AS_CURRENT})

#endif
