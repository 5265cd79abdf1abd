#include "vimix_random.h"

#include <stdbool.h>

#include "memlayout.h"

#define PAGES       16u /* handles from 0: pages of kalloc() */
#define BLOCKS      24u /* and behind them a process's blocks */
#define PROCESSES   3u
#define CHECK_EVERY 32u
#define MAP_AT      0x10000000u
#define KERNEL_DATA 0x80300000u /* memory that the kernel does not use */

/* A linear congruential generator: the same numbers everywhere. */
struct dice {
    uint32_t state;
    bool lent[PAGES];
    uint32_t owner[BLOCKS], size[BLOCKS];
    uint32_t current; /* what the last switch was to */
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 1664525u + 1013904223u;
    return (dice->state >> 8) % sides;
}

static void page_operation(struct dice *dice, struct replay_op *op)
{
    const uint32_t page = roll(dice, PAGES);

    op->id = page;
    if (!dice->lent[page]) {
        op->code = REPLAY_ALLOC;
        op->first = roll(dice, 8) ? PAGE_SIZE : roll(dice, 2 * PAGE_SIZE);
        op->width = (uint8_t)roll(dice, 4);
        dice->lent[page] = op->first > 0 && op->first <= PAGE_SIZE;
        return;
    }
    op->flags = REPLAY_FIRST_HANDLE;
    op->code = roll(dice, 3) ? REPLAY_WRITE : REPLAY_FREE;
    op->width = 4;
    op->first = op->code == REPLAY_WRITE ? 4 * roll(dice, PAGE_SIZE / 4)
                : roll(dice, 6)          ? 0
                                         : roll(dice, PAGE_SIZE);
    op->second = op->code == REPLAY_WRITE ? dice->state : 0;
    if (op->code == REPLAY_FREE && op->first == 0)
        dice->lent[page] = false;
}

static void process_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_SWITCH, REPLAY_SWITCH, REPLAY_SWITCH,
                                    REPLAY_CPU,    REPLAY_CREATE, REPLAY_EXIT};

    op->code = codes[roll(dice, 6)];
    if (op->code == REPLAY_EXIT && roll(dice, 4))
        op->code = REPLAY_CREATE;
    op->id2 = roll(dice, PROCESSES);
    if (op->code == REPLAY_CREATE)
        op->first = 1 + roll(dice, 3 * PAGE_SIZE);
    if (op->code == REPLAY_CPU)
        op->first = roll(dice, 16) ? roll(dice, 2) : roll(dice, 9);
    if (op->code == REPLAY_SWITCH)
        dice->current = op->id2;
}

/* malloc() and its like; now and then with a pointer that is none. */
static void block_operation(struct dice *dice, struct replay_op *op)
{
    const uint32_t block = roll(dice, BLOCKS);
    const uint32_t size = roll(dice, 8) ? roll(dice, 600) : roll(dice, 100000);

    op->id = PAGES + block;
    op->id2 = roll(dice, 8) && dice->size[block] ? dice->owner[block] : roll(dice, PROCESSES);
    if (!dice->size[block]) {
        op->code = REPLAY_PROCESS_ALLOC;
        op->first = roll(dice, 40) ? size : (uint64_t)1 << roll(dice, 64);
        dice->size[block] = size < 100000 ? size : 0;
        dice->owner[block] = op->id2;
        return;
    }
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, 10) ? 0 : 8 * roll(dice, 9);
    op->code = roll(dice, 2) ? REPLAY_PROCESS_FREE : REPLAY_REALLOC;
    op->second = op->code == REPLAY_REALLOC ? size : 0;
    dice->size[block] = op->code == REPLAY_REALLOC ? size : 0;
    dice->owner[block] = op->id2;
}

static void break_operation(struct dice *dice, struct replay_op *op)
{
    op->code = roll(dice, 4) ? REPLAY_SBRK : REPLAY_STACK;
    op->id = PAGES + BLOCKS;
    op->id2 = roll(dice, PROCESSES);
    if (op->code == REPLAY_SBRK)
        op->first = (uint64_t)(int64_t)(int32_t)(roll(dice, 5 * PAGE_SIZE) - 2 * PAGE_SIZE);
    else
        op->first = USER_STACK_HIGH - 8 * roll(dice, 10 * PAGE_SIZE / 8);
}

