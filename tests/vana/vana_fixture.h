/*
 * vana_fixture.h - VanaOS under guest_fixture.h, and what tests ask of it.
 */
#ifndef TESTS_VANA_FIXTURE_H
#define TESTS_VANA_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/x86.h>

#include "guest.h"
#include "kernel.h"
#include "kheap.h"
#include "layout.h"
#include "paging.h"
#include "process.h"
#include "syscall.h"
#include "task.h"

/* Two rows of a table: the test in direct mode and in the linear window, after reset (with a kernel heap) or after boot. */
#define AFTER_RESET(sentence, function) FIXTURE_ROWS(sentence, &vana_under_test, function, false)
#define AFTER_BOOT(sentence, function)  FIXTURE_ROWS(sentence, &vana_under_test, function, true)

extern struct fixture_kernel vana_under_test;

/* Blocks of the kernel heap that are taken. */
size_t blocks_taken(void);

/* A heap in which freed memory is not zero: whoever relies on fresh memory being zeroed will be seen. */
void dirty_the_heap(void);

/* One page's entry, read without any check. */
uint32_t *entry_of(struct paging_4gb_chunk *chunk, uint32_t linear);

/* A program of so many bytes, every one `fill`, with as much BSS behind it; its process. */
struct process *start_program(uint32_t file_size, uint32_t memory_size, unsigned char fill);

#endif
