/*
 * bit_tree.h - a set of small numbers: is it in, put in, take out, which is the lowest? Each at the same few steps,
 * without a loop and without a branch, however many numbers there are.
 *
 * One bit for each number; over the words of these one bit for each word that is not 0, and over the words of those
 * again: three levels of 64 reach 262,144 numbers.
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

#define BIT_TREE_WORD 64u
#define BIT_TREE_MOST (BIT_TREE_WORD * BIT_TREE_WORD * BIT_TREE_WORD) /* numbers */
#define BIT_TREE_NONE UINT32_MAX

struct bit_tree {
    uint64_t top;     /* a bit for each word of middle */
    uint64_t *middle; /* a bit for each word of bottom */
    uint64_t *bottom; /* a bit for each number */
    uint32_t numbers; /* 0 .. numbers - 1 */
};

/* Words that a tree of so many numbers takes: a constant expression for a constant. */
#define BIT_TREE_ABOVE(count)   (((count) + BIT_TREE_WORD - 1) / BIT_TREE_WORD)
#define BIT_TREE_WORDS(numbers) (BIT_TREE_ABOVE(numbers) + BIT_TREE_ABOVE(BIT_TREE_ABOVE(numbers)))

/* An empty set over numbers 0 .. numbers - 1, 1 to BIT_TREE_MOST of them, in BIT_TREE_WORDS(numbers) words that stay
 * its own. Returns how many those are. */
size_t bit_tree_create(struct bit_tree *tree, uint32_t numbers, uint64_t *words);

static inline bool bit_tree_is_empty(const struct bit_tree *tree)
{
    return tree->top == 0;
}

/* The lowest member of a set that is not empty. */
static inline uint32_t bit_tree_lowest(const struct bit_tree *tree)
{
    const uint32_t middle = lowest_bit(tree->top);
    const uint32_t bottom = middle * BIT_TREE_WORD + lowest_bit(tree->middle[middle]);

    return bottom * BIT_TREE_WORD + lowest_bit(tree->bottom[bottom]);
}

static inline bool bit_tree_has(const struct bit_tree *tree, uint32_t number)
{
    return tree->bottom[number / BIT_TREE_WORD] >> number % BIT_TREE_WORD & 1;
}

/* Put in a number that is not in; take out one that is. */
static inline void bit_tree_add(struct bit_tree *tree, uint32_t number)
{
    const uint32_t bottom = number / BIT_TREE_WORD, middle = bottom / BIT_TREE_WORD;

    tree->bottom[bottom] |= (uint64_t)1 << number % BIT_TREE_WORD;
    tree->middle[middle] |= (uint64_t)1 << bottom % BIT_TREE_WORD;
    tree->top |= (uint64_t)1 << middle;
}

/* A bit above goes when the word below has become 0; its bit is shifted in as 1 then, as 0 otherwise. */
static inline void bit_tree_remove(struct bit_tree *tree, uint32_t number)
{
    const uint32_t bottom = number / BIT_TREE_WORD, middle = bottom / BIT_TREE_WORD;
    const uint64_t left = tree->bottom[bottom] & ~((uint64_t)1 << number % BIT_TREE_WORD);
    const uint64_t above = tree->middle[middle] & ~((uint64_t)(left == 0) << bottom % BIT_TREE_WORD);

    tree->bottom[bottom] = left;
    tree->middle[middle] = above;
    tree->top &= ~((uint64_t)(above == 0) << middle);
}

/* The number of members. Counts all words. */
uint32_t bit_tree_count(const struct bit_tree *tree);

/* The first number whose word and the level above contradict each other, or BIT_TREE_NONE. */
uint32_t bit_tree_check(const struct bit_tree *tree);

#endif
