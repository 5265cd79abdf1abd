#include "runs.h"

#include "bits.h"

/* Kept apart, so that what is frequent does not save registers for it. */
#define RARE __attribute__((noinline))

#define ALL_FREE   UINT64_MAX
#define NODE_WORDS (RUNS_FANOUT / 4)
#define LANES      0x0001000100010001u /* 1 in each length of a word of four */
#define LANE_GUARD 0x8000800080008000u /* the spare bit above each length */

/* ---- words ---- */

/* Where runs of ones of length + more start, among the places where runs of length do. */
static uint64_t longer_runs(uint64_t starts, unsigned length, uint64_t starts_of_more)
{
    return starts & starts_of_more >> length;
}

/* The longest run of ones: where runs of 2, 4, 8 start, then the length bit by bit. */
static unsigned longest_short_run(uint64_t word)
{
    const uint64_t two = word & word >> 1;
    const uint64_t four = two & two >> 2;
    uint64_t starts = four ? four : ALL_FREE;
    unsigned length = four ? 4 : 0;
    uint64_t longer = longer_runs(starts, length, two);

    starts = longer ? longer : starts;
    length += longer ? 2 : 0;
    longer = longer_runs(starts, length, word);
    return length + (longer ? 1 : 0);
}

static unsigned longest_run(uint64_t word)
{
    unsigned length = 0;

    /* Peel eights off every run at once until none has eight left. */
    for (;;) {
        const uint64_t two = word & word >> 1;
        const uint64_t four = two & two >> 2;
        const uint64_t eight = four & four >> 4;

        if (!eight)
            return length + longest_short_run(word);
        word = eight & eight >> 1;
        length += 8;
    }
}

static uint64_t bits(size_t first, size_t count)
{
    return ALL_FREE >> (RUNS_WORD - count) << first;
}

/* ---- the tree of lengths ---- */

static uint32_t clamp(size_t length)
{
    return length < RUNS_LONG ? (uint32_t)length : RUNS_LONG;
}

static uint64_t *lane_word(const struct runs *runs, unsigned level, size_t child)
{
    return &runs->levels[level][child / RUNS_FANOUT].lengths[child % NODE_WORDS];
}

static unsigned lane_shift(size_t child)
{
    return (unsigned)(child % RUNS_FANOUT / NODE_WORDS * 16);
}

static uint32_t get_length(const struct runs *runs, unsigned level, size_t child)
{
    return (uint32_t)(*lane_word(runs, level, child) >> lane_shift(child)) & RUNS_LONG;
}

static void set_length(const struct runs *runs, unsigned level, size_t child, uint32_t length)
{
    uint64_t *const word = lane_word(runs, level, child);
    const unsigned shift = lane_shift(child);

    *word = (*word & ~((uint64_t)RUNS_LONG << shift)) | (uint64_t)length << shift;
}

/* The greater of each pair of lengths. */
static uint64_t max_lanes(uint64_t a, uint64_t b)
{
    const uint64_t a_wins = (a - (b ^ LANE_GUARD)) & LANE_GUARD;

    return b ^ ((a ^ b) & (a_wins - (a_wins >> 15)));
}

static uint32_t max_of_node(const struct runs_node *node)
{
    const uint64_t *const four = node->lengths;
    uint64_t max = max_lanes(max_lanes(max_lanes(four[0], four[1]), max_lanes(four[2], four[3])),
                             max_lanes(max_lanes(four[4], four[5]), max_lanes(four[6], four[7])));

    max = max_lanes(max, max >> 32 | max << 32);
    max = max_lanes(max, max >> 16 | max << 48);
    return (uint32_t)max & RUNS_LONG;
}

/* The words length is written unasked, greater or not: there is no guessing which. */
static void raise_length(const struct runs *runs, size_t word, uint32_t length)
{
    const uint32_t before = get_length(runs, 0, word);
    size_t child = word / RUNS_FANOUT;

    set_length(runs, 0, word, length > before ? length : before);
    for (unsigned level = 1; level < runs->depth && get_length(runs, level, child) < length; level++) {
        set_length(runs, level, child, length);
        child /= RUNS_FANOUT;
    }
}

