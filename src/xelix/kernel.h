/*
 * kernel.h - bringing Xelix's memory up, its page-fault handler, and all of its invariants.
 *
 * Order: physical pages, paging, kmalloc, tasks. The kernel's image and the bitmaps are the only pages at the same
 * linear and physical address.
 */
#ifndef XELIX_KERNEL_H
#define XELIX_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* 0, or -ENOMEM with less than XELIX_RAM_BYTES of RAM. */
int kernel_main(void);

/* A page fault that was not repaired. */
struct kernel_fault {
    uint32_t address;
    uint32_t error; /* PFERR_ */
    int task;       /* that it ended, or -1 */
};

/* The latest since the last call: whether there was one. */
bool kernel_take_fault(struct kernel_fault *fault);

/* The first broken invariant in words, or NULL. The words last until the next call. */
const char *kernel_check(void);

#endif
