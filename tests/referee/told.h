/* told.h - stories told to the machine alone, in tests of CMocka. */
#ifndef REFEREE_TOLD_H
#define REFEREE_TOLD_H

#include "join.h"
#include "story.h"
#include "subject.h"

/* All files of a pattern; the test fails if one cannot be read. Returns how many files there were. */
size_t told_read(const char *pattern, struct story_list *list);

/* Runs one case; fails if an answer is none of those permitted. Returns how many are not the first of those. */
size_t told_case(struct subject *s, const struct ref_case *c, unsigned policies);

/* Runs all cases that the CPU lacks nothing for, likewise. `told` gets their number; NULL: nobody asks. */
size_t told_all(const struct story_list *list, const struct ref_cpu *cpu, unsigned policies, size_t *told);

/* The stories of one architecture. */
struct told_stories {
    struct story_list (*read)(void);
    /* On every CPU that they are about; returns how many answers were not the first of those permitted. */
    size_t (*tell)(const struct story_list *list, unsigned policies);
    unsigned policies;     /* combinations of them */
    const unsigned *alone; /* each by itself */
    size_t alone_count;
};

/* With no policy asked for every answer is the first of those permitted. */
void told_by_default(const struct told_stories *stories);
/* Each policy alone answers within what is permitted, and some story shows it: else it would prove nothing. */
void told_alone(const struct told_stories *stories);
/* All combinations answer within what is permitted. */
void told_together(const struct told_stories *stories);

/*
 * The machine and an emulator differ about a case's last operation: it is kept in a file of this name, which expects
 * the emulator's answer and not the machine's. Returns the CPU that the name asks for.
 */
struct ref_cpu told_kept(const struct join_origin *origin, const struct ref_case *c,
                         const struct answers *answers, const char *name);

/* Runs the cases that the emulators left in cases/, each on the CPU that its name says; other architectures' are passed over. */
void told_joined(const char *pattern);

#endif
