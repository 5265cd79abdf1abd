#include "bit_tree.h"

static uint32_t words_for(uint32_t numbers)
{
    return BIT_TREE_LEVEL(numbers);
}

size_t bit_tree_create(struct bit_tree *tree, uint32_t numbers, uint64_t *words)
{
    uint64_t *next = words;
    uint32_t length = numbers;

    *tree = (struct bit_tree){.numbers = numbers};
    do {
        length = words_for(length);
        tree->levels[tree->depth++] = next;
        next += length;
    } while (length > 1);
    for (uint64_t *word = words; word < next; word++)
        *word = 0;
    return (size_t)(next - words);
}

uint32_t bit_tree_count(const struct bit_tree *tree)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < words_for(tree->numbers); i++)
        for (uint64_t word = tree->levels[0][i]; word; word &= word - 1)
            count++;
    return count;
}

/* The first word of a level that the level above gets wrong, or BIT_TREE_NONE. */
static uint32_t wrong_word(const struct bit_tree *tree, unsigned level, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        const uint64_t above = tree->levels[level + 1][i / BIT_TREE_WORD] >> i % BIT_TREE_WORD & 1;

        if ((tree->levels[level][i] != 0) != (above != 0))
            return i;
    }
    return BIT_TREE_NONE;
}

uint32_t bit_tree_check(const struct bit_tree *tree)
{
    uint32_t words = words_for(tree->numbers);
    uint32_t span = BIT_TREE_WORD;

    for (unsigned level = 0; level + 1 < tree->depth; level++) {
        const uint32_t wrong = wrong_word(tree, level, words);

        if (wrong != BIT_TREE_NONE)
            return wrong * span;
        words = words_for(words);
        span *= BIT_TREE_WORD;
    }
    return BIT_TREE_NONE;
}
