/*
 * process.h - VlsOs's processes: an address space each, whose pages come on demand and may leave for the store.
 *
 *   0x40000000 .. text     the program, as it was given: read and execute
 *   0x48000000 .. data     the same bytes to write, and VLSOS_BSS_PAGES pages of zeros behind
 *   0x50000000 ..          what the process asks for, lowest room first: zeros, read and write
 *   .. 0x7ffff000          its stack, which grows by being touched; at most VLSOS_PROGRAM_STACK_MOST bytes
 *
 * The kernel's GiB is in every space, for the kernel alone. Nothing of a program is in memory before it is touched.
 *
 * A process whose access cannot be served ends, with the reason as a status: VLSOS_EFAULT (no memory there),
 * VLSOS_EACCES (a missing right), VLSOS_ENOMEM, VLSOS_ENOSPC (the store is full), VLSOS_EIO (a transfer failed). All
 * others go on. Not thread-safe.
 */
#ifndef VLSOS_PROCESS_H
#define VLSOS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/vm.h"
#include "status.h"

#define VLSOS_PROCESSES 32

#define VLSOS_PROGRAM_TEXT       0x40000000u
#define VLSOS_PROGRAM_DATA       0x48000000u
#define VLSOS_PROGRAM_HEAP       0x50000000u
#define VLSOS_PROGRAM_HEAP_END   0x78000000u
#define VLSOS_PROGRAM_STACK_TOP  0x7ffff000u
#define VLSOS_PROGRAM_STACK_MOST 0x00100000u
#define VLSOS_USER_END           0xfffff000u /* the whole part of processes, so that nothing there is the kernel's */
#define VLSOS_BSS_PAGES          16u
#define VLSOS_PROGRAM_MOST       0x00400000u

/* System calls: command, two arguments; the answer is the address, the process, or a status. */
enum vlsos_syscall {
    VLSOS_CALL_ALLOC = 1, /* bytes: an address, or 0 */
    VLSOS_CALL_FREE,      /* an address that ALLOC gave */
    VLSOS_CALL_DUPLICATE, /* the number of the new process */
    VLSOS_CALL_EXIT,
};

/* No processes; books are made with the first of them. */
void process_init(void);

/* All functions below name processes by number; VLSOS_EINVAL for one that does not live. */

/* A process with a copy of this program: its number. VLSOS_EINVAL for an empty one or more than VLSOS_PROGRAM_MOST bytes,
 * VLSOS_EBUSY when there are VLSOS_PROCESSES, VLSOS_ENOMEM and the statuses of eviction. */
int process_create(const void *program, uint32_t size);

/* Another with the same memory, shared until one of both writes: its number. */
int process_duplicate(int id);

/* Run in the space of this process; -1: in none. */
int process_switch(int id);

/* The process that runs, or -1. */
int process_current(void);

/* Give everything back. The kernel goes on in its own space if it was the current one. */
int process_exit(int id);

/* Why the process that had this number last was ended; VLSOS_OK if it was not. */
int process_end(int id);

/* The process's own system calls: memory of at least so many bytes, 0 if there is no room; and giving it back. */
uint32_t process_alloc(int id, uint32_t size);
int process_free(int id, uint32_t address);

/* ---- virtual memory of all of them ---- */

/* Its books, made if they are not yet; NULL without memory for them. */
struct vm *process_vm(void);

/* No more than so many frames for pages, or slots of the store; 0: as many as there are. VLSOS_ENOMEM without books. */
int process_limit_frames(uint32_t most);
int process_limit_slots(uint32_t most);

/* The first broken invariant in words, or NULL. */
const char *process_check(void);

#endif
