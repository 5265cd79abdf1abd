/*
 * The heap: headers, footers and index worked out by hand, and long random sequences against the list of
 * shadow.h, which places every block too.
 */
#include "jslk_fixture.h"

#include "shadow.h"

#define BLOCKS JSLK_KHEAP_START + 4 * JSLK_HEAP_INDEX_SIZE /* the first header */
#define FIRST  (BLOCKS + 12)
#define BOOKS  20u

static uint32_t index_at(uint32_t i)
{
    return kernel_reads(JSLK_KHEAP_START + 4 * i);
}

/* ---- the structures ---- */

static void header_and_footer(void **state)
{
    (void)state;
    assert_int_equal(kmalloc(10), FIRST);
    assert_int_equal(kernel_reads(FIRST - 12), 0x123890ab);
    assert_int_equal(kernel_reads(FIRST - 8), 0);
    assert_int_equal(kernel_reads(FIRST - 4), 12 + 12 + 8);
    assert_int_equal(kernel_reads(FIRST + 12), 0x123890ab);
    assert_int_equal(kernel_reads(FIRST + 16), FIRST - 12);
    assert_int_equal(kernel_reads(FIRST + 20), 0x123890ab); /* the hole behind it */
    assert_int_equal(kernel_reads(FIRST + 24), 1);
    assert_int_equal(kernel_reads(FIRST + 28), 0x80000 - 32);
    assert_int_equal(kheap.index.size, 1);
    assert_int_equal(index_at(0), FIRST + 20);
}

/*
 * Words read and written, by hand. kmalloc: 19. The only hole and its size to find it, the same again to see that the block
 * fits, and again to cut it out: 6; header and footer of the rest, its size, its place in the index read and written: 8;
 * header and footer of the block: 5. kfree: 41. The size (where the header must fit), magic, is_hole, the size (where the
 * footer is) and the footer: 6; the size to find the neighbour, which is believed the same way without is_hole: 6; its is_hole,
 * its size, the index and a size to find it, the index to see that it is the one: 5; the block's size for the sum of all, both
 * sizes for the hole's, a magic wiped: 4; header and footer of the hole, its size, its place read and written: 8; its size to
 * see that it ends the heap, its size, index and size to find it: 4; and as the heap shrinks from 0x80000 to 0x70000 bytes
 * the hole is written once more: 8.
 */
static void bytes_of_the_books(void **state)
{
    uint64_t before = kheap.touched;
    const uint32_t block = kmalloc(10);

    (void)state;
    assert_int_equal(kheap.touched - before, 19 * 4);
    before = kheap.touched;
    assert_null(heap_check(&kheap));
    assert_int_equal(kheap.touched, before);
    assert_int_equal(kfree(block), JSLK_OK);
    assert_int_equal(kheap.touched - before, 41 * 4);
}

/* Holes of 120, 60 and 100 bytes, and the rest. */
static uint32_t holes[3];

static void make_holes(void)
{
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t sizes[] = {100, 40, 80};

        holes[i] = kmalloc(sizes[i]);
        (void)kmalloc(4);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(kfree(holes[i]), JSLK_OK);
}

static void index_by_size(void **state)
{
    (void)state;
    make_holes();
    assert_int_equal(kheap.index.size, 4);
    assert_int_equal(index_at(0), holes[1] - 12);
    assert_int_equal(index_at(1), holes[2] - 12);
    assert_int_equal(index_at(2), holes[0] - 12);
    assert_int_equal(heap_largest_hole(&kheap), kheap.end - (index_at(3)));
}

static void best_fit(void **state)
{
    (void)state;
    make_holes();
    assert_int_equal(kmalloc(72), holes[2]);
    assert_int_equal(kmalloc(30), holes[1]);
    assert_int_equal(kmalloc(100), holes[0]);
}

