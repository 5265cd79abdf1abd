/* corpus_make.h - what makers of a corpus share: one section after the other, then all of it packed into a file. */
#ifndef REFEREE_CORPUS_MAKE_H
#define REFEREE_CORPUS_MAKE_H

#include "corpus.h"
#include "emulator.h"
#include "subject.h"

#define CORPUS_RAM_MIB 64u

struct corpus_maker {
    struct bytes file;
    uint32_t sections;
};

/* What the emulators of a section answered to one case. */
struct corpus_answers {
    const struct ref_case *c;
    struct ref_result *first, *second; /* second: NULL where only one was asked; may be changed */
};

struct corpus_source {
    struct emulator *first;  /* whose answers are kept */
    struct emulator *second; /* who confirms them; NULL: nobody */
    bool (*keeps)(struct subject *subject, const struct corpus_section *section,
                  const struct corpus_answers *answers);
};

/* An emulator that has run its first operation, or one that has not, or NULL, after one line to stderr. */
struct emulator *corpus_open(enum emulator_kind kind, const char *rom);

/* Begin with the magic, add as many sections as were announced, pack. False: said on stderr, and no corpus. */
void corpus_begin(struct corpus_maker *m, uint32_t sections);
bool corpus_add_section(struct corpus_maker *m, struct corpus_section *s, const struct corpus_source *source);
bool corpus_pack(const struct corpus_maker *m, const char *path);

#endif
