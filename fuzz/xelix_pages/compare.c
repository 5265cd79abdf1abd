#include "compare.h"

#include <kernel/hw.h>

#include "image.h"
#include "mem/palloc.h"
#include "operations.h"
#include "tasks/task.h"

#define LOOKED_AT 6u /* pages of a range that are compared after an operation */
#define AD        (PTE_A | PTE_D)

void agree(bool same, const char *what)
{
    if (!same)
        operations_fail("%s", what);
}

struct vm_ctx *context(unsigned space)
{
    return space == KERNEL ? &vm_kernel : &task_get((int)space - 1)->ctx;
}

struct model_frame *frame_of(uint32_t entry)
{
    return &model.frames[entry / PAGE_SIZE];
}

bool in_ram(uint32_t entry)
{
    return entry / PAGE_SIZE < MODEL_FRAMES;
}

void compare_word(uint32_t page, unsigned word)
{
    const uint32_t entry = model_look(KERNEL, page).entry;
    uint64_t value = 0;
    const bool loaded = hw_kernel_load(page * PAGE_SIZE + word * LAST_WORD, 4, &value);

    agree(loaded == (entry != 0), "the MMU finds a page that is not mapped, or does not find one that is");
    if (loaded && in_ram(entry) && frame_of(entry)->known[word])
        agree(value == frame_of(entry)->words[word], "a word of a frame is not what was written");
}

static void compare_page(unsigned space, uint32_t page)
{
    const struct model_page expected = model_look(space, page);
    struct vm_ctx *const ctx = context(space);

    agree((paging_get(ctx, page) & ~AD) == expected.entry, "a page's entry is not the model's");
    agree(mem_page_is_taken(&ctx->addresses, page) == expected.taken, "a page is taken, or free, wrongly");
    if (space == KERNEL)
        compare_word(page, page % MODEL_WORDS);
}

void compare_range(unsigned space, uint32_t page, uint32_t pages)
{
    if (page == 0 || page >= XELIX_PAGES || !model.spaces[space].exists)
        return;
    for (uint32_t i = 0; i < pages && i < LOOKED_AT && page + i < XELIX_PAGES; i++)
        compare_page(space, page + i);
}

static uint32_t taken_pages(const struct mem_page_alloc_ctx *addresses)
{
    const uint32_t behind_the_last = BITMAP_WORDS(XELIX_PAGES) * BITMAP_WORD - XELIX_PAGES;
    uint32_t count = -behind_the_last; /* which are set */

    for (size_t word = 0; word < BITMAP_WORDS(XELIX_PAGES); word++)
        count += (uint32_t)__builtin_popcountll(addresses->bitmap.words[word]);
    return count;
}

static void compare_space(unsigned space)
{
    const struct model_space *const s = &model.spaces[space];

    for (uint32_t i = 0; i < MODEL_LOW; i++)
        if (s->low[i].taken)
            compare_page(space, s->first + i);
    for (uint32_t page = IMAGE_UL_VISIBLE / PAGE_SIZE; page < IMAGE_UL_VISIBLE_END / PAGE_SIZE; page++)
        compare_page(space, page);
    agree(taken_pages(&context(space)->addresses) ==
              s->first + model_taken_pages(space) + (space == KERNEL ? 0 : XELIX_TASK_STACK_PAGES),
          "a context has more pages taken, or fewer");
}

void compare_spaces(void)
{
    for (unsigned space = 0; space < MODEL_SPACES; space++)
        if (model.spaces[space].exists)
            compare_space(space);
}

void compare_everything(void)
{
    const uint32_t taken = model_taken_frames();

    compare_spaces();
    for (uint32_t i = MODEL_FIRST, seen = 0; seen < taken; i++) {
        agree(palloc_is_taken(i) == model.frames[i].taken, "a frame is taken, or free, wrongly");
        seen += model.frames[i].taken;
    }
    agree(palloc_stats().taken == taken, "more frames are taken than can be, or fewer");
}
