/*
 * kernel.h - bringing VlsOs's memory up.
 */
#ifndef VLSOS_KERNEL_H
#define VLSOS_KERNEL_H

#include "status.h"

/* From reset: the layout is checked, then the heap, then the pages. VLSOS_ENOMEM for a machine with too little RAM,
 * VLSOS_ECORRUPT for a layout that contradicts itself. */
int kernel_main(void);

/* The first broken invariant of the whole kernel in words, or NULL. */
const char *kernel_check(void);

#endif
