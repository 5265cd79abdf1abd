#include "bit_tree.h"

size_t bit_tree_create(struct bit_tree *tree, uint32_t numbers, uint64_t *words)
{
    const size_t bottom = BIT_TREE_ABOVE(numbers);
    const size_t all = BIT_TREE_WORDS(numbers);

    *tree = (struct bit_tree){.middle = words + bottom, .bottom = words, .numbers = numbers};
    for (size_t i = 0; i < all; i++)
        words[i] = 0;
    return all;
}

uint32_t bit_tree_count(const struct bit_tree *tree)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < BIT_TREE_ABOVE(tree->numbers); i++)
        for (uint64_t word = tree->bottom[i]; word; word &= word - 1)
            count++;
    return count;
}

/* The first word of a level that the words above it get wrong, or BIT_TREE_NONE. */
static uint32_t wrong_word(const uint64_t *level, uint32_t words, const uint64_t *above)
{
    for (uint32_t i = 0; i < words; i++)
        if ((level[i] != 0) != (above[i / BIT_TREE_WORD] >> i % BIT_TREE_WORD & 1))
            return i;
    return BIT_TREE_NONE;
}

uint32_t bit_tree_check(const struct bit_tree *tree)
{
    const uint32_t bottom = BIT_TREE_ABOVE(tree->numbers);
    const uint32_t wrong_bottom = wrong_word(tree->bottom, bottom, tree->middle);
    const uint32_t wrong_middle = wrong_word(tree->middle, BIT_TREE_ABOVE(bottom), &tree->top);

    if (wrong_bottom != BIT_TREE_NONE)
        return wrong_bottom * BIT_TREE_WORD;
    return wrong_middle == BIT_TREE_NONE ? BIT_TREE_NONE : wrong_middle * BIT_TREE_WORD * BIT_TREE_WORD;
}
