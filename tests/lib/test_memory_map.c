/* Runs of usable pages, counted by hand from small maps; the machine below is a table. */
#include "kms_test.h"

#include <kernel/hw.h>
#include <string.h>

#include "memory_map.h"

static struct memory_map map;
static const struct hw_memory_range *machine;
static uint32_t machine_count;

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    if (index >= machine_count)
        return false;
    *range = machine[index];
    return true;
}

static int empty_map(void **state)
{
    (void)state;
    map.count = 0;
    return 0;
}

/* The runs of the map are these, pairs of start and end, and no others. */
static void expect_runs(const uint64_t *expected, unsigned count)
{
    struct memory_range run = {0, 0};

    for (unsigned i = 0; i < count; i++) {
        assert_true(memory_map_next(&map, run.end, &run));
        assert_int_equal(run.start, expected[2 * i]);
        assert_int_equal(run.end, expected[2 * i + 1]);
    }
    assert_false(memory_map_next(&map, run.end, &run));
}

#define EXPECT_RUNS(...)                                                                                     \
    expect_runs((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 16)

static void nothing_reported(void **state)
{
    (void)state;
    expect_runs(NULL, 0);
    assert_int_equal(memory_map_usable_bytes(&map), 0);
}

static void usable_shrinks_to_pages(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0x1001, 0x3000);
    EXPECT_RUNS(0x2000, 0x4000);
    assert_int_equal(memory_map_usable_bytes(&map), 0x2000);
}

static void reserved_grows_to_pages(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0, 0x8000);
    memory_map_add_reserved(&map, 0x2fff, 2);
    EXPECT_RUNS(0, 0x2000, 0x4000, 0x8000);
}

static void reserved_first_wins_too(void **state)
{
    (void)state;
    memory_map_add_reserved(&map, 0, 0x1000);
    memory_map_add_reserved(&map, 0x7000, 0x9000);
    memory_map_add_usable(&map, 0, 0x8000);
    EXPECT_RUNS(0x1000, 0x7000);
}

static void holes_stay_holes(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0x100000, 0x2000);
    memory_map_add_usable(&map, 0x1000, 0x1000);
    EXPECT_RUNS(0x1000, 0x2000, 0x100000, 0x102000);
}

static void neighbours_join(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0x1800, 0x1800);
    memory_map_add_usable(&map, 0, 0x1800);
    memory_map_add_usable(&map, 0x2000, 0x4000);
    EXPECT_RUNS(0, 0x6000);
}

static void less_than_a_page(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0x1800, 0x1000);
    memory_map_add_usable(&map, 0x5000, 0x1000);
    EXPECT_RUNS(0x5000, 0x6000);
}

static void searched_from_inside(void **state)
{
    struct memory_range run;

    (void)state;
    memory_map_add_usable(&map, 0x1000, 0x5000);
    assert_true(memory_map_next(&map, 0x2001, &run));
    assert_int_equal(run.start, 0x3000);
    assert_int_equal(run.end, 0x6000);
    assert_false(memory_map_next(&map, 0x5001, &run));
    assert_false(memory_map_next(&map, UINT64_MAX, &run));
}

static void the_end_of_addresses(void **state)
{
    (void)state;
    memory_map_add_usable(&map, 0xfffffffffffe0000, UINT64_MAX);
    memory_map_add_reserved(&map, 0xffffffffffff0000, UINT64_MAX);
    memory_map_add_usable(&map, UINT64_MAX, 1);
    memory_map_add_reserved(&map, UINT64_MAX, 1);
    EXPECT_RUNS(0xfffffffffffe0000, 0xffffffffffff0000);
}

static void empty_ranges(void **state)
{
    (void)state;
    assert_true(memory_map_add_usable(&map, 0, 0x3000));
    assert_true(memory_map_add_reserved(&map, 0x1000, 0));
    assert_true(memory_map_add_usable(&map, 0x1000, 0));
    assert_int_equal(map.count, 1);
}

static void a_full_map(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < MEMORY_MAP_RANGES; i++)
        assert_true(memory_map_add_usable(&map, i * 0x2000, 0x1000));
    assert_false(memory_map_add_usable(&map, 0x1000000, 0x1000));
    assert_false(memory_map_add_reserved(&map, 0, 0x1000));
    assert_int_equal(memory_map_usable_bytes(&map), MEMORY_MAP_RANGES * 0x1000);
}

/* ---- where maps come from ---- */

#define ENTRY(base, length, type)                                                                            \
    20, 0, 0, 0, (base)&0xff, (base) >> 8 & 0xff, (base) >> 16 & 0xff, 0, 0, 0, 0, 0, (length)&0xff,         \
        (length) >> 8 & 0xff, (length) >> 16 & 0xff, 0, 0, 0, 0, 0, (type), 0, 0, 0

