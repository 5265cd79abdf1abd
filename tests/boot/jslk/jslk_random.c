#include "jslk_random.h"

#include <kernel/x86.h>
#include <stdbool.h>

#include "config.h"

#define HANDLES     40u
#define PLACES      8u
#define CHECK_EVERY 64u
#define LOW_MEMORY  0x00080000u /* from 0, where a PC has RAM too */

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

/* Both sides of a border between two tables, at 8 MiB and far above the heap. */
static uint32_t any_page(struct dice *dice)
{
    const uint32_t border = roll(dice, 2) ? 0x00800000u : 0xf0000000u;

    return border + (roll(dice, PLACES) - PLACES / 2) * PAGE_SIZE;
}

/* Far above what the heap comes to. */
static uint32_t any_frame(struct dice *dice)
{
    return 0x00e00000u + roll(dice, PLACES) * PAGE_SIZE;
}

static void alloc_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_ALLOC;
    op->first = roll(dice, 30) == 0 ? roll(dice, 1u << 20)
                : roll(dice, 4)     ? roll(dice, 300)
                                    : roll(dice, 20000);
    op->width = (uint8_t)roll(dice, 4);
    dice->sizes[op->id] = (uint32_t)op->first;
}

/* Mostly right; sometimes beside the block. */
static void free_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FREE;
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, 8) ? 0 : 4 * roll(dice, 5);
    if (op->first == 0)
        dice->sizes[op->id] = 0;
}

static void heap_operation(struct dice *dice, struct replay_op *op)
{
    op->id = roll(dice, HANDLES);
    if (dice->sizes[op->id])
        free_operation(dice, op);
    else
        alloc_operation(dice, op);
}

static void paging_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t codes[] = {REPLAY_MAP, REPLAY_MAP, REPLAY_UNMAP, REPLAY_PHYSICAL};

    op->code = codes[roll(dice, 4)];
    op->first = any_page(dice) + (roll(dice, 16) == 0);
    op->pages = op->code == REPLAY_PHYSICAL ? 0 : roll(dice, 6);
    if (roll(dice, 10) == 0)
        op->first = roll(dice, 2) ? JSLK_KHEAP_START : JSLK_PLACEMENT_START;
    if (op->code != REPLAY_MAP)
        return;
    op->second = any_frame(dice);
    op->width = (uint8_t)roll(dice, 4);
}

static void access_operation(struct dice *dice, struct replay_op *op)
{
    static const uint8_t widths[] = {1, 2, 4, 4};

    op->code = roll(dice, 2) ? REPLAY_READ : REPLAY_WRITE;
    op->width = widths[roll(dice, 4)];
    op->first = any_page(dice) + roll(dice, PAGE_SIZE);
    op->second = op->code == REPLAY_WRITE ? roll(dice, 1u << 24) : 0;
}

static void unit_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_UNIT;
    op->id = roll(dice, HANDLES);
    op->flags = REPLAY_FIRST_HANDLE;
    op->first = roll(dice, 400);
}

static void fail_operation(struct dice *dice, struct replay_op *op)
{
    op->code = REPLAY_FAIL;
    op->first = roll(dice, 12);
}

/* A write into a block, and the same place read. If the block was never had, both are about low memory. */
static void write_and_read(struct dice *dice, struct replay_op *ops)
{
    const uint32_t id = roll(dice, HANDLES);

    ops[0] = ops[1] = (struct replay_op){.code = REPLAY_CHECK};
    if (dice->sizes[id] < 4)
        return;
    ops[0] = (struct replay_op){.code = REPLAY_WRITE,
                                .width = 4,
                                .flags = REPLAY_FIRST_HANDLE,
                                .id = id,
                                .first = roll(dice, dice->sizes[id] - 3) % LOW_MEMORY,
                                .second = roll(dice, 1u << 24)};
    ops[1] = ops[0];
    ops[1].code = REPLAY_READ;
    ops[1].second = 0;
}

static void unmap_everything(struct replay_op *ops)
{
    static const uint32_t borders[] = {0x00800000u, 0xf0000000u};

    for (unsigned i = 0; i < 2; i++)
        ops[i] = (struct replay_op){
            .code = REPLAY_UNMAP, .first = borders[i] - PLACES / 2 * PAGE_SIZE, .pages = 2 * PLACES};
}

void jslk_random_operations(uint32_t seed, struct replay_op *ops, uint32_t count)
{
    static void (*const makers[])(struct dice *, struct replay_op *) = {
        heap_operation, heap_operation,   heap_operation,   heap_operation,  paging_operation,
        unit_operation, paging_operation, access_operation, access_operation};
    struct dice dice = {.state = seed};

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = (struct replay_op){.code = REPLAY_CHECK};
        if (i % CHECK_EVERY == CHECK_EVERY - 1)
            continue;
        if (roll(&dice, 50) == 0)
            fail_operation(&dice, &ops[i]);
        else if (i + 2 < count && roll(&dice, 5) == 0)
            write_and_read(&dice, &ops[i++]);
        else
            makers[roll(&dice, sizeof makers / sizeof makers[0])](&dice, &ops[i]);
    }
    unmap_everything(&ops[count - 2]);
}
