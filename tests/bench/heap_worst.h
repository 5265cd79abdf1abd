/* heap_worst.h - the heap's worst cases: tables on which a scan reads every entry. */
#ifndef HEAP_WORST_H
#define HEAP_WORST_H

#include <stddef.h>

/* Report each worst case on a large table as a ratio to a small one. Returns how many miss their figure. */
int heap_worst_report(size_t small, size_t large);

#endif
