#include "xelix_random.h"

#include <kernel/x86.h>
#include <stdbool.h>

#include "config.h"
#include "image.h"
#include "syscall.h"

#define HANDLES      40u /* blocks of kmalloc's; as many runs of tasks' behind them */
#define TASKS        6u
#define CHECK_EVERY  64u
#define BORDER       0x20000000u /* between two tables, where frames are mapped by name */
#define PLACES       8u
#define NAMED_FRAMES 0x07000000u

/* A linear congruential generator: the same numbers everywhere. */
struct dice {
    uint32_t state;
    uint32_t sizes[HANDLES]; /* of blocks asked for and not freed */
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 1664525u + 1013904223u;
    return (dice->state >> 8) % sides;
}

/* ---- kmalloc ---- */

static void heap_operation(struct dice *dice, struct replay_op *op)
{
    op->id = roll(dice, HANDLES);
    if (!dice->sizes[op->id]) {
        op->code = REPLAY_ALLOC;
        op->first = roll(dice, 20) == 0  ? roll(dice, 1u << 20)
                    : roll(dice, 4) == 0 ? roll(dice, 6000)
                                         : roll(dice, 300);
        op->width = (uint8_t)roll(dice, 4);
        dice->sizes[op->id] = (uint32_t)op->first;
        return;
    }
    op->code = REPLAY_FREE;
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, 8) ? 0 : 4 * roll(dice, 5);
    if (op->first == 0)
        dice->sizes[op->id] = 0;
}

static void unit_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_UNIT;
    op->id = roll(dice, HANDLES);
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, 400);
}

/* In a block; of one that was refused, in the NULL page, which faults. */
static void kernel_access_operation(struct dice *dice, struct replay_op *op)
{
    op->id = roll(dice, HANDLES);
    if (dice->sizes[op->id] < 4) {
        unit_operation(dice, op);
        return;
    }
    op->code = roll(dice, 2) ? REPLAY_READ : REPLAY_WRITE;
    op->width = 4;
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, dice->sizes[op->id] - 3) % PAGE_SIZE;
    op->second = op->code == REPLAY_WRITE ? roll(dice, 1u << 24) : 0;
}

/* ---- contexts ---- */

static uint32_t any_page(struct dice *dice)
{
    static const uint32_t taken[] = {XELIX_TASK_IMAGE, XELIX_KERNEL_SPACE, XELIX_KERNEL_ADDRESS};

    return roll(dice, 12) == 0 ? taken[roll(dice, 3)]
                               : BORDER + (roll(dice, PLACES) - PLACES / 2) * PAGE_SIZE;
}

static void paging_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_MAP, REPLAY_MAP, REPLAY_UNMAP, REPLAY_PHYSICAL};

    op->code = codes[roll(dice, 4)];
    op->first = any_page(dice) + (roll(dice, 16) == 0);
    op->pages = op->code == REPLAY_PHYSICAL ? 0 : roll(dice, 5);
    if (op->code != REPLAY_MAP)
        return;
    op->second = NAMED_FRAMES + roll(dice, PLACES) * PAGE_SIZE;
    op->width = (uint8_t)(roll(dice, 4) ? GUEST_WRITE | GUEST_USER : roll(dice, 4));
}

/* ---- tasks ---- */

static void task_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_CREATE, REPLAY_CREATE, REPLAY_SWITCH, REPLAY_EXIT};

    op->code = codes[roll(dice, 4)];
    op->id2 = roll(dice, TASKS);
    if (op->code == REPLAY_CREATE)
        op->first = roll(dice, 8) ? 2 * PAGE_SIZE + roll(dice, 20000) : roll(dice, REPLAY_PROGRAM_MAX);
}

