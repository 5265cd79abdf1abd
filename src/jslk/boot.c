/*
 * boot.c - JSLK in a boot image, and its story: blocks before and after the heap has grown, where they lie, a fault.
 */
#include <kernel/x86.h>

#include "../boot/boot_kernel.h"
#include "config.h"
#include "guest.h"
#include "status.h"

#define FIRST          (JSLK_KHEAP_START + 4 * JSLK_HEAP_INDEX_SIZE + 12) /* the first block's data */
#define ELSE           0x00800000u
#define HANDLE(number) .flags = REPLAY_FIRST_HANDLE, .id = (number)

static const struct replay_op story[] = {
    /* Best fit: the hole of the first block is the smallest that the third one fits in. */
    {.code = REPLAY_ALLOC, .id = 0, .first = 100},
    {.code = REPLAY_EXPECT_VALUE, .first = FIRST},
    {.code = REPLAY_ALLOC, .id = 1, .first = 5000, .width = GUEST_ALIGNED},
    {.code = REPLAY_FREE, HANDLE(0)},
    {.code = REPLAY_ALLOC, .id = 2, .first = 97},
    {.code = REPLAY_EXPECT_VALUE, .first = FIRST},
    {.code = REPLAY_FREE, HANDLE(2), .first = 4},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)JSLK_INVALID},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_FIRST_HANDLE,
     .id = 1,
     .first = 4092,
     .second = 0xcafe},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 1, .first = 4092},
    {.code = REPLAY_EXPECT_VALUE, .first = 0xcafe},
    {.code = REPLAY_CHECK},

    /* More than the heap has: it grows by frames, and gives them back. */
    {.code = REPLAY_ALLOC, .id = 3, .first = 0x100000},
    {.code = REPLAY_PHYSICAL, HANDLE(3)},
    {.code = REPLAY_WRITE,
     .width = 1,
     .flags = REPLAY_FIRST_HANDLE,
     .id = 3,
     .first = 0xfffff,
     .second = 0x5a},
    {.code = REPLAY_FREE, HANDLE(3)},
    {.code = REPLAY_READ, .width = 4, .first = JSLK_KHEAP_START + 0x180000},
    {.code = REPLAY_EXPECT_FAULT, .first = JSLK_KHEAP_START + 0x180000, .pages = 0},
    {.code = REPLAY_CHECK},

    /* A table for 8 MiB comes from the heap, and goes. */
    {.code = REPLAY_MAP, .width = GUEST_WRITE, .first = ELSE, .second = ELSE + PAGE_SIZE, .pages = 2},
    {.code = REPLAY_EXPECT_MAPPED, .first = ELSE + PAGE_SIZE, .second = ELSE + 2 * PAGE_SIZE},
    {.code = REPLAY_WRITE, .width = 4, .first = ELSE, .second = 0xbeef},
    {.code = REPLAY_UNMAP, .first = ELSE, .pages = 2},
    {.code = REPLAY_WRITE, .width = 4, .first = ELSE, .second = 0xbeef},
    {.code = REPLAY_EXPECT_FAULT, .first = ELSE, .pages = PFERR_WR},
    {.code = REPLAY_UNMAP, .first = JSLK_KHEAP_START, .pages = 1},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)JSLK_TAKEN},
    {.code = REPLAY_FREE, HANDLE(1)},
    {.code = REPLAY_FREE, HANDLE(2)},
    {.code = REPLAY_FREE, HANDLE(2)},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)JSLK_INVALID},
    {.code = REPLAY_CHECK},
};

/* JSLK has no programs: nothing ever comes from ring 3. */
const struct boot_kernel boot_kernel = {
    .ops = &jslk_guest,
    .story = story,
    .story_length = sizeof story / sizeof story[0],
};