static void lower_length(const struct runs *runs, size_t word, uint32_t length)
{
    const uint32_t before = get_length(runs, 0, word);
    size_t child = word / RUNS_FANOUT;

    set_length(runs, 0, word, length);
    for (unsigned level = 1; level < runs->depth && get_length(runs, level, child) == before; level++) {
        const uint32_t longest = max_of_node(&runs->levels[level - 1][child]);

        if (longest == before)
            return;
        set_length(runs, level, child, longest);
        child /= RUNS_FANOUT;
    }
}

/* The guards that the subtraction leaves are those of lengths that reach the ones given: of word i, one bit
 * lower for each word below the last. */
static uint64_t reaching(const uint64_t four[4], uint64_t lengths)
{
    return (((four[0] - lengths) & LANE_GUARD) >> 3 | ((four[1] - lengths) & LANE_GUARD) >> 2) |
           (((four[2] - lengths) & LANE_GUARD) >> 1 | ((four[3] - lengths) & LANE_GUARD));
}

/* The lowest child of a node that reaches the lengths given, or RUNS_FANOUT. A node is laid out so that the
 * guards of its words fit into one, in the order of the children: child i at bit 16 * (i / 8) + 8 + i % 8. */
static unsigned lowest_child(const struct runs_node *node, uint64_t lengths)
{
    const uint64_t found = reaching(node->lengths, lengths) >> 4 | reaching(node->lengths + 4, lengths);
    unsigned bit;

    if (!found)
        return RUNS_FANOUT;
    bit = lowest_bit(found);
    return bit / 16 * NODE_WORDS + bit % NODE_WORDS;
}

/* The lowest word with a run that long among its own. */
static size_t find_word(const struct runs *runs, uint32_t length)
{
    const uint64_t lengths = length * LANES;
    size_t child = 0;

    for (unsigned level = runs->depth; level-- > 0;) {
        const unsigned found = lowest_child(&runs->levels[level][child], lengths);

        if (found == RUNS_FANOUT)
            return RUNS_NONE;
        child = child * RUNS_FANOUT + found;
    }
    return child;
}

/* ---- runs ---- */

/* Before the first word stand zeros. */
static uint64_t word_before(const struct runs *runs, size_t word)
{
    const uint64_t *const before = runs->free - 1;

    return before[word];
}

static bool enters(const struct runs *runs, size_t word)
{
    const uint64_t *const here = &runs->free[word];

    return here[0] & here[-1] >> 63 & 1;
}

static bool leaves(const struct runs *runs, size_t word)
{
    return runs->free[word] >> 63 & runs->free[word + 1];
}

/* The end of the run that starts at first. */
static size_t run_end(const struct runs *runs, size_t first)
{
    const size_t word = first / RUNS_WORD;
    const size_t bit = first % RUNS_WORD;
    const size_t ones = ones_at_bottom(runs->free[word] >> bit);

    return bit + ones == RUNS_WORD && leaves(runs, word) ? runs->spans[word].end : first + ones;
}

/* The start of the run that ends before end. */
static size_t run_start(const struct runs *runs, size_t end)
{
    const size_t word = (end - 1) / RUNS_WORD;
    const size_t bits_below = (end - 1) % RUNS_WORD + 1;
    const size_t ones = ones_at_top(runs->free[word] << (RUNS_WORD - bits_below));

    return ones >= bits_below && enters(runs, word) ? runs->spans[word].start
                                                    : end - (ones < bits_below ? ones : bits_below);
}

static void set_ends(const struct runs *runs, size_t first, size_t end)
{
    const size_t word = first / RUNS_WORD;
    const size_t last_word = (end - 1) / RUNS_WORD;

    if (word != last_word) {
        runs->spans[word].end = (uint32_t)end;
        runs->spans[last_word].start = (uint32_t)first;
    }
}

/* The longest run that starts in a word. */
static size_t own_longest(const struct runs *runs, size_t word)
{
    uint64_t own = runs->free[word];
    size_t leaving = 0;

    if (enters(runs, word))
        own &= own + 1;
    if (own && leaves(runs, word)) {
        const unsigned ones = ones_at_top(own);

        leaving = runs->spans[word].end - (word + 1) * RUNS_WORD + ones;
        own = ones < RUNS_WORD ? own << ones >> ones : 0;
    }
    const size_t inside = longest_run(own);

    return inside > leaving ? inside : leaving;
}

