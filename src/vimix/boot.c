/*
 * boot.c - VIMIX in a boot image, and its story: a page, two programs, a break that moves, malloc(), a stack that grows, two
 * harts, a deliberate fault.
 *
 * Process handles 0 and 1; handle 0 is a page, 1 to 4 are a program's.
 */
#include <kernel/riscv.h>

#include "../boot/boot_kernel.h"
#include "guest.h"
#include "memlayout.h"
#include "status.h"
#include "syscall.h"

#define PAGE(number) (0x10000000u + (number)*PAGE_SIZE)

static const struct replay_op story[] = {
    /* A page comes back as the next one. */
    {.code = REPLAY_ALLOC, .id = 0, .first = PAGE_SIZE, .width = GUEST_ZEROED},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 0, .first = 16, .second = 0xcafe},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 0, .first = 16},
    {.code = REPLAY_EXPECT_VALUE, .first = 0xcafe},
    {.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-EINVAL},

    /* Two programs, each alone at the same address; the kernel's memory is not theirs. */
    {.code = REPLAY_CREATE, .id2 = 0, .first = 6000},
    {.code = REPLAY_CREATE, .id2 = 1, .first = 100},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START, .second = 0x11111111},
    {.code = REPLAY_FETCH, .first = USER_TEXT_START + 16},
    {.code = REPLAY_SWITCH, .id2 = 1},
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START, .second = 0x22222222},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START},
    {.code = REPLAY_EXPECT_VALUE, .first = 0x11111111},

    /* The break, by the system call and by the library's function. */
    {.code = REPLAY_SYSCALL, .pages = SYS_SBRK, .id = 1, .first = 0},
    {.code = REPLAY_SBRK, .id2 = 0, .id = 1, .first = 10000},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER | REPLAY_FIRST_HANDLE,
     .id = 1,
     .first = 9996,
     .second = 7},
    {.code = REPLAY_SBRK, .id2 = 0, .id = 2, .first = (uint64_t)-10000},
    {.code = REPLAY_SBRK, .id2 = 0, .id = 2, .first = (uint64_t)-10000},
    {.code = REPLAY_CHECK},

    /* malloc() and its like. */
    {.code = REPLAY_PROCESS_ALLOC, .id2 = 0, .id = 3, .first = 100},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER | REPLAY_FIRST_HANDLE,
     .id = 3,
     .first = 96,
     .second = 0xbeef},
    {.code = REPLAY_REALLOC, .id2 = 0, .flags = REPLAY_FIRST_HANDLE, .id = 3, .second = 5000},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER | REPLAY_FIRST_HANDLE, .id = 3, .first = 96},
    {.code = REPLAY_EXPECT_VALUE, .first = 0xbeef},
    {.code = REPLAY_PROCESS_FREE, .id2 = 0, .flags = REPLAY_FIRST_HANDLE, .id = 3},
    {.code = REPLAY_PROCESS_FREE, .id2 = 0, .flags = REPLAY_FIRST_HANDLE, .id = 3},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-EINVAL},
    {.code = REPLAY_CHECK},

    /* The stack grows below its pointer, a page at a time. */
    {.code = REPLAY_STACK, .id2 = 0, .first = USER_STACK_HIGH - 2 * PAGE_SIZE},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_USER,
     .first = USER_STACK_HIGH - 2 * PAGE_SIZE,
     .second = 1},
    {.code = REPLAY_CHECK},

    /* The other hart runs the same program, and sees what the first one unmaps. */
    {.code = REPLAY_MAP,
     .width = GUEST_WRITE | GUEST_USER,
     .first = PAGE(0),
     .second = 0x80300000,
     .pages = 2},
    {.code = REPLAY_EXPECT_MAPPED, .first = PAGE(1), .second = 0x80301000},
    {.code = REPLAY_CPU, .first = 1},
    {.code = REPLAY_SWITCH, .id2 = 0},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START},
    {.code = REPLAY_EXPECT_VALUE, .first = 0x11111111},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_UNMAP, .first = PAGE(0), .pages = 2},
    {.code = REPLAY_EXPECT_UNMAPPED, .first = PAGE(1)},
    {.code = REPLAY_CPU, .first = 1},

    /* The trampoline is the kernel's: the program ends on both harts. */
    {.code = REPLAY_WRITE, .width = 4, .flags = REPLAY_USER, .first = TRAPFRAME, .second = 0},
    {.code = REPLAY_EXPECT_FAULT, .first = TRAPFRAME, .pages = CAUSE_STORE_PAGE_FAULT},
    {.code = REPLAY_CPU, .first = 0},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START},
    {.code = REPLAY_EXPECT_FAULT, .first = USER_TEXT_START, .pages = CAUSE_LOAD_PAGE_FAULT},
    {.code = REPLAY_CHECK},
    {.code = REPLAY_SWITCH, .id2 = 1},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_USER, .first = USER_TEXT_START},
    {.code = REPLAY_EXPECT_VALUE, .first = 0x22222222},
    {.code = REPLAY_EXIT, .id2 = 1},
    {.code = REPLAY_CHECK},
};

const struct boot_kernel boot_kernel = {
    .ops = &vimix_guest,
    .story = story,
    .story_length = sizeof story / sizeof story[0],
};
