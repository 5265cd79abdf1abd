/*
 * kmalloc.h - the kernel's allocator of bytes: small blocks that will be freed again, never in a task's address space.
 *
 * The arena is one pvalloc() run of XELIX_ARENA_PAGES, made at boot; it does not grow. Memory is aligned to 8 bytes,
 * or to a page; whoever needs a whole page is better served by pvalloc().
 *
 * kmalloc() gives NULL without memory, and for 0 bytes. kfree() of NULL does nothing. A pointer that kmalloc() did not
 * give, or that was freed since, is refused with -EINVAL, and nothing is changed; the document's kfree() answers
 * nothing.
 *
 * With XELIX_KMALLOC_CANARIES, KMALLOC_CANARY bytes stand before each block and at least as many after it. kfree()
 * looks at them and says on the console which side was written to and how far; kmalloc_damage() has it in numbers. A
 * block whose canaries alone are damaged is freed.
 */
#ifndef XELIX_MEM_KMALLOC_H
#define XELIX_MEM_KMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../status.h"

#define KMALLOC_CANARY 16u

/* Make the arena: 0 or -ENOMEM. */
int kmalloc_init(void);

void *kmalloc(size_t size);
void *zmalloc(size_t size);   /* zeroed */
void *kmalloc_a(size_t size); /* aligned to a page */
void *zmalloc_a(size_t size); /* both */
int kfree(void *mem);

/* The address in the kernel's context of memory from kmalloc(), and back; 0 and NULL stand for each other. */
uint32_t kmalloc_address(const void *mem);
void *kmalloc_pointer(uint32_t address);

/* ---- looking at it ---- */

struct kmalloc_stats {
    uint32_t total,
        used;         /* bytes of the arena, and of it in blocks that are handed out, their ends included */
    uint32_t longest; /* bytes of the longest run that is free */
};
struct kmalloc_stats kmalloc_get_stats(void);

/* State of the 8 bytes that hold an address of the arena: 0 free, 1 the first of a block, 2 later ones; -EINVAL. */
int kmalloc_unit(uint32_t address);
uint32_t kmalloc_arena_address(void);

/* What the canaries of the last block with damage said. */
struct kmalloc_damage {
    uint32_t blocks; /* freed so far with damage */
    uint32_t before; /* bytes from the block back to the farthest one that was written to; 0: none */
    uint32_t after;  /* likewise behind its end */
};
struct kmalloc_damage kmalloc_damage(void);

/* Nodes of lists looked at, and words of headers, footers and links written. */
struct kmalloc_work {
    uint64_t scanned, written;
};
struct kmalloc_work kmalloc_work(void);

/* The first broken invariant in words, with the block's address, or NULL. The words last until the next call. */
const char *kmalloc_check(void);

#endif
