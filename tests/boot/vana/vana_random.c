#include "vana_random.h"

#include <kernel/x86.h>
#include <stdbool.h>

/* On the metal a fetch executes, so this page is never written: it holds a program, or in the kernel's directory zeros. */
#define FETCHED_PAGE 0x00400000u

#define PROCESSES   6u
#define HANDLES     40u
#define CHECK_EVERY 64u

/* A linear congruential generator: the same numbers everywhere. */
struct dice {
    uint32_t state;
    bool held[HANDLES]; /* blocks that may be freed; what was freed may be a page table by now */
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * 1664525u + 1013904223u;
    return (dice->state >> 8) % sides;
}

/* Pages that processes and mappings use: free frames, the program, its stack, and now and then the kernel. */
static uint32_t any_page(struct dice *dice)
{
    switch (roll(dice, 8)) {
    case 0: return FETCHED_PAGE + PAGE_SIZE + roll(dice, 17) * PAGE_SIZE;
    case 1: return 0x003fa000u + roll(dice, 6) * PAGE_SIZE;
    case 2: return 0x000fe000u + roll(dice, 4) * PAGE_SIZE;
    case 3: return 0x005fb000u + roll(dice, 6) * PAGE_SIZE;
    default: return 0x00800000u + roll(dice, 24) * PAGE_SIZE;
    }
}

static uint32_t any_frame(struct dice *dice)
{
    return (roll(dice, 8) ? 0x00600000u : 0x07400000u) + roll(dice, 24) * PAGE_SIZE;
}

/* Where reading gives the same on both: not the kernel's own pages. */
static uint32_t any_address(struct dice *dice)
{
    uint32_t page = any_page(dice);

    while (page < 0x003fa000u || page == FETCHED_PAGE - PAGE_SIZE ||
           (page >= 0x005fb000u && page < 0x00600000u))
        page = any_page(dice);
    return page + roll(dice, PAGE_SIZE / 4) * 4;
}

static void access_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t widths[] = {1, 2, 4, 4};

    op->code = roll(dice, 2) ? REPLAY_READ : REPLAY_WRITE;
    op->flags = roll(dice, 4) ? REPLAY_USER : 0;
    op->width = widths[roll(dice, 4)];
    op->first = any_address(dice) + roll(dice, 3);
    op->second = op->code == REPLAY_WRITE ? roll(dice, 1u << 24) : 0;
}

static void paging_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_MAP, REPLAY_MAP, REPLAY_UNMAP, REPLAY_PHYSICAL};

    op->code = codes[roll(dice, 4)];
    op->first = any_page(dice) + (roll(dice, 16) == 0);
    op->pages = op->code == REPLAY_PHYSICAL ? 0 : roll(dice, 4);
    if (op->code != REPLAY_MAP)
        return;
    op->second = any_frame(dice);
    op->width = (uint8_t)roll(dice, 4);
    if (roll(dice, 8) == 0) { /* users shall not write the kernel's frames */
        op->second = 0x00100000u;
        op->width = GUEST_WRITE | GUEST_USER;
    }
}

static void heap_operation(struct dice *dice, struct replay_op *op)
{
    op->id = roll(dice, HANDLES);
    if (!dice->held[op->id]) {
        dice->held[op->id] = true;
        op->code = REPLAY_ALLOC;
        op->first = roll(dice, 60000);
        op->width = (uint8_t)roll(dice, 2);
    } else {
        op->code = REPLAY_FREE;
        op->flags = REPLAY_FIRST_HANDLE;
        op->first = roll(dice, 8) ? 0 : 1;
        dice->held[op->id] = op->first != 0;
    }
}

static void process_memory_operation(struct dice *dice, struct replay_op *op)
{
    op->id = HANDLES + roll(dice, HANDLES);
    op->id2 = roll(dice, PROCESSES);
    if (roll(dice, 2)) {
        op->code = REPLAY_PROCESS_ALLOC;
        op->first = roll(dice, 30000);
    } else {
        op->code = REPLAY_PROCESS_FREE;
        op->flags = REPLAY_FIRST_HANDLE;
    }
}

static void process_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_CREATE, REPLAY_SWITCH, REPLAY_SWITCH, REPLAY_SWITCH, REPLAY_EXIT};

    op->code = codes[roll(dice, 5)];
    op->id2 = roll(dice, PROCESSES);
    if (op->code == REPLAY_CREATE)
        op->first = roll(dice, REPLAY_PROGRAM_MAX);
}

static void call_operation(struct dice *dice, struct replay_op *op)
{
    op->id = HANDLES + roll(dice, HANDLES);
    op->pages = 3 + roll(dice, 3);
    op->first = roll(dice, 20000);
    if (op->pages == 5 && roll(dice, 4)) {
        op->flags = REPLAY_FIRST_HANDLE;
        op->first = 0;
    }
    op->code = REPLAY_SYSCALL;
}

static void fetch_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FETCH;
    op->first = FETCHED_PAGE + roll(dice, 100);
}

static void fail_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FAIL;
    op->first = roll(dice, 1200);
}

void vana_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    static void (*const makers[])(struct dice *, struct replay_op *) = {
        access_operation, access_operation,         access_operation,  paging_operation,
        paging_operation, heap_operation,           heap_operation,    process_memory_operation,
        call_operation,   process_memory_operation, process_operation, fetch_operation,
    };
    struct dice dice = {.state = seed};

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = (struct replay_op){0};
        if (i % CHECK_EVERY == CHECK_EVERY - 1)
            ops[i].code = REPLAY_CHECK;
        else if (roll(&dice, 50) == 0)
            fail_operation(&dice, &ops[i]);
        else
            makers[roll(&dice, sizeof makers / sizeof makers[0])](&dice, &ops[i]);
    }
}
