/* story_builder.h - one line of a story at a time; shared by story.c, story_words.c and story_outcomes.c. */
#ifndef REFEREE_STORY_BUILDER_H
#define REFEREE_STORY_BUILDER_H

#include "story.h"

/* One story being turned into one case. */
struct story_builder {
    struct ref_case *c;
    enum story_mode mode;
    uint64_t cr0, cr3, cr4, efer;        /* x86: as written last */
    uint64_t root, asid, status, envcfg; /* RISC-V: likewise */
    const char *error;
};

/* Append what one line says; false with builder->error set. */
bool story_line(struct story_builder *b, const char *line);
/* What follows `->`, for the operation appended last. */
bool story_outcomes(struct story_builder *b, char *text);

bool story_fail(struct story_builder *b, const char *error);
/* A number_reader whose context is the builder. */
bool story_number(void *context, const char *word, uint64_t *value);
/* word[2] is a frame, table or number, and bits follow. */
bool story_entry_value(struct story_builder *b, const struct words *w, uint64_t *value);
void story_split(char *text, struct words *w);

#endif
