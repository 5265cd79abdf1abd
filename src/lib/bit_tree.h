/*
 * bit_tree.h - a set of small numbers: is it in, put in, take out, which is the lowest? Each at a cost that hardly
 * depends on how many there could be.
 *
 * One bit for each number, and above each level of words a level with one bit for each word that is not 0, up to
 * a level of one word. Four levels of 64 reach 16,777,216 numbers.
 *
 * The tree lives in memory of the caller's. Nothing is checked against misuse: it is for an allocator that knows
 * what is in.
 */
#ifndef LIB_BIT_TREE_H
#define LIB_BIT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits.h"

#define BIT_TREE_WORD   64u
#define BIT_TREE_LEVELS 4u
#define BIT_TREE_NONE   UINT32_MAX

struct bit_tree {
    uint64_t *levels[BIT_TREE_LEVELS]; /* [0] has the numbers, [depth - 1] is one word */
    unsigned depth;
    uint32_t numbers; /* 0 .. numbers - 1 */
};

/* Words that a tree of so many numbers takes, at most: a constant expression for a constant. */
#define BIT_TREE_LEVEL(numbers) (((numbers) + BIT_TREE_WORD - 1) / BIT_TREE_WORD)
#define BIT_TREE_WORDS(numbers)                                                                              \
    (BIT_TREE_LEVEL(numbers) + BIT_TREE_LEVEL(numbers) / (BIT_TREE_WORD - 1) + BIT_TREE_LEVELS)

/* An empty set over numbers 0 .. numbers - 1, 1 to 2^24 of them, in BIT_TREE_WORDS(numbers) words that stay its own.
 * Returns the words used. */
size_t bit_tree_create(struct bit_tree *tree, uint32_t numbers, uint64_t *words);

/* The lowest member, or BIT_TREE_NONE. */
static inline uint32_t bit_tree_lowest(const struct bit_tree *tree)
{
    uint32_t word = 0;

    if (*tree->levels[tree->depth - 1] == 0)
        return BIT_TREE_NONE;
    for (unsigned level = tree->depth; level-- > 0;)
        word = word * BIT_TREE_WORD + lowest_bit(tree->levels[level][word]);
    return word;
}

static inline bool bit_tree_has(const struct bit_tree *tree, uint32_t number)
{
    return tree->levels[0][number / BIT_TREE_WORD] >> number % BIT_TREE_WORD & 1;
}

/* Put in a number that is not in; take out one that is. */
static inline void bit_tree_add(struct bit_tree *tree, uint32_t number)
{
    for (unsigned level = 0; level < tree->depth; level++, number /= BIT_TREE_WORD) {
        uint64_t *const word = &tree->levels[level][number / BIT_TREE_WORD];
        const uint64_t before = *word;

        *word = before | (uint64_t)1 << number % BIT_TREE_WORD;
        if (before)
            return;
    }
}

static inline void bit_tree_remove(struct bit_tree *tree, uint32_t number)
{
    for (unsigned level = 0; level < tree->depth; level++, number /= BIT_TREE_WORD) {
        uint64_t *const word = &tree->levels[level][number / BIT_TREE_WORD];

        *word &= ~((uint64_t)1 << number % BIT_TREE_WORD);
        if (*word)
            return;
    }
}

/* The number of members. Counts all words. */
uint32_t bit_tree_count(const struct bit_tree *tree);

/* The first number whose word and the level above contradict each other, or BIT_TREE_NONE. */
uint32_t bit_tree_check(const struct bit_tree *tree);

#endif
