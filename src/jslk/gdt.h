/*
 * gdt.h - the first thing that the kernel sets up: three descriptors, which protect memory until paging is on.
 *
 *   0x00   null                a load of it is good for no access
 *   0x08   code  0x9A          from 0, execute and read, ring 0
 *   0x10   data  0x92          from 0, read and write, ring 0
 *
 * The first limit is the memory that the kernel uses, JSLK_MEMORY_SIZE: while paging is off nothing else says that an
 * address is wrong, and the processor answers one beyond the limit with #GP. Heap addresses are far above it, so once
 * paging is on and pages protect memory, gdt_open() sets both limits to 4 GiB. There is no ring 3 and no TSS.
 * Formats: Intel SDM, volume 3, "Segment Descriptors".
 */
#ifndef JSLK_GDT_H
#define JSLK_GDT_H

#include <stdint.h>

#define GDT_ENTRIES 3u
#define GDT_CODE    0x08u
#define GDT_DATA    0x10u

/* Access bytes and the flags that stand above the limit. */
#define GDT_CODE_ACCESS 0x9Au
#define GDT_DATA_ACCESS 0x92u
#define GDT_FLAGS       0xCu /* limit in pages, 32-bit */

/* A descriptor of base 0 whose last page is limit_pages (20 bits). */
uint64_t gdt_descriptor(uint8_t access, uint32_t limit_pages);

/* Make the table in placement memory, load it and all segment registers. JSLK_OK or JSLK_NO_MEMORY. */
int gdt_init(void);

/* From now on segments reach everywhere: for when paging is on. */
void gdt_open(void);

#endif
