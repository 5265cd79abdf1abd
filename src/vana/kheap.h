/*
 * kheap.h - the one heap of the kernel: VANA_HEAP_SIZE_BYTES at VANA_HEAP_ADDRESS, its table at
 * VANA_HEAP_TABLE_ADDRESS.
 *
 * Every block starts on a page boundary. Before a successful kheap_init() there is no memory: kmalloc() and
 * kzalloc() give 0, and every pointer is refused.
 */
#ifndef VANA_KHEAP_H
#define VANA_KHEAP_H

#include "heap.h"

extern struct heap kernel_heap;
extern struct heap_table kernel_heap_table;

/* Make the kernel heap, with every block free. If the machine has too little RAM for it: a message on the
 * console, and no heap. */
void kheap_init(void);

/* The same without the message: 0, or -ENOMEM for a machine with too little RAM. */
int kheap_start(void);

/*
 * At least size bytes, contiguous, or 0 if there is no such run, if size is 0, or if the failure of this call
 * was asked for. The content is whatever was there; kzalloc() zeroes size bytes, and no byte beyond.
 */
void *kmalloc(size_t size);
void *kzalloc(size_t size);

/* Give back what kmalloc() or kzalloc() gave. Any other pointer is refused with a status of heap.h and
 * changes nothing; kfree() ignores it, kheap_release() says so. */
void kfree(void *ptr);
int kheap_release(void *ptr);

/* Fail the n-th allocation from now, 1 being the next, and that one only; 0 takes the order back. */
void kheap_fail_at(uint32_t n);

#endif
