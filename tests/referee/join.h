/*
 * join.h - what a failing seed leaves behind: its case, reduced, with the emulator's answers as what is expected. Such
 * files stand in cases/ and are replayed by the ordinary tests, on the machine alone.
 *
 * A file's name says who answered: ORACLE-PHYSBITS-SEED.case. Where the two differed in a known way as well, nothing is
 * expected.
 */
#ifndef REFEREE_JOIN_H
#define REFEREE_JOIN_H

#include "compare.h"
#include "subject.h"

struct join_origin {
    enum emulator_kind oracle;
    unsigned phys_bits;
    size_t op; /* whose answers differ with nothing to explain it */
};

/* `path` gets the name of the file written; false: it could not be written. */
bool join_write(const char *directory, const struct join_origin *origin, const struct ref_case *c,
                const struct answers *answers, char path[512]);

/* The machine that a file's name asks for, or NULL. The caller frees. */
struct subject *join_subject(const char *path);

#endif