static void task_memory_operation(struct dice *dice, struct replay_op *op)
{
    op->id = HANDLES + roll(dice, HANDLES);
    op->id2 = roll(dice, TASKS);
    if (roll(dice, 2)) {
        op->code = REPLAY_PROCESS_ALLOC;
        op->first = roll(dice, 30000);
    } else {
        op->code = REPLAY_PROCESS_FREE;
        op->flags = REPLAY_FIRST_HANDLE;
    }
}

static void call_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_SYSCALL;
    op->id = HANDLES + roll(dice, HANDLES);
    op->pages = SYSCALL_SBRK + roll(dice, 4); /* the last of them is none */
    op->first = roll(dice, 16) ? roll(dice, 20000) : 0xffffff00u;
    if (op->pages == SYSCALL_MUNMAP && roll(dice, 4)) {
        op->flags = REPLAY_FIRST_HANDLE;
        op->first = 0;
    }
}

/* Mostly a program's own; the stack grows now and then; sometimes what ends it. */
static uint32_t any_address(struct dice *dice)
{
    static const uint32_t foreign[] = {IMAGE_UL_VISIBLE, XELIX_KERNEL_END, XELIX_KERNEL_SPACE,
                                       XELIX_TASK_STACK_TOP};

    switch (roll(dice, 16)) {
    case 0: return foreign[roll(dice, 4)] + roll(dice, PAGE_SIZE);
    case 1: return BORDER + (roll(dice, PLACES) - PLACES / 2) * PAGE_SIZE + roll(dice, PAGE_SIZE);
    case 2: return XELIX_TASK_STACK_TOP - 4 - roll(dice, 520 * PAGE_SIZE);
    case 3: return XELIX_TASK_SBRK + roll(dice, 3 * PAGE_SIZE);
    case 4:
    case 5: return XELIX_TASK_IMAGE + PAGE_SIZE + roll(dice, PAGE_SIZE - 4);
    case 6:
    case 7: return XELIX_TASK_STACK_TOP - 4 - roll(dice, 12 * PAGE_SIZE);
    default: return XELIX_TASK_STACK_TOP - 4 - roll(dice, 2 * PAGE_SIZE - 4);
    }
}

static void user_access_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t widths[] = {1, 2, 4, 4};

    op->code = roll(dice, 2) ? REPLAY_READ : REPLAY_WRITE;
    op->flags = REPLAY_USER;
    op->width = widths[roll(dice, 4)];
    op->first = any_address(dice);
    op->second = op->code == REPLAY_WRITE ? roll(dice, 1u << 24) : 0;
}

static void fetch_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FETCH;
    op->first = XELIX_TASK_IMAGE + roll(dice, 100);
}

/* Where most of it would be without: in no task at all, as the one before has ended. */
static void switch_and_access(struct dice *dice, struct replay_op *ops)
{
    ops[0] = (struct replay_op){.code = REPLAY_SWITCH, .id2 = roll(dice, TASKS)};
    ops[1] = (struct replay_op){0};
    user_access_operation(dice, &ops[1]);
}

/* ---- all of them ---- */

static void fail_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FAIL;
    op->first = roll(dice, 24);
}

void xelix_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    static void (*const makers[])(struct dice *, struct replay_op *) = {
        heap_operation,        heap_operation,        task_operation,        kernel_access_operation,
        unit_operation,        paging_operation,      task_operation,        task_operation,
        task_memory_operation, user_access_operation, user_access_operation, user_access_operation,
        user_access_operation, call_operation,        fetch_operation};
    struct dice dice = {.state = seed};

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = (struct replay_op){0};
        if (i % CHECK_EVERY == CHECK_EVERY - 1)
            ops[i].code = REPLAY_CHECK;
        else if (roll(&dice, 50) == 0)
            fail_operation(&dice, &ops[i]);
        else if (i + 1 < count && roll(&dice, 5) == 0)
            switch_and_access(&dice, &ops[i++]);
        else
            makers[roll(&dice, sizeof makers / sizeof makers[0])](&dice, &ops[i]);
    }
}
