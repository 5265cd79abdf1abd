/*
 * kalloc.h - physical pages of 4 KiB, on a free list threaded through the free pages themselves.
 *
 *     head --> 0x83eff000 --> 0x83efe000 --> ... --> 0x80400000 --> 0
 *              each free page's first word holds the physical address of the next one
 *
 * kalloc() takes the head, kfree() puts a page back as the head: the page freed last is handed out first. Pages are
 * never joined, so nothing larger than a page can be had. Beside the list one bit for each page says whether it is
 * handed out, so that kfree() refuses in one step what it did not hand out; the list stays the truth about order.
 *
 * A page's content is unspecified when handed out. Sanitizers treat all of a free page but its first word as closed.
 */
#ifndef VIMIX_KALLOC_H
#define VIMIX_KALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include <kernel/riscv.h>

#include "../lib/memory_map.h"

/* Pages beyond are not managed: 128 MiB. */
#define KALLOC_PAGES_MAX 32768u

/* Free every usable page of the map, lowest first. Forgets what was before. -EINVAL: the map has no usable page that the
 * kernel reaches, or address 0 is the first. */
int kalloc_init(const struct memory_map *map);

/* A page, or NULL if there is none. */
void *kalloc(void);

/* Give a page back. -EINVAL for anything but a page that kalloc() handed out and that is not back yet; nothing changes
 * then. */
int kfree(void *pa);

/* Bytes of free pages. */
reg_t kalloc_get_free_memory(void);

/* Between physical addresses and pointers, for pages inside RAM. */
void *kalloc_pointer(reg_t physical);
reg_t kalloc_physical(const void *page);

/* What is known of the page that holds this physical address. */
enum kalloc_state { KALLOC_UNMANAGED, KALLOC_FREE, KALLOC_TAKEN };
enum kalloc_state kalloc_state(reg_t physical);

/* The n-th kalloc() from now fails (1 is the next); 0 ends the injection. */
void kalloc_fail_at(unsigned n);

/* Of the books that kalloc() and kfree() touch each: the page's link, and the word of its bit, read and written. */
#define KALLOC_MOVE_BYTES (sizeof(reg_t) + 2 * sizeof(uint32_t))

struct kalloc_usage {
    size_t managed, free;          /* pages */
    reg_t start, end;              /* the range that holds all of them, physical */
    size_t handed_out, taken_back; /* calls that succeeded since kalloc_init() */
};
void kalloc_measure(struct kalloc_usage *usage);

/* The first broken invariant of the free list in words, or NULL. Every page of the list is a managed free page, stands
 * there once, and no other is free. */
const char *kalloc_check(void);

#endif
