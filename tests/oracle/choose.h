/* choose.h - a stream of choices: a seeded generator (the tests) or a fuzzer's bytes. */
#ifndef TESTS_ORACLE_CHOOSE_H
#define TESTS_ORACLE_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices {
    uint64_t seed; /* the generator's state; used when there are no bytes */
    const uint8_t *bytes;
    size_t left; /* of the bytes; when they are used up every choice is 0 */
};

/* 0 to bound - 1; bound is 1 to 2^32. */
uint64_t choose(struct choices *choices, uint64_t bound);
bool one_in(struct choices *choices, unsigned n);

#endif
