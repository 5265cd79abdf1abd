/*
 * heap_block.h - one block of a heap: its header and footer, read, written and believed or not. For the files of the heap.
 */
#ifndef JSLK_HEAP_BLOCK_H
#define JSLK_HEAP_BLOCK_H

#include "heap.h"

#define HEAP_UNIT 4u /* sizes and addresses of blocks are multiples of it */

/* Write header and footer. */
void make_block(uint32_t block, uint32_t size, bool is_hole);

/* A header of this heap stands here, whatever the address is; and for such a header, its footer where it should be. */
bool has_header(const heap_t *heap, uint32_t block);
bool has_footer(uint32_t block);
bool is_block(const heap_t *heap, uint32_t block); /* both */

/* The block that ends here, by its footer; 0 if there is none that is whole. */
uint32_t block_before(const heap_t *heap, uint32_t end);

/* The last block if it is a hole, or 0. */
uint32_t last_hole(const heap_t *heap);

#endif
