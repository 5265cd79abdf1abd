#include "vlsos_random.h"

#include <kernel/x86.h>
#include <stdbool.h>

#include "config.h"
#include "paging.h"
#include "vlsos_dice.h"

#define HANDLES     24u
#define CHECK_EVERY 50u

static uint32_t any_size(struct dice *dice)
{
    return 1u + roll(dice, 1u << (3 + roll(dice, 18)));
}

static uint32_t any_window_page(struct dice *dice)
{
    static const uint32_t starts[] = {PAGING_USER_START, 0x401fc000u, 0x80000000u, 0xffff8000u};

    return starts[roll(dice, 4)] + roll(dice, 8) * PAGE_SIZE;
}

static void alloc_operation(struct dice *dice, struct replay_op *op)
{
    const uint32_t handle = roll(dice, HANDLES);
    const uint32_t size = any_size(dice);

    *op = (struct replay_op){.code = REPLAY_ALLOC, .id = handle, .first = size};
    op->width = (uint8_t)(GUEST_ZEROED | (roll(dice, 2) ? GUEST_ALIGNED : 0));
}

static void free_operation(struct dice *dice, struct replay_op *op)
{
    *op = (struct replay_op){.code = REPLAY_FREE,
                             .flags = REPLAY_FIRST_HANDLE,
                             .id = roll(dice, HANDLES),
                             .first = roll(dice, 8) ? 0 : roll(dice, 64)};
}

static void map_operation(struct dice *dice, struct replay_op *op)
{
    *op = (struct replay_op){.code = roll(dice, 3) ? REPLAY_MAP : REPLAY_UNMAP,
                             .first = any_window_page(dice),
                             .pages = roll(dice, 4)};
    if (op->code == REPLAY_MAP) {
        op->flags = REPLAY_SECOND_HANDLE;
        op->id2 = roll(dice, HANDLES);
        op->second = roll(dice, 3) * PAGE_SIZE;
        op->width = (uint8_t)roll(dice, 4);
    }
}

/* Writes go to the window, where only blocks of pages are mapped; reads to what both sides have alike. */
static void access_operation(struct dice *dice, struct replay_op *op)
{
    *op = (struct replay_op){.code = roll(dice, 2) ? REPLAY_READ : REPLAY_WRITE,
                             .width = (uint8_t)(1u << roll(dice, 3)),
                             .flags = roll(dice, 3) ? REPLAY_USER : 0,
                             .first = any_window_page(dice) + roll(dice, 1020),
                             .second = roll(dice, 0x10000)};
    if (roll(dice, 6) == 0)
        op->first = (roll(dice, 2) ? VLSOS_TEXT : VLSOS_RODATA) + roll(dice, 1000);
    if (op->first < PAGING_USER_START && op->code == REPLAY_READ)
        op->flags = REPLAY_USER; /* refused: what stands there differs */
}

static void one_operation(struct dice *dice, struct replay_op *op)
{
    switch (roll(dice, 10)) {
    case 0:
    case 1:
    case 2: alloc_operation(dice, op); return;
    case 3:
    case 4: free_operation(dice, op); return;
    case 5:
    case 6: map_operation(dice, op); return;
    case 7: *op = (struct replay_op){.code = REPLAY_PHYSICAL, .first = any_window_page(dice)}; return;
    case 8:
        *op = (struct replay_op){.code = REPLAY_FAIL, .first = roll(dice, 10) ? 0 : roll(dice, 3)};
        return;
    default: access_operation(dice, op); return;
    }
}

void vlsos_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    struct dice dice = {.state = seed};

    for (uint32_t i = 0; i < count; i++) {
        if (i % CHECK_EVERY == CHECK_EVERY - 1)
            ops[i] = (struct replay_op){.code = REPLAY_CHECK};
        else
            one_operation(&dice, &ops[i]);
    }
}
