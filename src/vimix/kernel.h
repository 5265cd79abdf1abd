/*
 * kernel.h - VIMIX from boot on: what is brought up in which order, the fault handler, the checker of it all.
 */
#ifndef VIMIX_KERNEL_H
#define VIMIX_KERNEL_H

#include <stdbool.h>

#include <kernel/guest.h>
#include <kernel/riscv.h>

/* Memory map, kalloc(), the kernel's table on every hart, processes, handlers. 0 or a negative status. */
int kernel_main(void);

/* take_fault of guest.h: the latest fault that was not repaired; its error is the cause. */
int kernel_take_fault(struct guest_fault *fault);

/* Pages for tools, outside of any address space: kernel_check() knows them. 0: no memory. -EINVAL: not such a page. */
reg_t kernel_lend_page(void);
int kernel_take_page_back(reg_t page);

/*
 * The first broken invariant in words, or NULL: the free list's, every table's, every process's and its heap's, and that
 * each page handed out has exactly one owner.
 */
const char *kernel_check(void);

#endif
