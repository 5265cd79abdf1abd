#include "buddy.h"

#include "../lib/text.h"

static const char *say(const char *broken, uint32_t address)
{
    static char words[96];
    struct text text = text_in(words, sizeof words);

    text_put(&text, "buddy allocator, ");
    text_hex(&text, address, 8);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

static uint32_t frame_count(const struct buddy *buddy)
{
    return buddy->order[0].free.numbers;
}

static uint32_t address_of(const struct buddy *buddy, uint32_t frame)
{
    return buddy->origin + (frame << BUDDY_FRAME_SHIFT);
}

static bool is_in_region(const struct buddy *buddy, uint32_t frame)
{
    return address_of(buddy, frame) >= buddy->start && address_of(buddy, frame) < buddy->end;
}

/* ---- one order's set ---- */

static const char *check_order(const struct buddy *buddy, unsigned order)
{
    const struct buddy_order *const at = &buddy->order[order];
    const uint32_t wrong = bit_tree_check(&at->free);
    const bool any = buddy->orders >> order & 1;

    if (wrong != BIT_TREE_NONE)
        return say("the levels of the free set disagree", address_of(buddy, wrong << order));
    if (bit_tree_count(&at->free) != at->free_blocks)
        return say("the count of free blocks is not their number", BUDDY_FRAME_SIZE << order);
    if (any != (at->free_blocks > 0))
        return say("the orders that have free blocks are not those", BUDDY_FRAME_SIZE << order);
    return NULL;
}

/* ---- the row of frames ---- */

struct pass {
    const struct buddy *buddy;
    uint32_t free_frames;
    uint32_t taken[BUDDY_ORDERS];
};

/* The order of a free block that starts at this frame, or -1; two of them are -2. */
static int free_order_at(const struct buddy *buddy, uint32_t frame)
{
    int found = -1;

    for (unsigned order = 0; order < BUDDY_ORDERS && frame % (1u << order) == 0; order++)
        if (bit_tree_has(&buddy->order[order].free, frame >> order))
            found = found == -1 ? (int)order : -2;
    return found;
}

static const char *check_free_block(const struct buddy *buddy, uint32_t frame, unsigned order)
{
    const uint32_t other = (frame >> order) ^ 1u;

    if (order < BUDDY_TOP_ORDER && bit_tree_has(&buddy->order[order].free, other))
        return say("two free buddies are not one block", address_of(buddy, frame));
    return NULL;
}

/* What stands at a frame that no block before it covers, and how many frames that is; 0 if it is broken. */
static uint32_t measure(struct pass *pass, uint32_t frame, const char **broken)
{
    const struct buddy *const buddy = pass->buddy;
    const int free_order = free_order_at(buddy, frame);
    const unsigned taken = buddy->taken[frame];

    if (taken > BUDDY_ORDERS || free_order == -2 || (taken && free_order >= 0))
        *broken = say("more than one block starts here", address_of(buddy, frame));
    else if (!taken && free_order < 0)
        *broken = say("neither free nor taken", address_of(buddy, frame));
    else if (free_order >= 0)
        *broken = check_free_block(buddy, frame, (unsigned)free_order);
    if (*broken)
        return 0;
    if (taken) {
        pass->taken[taken - 1]++;
        return 1u << (taken - 1);
    }
    pass->free_frames += 1u << free_order;
    return 1u << free_order;
}

/* Nothing may start inside of a block. */
static const char *check_inside(const struct buddy *buddy, uint32_t frame, uint32_t length)
{
    if (frame % length != 0)
        return say("a block is not aligned to its size", address_of(buddy, frame));
    for (uint32_t i = frame; i < frame + length; i++) {
        if (i >= frame_count(buddy) || !is_in_region(buddy, i))
            return say("a block leaves the region", address_of(buddy, frame));
        if (i > frame && (buddy->taken[i] || free_order_at(buddy, i) != -1))
            return say("two blocks overlap", address_of(buddy, i));
    }
    return NULL;
}

static const char *check_frames(struct pass *pass)
{
    const struct buddy *const buddy = pass->buddy;
    const char *broken = NULL;
    uint32_t length = 1;

    for (uint32_t frame = 0; frame < frame_count(buddy) && !broken; frame += length) {
        length = 1;
        if (!is_in_region(buddy, frame)) {
            if (buddy->taken[frame] || free_order_at(buddy, frame) != -1)
                broken = say("a block is outside of the region", address_of(buddy, frame));
            continue;
        }
        length = measure(pass, frame, &broken);
        if (!broken)
            broken = check_inside(buddy, frame, length);
    }
    return broken;
}

static const char *check_counts(const struct pass *pass)
{
    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        if (pass->taken[order] != pass->buddy->order[order].taken_blocks)
            return say("the count of taken blocks is not their number", BUDDY_FRAME_SIZE << order);
    if (pass->free_frames != pass->buddy->free_frames)
        return say("the count of free frames is not their number", pass->buddy->start);
    return NULL;
}

const char *buddy_check(const struct buddy *buddy)
{
    struct pass pass = {.buddy = buddy};
    const char *broken = NULL;

    for (unsigned order = 0; order < BUDDY_ORDERS && !broken; order++)
        broken = check_order(buddy, order);
    if (!broken)
        broken = check_frames(&pass);
    return broken ? broken : check_counts(&pass);
}
