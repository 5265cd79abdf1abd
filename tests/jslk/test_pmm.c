/* Frames counted by hand: 256 are 1 MiB. */
#include "jslk_fixture.h"

#define MIB 0x00100000u

static struct memory_map map;

/* The frame managers' bitmaps: the first is of frames reserved, the second of frames taken. */
static uint32_t bitmaps;

static void begin(void)
{
    bitmaps = (placement_address() + PAGE_OFFSET) & PAGE_FRAME;
    assert_int_equal(start_pmm(&map), JSLK_OK);
    assert_null(pmm_check());
}

/* 1 to 9 MiB, with a hole from 5 to 6 MiB; of it a reserved range that begins in the middle of a page. */
static void begin_with_holes(void)
{
    map.count = 0;
    memory_map_add_reserved(&map, 3 * MIB + 0x800, 0x1000);
    memory_map_add_usable(&map, 6 * MIB, 3 * MIB);
    memory_map_add_usable(&map, 1 * MIB, 4 * MIB);
    begin();
}

static void holes_and_reserved(void **state)
{
    (void)state;
    begin_with_holes();
    assert_int_equal(getTotalFrames(), 7 * 256 - 2);
    assert_int_equal(getFreeFrames(), 7 * 256 - 2);
    assert_true(frame_is_reserved(0));
    assert_true(frame_is_reserved(255));
    assert_false(frame_is_reserved(256));
    assert_false(frame_is_reserved(0x2ff));
    assert_true(frame_is_reserved(0x300));
    assert_true(frame_is_reserved(0x301));
    assert_false(frame_is_reserved(0x302));
    assert_true(frame_is_reserved(0x500));
    assert_false(frame_is_reserved(0x600));
    assert_true(frame_is_reserved(0x900));
}

static void sixteen_mebibytes(void **state)
{
    (void)state;
    map.count = 0;
    memory_map_add_usable(&map, 0, 1ull << 33);
    begin();
    assert_int_equal(getTotalFrames(), 4096);
    assert_true(frame_is_reserved(4096));
    assert_true(frame_is_taken(4096));
}

static void the_machine_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(getTotalFrames(), 4096);
}

static void lowest_first(void **state)
{
    (void)state;
    begin_with_holes();
    assert_int_equal(frames_take(1), 0x100);
    assert_int_equal(frames_take(1), 0x101);
    assert_int_equal(frames_take(0x200), 0x600);
    assert_int_equal(getFreeFrames(), 7 * 256 - 2 - 0x202);
}

static void runs_end_at_holes(void **state)
{
    (void)state;
    begin_with_holes();
    assert_int_equal(frames_take(0x201), 0x600);
    assert_int_equal(frames_take(0x200), 0x100);
    assert_int_equal(frames_take(0x200), PMM_NO_FRAME);
    assert_int_equal(frames_take(0), PMM_NO_FRAME);
    assert_int_equal(frames_take(UINT32_MAX), PMM_NO_FRAME);
    assert_null(pmm_check());
}

static void all_of_them(void **state)
{
    (void)state;
    begin_with_holes();
    for (unsigned i = 0; i < 7 * 256 - 2; i++)
        assert_int_not_equal(frames_take(1), PMM_NO_FRAME);
    assert_int_equal(frames_take(1), PMM_NO_FRAME);
    assert_int_equal(getFreeFrames(), 0);
    assert_int_equal(frame_give(0x345), JSLK_OK);
    assert_int_equal(frames_take(1), 0x345);
}

static void giving_back_wrongly(void **state)
{
    static const uint32_t wrong[] = {0x101, 0x300, 0x5ff, 4095, 4096, UINT32_MAX};

    (void)state;
    begin_with_holes();
    assert_int_equal(frames_take(1), 0x100);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(frame_give(wrong[i]), JSLK_INVALID);
    assert_int_equal(frame_give(0x100), JSLK_OK);
    assert_int_equal(frame_give(0x100), JSLK_INVALID);
    assert_int_equal(getFreeFrames(), 7 * 256 - 2);
}