static void lowest_of_equals(void **state)
{
    uint32_t block[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        block[i] = kmalloc(50);
        (void)kmalloc(4);
    }
    assert_int_equal(kfree(block[1]), JSLK_OK);
    assert_int_equal(kfree(block[2]), JSLK_OK);
    assert_int_equal(kfree(block[0]), JSLK_OK);
    assert_int_equal(kmalloc(50), block[0]);
    assert_int_equal(kmalloc(50), block[1]);
    assert_int_equal(kmalloc(50), block[2]);
}

/* A hole of 120: a block of 100 leaves 20, which are a hole; one of 104 leaves 16, which belong to it. */
static void what_is_left(void **state)
{
    (void)state;
    make_holes();
    assert_int_equal(kmalloc(77), holes[2]); /* keeps it away */
    assert_int_equal(kmalloc(80), holes[0]);
    assert_int_equal(heap_room(&kheap, holes[0]), 80);
    assert_int_equal(block_size(holes[0] - 12 + 100), 20);
    assert_true(block_is_hole(holes[0] - 12 + 100));
    assert_int_equal(kfree(holes[0]), JSLK_OK);
    assert_int_equal(kmalloc(84), holes[0]);
    assert_int_equal(heap_room(&kheap, holes[0]), 100);
}

static void aligned_in_the_middle(void **state)
{
    const uint32_t page = JSLK_KHEAP_START + 0x81000;

    (void)state;
    assert_int_equal(kmalloc_a(100), page);
    assert_int_equal(kheap.index.size, 2);
    assert_int_equal(block_size(BLOCKS), 0x1000 - 12);
    assert_int_equal(kmalloc(0x1000 - 12 - BOOKS), FIRST);
    assert_int_equal(kheap.index.size, 1);
}

/* The header of an aligned block needs 12 bytes, and what is before it none or 20. */
static void aligned_with_little_room(void **state)
{
    (void)state;
    assert_int_equal(kmalloc(0x1000 - 12 - BOOKS - 8), FIRST); /* the next header would be 8 too low */
    assert_int_equal(kmalloc_a(8), JSLK_KHEAP_START + 0x82000);
}

/* ---- giving back ---- */

static void neighbours(uint32_t *blocks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        blocks[i] = kmalloc(100);
}

static void joined_to_the_left(void **state)
{
    uint32_t block[4];

    (void)state;
    neighbours(block, 4);
    assert_int_equal(kfree(block[0]), JSLK_OK);
    assert_int_equal(kfree(block[1]), JSLK_OK);
    assert_int_equal(block_size(block[0] - 12), 240);
    assert_int_equal(kheap.index.size, 2);
    assert_int_equal(kfree(block[1]), JSLK_INVALID);
}

static void joined_to_the_right(void **state)
{
    uint32_t block[4];

    (void)state;
    neighbours(block, 4);
    assert_int_equal(kfree(block[1]), JSLK_OK);
    assert_int_equal(kfree(block[0]), JSLK_OK);
    assert_int_equal(block_size(block[0] - 12), 240);
    assert_int_equal(kheap.index.size, 2);
}

static void joined_to_both(void **state)
{
    uint32_t block[4];

    (void)state;
    neighbours(block, 4);
    assert_int_equal(kfree(block[0]), JSLK_OK);
    assert_int_equal(kfree(block[2]), JSLK_OK);
    assert_int_equal(kheap.index.size, 3);
    assert_int_equal(kfree(block[1]), JSLK_OK);
    assert_int_equal(block_size(block[0] - 12), 360);
    assert_int_equal(kheap.index.size, 2);
}

