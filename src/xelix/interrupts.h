/*
 * interrupts.h - the way into the kernel from a task: on the task's tables first, then on the kernel's own.
 *
 * An interrupt from ring 3 leaves CR3 as it is. Until the kernel has loaded its own directory it runs in the task's
 * context, where of the kernel only the section UL_VISIBLE is mapped (image.h): gates, descriptors, TSS, the ring-0 stack
 * and the entry code, and the word from which the entry code takes the kernel's directory.
 */
#ifndef XELIX_INTERRUPTS_H
#define XELIX_INTERRUPTS_H

#include <stdint.h>

/* After paging is on. */
void interrupts_init(void);

/* Interrupts that the kernel has seen, each on its own directory. */
uint32_t interrupts_seen(void);

#endif
