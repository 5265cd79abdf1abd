/*
 * buddy_fuzz.c - the buddy allocator over regions of all shapes, against a tree of halves (tests/vlsos/naive_buddy.h).
 *
 * Input: a byte that chooses the region, then two bytes for each operation: what, and an argument. After each operation
 * the placement is the model's; the checker runs now and then, and then the counts of free blocks are the model's too.
 */
#include <stdlib.h>
#include <string.h>

#include "operations.h"
#include "vlsos/buddy.h"
#include "vlsos/naive_buddy.h"

#define BASE        0x00400000u
#define FRAME       ((uint32_t)BUDDY_FRAME_SIZE)
#define FRAMES_MAX  (NAIVE_FRAMES - 1024u)
#define LIVE_MAX    256u
#define OPERATIONS  400u
#define CHECK_EVERY 16u

/* First frame and length of a region, in frames from BASE. */
static const struct {
    uint32_t first, frames;
} regions[] = {{0, 64}, {0, 1024}, {3, 61}, {1, 1}, {5, 2000}, {0, 3072}, {1023, 2}, {512, 1024}};

struct block {
    uint32_t frame;
    unsigned order;
    uint32_t handle;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buddy buddy;
static struct naive_buddy naive;
static uint64_t memory[BUDDY_BYTES(FRAMES_MAX * BUDDY_FRAME_SIZE) / sizeof(uint64_t) + 1];
static struct block live[LIVE_MAX];
static size_t live_count;
static uint32_t handles;
static size_t done;

static void differ(const char *what)
{
    operations_fail("operation %zu: %s", done, what);
}

/* ---- the operations, as a kernel's ---- */

static void keep_alloc(unsigned order)
{
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_ALLOC,
                                          .handle = handles,
                                          .number = (uint64_t)FRAME << order,
                                          .words = KMS_TRACE_ALIGNED});
}

static void keep_free(const struct block *block)
{
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_FREE, .address = {block->handle, 0}});
    operations_add(&(struct kms_trace_op){.kind = KMS_TRACE_CHECK});
}

/* ---- one operation ---- */

static void allocate(unsigned order)
{
    const long expected =
        order < BUDDY_ORDERS && live_count < LIVE_MAX ? naive_alloc(&naive, order) : NAIVE_NONE;
    uint32_t got;

    if (live_count == LIVE_MAX)
        return;
    keep_alloc(order);
    got = buddy_alloc(&buddy, order);
    if (got != (expected == NAIVE_NONE ? BUDDY_NONE : BASE + (uint32_t)expected * FRAME))
        differ("the block is not where the tree has it");
    if (expected != NAIVE_NONE)
        live[live_count++] = (struct block){(uint32_t)expected, order, handles};
    handles++;
}

static void free_one(uint8_t choice)
{
    struct block block;

    if (live_count == 0)
        return;
    block = live[choice % live_count];
    live[choice % live_count] = live[live_count - 1];
    live_count--;
    keep_free(&block);
    (void)naive_free(&naive, block.frame, block.order);
    if (buddy_free(&buddy, BASE + block.frame * FRAME, block.order) != VLSOS_OK)
        differ("a block that was handed out cannot be freed");
}

static bool is_live(uint32_t frame, unsigned order)
{
    for (size_t i = 0; i < live_count; i++)
        if (live[i].frame == frame && live[i].order == order)
            return true;
    return false;
}

static void free_wrong(uint8_t choice)
{
    const uint32_t frame = choice * 3u;
    const unsigned order = choice % (BUDDY_ORDERS + 1);
    const uint32_t odd = choice % 5 == 0 ? 8 : 0;

    if (!odd && is_live(frame, order))
        return;
    if (buddy_free(&buddy, BASE + frame * FRAME + odd, order) != VLSOS_EINVAL)
        differ("what was not handed out was not refused");
}

static void fail_one(void)
{
    buddy_fail_at(&buddy, 1);
    if (buddy_alloc(&buddy, 0) != BUDDY_NONE)
        differ("the failure that was ordered did not come");
}

static void compare(void)
{
    const char *broken;

    if (live_count > 0 && buddy_order_at(&buddy, BASE + live[0].frame * FRAME) != (int)live[0].order)
        differ("a block has another order than it was asked for");
    if (done % CHECK_EVERY != 0)
        return;
    broken = buddy_check(&buddy);
    if (broken)
        differ(broken);
    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        if (buddy.order[order].free_blocks != naive_count(&naive, order, NAIVE_FREE))
            differ("the count of free blocks is not the tree's");
}

static void operate(uint8_t what, uint8_t argument)
{
    if (what < 0x78)
        allocate(what % (BUDDY_ORDERS + 1));
    else if (what < 0xe0)
        free_one(argument);
    else if (what < 0xf8)
        free_wrong(argument);
    else
        fail_one();
    compare();
}

static void make(uint8_t choice)
{
    const unsigned which = choice % (sizeof regions / sizeof regions[0]);
    const uint32_t first = regions[which].first, frames = regions[which].frames;

    live_count = done = handles = 0;
    naive_create(&naive, first, first + frames);
    if (buddy_create(&buddy, &(struct buddy_region){BASE + first * FRAME, frames * FRAME}, memory,
                     sizeof memory))
        differ("the allocator cannot be made");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *broken;

    if (size < 1)
        return 0;
    operations_begin(&(struct operations_input){"vlsos_buddy", data, size, 0});
    make(data[0]);
    for (size_t i = 1; i + 1 < size && done < OPERATIONS; i += 2) {
        done++;
        operate(data[i], data[i + 1]);
    }
    broken = buddy_check(&buddy);
    if (broken)
        differ(broken);
    return 0;
}
