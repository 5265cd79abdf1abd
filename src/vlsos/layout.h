/*
 * layout.h - where everything stands in physical memory, as one table. The kernel maps by it, the checker judges by
 * it, and nothing else in VlsOs knows an address.
 *
 *   0x00000000 .. 0x00000400   real-mode interrupt vectors           - not mapped: page 0 catches NULL
 *   0x00000400 .. 0x00000500   BIOS data                             -
 *   0x00000500 .. 0x0009fc00   conventional memory, unused           RW
 *   0x0009fc00 .. 0x000a0000   extended BIOS data                    RW
 *   0x000a0000 .. 0x000f0000   video memory, option ROMs             RW
 *   0x000f0000 .. 0x00100000   system ROM                            R
 *   0x00100000 .. 0x001a0000   the image: .text RX, .rodata R, .data RW, .bss RW
 *   0x001a0000 .. 0x00200000   what the loader brought, its stack    RW
 *   0x00200000 .. 0x00300000   heap of malloc()                      RW
 *   0x00300000 .. 0x00400000   frame table                           RW
 *   0x00400000 .. end of RAM   pages                                 RW
 *
 * The document contradicts itself in six places; where it gives a range and a size, the range counts:
 *   - Extended BIOS data: "16 KB", the range has 1 KiB.
 *   - Kernel: "1 MB", the range ends at 0x0019ffff and has 640 KiB. What is left up to the heap is the loader's.
 *   - 0x000a0000 .. 0x000effff is in no row: reserved, nothing is handed out there.
 *   - Stack: "0x10000, grows downward", and "16 KB, declared in multiboot.asm", which puts it in .bss above 1 MiB.
 *     It is in .bss; no byte of conventional memory is used.
 *   - Heap: "~890 KB available" of a heap of 1 MiB that nothing else uses. All of it is available, but for
 *     the last byte, which the documented condition (>=) never hands out.
 *   - Conventional memory is "free" and never used; it stays unused.
 */
#ifndef VLSOS_LAYOUT_H
#define VLSOS_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* Rights of a range for the kernel; 0 is no access. */
#define LAYOUT_READ    0x1u
#define LAYOUT_WRITE   0x2u
#define LAYOUT_EXECUTE 0x4u
#define LAYOUT_USER    0x8u /* programs have these rights too */

enum layout_use {
    LAYOUT_FIRMWARE, /* belongs to the BIOS or to a device */
    LAYOUT_UNUSED,
    LAYOUT_IMAGE,
    LAYOUT_LOADER,
    LAYOUT_HEAP,
    LAYOUT_FRAME_TABLE,
    LAYOUT_POOL, /* its end in the table is VLSOS_RAM_MOST; layout_end() says where it ends here */
};

struct layout_range {
    uint32_t start;
    uint32_t end; /* exclusive */
    enum layout_use use;
    uint32_t rights; /* LAYOUT_ */
    const char *name;
};

#define LAYOUT_RANGES 15u
extern const struct layout_range layout[LAYOUT_RANGES];

/* The end of RAM that the kernel uses, a multiple of the page size: VLSOS_RAM_MOST at most. */
uint32_t layout_end(void);

/* The range that holds this address, or NULL: beyond the end of RAM. */
const struct layout_range *layout_at(uint32_t address);

/* The first range of a use. */
const struct layout_range *layout_of(enum layout_use use);

/* The rights that every byte of this page has, from its ranges: those that all of them have. */
uint32_t layout_page_rights(uint32_t page);

/* The first contradiction in the table in words, or NULL: ranges that overlap, leave gaps or wrap, and constants of
 * config.h that stand elsewhere. */
const char *layout_check(void);

#endif