static void all_one_hole(void **state)
{
    uint32_t block[4];

    (void)state;
    neighbours(block, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(kfree(block[(i * 3 + 1) % 4]), JSLK_OK);
    assert_int_equal(kheap.index.size, 1);
    assert_int_equal(index_at(0), BLOCKS);
    assert_int_equal(kheap.blocks, 0);
    assert_int_equal(kheap.used, 0);
}

/* ---- growing and shrinking ---- */

static void grows_by_what_is_missing(void **state)
{
    const uint32_t frames = getFreeFrames();
    uint32_t block;

    (void)state;
    assert_int_equal(kmalloc(0x80000 - BOOKS), FIRST); /* all of it */
    assert_int_equal(kheap.end, BLOCKS + 0x80000);
    assert_int_equal(kheap.index.size, 0);
    block = kmalloc(1);
    assert_int_equal(block, BLOCKS + 0x80000 + 12);
    assert_int_equal(kheap.end, BLOCKS + 0x81000);
    assert_int_equal(getFreeFrames(), frames - 1);
    assert_int_equal(kmalloc(0x1000), block + 24); /* the hole at the end is used */
    assert_int_equal(getFreeFrames(), frames - 2);
    assert_int_equal(kernel_reads(BLOCKS + 0x81ff8), 0x123890ab);
    kernel_read_faults(BLOCKS + 0x82000, 0);
}

static void shrinks_and_unmaps(void **state)
{
    const uint32_t frames = getFreeFrames();
    const uint32_t block = kmalloc(0x100000);

    (void)state;
    kernel_writes(block + 0xffffc, 7);
    assert_int_equal(kfree(block), JSLK_OK);
    assert_int_equal(kheap.end, BLOCKS + 0x70000);
    assert_int_equal(getFreeFrames(), frames + 16);
    kernel_read_faults(block + 0xffffc, 0);
    kernel_read_faults(BLOCKS + 0x70000, 0);
    assert_int_equal(kernel_reads(BLOCKS), 0x123890ab);
}

/* A hole of fewer than 20 bytes in the last page cannot be: the page stays. */
static void shrinks_with_room_for_a_hole(void **state)
{
    uint32_t block;
    uint32_t wall;

    (void)state;
    assert_int_equal(kmalloc(0x80000 - BOOKS - 16), FIRST); /* 16 bytes are left, and belong to it */
    block = kmalloc(0x3000);
    wall = kmalloc(4);
    assert_int_equal(kfree(block), JSLK_OK);
    assert_int_equal(kmalloc(0x1000 - 12 - BOOKS), block);
    assert_int_equal(kmalloc(0x2000), block + 0x1000 - 12); /* its header is 12 bytes before a page */
    assert_int_equal(kfree(wall), JSLK_OK);
    assert_int_equal(kfree(block + 0x1000 - 12), JSLK_OK);
    assert_int_equal(kheap.end, BLOCKS + 0x82000);
    assert_int_equal(kfree(block), JSLK_OK);
    assert_int_equal(kheap.end, BLOCKS + 0x80000);
    assert_int_equal(kheap.index.size, 0);
}

static void never_beyond_max(void **state)
{
    (void)state;
    kheap.max = kheap.end + 0x2000;
    assert_int_equal(kmalloc(0x82000), 0);
    assert_int_equal(kmalloc(0x82000 - BOOKS), FIRST);
    assert_int_equal(kheap.end, kheap.max);
    assert_int_equal(kmalloc(1), 0);
}

/* ---- misuse ---- */

static void nothing_that_was_not_handed_out(void **state)
{
    const uint32_t block = kmalloc(100);
    const uint32_t other = kmalloc(100);
    const uint32_t wrong[] = {0,
                              1,
                              12,
                              block + 4,
                              block - 4,
                              block - 12,
                              block + 1,
                              other + 50,
                              JSLK_KHEAP_START,
                              JSLK_KHEAP_START + 12,
                              BLOCKS,
                              BLOCKS - 12,
                              other + 120,
                              kheap.end,
                              kheap.end - 8,
                              kheap.end + 12,
                              JSLK_KHEAP_MAX,
                              UINT32_MAX,
                              UINT32_MAX - 3,
                              JSLK_PLACEMENT_START,
                              0x00100000};
    struct standing before;

    (void)state;
    assert_int_equal(kfree(other), JSLK_OK);
    before = standing_now();
    assert_int_equal(kfree(other), JSLK_INVALID);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(kfree(wrong[i]), JSLK_INVALID);
    assert_standing(&before);
    assert_int_equal(kfree(block), JSLK_OK);
}

static void sizes_that_wrap(void **state)
{
    static const uint32_t sizes[] = {UINT32_MAX, UINT32_MAX - 3, UINT32_MAX - 19, UINT32_MAX - 20,
                                     0x80000000, 0x40000000,     0x10000000,      0x0fffffff};
    const struct standing before = standing_now();
    uint32_t phys = 7;

    (void)state;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(kmalloc(sizes[i]), 0);
        assert_int_equal(kmalloc_a(sizes[i]), 0);
        assert_int_equal(kmalloc_ap(sizes[i], &phys), 0);
    }
    assert_int_equal(phys, 7);
    assert_standing(&before);
}

