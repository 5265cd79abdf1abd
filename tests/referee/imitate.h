/*
 * imitate.h - quirks that change the course of a whole case, explained exactly: the machine runs the case once more in
 * the emulator's way, and then every answer must be the same.
 *
 * Nothing is excused: an imitation is a complete prediction of what the emulator answers, to the last bit of each table.
 */
#ifndef REFEREE_IMITATE_H
#define REFEREE_IMITATE_H

#include "compare.h"
#include "subject.h"

/*
 * The first operation that differs with no quirk to explain it, or SIZE_MAX. `answers` holds what the case got so far:
 * where the machine's own answers are not the emulator's, the fewest imitations that make all of them equal are sought.
 * `subject` ends as it was. `tally` counts quirks; NULL: nobody does.
 */
size_t imitate_explain(struct subject *subject, enum emulator_kind oracle, const struct ref_case *c,
                       const struct answers *answers, struct tally *tally);

#endif
