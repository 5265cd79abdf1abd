/*
 * compare.h - the kernel held against the model: entries, bitmaps, and what the MMU finds.
 */
#ifndef FUZZ_XELIX_PAGES_COMPARE_H
#define FUZZ_XELIX_PAGES_COMPARE_H

#include "model.h"

#define KERNEL    0u               /* the kernel's space */
#define LAST_WORD (PAGE_SIZE - 4u) /* of a page */

/* Fails the input, in words. */
void agree(bool same, const char *what);

struct vm_ctx *context(unsigned space);

/* The frame that an entry leads to; whether it is one of the machine's. */
struct model_frame *frame_of(uint32_t entry);
bool in_ram(uint32_t entry);

/* A page of the kernel's, read as the kernel would: its first word (0) or its last (1). */
void compare_word(uint32_t page, unsigned word);
/* The first few pages of a range. */
void compare_range(unsigned space, uint32_t page, uint32_t pages);
/* Every page that is taken in any context. */
void compare_spaces(void);
/* And every frame. */
void compare_everything(void);

#endif
