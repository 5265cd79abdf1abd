/*
 * kernel.h - bringing VlsOs's memory up, and what happens on a page fault.
 */
#ifndef VLSOS_KERNEL_H
#define VLSOS_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/guest.h"
#include "kernel/hw.h"

#include "status.h"
#include "zone.h"

/* From reset: the layout is checked, then the heap, the pages, the slabs and paging are made, and paging is on. VLSOS_ENOMEM
 * for a machine with too little RAM, VLSOS_ECORRUPT for a layout that contradicts itself. */
int kernel_main(void);

/*
 * Who is asked to repair page faults; NULL: nobody. What a repairer returns false for is recorded, with the process that
 * it says it ended in fault->process, which is -1 when it is called.
 */
typedef bool (*kernel_fault_repairer)(struct guest_fault *fault);
void kernel_set_fault_repairer(kernel_fault_repairer repairer);

/* take_fault of guest.h: the fault since the last call, the latest if there were several. */
int kernel_take_fault(struct guest_fault *fault);

/* The first broken invariant of the whole kernel in words, or NULL. */
const char *kernel_check(void);

/* With VLSOS_MEMORY_DEBUG, tell of all memory that was handed out after allocation number `since` (zone_clock()) and never
 * freed: of malloc(), slabs and large blocks. Returns how many, without it 0. */
uint32_t kernel_report(uint32_t since, zone_teller tell, void *context);

#endif
