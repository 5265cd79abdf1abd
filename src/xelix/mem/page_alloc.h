/*
 * page_alloc.h - which pages are taken: one bitmap for physical memory, one for each context's addresses.
 *
 * Pages have numbers; page 0, the NULL page, is reserved in every context and never handed out, so 0 says "none".
 * Placement is first fit. The bitmap is the truth; where an index of its free runs is attached, it makes the
 * search fast and decides nothing differently. The caller keeps the size of what it was given: any part of it can
 * be freed, and whose a taken page is cannot be told.
 */
#ifndef XELIX_MEM_PAGE_ALLOC_H
#define XELIX_MEM_PAGE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../lib/bitmap.h"
#include "../../lib/runs.h"
#include "../status.h"

struct mem_page_alloc_ctx {
    struct bitmap bitmap;
    struct runs index;
    bool indexed;
};

/* What page allocators did, for costs that depend on no clock; over all contexts. */
struct mem_page_work {
    uint64_t words_scanned; /* of bitmaps; with an index, what it was asked */
    uint64_t words_written;
};
extern struct mem_page_work mem_page_work;

/* Every page but page 0 is free; XELIX_BITMAP_BYTES of memory stay the context's own. */
void mem_page_alloc_new(struct mem_page_alloc_ctx *ctx, void *memory);
/* Attach an index, in XELIX_INDEX_BYTES of memory that stay its own. */
void mem_page_alloc_index(struct mem_page_alloc_ctx *ctx, void *memory);

/* The first of so many pages, now taken: the lowest run that is free. 0: there is none, or none was asked for. */
uint32_t mem_page_alloc(struct mem_page_alloc_ctx *ctx, uint32_t pages);

/* Exactly these pages: -EBUSY if any is taken, -EINVAL if any does not exist, or none was asked for. */
int mem_page_alloc_at(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages);

/* Take or open pages whatever they are, while a context is set up and has no index. */
void mem_page_reserve(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages);
void mem_page_open(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages);

/* Give pages back: -EINVAL if any of them is free, does not exist or is page 0, or none was named. */
int mem_page_free(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages);

/* Whether these pages exist, page 0 not among them. */
bool mem_page_exist(uint32_t page, uint32_t pages);

static inline bool mem_page_is_taken(const struct mem_page_alloc_ctx *ctx, uint32_t page)
{
    return bitmap_get(&ctx->bitmap, page);
}

struct mem_page_stats {
    uint32_t taken, longest_free;
};
struct mem_page_stats mem_page_alloc_stats(const struct mem_page_alloc_ctx *ctx);

/* The first broken invariant in words, or NULL. */
const char *mem_page_alloc_check(const struct mem_page_alloc_ctx *ctx);

/* ---- injected failure ---- */

/* The n-th allocation from now fails, of pages, addresses or bytes; 1 is the next, 0 ends the injection. */
void mem_fail_at(uint32_t n);
extern uint32_t mem_calls_until_failure;

/* Asked once by each allocation. */
static inline bool mem_must_fail(void)
{
    return mem_calls_until_failure > 0 && --mem_calls_until_failure == 0;
}

#endif