static void regions_opened(void **state)
{
    (void)state;
    begin_with_holes();
    init_region(5 * MIB + 1, 0x3000);
    assert_int_equal(getTotalFrames(), 7 * 256);
    assert_true(frame_is_reserved(0x500));
    assert_false(frame_is_taken(0x501));
    assert_false(frame_is_taken(0x502));
    assert_true(frame_is_reserved(0x503));
}

static void regions_in_use_stay(void **state)
{
    (void)state;
    begin_with_holes();
    assert_int_equal(frames_take(1), 0x100);
    init_region(1 * MIB, 1 * MIB);
    assert_true(frame_is_taken(0x100));
    assert_int_equal(frames_take(1), 0x101);
}

static void regions_closed(void **state)
{
    (void)state;
    begin_with_holes();
    assert_int_equal(deinit_region(1 * MIB + 0xfff, 2), JSLK_OK);
    assert_int_equal(getTotalFrames(), 7 * 256 - 4);
    assert_int_equal(frames_take(1), 0x102);
    assert_int_equal(deinit_region(1 * MIB, 4 * MIB), JSLK_TAKEN);
    assert_int_equal(getTotalFrames(), 7 * 256 - 4);
    assert_null(pmm_check());
}

static void regions_at_the_edges(void **state)
{
    (void)state;
    begin_with_holes();
    init_region(UINT32_MAX, UINT32_MAX);
    init_region(16 * MIB, MIB);
    init_region(5 * MIB, 0);
    assert_int_equal(deinit_region(UINT32_MAX, UINT32_MAX), JSLK_OK);
    assert_int_equal(deinit_region(7 * MIB, 0), JSLK_OK);
    assert_int_equal(getTotalFrames(), 7 * 256 - 2);
    init_region(0, UINT32_MAX);
    assert_int_equal(getTotalFrames(), 4096);
}

static void failure_on_order(void **state)
{
    (void)state;
    begin_with_holes();
    fail_at(2);
    assert_int_equal(frames_take(1), 0x100);
    assert_int_equal(frames_take(1), PMM_NO_FRAME);
    assert_int_equal(frames_take(1), 0x101);
}

static void no_memory_for_bitmaps(void **state)
{
    (void)state;
    fail_at(1);
    assert_int_equal(start_pmm(&map), JSLK_NO_MEMORY);
}

static void broken_bitmap(void **state)
{
    (void)state;
    begin_with_holes();
    set_physical_word(bitmaps + 512 + 0x900 / 8, 0xfffffffe); /* frame 0x900 is free, they say */
    assert_string_equal(pmm_check(), "a reserved frame is free");
}

static void broken_marks(void **state)
{
    (void)state;
    begin_with_holes();
    set_physical_word(bitmaps + 512 + 0x400 / 8, 0xffffffff);
    set_physical_word(bitmaps + 512 + 0x400 / 8 + 4, 0xffffffff);
    assert_string_equal(pmm_check(), "the words with free frames are not those that are marked");
}

static const struct CMUnitTest tests[] = {
    EARLY("frames of holes and of reserved ranges are none to hand out", holes_and_reserved),
    EARLY("memory beyond 16 MiB is not used", sixteen_mebibytes),
    AFTER_BOOT("the memory map of the machine is the one that counts", the_machine_as_it_is),
    EARLY("the lowest frames are handed out first", lowest_first),
    EARLY("no run of frames reaches over a hole", runs_end_at_holes),
    EARLY("when every frame is taken there is none, until one is given back", all_of_them),
    EARLY("a frame that is free, reserved or nowhere cannot be given back", giving_back_wrongly),
    EARLY("a region opened gives its whole pages", regions_opened),
    EARLY("a region opened leaves frames in use alone", regions_in_use_stay),
    EARLY("a region closed takes every page that it touches, or nothing if one is in use", regions_closed),
    EARLY("regions without pages, beyond 16 MiB or over the end of addresses are cut", regions_at_the_edges),
    EARLY("the frame that shall fail is missing, and no other", failure_on_order),
    EARLY("a manager without memory for its bitmaps is a status", no_memory_for_bitmaps),
    EARLY("a reserved frame that is free is found", broken_bitmap),
    EARLY("free frames that no search would find are found", broken_marks),
};
KMS_TESTS(jslk_pmm, tests)
