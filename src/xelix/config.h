/*
 * config.h - what Xelix chose: where things are and how many there are.
 *
 *   physical = linear                  what
 *   0x00000000 .. 0x000fffff           never handed out: the BIOS's, and the NULL page
 *   0x00100000 .. 0x002fffff           the kernel's image, its boot stack and what the loader put behind it
 *   0x00300000 .. 0x00700fff           the kernel's directory and all of its 1024 tables
 *   0x00701000 .. XELIX_EARLY_END      the page bitmaps and their indexes
 *
 * These are the only pages of the kernel whose linear address is their physical one: they are there before
 * paging is. Everything else the kernel reaches through valloc().
 */
#ifndef XELIX_CONFIG_H
#define XELIX_CONFIG_H

#include "../lib/bitmap.h"
#include "../lib/runs.h"

#define XELIX_KERNEL_ADDRESS 0x00100000u
#define XELIX_KERNEL_END     0x00300000u
#define XELIX_PAGING_AREA    XELIX_KERNEL_END
#define XELIX_PAGING_BYTES   0x00401000u

/* A context has so many pages: the last of 4 GiB is not one of them, so that the end of a run is an address. */
#define XELIX_PAGES 0x000fffffu

/* The bitmap and the index of one context, in whole pages. */
#define XELIX_BITMAP_BYTES  ((uint32_t)BITMAP_WORDS(XELIX_PAGES) * 8u)
#define XELIX_INDEX_BYTES   (((uint32_t)RUNS_BYTES(XELIX_PAGES) + 0xfffu) & ~0xfffu)
#define XELIX_FRAMES_BITMAP (XELIX_PAGING_AREA + XELIX_PAGING_BYTES)
#define XELIX_KERNEL_BITMAP (XELIX_FRAMES_BITMAP + XELIX_BITMAP_BYTES)
#define XELIX_FRAMES_INDEX  (XELIX_KERNEL_BITMAP + XELIX_BITMAP_BYTES)
#define XELIX_KERNEL_INDEX  (XELIX_FRAMES_INDEX + XELIX_INDEX_BYTES)
#define XELIX_CHECK_BITMAP  (XELIX_KERNEL_INDEX + XELIX_INDEX_BYTES) /* of frames that the checker has seen */
#define XELIX_EARLY_END     (XELIX_CHECK_BITMAP + XELIX_BITMAP_BYTES)

/*
 * Where valloc() begins in the kernel's context: above the RAM of small machines, so that a physical address used as a
 * linear one, or the other way round, leads nowhere.
 */
#define XELIX_KERNEL_SPACE 0x10000000u

/* kmalloc's arena, and the RAM without which there is none. */
#ifndef XELIX_ARENA_PAGES
#define XELIX_ARENA_PAGES 0x3200u
#endif
#define XELIX_RAM_BYTES 0x04000000u

/* Tasks. Below its image a task has nothing. */
#define XELIX_MAX_TASKS            16u
#define XELIX_TASK_IMAGE           0x00500000u
#define XELIX_TASK_SBRK            0x0f000000u
#define XELIX_TASK_STACK_TOP       0xc0000000u
#define XELIX_TASK_STACK_PAGES     2u
#define XELIX_TASK_STACK_PAGES_MAX 512u

/* 1: a canary on either side of every block of kmalloc's, checked when the block is freed. */
#ifndef XELIX_KMALLOC_CANARIES
#define XELIX_KMALLOC_CANARIES 0
#endif

/* 0 leaves the section UL_VISIBLE out of tasks: a kernel that the first interrupt from a task ends, for the proof. */
#ifndef XELIX_MAP_UL_VISIBLE
#define XELIX_MAP_UL_VISIBLE 1
#endif

#endif
