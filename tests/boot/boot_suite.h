/*
 * boot_suite.h - what every kernel is asked, hosted and on the metal. A kernel's program links boot_suite.c and says in
 * `boot_suite` what is its own.
 */
#ifndef TESTS_BOOT_SUITE_H
#define TESTS_BOOT_SUITE_H

#include "boot_compare.h"

#define BOOT_RANDOM_OPERATIONS 1500u

struct boot_suite {
    const struct boot_subject *subject;
    const char *story; /* the image's lines, worked out by hand */
    /* Seeded operations, biased to what may go differently hosted and on the metal. */
    void (*random)(uint32_t seed, struct replay_op *ops, uint32_t count);
    uint32_t window_seeds; /* how many seeds are run in the window, each with an image of its own */
};

extern const struct boot_suite boot_suite;

#endif