/* Who writes beyond a block is found when it or its neighbour is freed; repaired, both can be. */
static void written_beyond(void **state)
{
    uint32_t block[3];

    (void)state;
    neighbours(block, 3);
    kernel_writes(block[0] + 100, 0);
    assert_int_equal(kfree(block[0]), JSLK_CORRUPT);
    assert_int_equal(kfree(block[1]), JSLK_CORRUPT);
    kernel_writes(block[0] + 100, HEAP_MAGIC);
    kernel_writes(block[2] - 12, 0);
    assert_int_equal(kfree(block[1]), JSLK_CORRUPT);
    assert_int_equal(kfree(block[2]), JSLK_INVALID);
    kernel_writes(block[2] - 12, HEAP_MAGIC);
    kernel_writes(block[1] + 104, block[0] - 12); /* a footer that names another header */
    assert_int_equal(kfree(block[1]), JSLK_CORRUPT);
    kernel_writes(block[1] + 104, block[1] - 12);
    assert_int_equal(kfree(block[1]), JSLK_OK);
    assert_int_equal(kfree(block[0]), JSLK_OK);
}

static void a_block_that_says_hole(void **state)
{
    uint32_t block[3];

    (void)state;
    neighbours(block, 3);
    kernel_writes(block[0] - 8, 1);
    assert_int_equal(kfree(block[1]), JSLK_CORRUPT);
    kernel_writes(block[0] - 8, 0);
    kernel_writes(block[2] - 8, 1);
    assert_int_equal(kfree(block[1]), JSLK_CORRUPT);
    kernel_writes(block[2] - 8, 0);
    assert_int_equal(kfree(block[1]), JSLK_OK);
}

/* ---- the checker ---- */

struct broken {
    uint32_t at, value;
    const char *words;
};

static void the_checker_says(void **state)
{
    uint32_t hole;

    (void)state;
    make_holes();
    hole = holes[1] - 12;
    {
        const struct broken rows[] = {
            {hole, 0, "heap: the magic of a header is gone, block 0xc0080090"},
            {hole + 8, 16, "heap: a header has a size that cannot be, block 0xc0080090"},
            {hole + 8, 62, "heap: a header has a size that cannot be, block 0xc0080090"},
            {hole + 8, 0x80000, "heap: a header has a size that cannot be, block 0xc0080090"},
            {hole + 4, 2, "heap: a header is neither a hole's nor a block's, block 0xc0080090"},
            {hole + 52, 1, "heap: the magic of a footer is gone, block 0xc0080090"},
            {hole + 56, hole + 60, "heap: a footer names another header, block 0xc0080090"},
            {hole + 4, 0, "heap: the index has entries that are no holes, block 0xc0080000"},
            {hole + 64, 1, "heap: two holes touch, block 0xc00800cc"},
            {JSLK_KHEAP_START, holes[2] - 12,
             "heap: a hole is not in the index where it belongs, block 0xc0080090"},
        };

        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const uint32_t before = kernel_reads(rows[i].at);

            kernel_writes(rows[i].at, rows[i].value);
            assert_string_equal(heap_check(&kheap), rows[i].words);
            kernel_writes(rows[i].at, before);
            assert_null(heap_check(&kheap));
        }
    }
    kheap.used += 4;
    assert_string_equal(heap_check(&kheap),
                        "heap: the blocks handed out are not those that were counted, block 0xc0080000");
    kheap.used -= 4;
    kheap.max = kheap.end - 1;
    assert_string_equal(heap_check(&kheap), "heap: its end is not where it may be");
    kheap.max = JSLK_KHEAP_MAX;
}

