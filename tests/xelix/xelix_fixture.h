/*
 * xelix_fixture.h - Xelix under guest_fixture.h, and what tests ask of it.
 */
#ifndef TESTS_XELIX_FIXTURE_H
#define TESTS_XELIX_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/x86.h>

#include "config.h"
#include "guest.h"
#include "image.h"
#include "kernel.h"
#include "mem/kmalloc.h"
#include "mem/palloc.h"
#include "mem/valloc.h"
#include "mem/vm_map.h"
#include "syscall.h"
#include "tasks/task.h"

/* Two rows of a table: the test in direct mode and in the linear window, after boot. */
#define XELIX_TEST(sentence, function) FIXTURE_ROWS(sentence, &xelix_under_test, function, true)

extern struct fixture_kernel xelix_under_test;

/* The first physical page that palloc() has. */
#define FIRST_FRAME (XELIX_EARLY_END / PAGE_SIZE)

#define PAGE_OF(address) ((uint32_t)(uintptr_t)(address) / PAGE_SIZE)

/* Everything that can be used up: after what must lose nothing, all of it is as before. */
struct supplies {
    uint32_t frames, kernel_pages, kmalloc_bytes;
};
struct supplies supplies(void);
void expect_nothing_lost(const struct supplies *before);

/* A program of so many bytes, the n-th of which is n % 251; its number. */
int start_task(uint32_t size);
unsigned char program_byte(uint32_t n);

/* A word of the kernel's own memory, read as the kernel would read it. */
uint32_t kernel_word(uint32_t address);

#endif
