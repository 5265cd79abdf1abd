/* story_layout.h - where a story's tables, entries, addresses and frames lie, mode by mode. */
#ifndef REFEREE_STORY_LAYOUT_H
#define REFEREE_STORY_LAYOUT_H

#include "story.h"

/* Linear, physical or entry address of a symbol such as page, page.pte+8, A, pt, 0x1000; false if there is none. */
bool layout_number(enum story_mode mode, const char *word, uint64_t *value);

uint8_t layout_entry_width(enum story_mode mode);
/* Add the pokes that link both address spaces' tables from their roots down, page entries left empty. */
void layout_link_tables(enum story_mode mode, struct ref_case *c);
/* Base memory: what `width` bytes at a physical address of the data region hold. */
uint64_t layout_pattern(uint64_t physical, unsigned width);
/* The physical address that a linear one has if its page maps the frame named; false for no such frame. */
bool layout_frame_offset(enum story_mode mode, const char *frame, uint64_t linear, uint64_t *physical);

#endif