static uint64_t any_address(struct dice *dice)
{
    switch (roll(dice, 6)) {
    case 0: return USER_TEXT_START + roll(dice, 2000);
    case 1:
    case 2: return USER_STACK_HIGH - 4 - roll(dice, roll(dice, 4) ? 2000 : 3 * PAGE_SIZE);
    case 3: return roll(dice, 4) ? USER_TEXT_START : MAP_AT + roll(dice, 4 * PAGE_SIZE);
    case 4: return USER_TEXT_START + roll(dice, roll(dice, 8) ? 2000 : 5 * PAGE_SIZE);
    default:
        return roll(dice, 8)   ? USER_TEXT_START
               : roll(dice, 2) ? TRAPFRAME + roll(dice, 2 * PAGE_SIZE - 8)
               : roll(dice, 2) ? KERNBASE
                               : 0;
    }
}

/* A program writes only what is no part of its C library's books. */
static uint64_t any_writable(struct dice *dice)
{
    switch (roll(dice, 8)) {
    case 0: return USER_TEXT_START;
    case 1: return roll(dice, 6) ? USER_TEXT_START + 4 : roll(dice, 2) ? TRAPFRAME : 0;
    case 2: return roll(dice, 4) ? USER_TEXT_START : MAP_AT + roll(dice, 4 * PAGE_SIZE);
    default: return USER_STACK_HIGH - 4 - roll(dice, roll(dice, 4) ? 2000 : 3 * PAGE_SIZE);
    }
}

static void access_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_READ, REPLAY_READ, REPLAY_WRITE, REPLAY_WRITE, REPLAY_FETCH};

    op->code = codes[roll(dice, 5)];
    op->flags = op->code == REPLAY_FETCH ? 0 : REPLAY_USER;
    op->width = op->code == REPLAY_FETCH ? 0 : (uint8_t)(1u << roll(dice, 3));
    op->first = op->code == REPLAY_WRITE ? any_writable(dice) : any_address(dice);
    op->second = op->code == REPLAY_WRITE ? dice->state & 0xff : 0;
}

static void paging_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_MAP, REPLAY_MAP, REPLAY_UNMAP, REPLAY_PHYSICAL};

    op->code = codes[roll(dice, 4)];
    op->first = roll(dice, 10) ? MAP_AT + roll(dice, 4) * PAGE_SIZE : any_address(dice);
    op->pages = op->code == REPLAY_PHYSICAL ? 0 : roll(dice, 4);
    if (op->code != REPLAY_MAP)
        return;
    op->second = KERNEL_DATA + roll(dice, 4) * PAGE_SIZE + (roll(dice, 16) == 0);
    op->width = (uint8_t)roll(dice, 4);
}

static void other_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_FAIL, REPLAY_FAIL, REPLAY_SYSCALL, REPLAY_UNIT};

    op->code = codes[roll(dice, 4)];
    op->id = PAGES + BLOCKS;
    op->first = op->code == REPLAY_FAIL      ? roll(dice, 12)
                : op->code == REPLAY_SYSCALL ? roll(dice, 40)
                                             : KERNBASE + roll(dice, RAM_DEFAULT);
    op->pages = op->code == REPLAY_SYSCALL ? 12 + roll(dice, 2) : 0;
}

typedef void (*maker)(struct dice *dice, struct replay_op *op);

void vimix_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    static const maker makers[] = {page_operation,   page_operation,   process_operation, block_operation,
                                   block_operation,  block_operation,  break_operation,   access_operation,
                                   access_operation, access_operation, paging_operation,  other_operation};
    struct dice dice = {.state = seed};

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = (struct replay_op){.code = REPLAY_CHECK};
        if (i < PROCESSES)
            ops[i] = (struct replay_op){.code = REPLAY_CREATE, .id2 = i, .first = 1 + 3000 * i};
        else if (i % CHECK_EVERY)
            makers[roll(&dice, sizeof makers / sizeof makers[0])](&dice, &ops[i]);
    }
}