/* A run of this length no longer starts in the word. */
static void lose_run(const struct runs *runs, size_t word, size_t length)
{
    if (get_length(runs, 0, word) == clamp(length))
        lower_length(runs, word, clamp(own_longest(runs, word)));
}

/* The first run of a word, of those that start in it, with at least count units. There is one. */
static size_t first_in_word(const struct runs *runs, size_t word, size_t count)
{
    const uint64_t free = runs->free[word];
    const size_t first_leaving = (word + 1) * RUNS_WORD - ones_at_top(free);
    const bool leaving_fits = leaves(runs, word) && runs->spans[word].end - first_leaving >= count;
    const uint64_t beyond = leaving_fits ? ALL_FREE << 1 : 0;
    size_t left = count < RUNS_WORD ? count : RUNS_WORD;
    uint64_t fits = free;

    for (unsigned i = 0; i < 3 || left > 1; i++) { /* as often for 8 units as for 1: nothing to predict */
        const size_t step = left / 2;

        fits &= fits >> step | beyond << (63 - step);
        left -= step;
    }
    return word * RUNS_WORD + lowest_bit(fits);
}

/* Among the runs of RUNS_LONG and more, which the tree does not tell apart: there are few. */
static size_t find_long(const struct runs *runs, size_t count)
{
    for (size_t word = 0; word < runs->words; word++) {
        if (get_length(runs, 0, word) == RUNS_LONG && own_longest(runs, word) >= count)
            return first_in_word(runs, word, count);
    }
    return RUNS_NONE;
}

/* The lowest free unit: the tree is asked only when the word where it was last has none any more. */
static size_t find_one(struct runs *runs)
{
    size_t word = runs->lowest;

    if (!runs->free[word]) {
        word = find_word(runs, 1);
        if (word == RUNS_NONE)
            return RUNS_NONE;
        runs->lowest = word;
    }
    return word * RUNS_WORD + lowest_bit(runs->free[word]);
}

size_t runs_find(struct runs *runs, size_t count)
{
    size_t word;

    if (count == 1)
        return find_one(runs);
    if (count > RUNS_LONG)
        return find_long(runs, count);
    word = find_word(runs, (uint32_t)count);
    return word == RUNS_NONE ? RUNS_NONE : first_in_word(runs, word, count);
}

static void flip(const struct runs *runs, size_t first, size_t count)
{
    size_t word = first / RUNS_WORD;
    size_t bit = first % RUNS_WORD;

    while (bit + count > RUNS_WORD) {
        runs->free[word++] ^= ALL_FREE << bit;
        count -= RUNS_WORD - bit;
        bit = 0;
    }
    runs->free[word] ^= bits(bit, count);
}

/* The start of the run that holds a unit. */
static size_t start_around(const struct runs *runs, size_t unit)
{
    while (unit > 0 && runs_is_free(runs, unit - 1))
        unit--;
    return unit;
}

static bool is_free_before(const struct runs *runs, size_t word, size_t bit)
{
    return (bit ? runs->free[word] << (RUNS_WORD - bit) : word_before(runs, word)) >> 63;
}

/* Take the front of a run that ends in its word: what nearly every allocation does. */
static bool take_inside(const struct runs *runs, size_t word, size_t bit, size_t count)
{
    const size_t run = ones_at_bottom(runs->free[word] >> bit);

    if ((bit + run == RUNS_WORD && leaves(runs, word)) || is_free_before(runs, word, bit))
        return false;
    runs->free[word] ^= bits(bit, count);
    lose_run(runs, word, run);
    return true;
}

RARE static void take_anywhere(const struct runs *runs, size_t first, size_t count)
{
    const size_t start = start_around(runs, first);
    const size_t end = run_end(runs, start);
    const size_t rest = first + count;
    const size_t word = start / RUNS_WORD;

    flip(runs, first, count);
    if (start < first)
        set_ends(runs, start, first);
    if (rest < end) {
        set_ends(runs, rest, end);
        if (rest / RUNS_WORD != word)
            raise_length(runs, rest / RUNS_WORD, clamp(end - rest));
    }
    lose_run(runs, word, end - start);
}

void runs_take(struct runs *runs, size_t first, size_t count)
{
    if (!take_inside(runs, first / RUNS_WORD, first % RUNS_WORD, count))
        take_anywhere(runs, first, count);
}

