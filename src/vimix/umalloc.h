/*
 * umalloc.h - the C library's malloc() and its like: library code of a program, at the user's level.
 *
 * Every access here is one of the current process's own (hw_user_load(), hw_user_store()), through its page tables, and
 * memory comes from the kernel by the system call sbrk() alone. So an allocation may fault like any code of a program:
 * the functions then answer -EFAULT, and the kernel has ended the process. So they do, with nothing ended, when the
 * program has written over the ring and it never comes back to where it began.
 *
 * The heap is made of units of two words. A block is a header unit and the units that a program uses:
 *
 *     free block    | next | size |  ...        next: address of the next free block's header, size in units
 *     taken block   | 0x42F00 | size |  bytes   the marker stands where next would
 *
 * Free blocks form a ring in order of address, through one of size 0 among the library's static data; neighbours are
 * joined. The search goes on where the last one ended. What is missing is asked from the kernel in steps of 4096 units.
 *
 * Static data (UMALLOC_STATIC_SIZE bytes at process.libc_data): the ring's first unit, then where the search begins; all
 * zero before the first allocation.
 */
#ifndef VIMIX_UMALLOC_H
#define VIMIX_UMALLOC_H

#include "process.h"

#define UMALLOC_UNIT        (2 * (reg_t)sizeof(reg_t)) /* 16 or 8 bytes */
#define UMALLOC_MARKER      0x42f00u
#define UMALLOC_QUANTUM     4096u /* units */
#define UMALLOC_STATIC_SIZE (2 * UMALLOC_UNIT)

/*
 * All of these act as the process that the acting hart runs, which there must be, and whose static data stand at
 * `libc`. Addresses that are given out are multiples of a unit.
 */

/* The system call. *before gets the old break. A negative status of the kernel's. */
int umalloc_sbrk(sreg_t change, reg_t *before);

/* size bytes, at *address. Of size 0 and where there is no memory, -EINVAL and -ENOMEM, and *address is 0. */
int umalloc(reg_t libc, reg_t size, reg_t *address);
/* count times size zeroed bytes; -EINVAL too if the product wraps. */
int umalloc_calloc(reg_t libc, reg_t count, reg_t size, reg_t *address);
/* Address 0 does nothing. -EINVAL: not a taken block, and nothing changes. */
int umalloc_free(reg_t libc, reg_t address);
/*
 * The block at another size, with as many of its bytes as both have, perhaps elsewhere. Address 0 is umalloc(), size 0 is
 * umalloc_free() with *address 0. Without memory the old block stays: -ENOMEM.
 */
int umalloc_realloc(reg_t libc, reg_t old, reg_t size, reg_t *address);

/* What all programs' libraries did so far to their rings; a program's own bytes are not in it. */
struct umalloc_work {
    uint64_t headers_read, headers_written; /* units */
    uint64_t begin_words;                   /* where the search begins: read or written */
};
void umalloc_measure(struct umalloc_work *done);

/* The first broken invariant of a process's ring of free blocks in words, or NULL; looked at by the kernel's own way, so
 * that nothing faults. */
const char *umalloc_check(const struct process *process);

#endif
