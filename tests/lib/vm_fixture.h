/* vm_fixture.h - the toy kernel for tests of virtual memory: each row in both modes and with both widths of entries. */
#ifndef TESTS_VM_FIXTURE_H
#define TESTS_VM_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/x86.h>

#include "vm_toy.h"

extern struct fixture_kernel toy_32, toy_pae;

#define VM_ROWS(sentence, function)                                                                          \
    FIXTURE_ROWS(sentence ", 32-bit entries", &toy_32, function, false),                                     \
        FIXTURE_ROWS(sentence ", PAE entries", &toy_pae, function, false)

/* Where tests have their areas; HERE(n) is the start of page n. */
#define HERE(page) (TOY_USER + 0x00400000u + (page)*PAGE_SIZE)

/* Space number with an area of so many zero pages at HERE(0), writable; it is current. */
void with_space(unsigned number, uint32_t pages);
/* The limit of frames that hold pages. */
void limit_frames(uint32_t frames);
/* Another area in the current space. */
void with_area(const struct area *area);

/* An access of the current space that is refused so; the words of enum vm_status are its names. */
void refuses_read(uint32_t linear, enum vm_status status);
void refuses_write(uint32_t linear, enum vm_status status);

/* Page n of the test's area holds one number all over: write it all, and compare it all. */
void write_page(uint32_t page, uint32_t number);
void expect_page(uint32_t page, uint32_t number);

/* The current space's entry of a page. */
uint64_t entry_here(uint32_t linear);

/* A duplicate of space from becomes space to; it must work. */
void duplicate(unsigned from, unsigned to);

#endif
