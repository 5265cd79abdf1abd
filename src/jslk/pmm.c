#include "pmm.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../lib/bitmap.h"
#include "../lib/bits.h"
#include "fail.h"
#include "kmalloc.h"
#include "status.h"

_Static_assert(PMM_FRAMES == JSLK_MEMORY_SIZE / PAGE_SIZE, "frames are pages");

static struct bitmap reserved, taken;

/* Bit w: word w of `taken` has a free frame. One word of 64 bits speaks for all 4096 frames. */
static uint64_t open_words;

_Static_assert(PMM_FRAMES == 64 * BITMAP_WORD, "a bit for each word");

/* Frames, end exclusive. */
struct frames {
    uint32_t first, end;
};

static uint32_t clip(uint64_t frame)
{
    return frame < PMM_FRAMES ? (uint32_t)frame : PMM_FRAMES;
}

static struct frames inside(uint64_t start, uint64_t end)
{
    const struct frames frames = {clip((start + PAGE_OFFSET) >> PAGE_SHIFT), clip(end >> PAGE_SHIFT)};

    return frames.first < frames.end ? frames : (struct frames){0, 0};
}

static struct frames touched(uint64_t start, uint64_t end)
{
    if (start >= end)
        return (struct frames){0, 0};
    return (struct frames){clip(start >> PAGE_SHIFT), clip((end + PAGE_OFFSET) >> PAGE_SHIFT)};
}

/* ---- frames taken ---- */

static void set_free(uint32_t frame)
{
    const uint32_t word = frame / BITMAP_WORD;

    taken.words[word] &= ~((uint64_t)1 << frame % BITMAP_WORD);
    open_words |= (uint64_t)1 << word;
    if (word < taken.first_free)
        taken.first_free = word;
}

static uint32_t take_lowest(void)
{
    unsigned word;
    unsigned bit;

    if (!open_words)
        return PMM_NO_FRAME;
    word = lowest_bit(open_words);
    bit = lowest_bit(~taken.words[word]);
    taken.words[word] |= (uint64_t)1 << bit;
    taken.first_free = word;
    if (taken.words[word] == UINT64_MAX)
        open_words &= open_words - 1;
    return word * BITMAP_WORD + bit;
}

static void set_taken(uint32_t first, uint32_t count)
{
    bitmap_set(&taken, first, count);
    for (uint32_t word = first / BITMAP_WORD; word <= (first + count - 1) / BITMAP_WORD; word++)
        if (taken.words[word] == UINT64_MAX)
            open_words &= ~((uint64_t)1 << word);
}

static void open_frames(const struct frames *frames)
{
    for (uint32_t frame = frames->first; frame < frames->end; frame++) {
        if (!bitmap_get(&reserved, frame))
            continue;
        bitmap_clear(&reserved, frame, 1);
        set_free(frame);
    }
}

int start_pmm(const struct memory_map *map)
{
    const uint32_t words = BITMAP_WORDS(PMM_FRAMES);
    const uint32_t memory = kmalloc_a(2 * words * (uint32_t)sizeof(uint64_t));
    struct memory_range run = {0, 0};

    if (!memory)
        return JSLK_NO_MEMORY;
    bitmap_create(&reserved, PMM_FRAMES, hw_ptr(memory));
    bitmap_create(&taken, PMM_FRAMES, (uint64_t *)hw_ptr(memory) + words);
    bitmap_set(&reserved, 0, PMM_FRAMES);
    set_taken(0, PMM_FRAMES);
    while (memory_map_next(map, run.end, &run)) {
        const struct frames frames = inside(run.start, run.end);

        open_frames(&frames);
    }
    return JSLK_OK;
}

void init_region(uint32_t base, uint32_t size)
{
    const struct frames frames = inside(base, (uint64_t)base + size);

    open_frames(&frames);
}

int deinit_region(uint32_t base, uint32_t size)
{
    const struct frames frames = touched(base, (uint64_t)base + size);

    for (uint32_t frame = frames.first; frame < frames.end; frame++)
        if (bitmap_get(&taken, frame) && !bitmap_get(&reserved, frame))
            return JSLK_TAKEN;
    if (frames.first < frames.end) {
        bitmap_set(&reserved, frames.first, frames.end - frames.first);
        set_taken(frames.first, frames.end - frames.first);
    }
    return JSLK_OK;
}

uint32_t getTotalFrames(void)
{
    return PMM_FRAMES - (uint32_t)bitmap_count(&reserved);
}

uint32_t getFreeFrames(void)
{
    return PMM_FRAMES - (uint32_t)bitmap_count(&taken);
}

uint32_t frames_take(uint32_t count)
{
    size_t first;

    if (must_fail() || count == 0)
        return PMM_NO_FRAME;
    if (count == 1)
        return take_lowest();
    first = bitmap_find(&taken, count);
    if (first == BITMAP_NONE)
        return PMM_NO_FRAME;
    set_taken((uint32_t)first, count);
    return (uint32_t)first;
}

void frames_claim(uint32_t base, uint32_t size)
{
    const struct frames frames = touched(base, (uint64_t)base + size);

    if (frames.first < frames.end)
        set_taken(frames.first, frames.end - frames.first);
}

int frame_give(uint32_t frame)
{
    if (frame >= PMM_FRAMES || bitmap_get(&reserved, frame) || !bitmap_get(&taken, frame))
        return JSLK_INVALID;
    set_free(frame);
    return JSLK_OK;
}

bool frame_is_reserved(uint32_t frame)
{
    return frame >= PMM_FRAMES || bitmap_get(&reserved, frame);
}

bool frame_is_taken(uint32_t frame)
{
    return frame >= PMM_FRAMES || bitmap_get(&taken, frame);
}

const char *pmm_check(void)
{
    const char *broken = bitmap_check(&taken);

    for (uint32_t frame = 0; !broken && frame < PMM_FRAMES; frame++)
        if (bitmap_get(&reserved, frame) && !bitmap_get(&taken, frame))
            broken = "a reserved frame is free";
    for (unsigned word = 0; !broken && word < BITMAP_WORD; word++)
        if ((open_words >> word & 1) != (taken.words[word] != UINT64_MAX))
            broken = "the words with free frames are not those that are marked";
    return broken;
}
