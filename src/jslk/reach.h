/*
 * reach.h - C pointers to memory that is mapped elsewhere than at its own physical address, as the heap is.
 *
 * Where hw_ptr() leads through the page tables (hw_ptr_translates()), a virtual address is all that it needs. In direct
 * mode it takes physical addresses, which the kernel's own tables tell, page by page: a pointer is good to the end of its
 * page. An address that is not mapped ends in hw_panic(), or in the page fault that it is.
 */
#ifndef JSLK_REACH_H
#define JSLK_REACH_H

#include <stdint.h>

/* Ask the seam which it is; once, before everything else. */
void reach_init(void);

/* The pointer for an address, and how many bytes from there on it is good for. */
void *reach_run(uint32_t address, uint32_t *bytes);
void *reach(uint32_t address);

/*
 * A word of 32 bits of the heap's own books, at a multiple of 4. The books lie between blocks, where the sanitizers let
 * nobody else look.
 */
uint32_t word_at(uint32_t address);
void set_word_at(uint32_t address, uint32_t value);

/* Words of the books that were read and written so far, whoever asked; who goes round word_at() adds its own. */
extern uint64_t reach_words;

#endif
