/*
 * kernel.h - bringing VanaOS's memory up, and what happens on a page fault.
 */
#ifndef VANA_KERNEL_H
#define VANA_KERNEL_H

#include <kernel/guest.h>

#include "status.h"

/* The first 128 MiB hold the heap (up to 0x07400000) and leave frames to map. */
#define VANA_RAM_BYTES 0x08000000u

/*
 * The order of the document: kernel heap, the kernel's directory (identity, writable, users too), switch,
 * paging on; then the handlers. From reset. -ENOMEM for a machine with too little RAM.
 */
int kernel_main(void);

/*
 * take_fault of guest.h: the fault since the last call, the latest if there were several. A fault of a program ends its
 * process, and the kernel goes on in its own directory; nothing is ever repaired.
 */
int kernel_take_fault(struct guest_fault *fault);

/* The first broken invariant of the whole kernel in words, or NULL. */
const char *kernel_check(void);

#endif
