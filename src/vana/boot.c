/*
 * boot.c - VanaOS in a boot image, and its story: two processes, system calls 4 and 5 from ring 3, a deliberate fault.
 *
 * Process handles 0 and 1; handles 0 to 3 are blocks that they ask for.
 */
#include <kernel/x86.h>

#include "../boot/boot_kernel.h"
#include "config.h"
#include "guest.h"
#include "layout.h"
#include "status.h"
#include "syscall.h"

#define USER_FAULT_WRITE (PFERR_P | PFERR_WR | PFERR_US)
#define PAGE(number)     (0x00800000u + (number)*PAGE_SIZE)

static const struct replay_op story[] = {
    /* Two programs, each alone at the same virtual address. */
    {.code = REPLAY_CREATE, .id2 = 0, .first = 6000},
    {.code = REPLAY_CREATE, .id2 = 1, .first = 100},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER,
     .first = VANA_PROGRAM_VIRTUAL_ADDRESS,
     .second = 0x11111111},
    {.code = REPLAY_FETCH, .first = VANA_PROGRAM_VIRTUAL_ADDRESS + 16},
    {.code = REPLAY_SWITCH, .id2 = 1},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER,
     .first = VANA_PROGRAM_VIRTUAL_ADDRESS,
     .second = 0x22222222},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = VANA_PROGRAM_VIRTUAL_ADDRESS},
    {.code = REPLAY_EXPECT_VALUE, .first = 0x11111111},

    /* System calls 4 and 5: memory that belongs to one of them. */
    {.code = REPLAY_SYSCALL, .pages = SYSTEM_COMMAND4_MALLOC, .id = 0, .first = 10000},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER | REPLAY_FIRST_HANDLE,
     .id = 0,
     .first = 9996,
     .second = 0xcafe},
    {.code = REPLAY_PROCESS_FREE, .id2 = 1, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-EINVARG},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER | REPLAY_FIRST_HANDLE, .id = 0, .first = 9996},
    {.code = REPLAY_EXPECT_VALUE, .first = 0xcafe},
    {.code = REPLAY_SYSCALL, .pages = SYSTEM_COMMAND5_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_EXPECT_VALUE, .first = 0},
    {.code = REPLAY_CHECK},

    /* The page at 8 MiB goes to a frame elsewhere, in the directory in use. */
    {.code = REPLAY_MAP, .width = GUEST_WRITE | GUEST_USER, .first = PAGE(0), .second = PAGE(16), .pages = 2},
    {.code = REPLAY_EXPECT_MAPPED, .first = PAGE(1), .second = PAGE(17)},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = PAGE(1), .second = 0xbeef},
    {.code = REPLAY_UNMAP, .first = PAGE(0), .pages = 2},
    {.code = REPLAY_EXPECT_UNMAPPED, .first = PAGE(1)},

    /* The kernel's image is readable for programs, not writable: the first process ends, the second goes on.
     */
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = 0x00100000, .second = 0},
    {.code = REPLAY_EXPECT_FAULT, .first = 0x00100000, .pages = USER_FAULT_WRITE},
    {.code = REPLAY_CHECK},
    {.code = REPLAY_SWITCH, .id2 = 1},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = VANA_PROGRAM_VIRTUAL_ADDRESS},
    {.code = REPLAY_EXPECT_VALUE, .first = 0x22222222},
    {.code = REPLAY_PROCESS_ALLOC, .id2 = 1, .id = 1, .first = 1},
    {.code = REPLAY_EXIT, .id2 = 1},
    {.code = REPLAY_CHECK},
};

const struct boot_kernel boot_kernel = {
    .ops = &vana_guest,
    .ring0_stack_top = VANA_RING0_STACK_TOP,
    .user_stack_top = VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START,
    .story = story,
    .story_length = sizeof story / sizeof story[0],
};