static void multiboot(void **state)
{
    static const uint8_t entries[] = {ENTRY(0x100000, 0x8000, 1), ENTRY(0, 0x9fc00, 1),
                                      ENTRY(0x9fc00, 0x400, 2), ENTRY(0x102000, 0x1000, 3)};

    (void)state;
    assert_true(memory_map_from_multiboot(&map, entries, sizeof entries));
    EXPECT_RUNS(0, 0x9f000, 0x100000, 0x102000, 0x103000, 0x108000);
}

static void multiboot_longer_entries(void **state)
{
    uint8_t entries[2 * 32] = {0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        entries[i * 32] = 28;
        entries[i * 32 + 6] = (uint8_t)(0x10 * (i + 1)); /* 0x100000 and 0x200000 */
        entries[i * 32 + 13] = 0x10;                     /* 0x1000 bytes */
        entries[i * 32 + 20] = 1;
    }
    assert_true(memory_map_from_multiboot(&map, entries, sizeof entries));
    EXPECT_RUNS(0x100000, 0x101000, 0x200000, 0x201000);
}

static void multiboot_cut_short(void **state)
{
    static const uint8_t entries[] = {ENTRY(0x1000, 0x8000, 1), ENTRY(0x100000, 0x8000, 1)};

    (void)state;
    for (uint32_t length = 25; length < sizeof entries; length++) {
        assert_false(memory_map_from_multiboot(&map, entries, length));
        EXPECT_RUNS(0x1000, 0x9000);
    }
    assert_true(memory_map_from_multiboot(&map, entries, 0));
    expect_runs(NULL, 0);
}

static void multiboot_wrong_sizes(void **state)
{
    uint8_t entries[] = {ENTRY(0x1000, 0x8000, 1)};

    (void)state;
    entries[0] = 19;
    assert_false(memory_map_from_multiboot(&map, entries, sizeof entries));
    memset(entries, 0xff, 4);
    assert_false(memory_map_from_multiboot(&map, entries, sizeof entries));
    assert_int_equal(map.count, 0);
}

static void multiboot_too_many(void **state)
{
    static uint8_t entries[(MEMORY_MAP_RANGES + 1) * 24];
    static const uint8_t entry[] = {ENTRY(0x1000, 0x8000, 1)};

    (void)state;
    for (unsigned i = 0; i <= MEMORY_MAP_RANGES; i++)
        memcpy(entries + i * sizeof entry, entry, sizeof entry);
    assert_false(memory_map_from_multiboot(&map, entries, sizeof entries));
    assert_true(memory_map_from_multiboot(&map, entries, sizeof entries - sizeof entry));
}

static void from_the_machine(void **state)
{
    static const struct hw_memory_range ranges[] = {
        {0, 0xa0000, true}, {0xf0000, 0x10000, false}, {0x100000, 0x100000, true}};

    (void)state;
    machine = ranges;
    machine_count = 3;
    assert_true(memory_map_of_machine(&map));
    EXPECT_RUNS(0, 0xa0000, 0x100000, 0x200000);
}

static void too_much_machine(void **state)
{
    static struct hw_memory_range ranges[MEMORY_MAP_RANGES + 1];

    (void)state;
    for (unsigned i = 0; i <= MEMORY_MAP_RANGES; i++)
        ranges[i] = (struct hw_memory_range){i * 0x1000, 0x1000, true};
    machine = ranges;
    machine_count = MEMORY_MAP_RANGES + 1;
    assert_false(memory_map_of_machine(&map));
}

#define MAP_TEST(sentence, function) KMS_TEST_WITH(sentence, function, empty_map, NULL)

static const struct CMUnitTest tests[] = {
    MAP_TEST("a map without ranges has nothing to use", nothing_reported),
    MAP_TEST("a usable range shrinks to whole pages", usable_shrinks_to_pages),
    MAP_TEST("a reserved range takes every page that it touches", reserved_grows_to_pages),
    MAP_TEST("what is reserved stays so, whichever was reported first", reserved_first_wins_too),
    MAP_TEST("a hole between two ranges is in no run", holes_stay_holes),
    MAP_TEST("ranges that touch or overlap are one run", neighbours_join),
    MAP_TEST("a range without a whole page is skipped", less_than_a_page),
    MAP_TEST("a search from inside a run begins at the next page", searched_from_inside),
    MAP_TEST("ranges that reach beyond the last address are cut there", the_end_of_addresses),
    MAP_TEST("empty ranges take no room", empty_ranges),
    MAP_TEST("a full map takes no more and keeps what it has", a_full_map),
    MAP_TEST("a Multiboot map of four entries gives its usable runs", multiboot),
    MAP_TEST("a Multiboot entry may be longer than its fields", multiboot_longer_entries),
    MAP_TEST("a Multiboot map cut short keeps the entries before the cut", multiboot_cut_short),
    MAP_TEST("a Multiboot entry with a size that cannot be is refused", multiboot_wrong_sizes),
    MAP_TEST("a Multiboot map with too many entries is refused", multiboot_too_many),
    MAP_TEST("the machine's own ranges make a map", from_the_machine),
    MAP_TEST("a machine of too many ranges is refused", too_much_machine),
};
KMS_TESTS(memory_map, tests)