/* ---- any heap ---- */

static uint32_t asked_from, asked_to;

static int more(const heap_t *heap, uint32_t start, uint32_t end, bool contiguous)
{
    (void)heap;
    (void)contiguous;
    asked_from = start;
    asked_to = end;
    return JSLK_OK;
}

static void less(const heap_t *heap, uint32_t start, uint32_t end)
{
    (void)heap;
    asked_from = end;
    asked_to = start;
}

static uint32_t no_break(uint32_t start, uint32_t end)
{
    (void)start;
    return end;
}

static const struct heap_pages counted = {more, less, no_break};

#define AREA 0x00400000u

static void areas_that_are_none(void **state)
{
    static const struct heap_area wrong[] = {
        {AREA + 1, AREA + 0x2000, AREA + 0x3000, 1024, 0, 0, 0},
        {AREA, AREA + 0x2004, AREA + 0x3000, 1024, 0, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x3004, 1024, 0, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x3000, 1000, 0, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x3000, 1024, 4, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x1000, 1024, 0, 0, 0},
        {AREA, AREA + 0x1000, AREA + 0x3000, 1024, 0, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x3000, 0, 0, 0, 0},
        {AREA, AREA + 0x2000, AREA + 0x3000, 0x40000000, 0, 0, 0},
        {AREA, AREA, AREA + 0x3000, 1024, 0, 0, 0},
    };
    heap_t heap = {.blocks = 77};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(createHeap(&heap, &wrong[i], &counted), JSLK_INVALID);
    assert_int_equal(heap.blocks, 77);
}

static void asks_for_pages_by_range(void **state)
{
    const struct heap_area area = {AREA, AREA + 0x2000, AREA + 0x8000, 1024, 0, 0, 0};
    heap_t heap;
    uint32_t block;

    (void)state;
    assert_int_equal(createHeap(&heap, &area, &counted), JSLK_OK);
    assert_null(heap_check(&heap));
    block = heap_alloc(&heap, 0x3000, 0);
    assert_int_equal(block, AREA + 0x1000 + 12);
    assert_int_equal(asked_from, AREA + 0x2000);
    assert_int_equal(asked_to, AREA + 0x5000);
    assert_int_equal(heap_free(&heap, block), JSLK_OK);
    assert_int_equal(asked_from, AREA + 0x5000);
    assert_int_equal(asked_to, AREA + 0x1000);
    assert_null(heap_check(&heap));
    assert_int_equal(heap_alloc(&heap, 1, 0), block);
}

/* 1024 holes have room for 1023 blocks, whatever their order. */
static void as_many_blocks_as_the_index(void **state)
{
    const struct heap_area area = {AREA, AREA + 0x2000, AREA + 0x100000, 1024, 0, 0, 0};
    static uint32_t blocks[1023];
    heap_t heap;

    (void)state;
    assert_int_equal(createHeap(&heap, &area, &counted), JSLK_OK);
    for (unsigned i = 0; i < 1023; i++) {
        blocks[i] = heap_alloc(&heap, 4, 0);
        assert_int_not_equal(blocks[i], 0);
    }
    assert_int_equal(heap_alloc(&heap, 4, 0), 0);
    for (unsigned i = 0; i < 1023; i += 2)
        assert_int_equal(heap_free(&heap, blocks[i]), JSLK_OK);
    assert_null(heap_check(&heap));
    assert_int_equal(heap.index.size, 512);
    for (unsigned i = 1; i < 1023; i += 2)
        assert_int_equal(heap_free(&heap, blocks[i]), JSLK_OK);
    assert_null(heap_check(&heap));
}

/* ---- against the list ---- */

