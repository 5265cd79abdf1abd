/*
 * translate_bench.h - the guest that the rows of bench_translate share.
 */
#ifndef BENCH_TRANSLATE_BENCH_H
#define BENCH_TRANSLATE_BENCH_H

#include <kmemsim/kmemsim.h>

#define MIB      (UINT64_C(1) << 20)
#define RAM_SIZE (160 * MIB)
#define FRAMES   (16 * MIB)           /* physical */
#define LINEAR   UINT64_C(0x40000000) /* a multiple of LARGEST */
#define LARGEST  (64 * MIB)
#define ROUNDS   63

/* 32-bit paging; LARGEST bytes mapped from LINEAR to FRAMES by 4 KiB pages, A and D set. */
struct guest {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    uint8_t *ram;  /* host memory of physical address 0 */
    uint8_t *data; /* host memory of FRAMES */
    uint64_t bias; /* host address of what stands at a linear address, less that address */
};

struct guest guest_new(struct kms_tlb_options tlb);

/* The ways to make the loads of one stream. */
struct ways {
    size_t (*host)(void *), (*chase)(void *), (*walk)(void *), (*machine)(void *);
};

struct row {
    const char *name;
    uint64_t footprint;
    const struct ways *ways;
    double reach;       /* machine against host */
    double reach_chase; /* machine against the dependent loads of a walk; 0: not asked */
    double reach_walk;  /* bare walk against the dependent loads of a walk; 0: not asked */
};

/* Returns the rows short of the goal. */
int run_rows(struct guest *guest, const struct row *rows, size_t count);
/* The same streams with Sv32 and Sv39. */
int riscv_rows(void);

/* Bulk reads against memcpy, and a reset against a copy of the dirty pages; each returns the rows short of the goal. */
int bulk_rows(struct guest *guest);
int reset_row(void);

#endif
