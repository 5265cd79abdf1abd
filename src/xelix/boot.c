/*
 * boot.c - Xelix in a boot image, and its story: kmalloc, two tasks, a stack that grows, a deliberate fault. Every access
 * of a program's is an interrupt or two that UL_VISIBLE has to carry.
 *
 * Task handles 0 and 1; handles 0 to 3 are blocks.
 */
#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../boot/boot_kernel.h"
#include "config.h"
#include "guest.h"
#include "image.h"
#include "status.h"
#include "syscall.h"
#include "tasks/task.h"

#define USER(operation, bytes, at, value)                                                                    \
    {                                                                                                        \
        .code = (operation), .width = (bytes), .flags = REPLAY_USER, .first = (at), .second = (value)        \
    }
#define VALUE(expected)                                                                                      \
    {                                                                                                        \
        .code = REPLAY_EXPECT_VALUE, .first = (expected)                                                     \
    }

static const struct replay_op story[] = {
    /* kmalloc, in the kernel's own context. */
    {.code = REPLAY_ALLOC, .id = 0, .first = 100},
    {.code = REPLAY_ALLOC, .id = 1, .first = 5000, .width = GUEST_ALIGNED | GUEST_ZEROED},
    {.code = REPLAY_WRITE,
     .width = 4,
     .flags = REPLAY_FIRST_HANDLE,
     .id = 1,
     .first = 4096,
     .second = 0xcafe},
    {.code = REPLAY_READ, .width = 4, .flags = REPLAY_FIRST_HANDLE, .id = 1, .first = 4096},
    VALUE(0xcafe),
    {.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 0},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-EINVAL},

    /* Two programs, each alone at the same address, without the kernel in their spaces. */
    {.code = REPLAY_CREATE, .id2 = 0, .first = 6000},
    {.code = REPLAY_CREATE, .id2 = 1, .first = 100},
    {.code = REPLAY_SWITCH, .id2 = 0},
    USER(REPLAY_WRITE, 4, XELIX_TASK_IMAGE, 0x11111111),
    {.code = REPLAY_FETCH, .first = XELIX_TASK_IMAGE + 16},
    {.code = REPLAY_SWITCH, .id2 = 1},
    USER(REPLAY_WRITE, 4, XELIX_TASK_IMAGE, 0x22222222),
    {.code = REPLAY_SWITCH, .id2 = 0},
    USER(REPLAY_READ, 4, XELIX_TASK_IMAGE, 0),
    VALUE(0x11111111),

    /* Its stack grows by a fault that the kernel repairs, its break and a run of pages by system calls. */
    USER(REPLAY_WRITE, 4, XELIX_TASK_STACK_TOP - 5 * PAGE_SIZE, 0x57ac),
    USER(REPLAY_READ, 2, XELIX_TASK_STACK_TOP - 5 * PAGE_SIZE, 0),
    VALUE(0x57ac),
    {.code = REPLAY_SYSCALL, .pages = SYSCALL_SBRK, .id = 2, .first = 10000},
    VALUE(XELIX_TASK_SBRK),
    USER(REPLAY_WRITE, 4, XELIX_TASK_SBRK + 9996, 0xbeef),
    {.code = REPLAY_PROCESS_ALLOC, .id2 = 1, .id = 3, .first = 8192},
    {.code = REPLAY_PROCESS_FREE, .id2 = 0, .flags = REPLAY_FIRST_HANDLE, .id = 3},
    {.code = REPLAY_EXPECT_STATUS, .first = (uint32_t)-EINVAL},
    {.code = REPLAY_PROCESS_FREE, .id2 = 1, .flags = REPLAY_FIRST_HANDLE, .id = 3},
    {.code = REPLAY_CHECK},

    /* A frame that somebody names, and away again. */
    {.code = REPLAY_MAP,
     .width = GUEST_WRITE | GUEST_USER,
     .first = 0x20000000,
     .second = 0x000b8000,
     .pages = 2},
    {.code = REPLAY_EXPECT_MAPPED, .first = 0x20001000, .second = 0x000b9000},
    {.code = REPLAY_UNMAP, .first = 0x20000000, .pages = 2},
    {.code = REPLAY_EXPECT_UNMAPPED, .first = 0x20001000},

    /* UL_VISIBLE is there, and not for programs: the first ends, the second goes on. */
    USER(REPLAY_READ, 4, IMAGE_UL_VISIBLE, 0),
    {.code = REPLAY_EXPECT_FAULT, .first = IMAGE_UL_VISIBLE, .pages = PFERR_P | PFERR_US},
    {.code = REPLAY_CHECK},
    {.code = REPLAY_SWITCH, .id2 = 1},
    USER(REPLAY_READ, 4, XELIX_TASK_IMAGE, 0),
    VALUE(0x22222222),
    USER(REPLAY_WRITE, 1, XELIX_KERNEL_SPACE, 1),
    {.code = REPLAY_EXPECT_FAULT, .first = XELIX_KERNEL_SPACE, .pages = PFERR_WR | PFERR_US},
    {.code = REPLAY_FREE, .flags = REPLAY_FIRST_HANDLE, .id = 1},
    {.code = REPLAY_CHECK},
};

/* ---- the image's code for ring 3, in the space that user mode has for as long as a visit takes ---- */

static int borrower;

/* In a table that UL_VISIBLE has there already, so nothing can fail. */
static void lend_to_task(struct task *task, uint32_t address)
{
    (void)paging_set_range(&task->ctx, address / PAGE_SIZE, 1, address | PTE_P | PTE_US);
}

/* Without a task, ring 3 is in the kernel's space, where the directory has nothing for it. */
static void set_code_of_kernel(uint32_t address, uint32_t rights)
{
    uint32_t *const directory = vm_ptr(vm_kernel.directory_address);
    uint32_t *const entry = &directory[address / DIRECTORY_SPAN];

    *entry = (*entry & ~PTE_US) | (rights & PTE_US);
    (void)paging_set_range(&vm_kernel, address / PAGE_SIZE, 1, address | rights | PTE_P);
    hw_write_cr3(vm_kernel.directory);
}

static void lend_code(uint32_t address)
{
    borrower = task_current_id();
    if (task_current())
        lend_to_task(task_current(), address);
    else
        set_code_of_kernel(address, PTE_US);
}

/* The borrower may have ended meanwhile. */
static void take_code_back(uint32_t address)
{
    struct task *const task = task_get(borrower);

    if (task)
        paging_clear_range(&task->ctx, address / PAGE_SIZE, 1);
    else if (borrower < 0)
        set_code_of_kernel(address, PTE_RW);
}

const struct boot_kernel boot_kernel = {
    .ops = &xelix_guest,
    .ring0_stack_top = IMAGE_UL_VISIBLE_END,
    .user_stack_top = XELIX_TASK_STACK_TOP,
    .story = story,
    .story_length = sizeof story / sizeof story[0],
    .lend_code = lend_code,
    .take_code_back = take_code_back,
};
