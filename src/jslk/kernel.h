/*
 * kernel.h - bringing JSLK's memory up, and what happens on a page fault.
 */
#ifndef JSLK_KERNEL_H
#define JSLK_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The order of the document: the GDT first, which protects memory until paging is on, in placement memory; the physical
 * memory manager from the machine's memory map; the virtual memory manager; segments that reach everywhere; the heap,
 * which takes kmalloc() over. From reset. A status of status.h.
 */
int kernel_main(void);

/* As far as placement memory and the GDT: segments protect, paging is off. */
int kernel_early(void);

/* A fault as the handler saw it. */
struct kernel_fault {
    uint32_t address;
    uint32_t error;
};

/* The fault since the last call, the latest if there were several. False: none. Nothing is ever repaired. */
bool kernel_take_fault(struct kernel_fault *fault);

/* The first broken invariant of the whole kernel in words, or NULL. */
const char *kernel_check(void);

#endif
