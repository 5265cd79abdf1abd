/*
 * references.h - which pages the processes of a run touched, in order, and how few page-ins any replacement could have
 * needed for that: Belady's optimum.
 *
 * A page is what a process has at an address. After a duplication both processes have the same pages, until one of them
 * writes: then it has a page of its own. So a page-in stands for every kind of work that a kernel cannot avoid when the
 * page is in no frame: zeros, bytes of an image, a read from the store, a copy.
 *
 * The optimum throws out the page whose next use is the furthest away (L. A. Belady, "A study of replacement algorithms
 * for a virtual-storage computer", IBM Systems Journal 5 (2), 1966). It looks into the future; no kernel can, and none
 * needs fewer page-ins with as many frames.
 */
#ifndef KMS_TRACE_REFERENCES_H
#define KMS_TRACE_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_slot;

/* What one process has: pages by their number. */
struct page_map {
    struct page_slot *slots; /* open addressing, a power of two of them, at most half full */
    size_t capacity, count;
};

#define REFERENCES_PROCESSES 256u

struct references {
    struct page_map maps[REFERENCES_PROCESSES]; /* by process number */
    uint32_t *string;                           /* pages in the order of their uses */
    size_t length, room;
    uint32_t *sharers; /* by page: processes that have it */
    uint32_t pages, page_room;
    bool incomplete; /* there was no memory for all of it */
};

void references_free(struct references *references);

/* A process uses `bytes` bytes, at most 4096, at an address. */
struct reference {
    uint32_t process;
    uint64_t address;
    uint32_t bytes;
    bool write;
};
void references_use(struct references *references, const struct reference *use);

/* The child has what the parent has; a process that ends has nothing. Numbers beyond the limit are ignored. */
void references_duplicate(struct references *references, uint32_t parent, uint32_t child);
void references_end(struct references *references, uint32_t process);

/* The fewest page-ins with so many frames, at least 1; UINT64_MAX without frames, or if there is no memory to find out. */
uint64_t references_optimum(const struct references *references, uint64_t frames);

#endif
