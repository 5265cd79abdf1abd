/*
 * kernel.h - bringing JSLK's memory up, and what happens on a page fault.
 */
#ifndef JSLK_KERNEL_H
#define JSLK_KERNEL_H

#include <kernel/guest.h>

/*
 * The order of the document: the GDT first, which protects memory until paging is on, in placement memory; the physical
 * memory manager from the machine's memory map; the virtual memory manager; segments that reach everywhere; the heap,
 * which takes kmalloc() over. From reset. A status of status.h.
 */
int kernel_main(void);

/* As far as placement memory and the GDT: segments protect, paging is off. */
int kernel_early(void);

/* take_fault of guest.h: the fault since the last call, the latest if there were several. Nothing is ever repaired. */
int kernel_take_fault(struct guest_fault *fault);

/* The first broken invariant of the whole kernel in words, or NULL. */
const char *kernel_check(void);

#endif
