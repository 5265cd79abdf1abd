#include "page_alloc.h"

#include "../config.h"

struct mem_page_work mem_page_work;

uint32_t mem_calls_until_failure;

void mem_fail_at(uint32_t n)
{
    mem_calls_until_failure = n;
}

/* ---- setting up ---- */

void mem_page_alloc_new(struct mem_page_alloc_ctx *ctx, void *memory)
{
    ctx->indexed = false;
    bitmap_create(&ctx->bitmap, XELIX_PAGES, memory);
    bitmap_set(&ctx->bitmap, 0, 1);
}

/* The index takes over one free run after the other. */
void mem_page_alloc_index(struct mem_page_alloc_ctx *ctx, void *memory)
{
    const struct bitmap *const bitmap = &ctx->bitmap;
    size_t end;

    ctx->indexed = runs_create(&ctx->index, XELIX_PAGES, memory, XELIX_INDEX_BYTES);
    for (size_t first = bitmap_next_free(bitmap, 0); first < XELIX_PAGES;
         first = bitmap_next_free(bitmap, end)) {
        end = bitmap_next_taken(bitmap, first);
        runs_give(&ctx->index, first, end - first);
    }
}

void mem_page_reserve(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages)
{
    bitmap_set(&ctx->bitmap, page, pages);
}

void mem_page_open(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages)
{
    bitmap_clear(&ctx->bitmap, page, pages);
}

bool mem_page_exist(uint32_t page, uint32_t pages)
{
    return page > 0 && pages > 0 && page < XELIX_PAGES && pages <= XELIX_PAGES - page;
}

/* ---- taking and giving ---- */

static void take(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages)
{
    bitmap_set(&ctx->bitmap, page, pages);
    if (ctx->indexed)
        runs_take(&ctx->index, page, pages);
    mem_page_work.words_written += pages / BITMAP_WORD + 1;
}

static size_t find(struct mem_page_alloc_ctx *ctx, uint32_t pages)
{
    size_t found;

    if (ctx->indexed) {
        mem_page_work.words_scanned++;
        return runs_find(&ctx->index, pages);
    }
    found = bitmap_find(&ctx->bitmap, pages);
    mem_page_work.words_scanned +=
        (found == BITMAP_NONE ? BITMAP_WORDS(XELIX_PAGES) : found / BITMAP_WORD + 1) - ctx->bitmap.first_free;
    return found;
}

uint32_t mem_page_alloc(struct mem_page_alloc_ctx *ctx, uint32_t pages)
{
    size_t page;

    if (pages == 0 || pages >= XELIX_PAGES)
        return 0;
    page = find(ctx, pages);
    if (page == BITMAP_NONE)
        return 0;
    take(ctx, (uint32_t)page, pages);
    return (uint32_t)page;
}

int mem_page_alloc_at(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages)
{
    if (!mem_page_exist(page, pages))
        return -EINVAL;
    if (bitmap_any_taken(&ctx->bitmap, page, pages))
        return -EBUSY;
    take(ctx, page, pages);
    return XELIX_OK;
}

int mem_page_free(struct mem_page_alloc_ctx *ctx, uint32_t page, uint32_t pages)
{
    if (!mem_page_exist(page, pages) || bitmap_any_free(&ctx->bitmap, page, pages))
        return -EINVAL;
    bitmap_clear(&ctx->bitmap, page, pages);
    if (ctx->indexed)
        runs_give(&ctx->index, page, pages);
    mem_page_work.words_written += pages / BITMAP_WORD + 1;
    return XELIX_OK;
}

/* ---- looking ---- */

struct mem_page_stats mem_page_alloc_stats(const struct mem_page_alloc_ctx *ctx)
{
    return (struct mem_page_stats){.taken = (uint32_t)bitmap_count(&ctx->bitmap),
                                   .longest_free = (uint32_t)bitmap_longest(&ctx->bitmap)};
}

static bool index_agrees(const struct mem_page_alloc_ctx *ctx)
{
    for (size_t word = 0; word < BITMAP_WORDS(XELIX_PAGES); word++) {
        const uint64_t free = ~ctx->bitmap.words[word];

        if (ctx->index.free[word] != free)
            return false;
    }
    return true;
}

const char *mem_page_alloc_check(const struct mem_page_alloc_ctx *ctx)
{
    const char *const broken = bitmap_check(&ctx->bitmap);

    if (broken)
        return broken;
    if (!bitmap_get(&ctx->bitmap, 0))
        return "the NULL page is free";
    if (!ctx->indexed)
        return NULL;
    if (!index_agrees(ctx))
        return "a page is free in the bitmap and taken in the index, or the other way round";
    return runs_check(&ctx->index) == RUNS_NONE ? NULL : "the lengths of the index are wrong";
}