/* Give units whose run, neighbours included, does not cross a border of the word: what nearly every free
 * does. */
static bool give_inside(const struct runs *runs, size_t word, size_t bit, size_t count)
{
    uint64_t free;
    size_t below, above;

    if (bit + count > RUNS_WORD)
        return false;
    free = runs->free[word] | bits(bit, count);
    below = ones_at_top(free << (RUNS_WORD - bit - count));
    above = ones_at_bottom(free >> bit);
    if ((below == bit + count && word_before(runs, word) >> 63) ||
        (above == RUNS_WORD - bit && runs->free[word + 1] & 1))
        return false;
    runs->free[word] = free;
    raise_length(runs, word, (uint32_t)(below + above - count));
    return true;
}

RARE static void give_anywhere(const struct runs *runs, size_t first, size_t count)
{
    const size_t behind = first + count;
    const bool joins_left = first > 0 && runs_is_free(runs, first - 1);
    const bool joins_right = runs_is_free(runs, behind);
    const size_t start = joins_left ? run_start(runs, first) : first;
    const size_t end = joins_right ? run_end(runs, behind) : behind;
    const size_t word = start / RUNS_WORD;

    flip(runs, first, count);
    set_ends(runs, start, end);
    raise_length(runs, word, clamp(end - start));
    if (joins_right && behind / RUNS_WORD != word)
        lose_run(runs, behind / RUNS_WORD, end - behind);
}

void runs_give(struct runs *runs, size_t first, size_t count)
{
    const size_t word = first / RUNS_WORD;

    runs->lowest = word < runs->lowest ? word : runs->lowest;
    if (!give_inside(runs, word, first % RUNS_WORD, count))
        give_anywhere(runs, first, count);
}

/* ---- making and checking ---- */

static size_t nodes_for(size_t children)
{
    return children > RUNS_FANOUT ? (children + RUNS_FANOUT - 1) / RUNS_FANOUT : 1;
}

bool runs_create(struct runs *runs, size_t units, void *memory, size_t bytes)
{
    unsigned char *const at = memory;
    const size_t words = RUNS_WORDS(units);
    struct runs_node *nodes;
    size_t count;

    if (units > INT32_MAX || bytes < RUNS_BYTES(units))
        return false;
    for (size_t i = 0; i < RUNS_BYTES(units); i++)
        at[i] = 0;

    *runs = (struct runs){.units = units, .words = words, .free = (uint64_t *)memory + 1};
    runs->spans = (struct runs_span *)(runs->free + words + 1);
    nodes = (struct runs_node *)(runs->spans + words);
    count = words;
    do {
        count = nodes_for(count);
        runs->levels[runs->depth++] = nodes;
        for (size_t i = 0; i < count * NODE_WORDS; i++)
            nodes[i / NODE_WORDS].lengths[i % NODE_WORDS] = LANE_GUARD;
        nodes += count;
    } while (count > 1);
    return true;
}

static bool word_is_right(const struct runs *runs, size_t word)
{
    const size_t after = (word + 1) * RUNS_WORD;

    if (enters(runs, word) && !leaves(runs, word)) {
        const size_t start = runs->spans[word].start;
        if (start >= word * RUNS_WORD || run_end(runs, start) <= word * RUNS_WORD)
            return false;
    }
    if (leaves(runs, word) && !(enters(runs, word) && runs->free[word] == ALL_FREE) &&
        runs->spans[word].end <= after)
        return false;
    return get_length(runs, 0, word) == clamp(own_longest(runs, word));
}

static bool parents_are_right(const struct runs *runs, size_t word)
{
    for (unsigned level = 1; level < runs->depth; level++) {
        word /= RUNS_FANOUT;
        if (get_length(runs, level, word) != max_of_node(&runs->levels[level - 1][word]))
            return false;
    }
    return true;
}

size_t runs_check(const struct runs *runs)
{
    for (size_t word = 0; word < runs->words; word++) {
        const bool unforeseen = word < runs->lowest && runs->free[word];

        if (unforeseen || !word_is_right(runs, word) || !parents_are_right(runs, word))
            return word * RUNS_WORD;
    }
    return RUNS_NONE;
}