#define HANDLES 200u

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static struct shadow shadow;

static void alloc_both(uint32_t *handle)
{
    const struct shadow_wish wish = {roll(8) ? roll(400) : roll(100000), roll(8) == 0, false};

    *handle = wish.aligned ? kmalloc_a(wish.size) : kmalloc(wish.size);
    assert_int_equal(*handle, shadow_alloc(&shadow, &wish));
}

static void free_both(uint32_t *handle)
{
    const uint32_t address = *handle + (roll(20) ? 0 : 4 * roll(8));

    assert_int_equal(kfree(address), shadow_free(&shadow, address) ? JSLK_OK : JSLK_INVALID);
    if (address == *handle)
        *handle = 0;
}

static void like_the_list(void **state)
{
    static uint32_t handles[HANDLES];

    (void)state;
    dice = 1;
    for (unsigned i = 0; i < HANDLES; i++)
        handles[i] = 0;
    shadow.frames = getFreeFrames();
    shadow.min_size = JSLK_HEAP_MIN_SIZE;
    shadow_begin(&shadow, BLOCKS, kheap.end);
    for (unsigned i = 0; i < 6000; i++) {
        uint32_t *const handle = &handles[roll(HANDLES)];

        if (*handle)
            free_both(handle);
        else
            alloc_both(handle);
        assert_int_equal(kheap.end, shadow.end);
        assert_int_equal(kheap.used, shadow_used(&shadow));
        if (i % 500 == 0)
            assert_null(kernel_check());
    }
    assert_int_equal(getFreeFrames(), shadow.frames);
}

static const struct CMUnitTest tests[] = {
    AFTER_BOOT("a block has a header and a footer with the document's magic", header_and_footer),
    AFTER_BOOT("what an operation touches is counted in bytes of the books, and a check is none",
               bytes_of_the_books),
    AFTER_BOOT("the index holds the holes by their sizes", index_by_size),
    AFTER_BOOT("a block goes into the smallest hole that it fits in", best_fit),
    AFTER_BOOT("of holes of one size the lowest is taken", lowest_of_equals),
    AFTER_BOOT("what is left of a hole is one if it has room for its books", what_is_left),
    AFTER_BOOT("an aligned block leaves a hole before it", aligned_in_the_middle),
    AFTER_BOOT("an aligned block goes a page further where a hole before it has no room",
               aligned_with_little_room),
    AFTER_BOOT("a hole on the left takes the block in, whose header is none any more", joined_to_the_left),
    AFTER_BOOT("a hole on the right is taken in", joined_to_the_right),
    AFTER_BOOT("holes on both sides become one", joined_to_both),
    AFTER_BOOT("when everything is freed there is one hole", all_one_hole),
    AFTER_BOOT("the heap grows by the pages that are missing", grows_by_what_is_missing),
    AFTER_BOOT("the heap shrinks to its least, and its pages are gone", shrinks_and_unmaps),
    AFTER_BOOT("the heap shrinks to the page of its last block", shrinks_with_room_for_a_hole),
    AFTER_BOOT("the heap grows to its maximum and not beyond", never_beyond_max),
    AFTER_BOOT("what was not handed out, or not since it was freed, is refused",
               nothing_that_was_not_handed_out),
    AFTER_BOOT("sizes that wrap are no memory", sizes_that_wrap),
    AFTER_BOOT("a block with broken books beside it is not freed", written_beyond),
    AFTER_BOOT("a neighbour that only says that it is a hole is broken", a_block_that_says_hole),
    AFTER_BOOT("the checker names the block that is broken", the_checker_says),
    EARLY("a heap in an area that cannot be is refused", areas_that_are_none),
    EARLY("a heap asks for the pages that it needs and gives back the others", asks_for_pages_by_range),
    EARLY("there are fewer blocks than the index has room for holes", as_many_blocks_as_the_index),
    AFTER_BOOT("6000 random allocations go where a plain list puts them", like_the_list),
};
KMS_TESTS(jslk_heap, tests)
