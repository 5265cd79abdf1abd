/*
 * boot.c - VlsOs in a boot image, and its story: every allocator, a mapping at ring 3, the sections' rights, misuse.
 *
 * Handles 0 to 9 are blocks.
 */
#include <kernel/x86.h>

#include "../boot/boot_kernel.h"
#include "config.h"
#include "guest.h"
#include "paging.h"
#include "status.h"

#define WINDOW       PAGING_USER_START
#define USER_REFUSED (PFERR_P | PFERR_US)

#define ALLOC(handle, size, how)                                                                             \
    {                                                                                                        \
        .code = REPLAY_ALLOC, .id = handle, .first = size, .width = how                                      \
    }
#define FREE(handle)                                                                                         \
    {                                                                                                        \
        .code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = handle                                      \
    }
#define EXPECT_FAULT(address, error)                                                                         \
    {                                                                                                        \
        .code = REPLAY_EXPECT_FAULT, .first = address, .pages = error                                        \
    }
#define EXPECT_STATUS(status)                                                                                \
    {                                                                                                        \
        .code = REPLAY_EXPECT_STATUS, .first = (uint32_t)(status)                                            \
    }
#define WRITE(address, value)                                                                                \
    {                                                                                                        \
        .code = REPLAY_WRITE, .width = 4, .first = address, .second = value                                  \
    }
#define USER_WRITE(address, value)                                                                           \
    {                                                                                                        \
        .code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = address, .second = value            \
    }
#define USER_READ(address)                                                                                   \
    {                                                                                                        \
        .code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = address                              \
    }
#define CHECK                                                                                                \
    {                                                                                                        \
        .code = REPLAY_CHECK                                                                                 \
    }

static const struct replay_op story[] = {
    /* Slabs and pages: neighbours, a block that comes back, whole pages, too much. */
    ALLOC(0, 100, GUEST_ZEROED),
    ALLOC(1, 100, 0),
    FREE(0),
    ALLOC(2, 128, 0),
    ALLOC(3, 10000, GUEST_ALIGNED),
    ALLOC(4, 4 << 20, 0),
    ALLOC(5, (4 << 20) + 1, 0),
    EXPECT_STATUS(REPLAY_NO_MEMORY),
    FREE(4),
    FREE(4),
    EXPECT_STATUS(VLSOS_EINVAL),
    CHECK,

    /* Pages of a block for programs, one of them not to be written. */
    {.code = REPLAY_MAP,
     .width = GUEST_WRITE | GUEST_USER,
     .flags = REPLAY_SECOND_HANDLE,
     .first = WINDOW,
     .id2 = 3,
     .pages = 2},
    USER_WRITE(WINDOW + PAGE_SIZE, 0xcafe),
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 3, .first = PAGE_SIZE},
    {.code = REPLAY_EXPECT_VALUE, .first = 0xcafe},
    {.code = REPLAY_FETCH, .first = WINDOW},
    EXPECT_FAULT(WINDOW, USER_REFUSED | PFERR_ID),
    FREE(3),
    EXPECT_STATUS(VLSOS_EBUSY),
    {.code = REPLAY_UNMAP, .first = WINDOW, .pages = 2},
    USER_READ(WINDOW),
    EXPECT_FAULT(WINDOW, PFERR_US),
    {.code = REPLAY_EXPECT_UNMAPPED, .first = WINDOW},
    {.code = REPLAY_MAP,
     .width = GUEST_USER,
     .flags = REPLAY_SECOND_HANDLE,
     .first = 0xfffff000,
     .id2 = 3,
     .second = 2 * PAGE_SIZE,
     .pages = 1},
    USER_WRITE(0xfffff000, 1),
    EXPECT_FAULT(0xfffff000, USER_REFUSED | PFERR_WR),
    WRITE(0xfffff000, 1),
    EXPECT_FAULT(0xfffff000, PFERR_P | PFERR_WR),
    {.code = REPLAY_UNMAP, .first = 0xfffff000, .pages = 1},
    FREE(3),
    CHECK,

    /* The sections. WP: not even the kernel writes .text and .rodata. */
    WRITE(VLSOS_TEXT, 0),
    EXPECT_FAULT(VLSOS_TEXT, PFERR_P | PFERR_WR),
    WRITE(VLSOS_RODATA, 0),
    EXPECT_FAULT(VLSOS_RODATA, PFERR_P | PFERR_WR),
    WRITE(VLSOS_IMAGE_END - VLSOS_STACK_SIZE, 7),
    WRITE(0, 0),
    EXPECT_FAULT(0, PFERR_WR),
    USER_READ(VLSOS_TEXT),
    EXPECT_FAULT(VLSOS_TEXT, USER_REFUSED),
    USER_WRITE(HEAP_START, 0),
    EXPECT_FAULT(HEAP_START, USER_REFUSED | PFERR_WR),
    USER_WRITE(VLSOS_USER_TEXT, 0),
    EXPECT_FAULT(VLSOS_USER_TEXT, USER_REFUSED | PFERR_WR),

    /* A failure in the middle. */
    {.code = REPLAY_FAIL, .first = 1},
    ALLOC(6, 5000, 0),
    EXPECT_STATUS(REPLAY_NO_MEMORY),
    ALLOC(6, 5000, 0),
    FREE(6),
    FREE(1),
    FREE(2),
    CHECK,
};

const struct boot_kernel boot_kernel = {
    .ops = &vlsos_guest,
    .ring0_stack_top = VLSOS_STACK_TOP,
    .user_stack_top = WINDOW,
    .story = story,
    .story_length = sizeof story / sizeof story[0],
};
