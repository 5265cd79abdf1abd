/* duel.h - the machine and one emulator, given the same cases. */
#ifndef REFEREE_DUEL_H
#define REFEREE_DUEL_H

#include "compare.h"
#include "generate.h"

struct duel;

/* The emulators of this program's architecture; the first is asked where nothing else is said. */
extern const struct own_oracles {
    enum emulator_kind first, last;
} own_oracles;

struct duel_options {
    enum emulator_kind oracle;
    struct emulator_options emulator;
};

/* EMULATOR_MISSING if the oracle is not installed; `error` gets one line. */
enum emulator_status duel_open(const struct duel_options *options, struct duel **duel, char error[256]);
void duel_close(struct duel *duel);
const struct ref_cpu *duel_cpu(const struct duel *duel);
enum emulator_kind duel_oracle(const struct duel *duel);
/* Options for generate_case() that fit this oracle. */
struct generate_options duel_generate_options(const struct duel *duel, unsigned arch);

struct duel_found {
    size_t number; /* of the case, in the list given */
    size_t op;     /* the operation at fault; SIZE_MAX: the emulator did not survive the case */
};

struct duel_findings {
    struct tally *tally;
    struct duel_found *differences; /* the first `max` */
    size_t max;
};

/*
 * Start the emulator on `cases`, and while it works run those of the turn before on the machine and compare: returns
 * how many of them differ, and notes the first of these. With count 0 nothing is started. The cases stay where they are
 * until the next turn. A case that kills the emulator is a difference, and the others go on with a new one. SIZE_MAX:
 * the emulator cannot be started any more.
 */
size_t duel_turn(struct duel *duel, const struct ref_case *cases, size_t count,
                 struct duel_findings *findings);

/* Results of one case on both, from the machine even if the emulator did not survive; false if the emulator did not survive (and was started anew). */
bool duel_answers(struct duel *duel, const struct ref_case *c, struct ref_result *mine,
                  struct ref_result *theirs);

/* Likewise for many cases at once, their operations one after the other; false: some case among them kills it. */
bool duel_answer_list(struct duel *duel, const struct ref_op *ops, struct ref_result *mine,
                      struct ref_result *theirs, size_t count);

/* The first operation whose answers differ with nothing to explain it, or SIZE_MAX. */
size_t duel_difference(struct duel *duel, const struct ref_case *c, const struct answers *answers);

/* Are the emulator's answers what the machine gives when it imitates known quirks? */
bool duel_imitates(struct duel *duel, const struct ref_case *c, const struct answers *answers,
                   struct tally *tally);

/* Make a case with an unexplained difference as small as it can be. */
void duel_reduce(struct duel *duel, struct ref_case *c);
/* The case with both answers, one operation a line, the difference marked. */
void duel_print(FILE *out, struct duel *duel, const struct ref_case *c);

#endif
