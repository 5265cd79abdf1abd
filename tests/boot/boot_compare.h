/*
 * boot_compare.h - what has to be the same hosted and on the metal, and the one list of what need not.
 */
#ifndef TESTS_BOOT_COMPARE_H
#define TESTS_BOOT_COMPARE_H

#include "boot_run.h"

/* Line by line; the first pair that differs fails the test. */
void boot_compare_lines(const struct boot_run *hosted, const struct boot_run *metal);

/* Every byte of the heap's table. */
void boot_compare_heap_tables(const struct boot_run *hosted, const struct boot_run *metal);

/*
 * Every entry of every directory and page table. Accessed and Dirty bits too with `accessed`, but for the pages that
 * are the kernel's own image and stacks on the metal and host memory when hosted.
 */
void boot_compare_tables(const struct boot_run *hosted, const struct boot_run *metal, bool accessed);

#endif
