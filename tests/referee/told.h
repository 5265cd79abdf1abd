/* told.h - stories told to the machine alone, in tests of CMocka. */
#ifndef REFEREE_TOLD_H
#define REFEREE_TOLD_H

#include "story.h"
#include "subject.h"

/* All files of a pattern; the test fails if one cannot be read. Returns how many files there were. */
size_t told_read(const char *pattern, struct story_list *list);

/* Runs one case; fails if an answer is none of those permitted. Returns how many are not the first of those. */
size_t told_case(struct subject *s, const struct ref_case *c, unsigned policies);

/* Runs all cases that the CPU lacks nothing for, likewise. `told` gets their number; NULL: nobody asks. */
size_t told_all(const struct story_list *list, const struct ref_cpu *cpu, unsigned policies, size_t *told);

/* Runs the cases that the emulators left in cases/, each on the CPU that its name says; other architectures' are passed over. */
void told_joined(const char *pattern);

#endif
