/* tables.h - hand-made page tables in a small image, which several tests look at. */
#ifndef TESTS_TOOL_TABLES_H
#define TESTS_TOOL_TABLES_H

#include <stdint.h>

#define TABLES_SIZE 0x200000u

/*
 * 32-bit paging, directory at 0x1000:
 *   PDE[0]    table 0x2000, all rights: PTE[0..3] identity rw user, PTE[4] read-only, the rest not present
 *   PDE[1]    4 MiB page at 0x00400000 (outside the image), kernel rw
 *   PDE[2]    table at 0x10000000: outside the image
 *   PDE[3]    4 MiB page with reserved bit 21 set
 *   PDE[4]    table at 0xc0003000, a linear address of 0x3000
 *   PDE[768]  table 0x3000, read-only, kernel: PTE[0..511] frames 0.., rw in the PTE, global
 *   PDE[1023] the directory itself
 * A second directory at 0x4000: PDE[0] table 0x5000 (PTE[0] -> 0x6000 rw user, PTE[1] as in the first but kernel,
 * PTE[2], PTE[3] as in the first), PDE[768] shared, PDE[1023] itself.
 */
const uint8_t *tables_32bit(void);

/* The same, as a file in the tests' folder called "image". */
void tables_32bit_file(void);
/* The same as a test's setup. */
int tables_32bit_setup(void **state);

#endif
