/*
 * config.h - what VlsOs chose: the constants of its memory document, by name, and those that the document leaves
 * open.
 *
 * Kernel addresses are linear and physical at once. The table of all of memory is in layout.h.
 */
#ifndef VLSOS_CONFIG_H
#define VLSOS_CONFIG_H

/* The heap of malloc(). */
#define HEAP_START 0x200000 /* Starting address */
#define HEAP_SIZE  0x100000 /* Size in bytes (1 MB) */
#define HEAP_END   (HEAP_START + HEAP_SIZE)
#define HEAP_ALIGN 8 /* of what malloc() gives, a power of two; 1 is the document's sketch to the byte */

/* The sections of the image. The document has .text at 1 MiB and says that the others follow, each on a page of its
 * own (they have different rights); here each has a fixed place, so that the hosted kernel, whose code is not in guest
 * memory, has the same tables as the booted one. The linker script keeps to them. */
#define VLSOS_TEXT 0x00100000
#define VLSOS_USER_TEXT                                                                                      \
    0x0012f000 /* the last page of .text: the one that programs enter the kernel through */
#define VLSOS_RODATA    0x00130000
#define VLSOS_DATA      0x00138000
#define VLSOS_BSS       0x0013a000
#define VLSOS_IMAGE_END 0x001a0000

#define VLSOS_STACK_SIZE 0x4000 /* 16 KB, the last of .bss */
#define VLSOS_STACK_TOP  VLSOS_IMAGE_END

/* The bookkeeping of pages, and the pages that are handed out: from here to the end of RAM. */
#define VLSOS_FRAME_TABLE 0x00300000
#define VLSOS_POOL        0x00400000

#define VLSOS_RAM_LEAST 0x00800000 /* the least RAM that boots: a pool of one block of the top order */
#define VLSOS_RAM_MOST  0x40000000 /* RAM beyond the kernel's GiB is left alone */

/* The build option by which the kernel watches its memory itself: zone.h. */
#ifndef VLSOS_MEMORY_DEBUG
#define VLSOS_MEMORY_DEBUG 0
#endif
#define MEMORY_DEBUG (VLSOS_MEMORY_DEBUG != 0)

/* What a hosted machine gets unless it is asked for more; fuzz targets choose their own. */
#ifndef VLSOS_RAM_BYTES
#define VLSOS_RAM_BYTES   0x01000000
#define VLSOS_STORE_PAGES 32768 /* of backing store: 128 MiB */
#endif

#endif
