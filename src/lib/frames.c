#include "frames.h"

void frames_init(struct frames *frames, struct frame *table, uint32_t first, uint32_t count)
{
    *frames = (struct frames){.table = table,
                              .first = first,
                              .count = count,
                              .limit = count,
                              .oldest = FRAMES_NONE,
                              .newest = FRAMES_NONE,
                              .pinned = FRAMES_NONE};
    for (uint32_t i = 0; i < count; i++)
        table[i] = (struct frame){0};
}

static void append(struct frames *frames, uint32_t number)
{
    struct frame *const frame = &frames->table[number];

    frame->older = frames->newest;
    frame->newer = FRAMES_NONE;
    if (frames->newest == FRAMES_NONE)
        frames->oldest = number;
    else
        frames->table[frames->newest].newer = number;
    frames->newest = number;
}

static void unlink(struct frames *frames, uint32_t number)
{
    const struct frame *const frame = &frames->table[number];

    if (frame->older == FRAMES_NONE)
        frames->oldest = frame->newer;
    else
        frames->table[frame->older].newer = frame->newer;
    if (frame->newer == FRAMES_NONE)
        frames->newest = frame->older;
    else
        frames->table[frame->newer].older = frame->older;
}

void frames_add(struct frames *frames, uint32_t number, uint32_t linear, uint32_t copy)
{
    frames->table[number] = (struct frame){.references = 1, .linear = linear, .copy = copy};
    frames->used++;
    append(frames, number);
}

void frames_remove(struct frames *frames, uint32_t number)
{
    unlink(frames, number);
    frames->table[number] = (struct frame){0};
    frames->used--;
}

void frames_renew(struct frames *frames, uint32_t number)
{
    unlink(frames, number);
    append(frames, number);
}
