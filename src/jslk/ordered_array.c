#include "ordered_array.h"

#include "reach.h"

#define WORD 4u

/* Items first .. end - 1. */
struct span {
    uint32_t first, end;
};

void place_ordered_array(ordered_array_t *array, uint32_t address, uint32_t max_size,
                         uint32_t (*size_of)(uint32_t item))
{
    *array = (ordered_array_t){.array = address, .max_size = max_size, .size_of = size_of};
}

uint32_t lookup_ordered_array(uint32_t i, ordered_array_t *array)
{
    array->scanned++;
    return word_at(array->array + i * WORD);
}

/* Item a with its size comes before item number i. */
static bool before(uint32_t size, uint32_t item, uint32_t i, ordered_array_t *array)
{
    const uint32_t other = lookup_ordered_array(i, array);
    const uint32_t other_size = array->size_of(other);

    return size != other_size ? size < other_size : item < other;
}

/* The number in this span, or its end, that an item goes before. */
static uint32_t find_in(struct span span, uint32_t item, uint32_t size, ordered_array_t *array)
{
    while (span.first < span.end) {
        const uint32_t middle = span.first + (span.end - span.first) / 2;

        if (before(size, item, middle, array))
            span.end = middle;
        else
            span.first = middle + 1;
    }
    return span.first;
}

uint32_t find_ordered_array(uint32_t size, uint32_t item, ordered_array_t *array)
{
    /* Items differ, and no address is 0: one less is before all of them that are not before it. */
    return find_in((struct span){0, array->size}, item - 1, size, array);
}

/* Words of the array that one pointer reaches, from number `first` on and before `end`. */
static uint32_t *words_from(const ordered_array_t *array, uint32_t first, uint32_t end, uint32_t *count)
{
    uint32_t bytes;
    uint32_t *const words = reach_run(array->array + first * WORD, &bytes);

    *count = bytes / WORD < end - first ? bytes / WORD : end - first;
    return words;
}

/* Put an item at `to`; what was there and behind it up to `from` moves up by one, onto what was at `from`. */
static void move_up(ordered_array_t *array, uint32_t to, uint32_t from, uint32_t item)
{
    uint32_t carry = item;
    uint32_t count;

    array->written += from - to + 1;
    reach_words += 2 * (uint64_t)(from - to + 1);
    for (; to <= from; to += count) {
        uint32_t *const words = words_from(array, to, from + 1, &count);

        for (uint32_t i = 0; i < count; i++) {
            const uint32_t next = words[i];

            words[i] = carry;
            carry = next;
        }
    }
}

/* Put an item at `to`; what was behind `from` up to there moves down by one, onto what was at `from`. */
static void move_down(ordered_array_t *array, uint32_t from, uint32_t to, uint32_t item)
{
    uint32_t count;

    array->written += to - from + 1;
    for (; from < to; from += count) {
        uint32_t *const words = words_from(array, from, to, &count);

        for (uint32_t i = 0; i + 1 < count; i++)
            words[i] = words[i + 1];
        reach_words += 2 * (uint64_t)count - 1;
        words[count - 1] = word_at(array->array + (from + count) * WORD);
    }
    set_word_at(array->array + to * WORD, item);
}

void insert_ordered_array(uint32_t item, ordered_array_t *array)
{
    const uint32_t at = find_in((struct span){0, array->size}, item, array->size_of(item), array);

    move_up(array, at, array->size++, item);
}

void remove_ordered_array(uint32_t i, ordered_array_t *array)
{
    array->size--;
    if (i < array->size)
        move_down(array, i, array->size, 0);
}

void reorder_ordered_array(uint32_t i, uint32_t item, ordered_array_t *array)
{
    const uint32_t size = array->size_of(item);
    const uint32_t above = find_in((struct span){i + 1, array->size}, item, size, array);

    if (above > i + 1)
        move_down(array, i, above - 1, item);
    else
        move_up(array, find_in((struct span){0, i}, item, size, array), i, item);
}
