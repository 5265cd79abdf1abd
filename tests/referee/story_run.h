/* story_run.h - stories told to an emulator and to the machine. */
#ifndef REFEREE_STORY_RUN_H
#define REFEREE_STORY_RUN_H

#include "duel.h"
#include "story.h"

struct story_score {
    size_t beyond;        /* the CPU lacks what the case needs */
    size_t excused;       /* answers of the emulator's that are not permitted, and are known quirks */
    size_t lost;          /* the emulator did not survive the case */
    size_t oracle_wrong;  /* an answer of the emulator's is not permitted, and no quirk explains it */
    size_t machine_wrong; /* the machine's answer is not permitted (beside Bochs: not the first permitted) */
    struct tally tally;   /* of the quirks; tally_free() */
};

/* Every case on both; what is wrong is printed to `out` (NULL: nowhere). */
struct story_score story_run(const struct story_list *list, struct duel *duel, FILE *out);

#endif
