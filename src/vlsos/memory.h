/*
 * memory.h - what the document has today: the linear allocator, and the C library's functions on bytes.
 *
 * malloc() hands out HEAP_START .. HEAP_END - 1 from the bottom upwards and never takes anything back: it is for
 * what the kernel makes once. What comes and goes has pages.h and slab.h.
 *
 * The names are those of the C library, by which compilers call for them; hosted, the kernel's build keeps its copies
 * to itself.
 */
#ifndef VLSOS_MEMORY_H
#define VLSOS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "zone.h"

/* An empty heap: everything that was handed out is forgotten. Before the first call there is no heap. */
void memory_init(void);

/*
 * The next size bytes, aligned to HEAP_ALIGN, holding whatever was there. NULL if there are not so many, by the
 * document's condition: the byte before HEAP_END is never handed out. NULL for 0 bytes, which the document's
 * sketch answers with the address of the next block. A size that would wrap around is out of memory.
 */
void *malloc(size_t size);

/* Nothing: memory is never reclaimed. */
void free(void *ptr);

/* The same two for whoever names himself; malloc() and free() are called with the function's name where
 * VLSOS_MEMORY_DEBUG is set. */
void *malloc_by(size_t size, const char *owner);
void free_by(void *ptr, const char *owner);

/* malloc() and free() under the names that the rest of VlsOs knows. */
#define vmalloc(size) malloc_by(size, __func__)
#define vfree(ptr)    free_by(ptr, __func__)

/* Copy size bytes from src to dest, which must not overlap. Returns dest. */
void *memcpy(void *dest, const void *src, size_t size);

/* 0, or the difference of the first bytes that differ, taken unsigned: a's minus b's. */
int memcmp(const void *a, const void *b, size_t size);

/* Set size bytes at ptr to the low byte of value. Returns ptr. */
void *memset(void *ptr, int value, size_t size);

/* What memory is used for, in bytes. */
struct memory_usage {
    uint64_t ram;         /* that the kernel uses: up to VLSOS_RAM_MOST */
    uint64_t image;       /* text and read-only data */
    uint64_t static_data; /* .data and .bss, the stack included */
    uint64_t stack;
    uint64_t heap_used;         /* by malloc(), what alignment lost included */
    uint64_t heap_left;         /* the greatest request that malloc() would grant */
    uint64_t heap_peak_request; /* the greatest size ever asked for */
    uint64_t heap_calls;        /* of malloc(), the failed ones included */
    uint64_t heap_failures;
    uint64_t pages_used; /* of the pool */
    uint64_t pages_free;
};

/* Sizes of the image and its sections are what layout.h keeps for them. */
void memory_measure(struct memory_usage *usage);

/* Fail the n-th malloc() from now, 1 being the next; 0 takes the order back. */
void memory_fail_at(uint32_t n);

/* ---- with VLSOS_MEMORY_DEBUG ----
 *
 * Each block stands between two red zones and has books (zone.h), so that it begins later than the document's sum of sizes.
 * free() still reclaims nothing: it notes who gave the block back, and poisons it.
 */

/* What was overwritten, on which side, or freed although it was no block, in words; or NULL. */
const char *memory_check(void);

/* Tell of every block that was handed out after allocation number `since` and never freed. Returns how many; always 0
 * without the option. */
uint32_t memory_report(uint32_t since, zone_teller tell, void *context);

#if VLSOS_MEMORY_DEBUG
#define malloc(size) malloc_by(size, __func__)
#define free(ptr)    free_by(ptr, __func__)
#endif

#endif
