/*
 * layout_impl.h - what the stories ask of an architecture: its modes, its places and its own lines. x86_layout.c and
 * x86_story.c answer for x86, riscv/ has the others; the linker decides which.
 */
#ifndef REFEREE_LAYOUT_IMPL_H
#define REFEREE_LAYOUT_IMPL_H

#include "story_builder.h"
#include "story_layout.h"

/* The modes by the words that stories use for them. */
extern const char *const story_mode_words[STORY_MODES];

/* A place, an entry, a table or a frame by its name, without an offset. */
bool own_symbol(enum story_mode mode, const char *name, uint64_t *value);
/* What the aligned word at this address holds before a case; 0 outside the data. */
uint32_t own_pattern(uint64_t physical);
/* The size of the frame of this name: a power of two. */
uint64_t own_frame_size(enum story_mode mode, const char *frame);
/* An entry of the mode, poked. */
void layout_link_entry(enum story_mode mode, struct ref_case *c, uint64_t address, uint64_t value);

/* A bit of an entry by its word, or a field like pk=3. */
bool own_entry_bit(const char *word, uint64_t *bits);
/* The number that an entry has for this frame: x86 the address itself. */
uint64_t own_entry_frame(uint64_t number);

/* The instruction that `code FRAME n` puts there, and what a fetch of it answers. */
uint64_t own_code(uint64_t n);

/* Lines that only this architecture's stories have. `handled`: it was one. False: it was, and is wrong. */
bool own_line(struct story_builder *b, const struct words *w, bool *handled);

/* Whatever a story of this architecture ends with. */
void own_story_end(struct story_builder *b);

bool story_add(struct story_builder *b, struct ref_op op);

#endif
