#include "pages.h"

#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "layout.h"

struct buddy kernel_pages;

static void *pool(void)
{
    return hw_ptr(VLSOS_POOL);
}

static size_t block_size(unsigned order)
{
    return (size_t)BUDDY_FRAME_SIZE << order;
}

int pages_init(void)
{
    const uint32_t end = layout_end();
    int status;

    kernel_pages = (struct buddy){0};
    if (end < VLSOS_RAM_LEAST)
        return VLSOS_ENOMEM;
    status = buddy_create(&kernel_pages, &(struct buddy_region){VLSOS_POOL, end - VLSOS_POOL},
                          hw_ptr(VLSOS_FRAME_TABLE), VLSOS_POOL - VLSOS_FRAME_TABLE);
    if (status == VLSOS_OK)
        kernel_pool_opened(pool(), end - VLSOS_POOL);
    return status;
}

uint32_t pages_alloc(unsigned order)
{
    const uint32_t address = buddy_alloc(&kernel_pages, order);

    if (address != PAGES_NONE)
        kernel_block_handed_out(pool(), hw_ptr(address), block_size(order));
    return address;
}

int pages_free(uint32_t address, unsigned order)
{
    const int status = buddy_free(&kernel_pages, address, order);

    if (status == VLSOS_OK)
        kernel_block_taken_back(pool(), hw_ptr(address), block_size(order));
    return status;
}

bool pages_has(uint32_t address)
{
    return address >= kernel_pages.start && address < kernel_pages.end;
}
