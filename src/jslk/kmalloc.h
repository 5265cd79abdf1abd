/*
 * kmalloc.h - memory for the kernel: placement memory first, the heap as soon as there is one.
 *
 * Addresses are virtual addresses in integers, as in the document; 0 is no memory. Every block begins on a multiple
 * of 4, with kmalloc_a() and kmalloc_ap() on a page boundary. A size of 0 is no memory.
 *
 * Placement memory grows upwards from JSLK_PLACEMENT_START to the end of the usable run of the memory map that holds it,
 * or of JSLK_MEMORY_SIZE, and nothing of it is ever given back. It is identity-mapped: physical addresses are virtual
 * ones. From kheap_init() on the heap of heap.h answers instead; that is decided in one place, kmalloc_int().
 *
 * Physical addresses. The block of kmalloc_p() and kmalloc_ap() lies in frames that follow each other, so byte i of it is
 * at *phys + i, whatever pages it crosses, before and after the heap exists. Blocks of the other two lie in any frames;
 * kmalloc_physical() tells where each of their bytes is. On failure *phys is left alone.
 */
#ifndef JSLK_KMALLOC_H
#define JSLK_KMALLOC_H

#include <stdint.h>

#include "../lib/memory_map.h"
#include "heap.h"

uint32_t kmalloc(uint32_t sz);
uint32_t kmalloc_a(uint32_t sz);
uint32_t kmalloc_p(uint32_t sz, uint32_t *phys);
uint32_t kmalloc_ap(uint32_t sz, uint32_t *phys);

/* What the four are made of: align as kmalloc_a(), phys NULL where nobody asks. */
uint32_t kmalloc_int(uint32_t sz, int align, uint32_t *phys);

/*
 * Give back a block of the heap. JSLK_INVALID: nothing that was handed out and is still out, or placement memory;
 * JSLK_CORRUPT: headers beside it were overwritten. Nothing is changed then.
 */
int kfree(uint32_t address);

/* The physical address of a byte of a block. JSLK_INVALID: nothing is mapped there. */
int kmalloc_physical(uint32_t address, uint32_t *phys);

/* ---- placement memory ---- */

/* Begin, with the memory that this map says is usable. */
void placement_init(const struct memory_map *map);

/* The first address that was not handed out, and a new upper end, which may only be lower than it was. */
uint32_t placement_address(void);
void placement_end_at(uint32_t end);

/* ---- the heap ---- */

extern heap_t kheap;

/* Make the heap in pages that are mapped. From its success on the functions above use it. */
int kheap_init(void);

/* Back to placement memory, for a kernel that begins again. */
void kheap_forget(void);

#endif
