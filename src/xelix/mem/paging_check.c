#include <kernel/x86.h>

#include "../../lib/text.h"
#include "../config.h"
#include "../image.h"
#include "palloc.h"
#include "paging.h"

#define KNOWN_BITS (PAGE_FRAME | PAGING_OWNED | PAGING_NAMED | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static struct bitmap seen; /* frames that a mapping owns */

static char words[128];

static const char *about(const struct vm_ctx *ctx, uint32_t page, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, ctx->id ? "task " : "kernel");
    if (ctx->id)
        text_decimal(&text, ctx->id - 1);
    text_put(&text, ", page at ");
    text_hex(&text, page * PAGE_SIZE, 8);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

void paging_check_start(void)
{
    bitmap_create(&seen, XELIX_PAGES, vm_ptr(XELIX_CHECK_BITMAP));
}

/* ---- one entry ---- */

static bool is_early(uint32_t page)
{
    return page >= XELIX_KERNEL_ADDRESS / PAGE_SIZE && page < XELIX_EARLY_END / PAGE_SIZE;
}

static bool is_ul_visible(uint32_t page)
{
    return page >= IMAGE_UL_VISIBLE / PAGE_SIZE && page < IMAGE_UL_VISIBLE_END / PAGE_SIZE;
}

static const char *check_owned(uint32_t frame)
{
    if (!palloc_is_taken(frame))
        return "its frame is free";
    if (bitmap_get(&seen, frame))
        return "its frame belongs to another page too";
    bitmap_set(&seen, frame, 1);
    return NULL;
}

static const char *check_kernel_page(uint32_t page, uint32_t entry)
{
    if (is_early(page) && (entry / PAGE_SIZE != page || (entry & PAGING_OWNED)))
        return "a page of the kernel's image is not at its own address";
    return NULL;
}

static const char *check_task_page(uint32_t page, uint32_t entry)
{
    if (page >= XELIX_TASK_IMAGE / PAGE_SIZE)
        return NULL;
    if (!is_ul_visible(page) || entry / PAGE_SIZE != page)
        return "the kernel is mapped in a task, outside of UL_VISIBLE";
    return entry & PTE_US ? "UL_VISIBLE is open to programs" : NULL;
}

static const char *check_entry(const struct vm_ctx *ctx, uint32_t page, uint32_t entry)
{
    const char *broken;

    if (!(entry & PTE_P) || (entry & ~KNOWN_BITS))
        return "its entry has bits that no mapping here has";
    if (page >= XELIX_PAGES || !mem_page_is_taken(&ctx->addresses, page))
        return "it is mapped and free";
    broken = ctx->id ? check_task_page(page, entry) : check_kernel_page(page, entry);
    if (!broken && entry & PAGING_OWNED)
        broken = check_owned(entry / PAGE_SIZE);
    return broken;
}

/* ---- a context ---- */

static const uint32_t *table_of(const struct vm_ctx *ctx, uint32_t index)
{
    const uint32_t *addresses;

    if (!ctx->id)
        return vm_ptr(XELIX_PAGING_AREA + PAGE_SIZE + index * PAGE_SIZE);
    addresses = vm_ptr(ctx->table_addresses);
    return addresses[index] ? vm_ptr(addresses[index]) : NULL;
}

static const char *check_directory_entry(const struct vm_ctx *ctx, uint32_t index)
{
    const uint32_t *const directory = vm_ptr(ctx->directory_address);
    const uint32_t *const addresses = ctx->id ? vm_ptr(ctx->table_addresses) : NULL;
    uint32_t physical = XELIX_PAGING_AREA + PAGE_SIZE + index * PAGE_SIZE;

    if (addresses && !addresses[index])
        return directory[index] ? "its directory entry leads to no table" : NULL;
    if (addresses && vm_translate(&vm_kernel, addresses[index], &physical))
        return "its table is not mapped in the kernel";
    return (directory[index] & PAGE_FRAME) != physical || !(directory[index] & PTE_P)
               ? "its directory entry leads elsewhere than to its table"
               : NULL;
}

/* The next entry at or behind i that is not 0, two at a time; TABLE_ENTRIES if there is none. */
static uint32_t next_entry(const uint32_t *table, uint32_t i)
{
    const uint64_t *const pairs = (const uint64_t *)(const void *)table;

    if (i % 2 && table[i])
        return i;
    for (uint32_t pair = (i + 1) / 2; pair < TABLE_ENTRIES / 2; pair++)
        if (pairs[pair])
            return pair * 2 + (table[pair * 2] ? 0 : 1);
    return TABLE_ENTRIES;
}

static const char *check_table(const struct vm_ctx *ctx, uint32_t index)
{
    const uint32_t *const table = table_of(ctx, index);

    for (uint32_t i = table ? next_entry(table, 0) : TABLE_ENTRIES; i < TABLE_ENTRIES;
         i = next_entry(table, i + 1)) {
        const char *const broken = check_entry(ctx, index * TABLE_ENTRIES + i, table[i]);

        if (broken)
            return about(ctx, index * TABLE_ENTRIES + i, broken);
    }
    return NULL;
}

const char *paging_check(const struct vm_ctx *ctx)
{
    const char *broken = mem_page_alloc_check(&ctx->addresses);

    for (uint32_t index = 0; index < TABLE_ENTRIES && !broken; index++) {
        broken = check_directory_entry(ctx, index);
        broken = broken ? about(ctx, index * TABLE_ENTRIES, broken) : check_table(ctx, index);
    }
    return broken;
}
