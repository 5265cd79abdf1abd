/* Placement memory, the heap that takes over, and physical addresses before and after. The GDT takes the first 24 bytes. */
#include "jslk_fixture.h"

#define START JSLK_PLACEMENT_START
#define FIRST (JSLK_KHEAP_START + 4 * JSLK_HEAP_INDEX_SIZE + 12)

/* ---- before the heap ---- */

static void placed_one_behind_the_other(void **state)
{
    (void)state;
    assert_int_equal(kmalloc(5), START + 24);
    assert_int_equal(kmalloc(4), START + 32);
    assert_int_equal(kmalloc_a(1), START + 0x1000);
    assert_int_equal(kmalloc(1), START + 0x1004);
    assert_int_equal(kmalloc_a(0x1000), START + 0x2000);
    assert_int_equal(kmalloc_a(0x1000), START + 0x3000);
    assert_int_equal(placement_address(), START + 0x4000);
}

static void placed_physically(void **state)
{
    uint32_t phys = 0;

    (void)state;
    assert_int_equal(kmalloc_p(10000, &phys), START + 24);
    assert_int_equal(phys, START + 24);
    assert_int_equal(kmalloc_ap(10000, &phys), START + 0x3000);
    assert_int_equal(phys, START + 0x3000);
    kernel_writes(START + 0x3000 + 8000, 0x12345678);
    assert_int_equal(physical_word(phys + 8000), 0x12345678);
}

static void nothing_for_nothing(void **state)
{
    uint32_t phys = 7;

    (void)state;
    assert_int_equal(kmalloc(0), 0);
    assert_int_equal(kmalloc_ap(0, &phys), 0);
    assert_int_equal(phys, 7);
    assert_int_equal(placement_address(), START + 24);
}

static void placement_ends(void **state)
{
    uint32_t phys = 7;

    (void)state;
    assert_int_equal(kmalloc_p(JSLK_MEMORY_SIZE - START - 23, &phys), 0);
    assert_int_equal(kmalloc_a(UINT32_MAX), 0);
    assert_int_equal(kmalloc(UINT32_MAX), 0);
    assert_int_equal(phys, 7);
    assert_int_equal(kmalloc(JSLK_MEMORY_SIZE - START - 24), START + 24);
    assert_int_equal(kmalloc(1), 0);
    assert_int_equal(kmalloc_a(1), 0);
}

static void placement_ends_at_a_hole(void **state)
{
    struct memory_map map = {.count = 0};

    (void)state;
    memory_map_add_usable(&map, 0, START + 0x5000);
    memory_map_add_usable(&map, START + 0x6000, 0x100000);
    memory_map_add_reserved(&map, START + 0x3000, 0x1000);
    placement_init(&map);
    assert_int_equal(kmalloc(0x3001), 0);
    assert_int_equal(kmalloc(0x3000), START);
    assert_int_equal(kmalloc(1), 0);
}

static void no_placement_at_all(void **state)
{
    struct memory_map map = {.count = 0};

    (void)state;
    memory_map_add_usable(&map, 0, START);
    placement_init(&map);
    assert_int_equal(kmalloc(1), 0);
}

static void placement_is_not_freed(void **state)
{
    (void)state;
    assert_int_equal(kfree(kmalloc(8)), JSLK_INVALID);
    assert_int_equal(kfree(0), JSLK_INVALID);
}

/* ---- the heap takes over ---- */

static void the_heap_answers(void **state)
{
    const uint32_t before = placement_address();

    (void)state;
    assert_int_equal(kmalloc(10), FIRST);
    assert_int_equal(kmalloc_a(10), JSLK_KHEAP_START + 0x81000);
    assert_int_equal(placement_address(), before);
}

static void placement_memory_stays_refused(void **state)
{
    (void)state;
    assert_int_equal(kfree(START), JSLK_INVALID);
    assert_int_equal(kfree(START + 12), JSLK_INVALID);
}

/* Every page of a block, by the tables as the machine sees them: byte i of it is at phys + i. */
static void expect_at(uint32_t address, uint32_t size, uint32_t phys)
{
    for (uint32_t i = 0; i + 4 <= size; i += i + 8 < size ? (size > 8192 ? 4096 : 4) : 4) {
        uint32_t told = 0;

        kernel_writes(address + i, 0xb10c0000 + i);
        assert_int_equal(physical_word(phys + i), 0xb10c0000 + i);
        assert_int_equal(kmalloc_physical(address + i, &told), JSLK_OK);
        assert_int_equal(told, phys + i);
    }
}

static void physical_across_pages(void **state)
{
    uint32_t phys = 0;
    uint32_t address;

    (void)state;
    (void)kmalloc(4000);
    address = kmalloc_p(5000, &phys);
    assert_int_not_equal(address >> PAGE_SHIFT, (address + 4999) >> PAGE_SHIFT);
    expect_at(address, 5000, phys);
    address = kmalloc_ap(20000, &phys);
    assert_int_equal(address % PAGE_SIZE, 0);
    expect_at(address, 20000, phys);
}

static void physical_when_the_heap_grows(void **state)
{
    uint32_t phys = 0;
    const uint32_t address = kmalloc_p(0x180000, &phys);

    (void)state;
    assert_int_not_equal(address, 0);
    expect_at(address, 0x180000, phys);
}

/* Two heap pages in a row whose frames are not. */
static uint32_t a_break(void)
{
    for (uint32_t page = JSLK_KHEAP_START; page + PAGE_SIZE < kheap.end; page += PAGE_SIZE) {
        uint32_t one = 0;
        uint32_t next = 0;

        assert_int_equal(kmalloc_physical(page, &one), JSLK_OK);
        assert_int_equal(kmalloc_physical(page + PAGE_SIZE, &next), JSLK_OK);
        if (one + PAGE_SIZE != next)
            return page + PAGE_SIZE;
    }
    return 0;
}

