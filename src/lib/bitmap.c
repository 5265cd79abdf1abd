#include "bitmap.h"

#include "bits.h"

static size_t words_of(const struct bitmap *bitmap)
{
    return BITMAP_WORDS(bitmap->units);
}

/* Bits from first up to, not including, end of one word. */
static uint64_t bits_between(size_t first, size_t end)
{
    return UINT64_MAX << first & UINT64_MAX >> (BITMAP_WORD - end);
}

/* The units of a range that lie in one word, as its bits. */
static uint64_t bits_in_word(size_t word, size_t first, size_t end)
{
    const size_t base = word * BITMAP_WORD;

    return bits_between(first > base ? first - base : 0, end - base < BITMAP_WORD ? end - base : BITMAP_WORD);
}

/* The bits of the last word that stand for no unit. */
static uint64_t bits_beyond(const struct bitmap *bitmap)
{
    const size_t used = bitmap->units % BITMAP_WORD;

    return used ? UINT64_MAX << used : 0;
}

void bitmap_create(struct bitmap *bitmap, size_t units, uint64_t *words)
{
    *bitmap = (struct bitmap){.words = words, .units = units};
    for (size_t i = 0; i < words_of(bitmap); i++)
        words[i] = 0;
    words[words_of(bitmap) - 1] = bits_beyond(bitmap);
}

void bitmap_set(struct bitmap *bitmap, size_t first, size_t count)
{
    const size_t end = first + count;

    for (size_t word = first / BITMAP_WORD; word * BITMAP_WORD < end; word++)
        bitmap->words[word] |= bits_in_word(word, first, end);
    while (bitmap->first_free < words_of(bitmap) && bitmap->words[bitmap->first_free] == UINT64_MAX)
        bitmap->first_free++;
}

void bitmap_clear(struct bitmap *bitmap, size_t first, size_t count)
{
    const size_t end = first + count;

    for (size_t word = first / BITMAP_WORD; word * BITMAP_WORD < end; word++)
        bitmap->words[word] &= ~bits_in_word(word, first, end);
    if (first / BITMAP_WORD < bitmap->first_free)
        bitmap->first_free = first / BITMAP_WORD;
}

/* The lowest bit at which count ones begin, all in this word; BITMAP_NONE if there is none. A bit survives a
 * step if the bit so far above it has survived: the runs known of double with each. */
static size_t find_in_word(uint64_t ones, size_t count)
{
    for (size_t known = 1; known < count && ones;) {
        const size_t step = known < count - known ? known : count - known;

        ones &= ones >> step;
        known += step;
    }
    return ones ? lowest_bit(ones) : BITMAP_NONE;
}

size_t bitmap_find(const struct bitmap *bitmap, size_t count)
{
    size_t run = 0; /* free units that end where this word begins */

    for (size_t word = bitmap->first_free; word < words_of(bitmap); word++) {
        const uint64_t ones = ~bitmap->words[word];
        const size_t base = word * BITMAP_WORD;
        size_t inside;

        if (run + ones_at_bottom(ones) >= count)
            return base - run;
        if (ones == UINT64_MAX) {
            run += BITMAP_WORD;
            continue;
        }
        inside = count < BITMAP_WORD ? find_in_word(ones, count) : BITMAP_NONE;
        if (inside != BITMAP_NONE)
            return base + inside;
        run = ones_at_top(ones);
    }
    return BITMAP_NONE;
}

bool bitmap_any_free(const struct bitmap *bitmap, size_t first, size_t count)
{
    const size_t end = first + count;

    for (size_t word = first / BITMAP_WORD; word * BITMAP_WORD < end; word++)
        if (~bitmap->words[word] & bits_in_word(word, first, end))
            return true;
    return false;
}

bool bitmap_any_taken(const struct bitmap *bitmap, size_t first, size_t count)
{
    const size_t end = first + count;

    for (size_t word = first / BITMAP_WORD; word * BITMAP_WORD < end; word++)
        if (bitmap->words[word] & bits_in_word(word, first, end))
            return true;
    return false;
}

/* The set bits of a word, counted by halves: a compiler's builtin would be a library call on old machines. */
static unsigned count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(word * 0x0101010101010101u >> 56);
}

size_t bitmap_count(const struct bitmap *bitmap)
{
    size_t count = 0;

    for (size_t word = 0; word < words_of(bitmap); word++)
        count += count_bits(bitmap->words[word]);
    return count - count_bits(bits_beyond(bitmap));
}

/* The first bit set at or above one, in words that are exclusive-or with the same mask. */
static size_t next_one(const struct bitmap *bitmap, size_t from, uint64_t mask)
{
    for (size_t word = from / BITMAP_WORD; word < words_of(bitmap); word++) {
        uint64_t ones = bitmap->words[word] ^ mask;

        if (word == from / BITMAP_WORD)
            ones &= UINT64_MAX << from % BITMAP_WORD;
        if (ones && word * BITMAP_WORD + lowest_bit(ones) < bitmap->units)
            return word * BITMAP_WORD + lowest_bit(ones);
    }
    return bitmap->units;
}

size_t bitmap_next_free(const struct bitmap *bitmap, size_t from)
{
    return next_one(bitmap, from, UINT64_MAX);
}

size_t bitmap_next_taken(const struct bitmap *bitmap, size_t from)
{
    return next_one(bitmap, from, 0);
}

size_t bitmap_longest(const struct bitmap *bitmap)
{
    size_t longest = 0;
    size_t end;

    for (size_t first = bitmap_next_free(bitmap, 0); first < bitmap->units;
         first = bitmap_next_free(bitmap, end)) {
        end = bitmap_next_taken(bitmap, first);
        longest = end - first > longest ? end - first : longest;
    }
    return longest;
}

const char *bitmap_check(const struct bitmap *bitmap)
{
    const uint64_t beyond = bits_beyond(bitmap);

    if ((bitmap->words[words_of(bitmap) - 1] & beyond) != beyond)
        return "a bit beyond the last unit is clear";
    if (bitmap->first_free > words_of(bitmap))
        return "the first free word is beyond the last";
    for (size_t word = 0; word < bitmap->first_free; word++)
        if (bitmap->words[word] != UINT64_MAX)
            return "a unit is free below the first free word";
    return NULL;
}
