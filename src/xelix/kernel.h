/*
 * kernel.h - bringing Xelix's memory up, its page-fault handler, and all of its invariants.
 *
 * Order: physical pages, paging, kmalloc, tasks. The kernel's image and the bitmaps are the only pages at the same
 * linear and physical address.
 */
#ifndef XELIX_KERNEL_H
#define XELIX_KERNEL_H

#include <kernel/guest.h>

#include "status.h"

/* 0, or -ENOMEM with less than XELIX_RAM_BYTES of RAM. */
int kernel_main(void);

/* take_fault of guest.h: the latest fault that was not repaired, with the task that it ended. */
int kernel_take_fault(struct guest_fault *fault);

/* The first broken invariant in words, or NULL. The words last until the next call. */
const char *kernel_check(void);

#endif
