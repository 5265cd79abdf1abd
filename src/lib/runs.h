/*
 * runs.h - the free runs of a row of units: which is the lowest that is long enough? An index over an
 * allocator's own table, exact first fit at a cost that hardly depends on the length of the row.
 *
 * One bit for each unit says whether it is free. A run belongs to the word of 64 units that it starts in. For
 * each word stands the length of the longest run that belongs to it, 0 if none starts there, and over these
 * lengths a tree of maxima, 32 children to a node:
 *
 *      free units   ..111...|11111111|1.....11|11.1....      (words of 8 here, lowest unit first)
 *      longest         12       0        4        1          (a run that enters from the left is not its own)
 *
 * Lengths are kept up to RUNS_LONG; a longer run counts as RUNS_LONG in the tree, and its own ends tell.
 * Most searches are for one unit. They need no tree while the word that the last one found has a free unit left.
 *
 * A run that spans words is known at both: the word where it starts holds its end, the word where it ends its
 * start. So giving and taking a run touch the words of its own ends and those of its neighbours only.
 *
 * The index lives in memory of the caller's. Nothing here is checked against misuse: it is for an allocator
 * that has its own table and knows what is free.
 */
#ifndef LIB_RUNS_H
#define LIB_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUNS_WORD   64u     /* units in a word */
#define RUNS_FANOUT 32u     /* children of a node */
#define RUNS_LEVELS 6u      /* of the tree, at most */
#define RUNS_LONG   0x7fffu /* the greatest length that the tree tells apart */
#define RUNS_NONE   SIZE_MAX

/* The ends of the run that crosses a border of the word, in units. */
struct runs_span {
    uint32_t end;   /* of the run that starts in this word and goes on in the next */
    uint32_t start; /* of the run that ends in this word and came from the one before */
};

/* RUNS_FANOUT lengths of 15 bits, four to a word: child i in word i % 8, bits 16 * (i / 8) and up, and above
 * each length a bit that is always set, so that a subtraction never borrows from the next. */
struct runs_node {
    uint64_t lengths[RUNS_FANOUT / 4];
};

struct runs {
    size_t units;
    size_t words;
    uint64_t *free; /* with a word of zeros before the first and behind the last */
    struct runs_span *spans;
    struct runs_node *levels[RUNS_LEVELS]; /* [0] holds the words' lengths, [depth - 1] is one node */
    unsigned depth;
    size_t
        lowest; /* no word below this one has a free unit: where most searches, those for one unit, begin */
};

#define RUNS_WORDS(units) (((units) + RUNS_WORD - 1) / RUNS_WORD)

/* Bytes that an index over so many units takes: a constant expression for constant units. A level has one
 * node for RUNS_FANOUT of the one below; all above the first take less than a thirtieth of it, and a node for
 * each level. */
#define RUNS_NODES(units) (RUNS_WORDS(units) / RUNS_FANOUT + 1)
#define RUNS_BYTES(units)                                                                                    \
    ((RUNS_WORDS(units) + 2) * sizeof(uint64_t) + RUNS_WORDS(units) * sizeof(struct runs_span) +             \
     (RUNS_NODES(units) + RUNS_NODES(units) / 31 + RUNS_LEVELS) * sizeof(struct runs_node))

/*
 * An index over a row in which nothing is free, in RUNS_BYTES(units) of memory, aligned for uint64_t, that
 * stay its own. False, and nothing done, if bytes are fewer or units exceed INT32_MAX.
 */
bool runs_create(struct runs *runs, size_t units, void *memory, size_t bytes);

/* The first unit of the lowest free run of at least count units, count > 0; RUNS_NONE if there is none. */
size_t runs_find(struct runs *runs, size_t count);

/* Units first .. first + count - 1 become taken; they were free. count > 0. */
void runs_take(struct runs *runs, size_t first, size_t count);

/* Units first .. first + count - 1 become free; they were taken. count > 0. */
void runs_give(struct runs *runs, size_t first, size_t count);

static inline bool runs_is_free(const struct runs *runs, size_t unit)
{
    return runs->free[unit / RUNS_WORD] >> unit % RUNS_WORD & 1;
}

/* The first word whose lengths or ends contradict the bits, or that should be the lowest, as the number of its first
 * unit; RUNS_NONE if there is none. */
size_t runs_check(const struct runs *runs);

#endif
