/*
 * window_fixture.h - a machine with 32-bit page tables, a window on it, and native accesses that may fault.
 *
 *     0x1000  page directory       0x3000  page table of 0x00400000
 *     0x2000  page table of 0      0x4000  another page directory, empty
 *
 * The first 4 MiB are mapped to themselves, writable, for supervisor and user; nothing else is mapped. Data
 * frames begin at 0x10000, and each holds its own number in its first word. Paging is on.
 */
#ifndef TESTS_WINDOW_FIXTURE_H
#define TESTS_WINDOW_FIXTURE_H

#include "kms_test.h"

#include <kmemsim/window.h>
#include <kmemsim/x86.h>
#include <setjmp.h>

#define RAM_SIZE   0x80000u
#define DIRECTORY  0x1000u
#define TABLE_0    0x2000u
#define TABLE_4M   0x3000u
#define DIRECTORY2 0x4000u
#define FRAME(n)   (0x10000u + (n)*KMS_PAGE_SIZE)
#define AT_4M(n)   (0x400000u + (n)*KMS_PAGE_SIZE)

#define P  ((uint32_t)KMS_PTE_P)
#define RW ((uint32_t)KMS_PTE_RW)
#define US ((uint32_t)KMS_PTE_US)
#define A  ((uint32_t)KMS_PTE_A)
#define D  ((uint32_t)KMS_PTE_D)
#define G  ((uint32_t)KMS_PTE_G)
#define PS ((uint32_t)KMS_PDE_PS)

struct bench {
    struct kms_machine *machine;
    struct kms_cpu *cpu;
    struct kms_ram *ram;
    struct kms_window *window;
    sigjmp_buf back;
    bool caught;                                                        /* a native access may fault now */
    bool (*repair)(struct bench *bench, const struct kms_fault *fault); /* NULL: nothing is repaired */
    struct kms_window_event last;                                       /* what was not repaired */
};

/* With CMocka's setup and teardown; options may be NULL. Skips where there is no window. */
struct bench *bench_new(const struct kms_window_options *options);
void bench_free(struct bench *bench);

uint32_t get(struct bench *bench, kms_phys phys);
void set(struct bench *bench, kms_phys phys, uint32_t value);
/* The entry of a page in the table of 4 MiB. */
uint32_t entry_4m(struct bench *bench, unsigned n);
void map_4m(struct bench *bench, unsigned n, uint32_t entry);
void write_reg(struct bench *bench, enum kms_x86_reg reg, uint64_t value);
void set_reg_bits(struct bench *bench, enum kms_x86_reg reg, uint64_t bits, bool on);

/* Native accesses of 32 bits. False: a fault or an unbacked frame that was not repaired, in bench->last. */
bool native_read(struct bench *bench, kms_linear linear, uint32_t *value);
bool native_write(struct bench *bench, kms_linear linear, uint32_t value);
/* The same, and it must work. */
uint32_t must_read(struct bench *bench, kms_linear linear);
void must_write(struct bench *bench, kms_linear linear, uint32_t value);

#endif
