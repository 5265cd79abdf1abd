/* compare.h - holding two lists of answers to one case against each other. */
#ifndef REFEREE_COMPARE_H
#define REFEREE_COMPARE_H

#include "quirks.h"

struct quirk_use {
    uint64_t count;
    struct ref_case *smallest; /* the shortest case that showed it; NULL: none yet */
};

struct tally {
    uint64_t cases, operations;
    struct quirk_use quirk[QUIRKS];
};

/* Do the results differ in what both must agree on? */
bool results_differ(const struct ref_op *op, const struct ref_result *mine, const struct ref_result *theirs);

/*
 * The first operation whose answers differ with no quirk of `oracle` to explain it on the spot, or SIZE_MAX if there is
 * none. `tally` counts quirks, if that is so; NULL: nobody does. Quirks that take more than one operation to explain:
 * imitate.h.
 */
size_t compare_case(enum emulator_kind oracle, const struct ref_case *c, const struct answers *answers,
                    struct tally *tally);
void tally_count(struct tally *tally, enum quirk quirk, const struct ref_case *c);
void tally_free(struct tally *tally);

#endif