static void frames_that_do_not_follow(void **state)
{
    uint32_t scattered;
    uint32_t small;
    uint32_t phys = 7;

    (void)state;
    scatter_frames();
    scattered = kmalloc(0x100000);
    assert_int_not_equal(scattered, 0);
    assert_int_not_equal(a_break(), 0);
    assert_int_equal(kmalloc_p(0x80000, &phys), 0);
    assert_int_equal(phys, 7);
    small = kmalloc_p(3000, &phys);
    expect_at(small, 3000, phys);
    gather_frames();
    assert_int_equal(kfree(small), JSLK_OK);
    assert_int_equal(kfree(scattered), JSLK_OK);
}

/* In a hole of 17 scattered pages a block of 3000 bytes finds a page each time, one of two pages none. */
static void contiguous_in_scattered_pages(void **state)
{
    uint32_t phys = 0;
    uint32_t scattered;
    uint32_t wall;
    uint32_t address;
    unsigned inside = 0;

    (void)state;
    scatter_frames();
    (void)kmalloc(heap_hole_at_end(&kheap) - HEAP_OVERHEAD);
    scattered = kmalloc(0x10000);
    wall = kmalloc(heap_hole_at_end(&kheap) - HEAP_OVERHEAD);
    assert_int_equal(kfree(scattered), JSLK_OK);
    gather_frames();
    do {
        address = kmalloc_p(3000, &phys);
        expect_at(address, 3000, phys);
        inside += address > scattered - 64 && address < wall;
    } while (address < wall);
    assert_in_range(inside, 14, 17);
    address = kmalloc_p(8192, &phys);
    assert_true(address > wall);
    expect_at(address, 8192, phys);
}

/* The frame after the heap's last one is somebody else's for a while. */
static void a_new_run_behind_old_frames(void **state)
{
    uint32_t phys = 0;
    uint32_t address;
    uint32_t last = 0;

    (void)state;
    assert_int_equal(kmalloc_physical(kheap.end - PAGE_SIZE, &last), JSLK_OK);
    frames_claim(last + PAGE_SIZE, PAGE_SIZE);
    address = kmalloc_p(0x90000, &phys);
    assert_int_equal(frame_give((last >> PAGE_SHIFT) + 1), JSLK_OK);
    assert_int_equal(phys & PAGE_FRAME, last + 2 * PAGE_SIZE);
    expect_at(address, 0x90000, phys);
}

/* ---- failure ---- */

static uint32_t ask_plain(void)
{
    return kmalloc(0x90000);
}

static uint32_t ask_physical(void)
{
    uint32_t phys;

    return kmalloc_ap(0x90000, &phys);
}

static void fail_each(uint32_t (*ask)(void), uint32_t least)
{
    const struct standing before = standing_now();
    uint32_t address = 0;
    uint32_t n;

    for (n = 1; !address; n++) {
        fail_at(n);
        address = ask();
        fail_at(0);
        if (!address)
            assert_standing(&before);
        assert_null(kernel_check());
    }
    assert_true(n > least);
    assert_int_equal(kfree(address), JSLK_OK);
    assert_standing(&before);
}

static void every_failure_loses_nothing(void **state)
{
    (void)state;
    fail_each(ask_plain, 16); /* itself, and 16 frames that the heap lacks */
    fail_each(ask_physical, 2);
}

static void out_of_frames(void **state)
{
    const struct standing before = standing_now();
    uint32_t blocks[16];
    unsigned count = 0;

    (void)state;
    while ((blocks[count] = kmalloc(0x100000)) != 0)
        assert_true(++count < 16);
    assert_int_equal(count, 13);
    assert_int_equal(kmalloc(0x00f00000), 0);
    assert_null(kernel_check());
    while (count--)
        assert_int_equal(kfree(blocks[count]), JSLK_OK);
    assert_int_equal(standing_now().free_frames, before.free_frames);
}

static const struct CMUnitTest tests[] = {
    EARLY("placement memory grows upwards, words and pages aligned", placed_one_behind_the_other),
    EARLY("before the heap exists physical addresses are right, across pages too", placed_physically),
    EARLY("no bytes are no memory", nothing_for_nothing),
    EARLY("placement memory ends at 16 MiB", placement_ends),
    EARLY("placement memory ends at a hole or a reserved range", placement_ends_at_a_hole),
    EARLY("where no memory is there is no placement memory", no_placement_at_all),
    EARLY("placement memory cannot be freed", placement_is_not_freed),
    AFTER_BOOT("after boot the heap answers, and placement memory does not grow", the_heap_answers),
    AFTER_BOOT("placement memory cannot be freed by the heap either", placement_memory_stays_refused),
    AFTER_BOOT("after the heap exists physical addresses are right for every byte of a block",
               physical_across_pages),
    AFTER_BOOT("physical addresses are right for a block that made the heap grow",
               physical_when_the_heap_grows),
    AFTER_BOOT("frames that do not follow each other are good for kmalloc and none for kmalloc_p",
               frames_that_do_not_follow),
    AFTER_BOOT("a physical block goes where its frames follow each other", contiguous_in_scattered_pages),
    AFTER_BOOT("a physical block is placed in new frames where the old ones end elsewhere",
               a_new_run_behind_old_frames),
    AFTER_BOOT("whichever allocation fails on the way of a block that needs frames, nothing is lost",
               every_failure_loses_nothing),
    AFTER_BOOT("all frames can be used, and come back", out_of_frames),
};
KMS_TESTS(jslk_kmalloc, tests)
