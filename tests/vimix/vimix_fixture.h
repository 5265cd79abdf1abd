/*
 * vimix_fixture.h - VIMIX hosted for one test; the same sources test the 64-bit kernel and the 32-bit one (KERNEL_XLEN).
 */
#ifndef TESTS_VIMIX_FIXTURE_H
#define TESTS_VIMIX_FIXTURE_H

#include "guest_fixture.h"

#include <kernel/hw_riscv.h>

#include "guest.h"
#include "kalloc.h"
#include "kernel.h"
#include "kvm.h"
#include "memlayout.h"
#include "mmu.h"
#include "process.h"
#include "status.h"
#include "syscall.h"
#include "umalloc.h"
#include "uvm.h"
#include "vm.h"

/* With 8 MiB of RAM, which boots in no time: 4 MiB are the kernel's, 1024 pages are kalloc()'s. And with all 64 MiB. */
#define SMALL_RAM 0x00800000u
extern struct fixture_kernel vimix, vimix_with_all_ram;

/* Two rows of a table: the test after boot, in direct mode and in the linear window. */
#define AFTER_BOOT(sentence, function)   FIXTURE_ROWS(sentence, &vimix, function, true)
#define WITH_ALL_RAM(sentence, function) FIXTURE_ROWS(sentence, &vimix_with_all_ram, function, true)

#define FETCH_FAULT CAUSE_FETCH_PAGE_FAULT
#define LOAD_FAULT  CAUSE_LOAD_PAGE_FAULT
#define STORE_FAULT CAUSE_STORE_PAGE_FAULT

/* What differs between the two widths, counted by hand in the tests that use it. */
#define BY_WIDTH(of64, of32) (KERNEL_XLEN == 64 ? (of64) : (of32))

/* Free pages now. */
size_t free_pages(void);

/* A program of so many bytes, every one `fill`, and the hart runs it. */
struct process *start_program(reg_t size, unsigned char fill);

/* Its break moved by the system call; the old break. */
reg_t moves_break(sreg_t change);
/* The system call refuses with this status. */
void break_is_refused(sreg_t change, int status);

/* Run something with the n-th allocation failing, for n = 1, 2, ... until it succeeds. It answers a status; each time
 * that this is not 0 it is -ENOMEM, the kernel is whole and as many pages are free as before. Returns n of the end. */
unsigned fails_at_every_allocation(int (*attempt)(void));

#endif
