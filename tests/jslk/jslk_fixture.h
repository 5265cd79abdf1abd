/*
 * jslk_fixture.h - JSLK under guest_fixture.h, on a machine with 32 MiB: more than the kernel uses.
 */
#ifndef TESTS_JSLK_FIXTURE_H
#define TESTS_JSLK_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/x86.h>

#include "config.h"
#include "fail.h"
#include "gdt.h"
#include "kernel.h"
#include "kmalloc.h"
#include "paging.h"
#include "pmm.h"
#include "reach.h"
#include "status.h"

#define JSLK_TEST_RAM 0x02000000u

/* Two rows of a table: with a GDT, placement memory and paging off; or after boot. */
#define EARLY(sentence, function)      FIXTURE_ROWS(sentence, &jslk_under_test, function, false)
#define AFTER_BOOT(sentence, function) FIXTURE_ROWS(sentence, &jslk_under_test, function, true)

extern struct fixture_kernel jslk_under_test;

/* Everything that an operation without effect leaves as it was, of a heap that has shrunk as far as it does. */
struct standing {
    uint32_t blocks, used, holes, end, free_frames;
};
struct standing standing_now(void);
void assert_standing(const struct standing *before);

/* One access of the kernel's own, 4 bytes. */
uint32_t kernel_reads(uint32_t linear);
void kernel_writes(uint32_t linear, uint32_t value);
/* It faults, with that error code, at its own address. */
void kernel_read_faults(uint32_t linear, uint32_t error);

/* No two free frames follow each other any more; and all as before. */
void scatter_frames(void);
void gather_frames(void);

#endif
