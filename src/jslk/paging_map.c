#include "paging.h"

#include <kernel/hw.h>
#include <stddef.h>

#include "config.h"
#include "kmalloc.h"
#include "status.h"

/* ---- tables ---- */

/* `first` is the first page of a table. */
static bool is_empty(const page_t *first)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        if (page_present(&first[i]))
            return false;
    return true;
}

/* Give the table that begins with this address back if it maps nothing; the processor may remember where it was. */
static void drop_table(uint32_t address)
{
    const uint32_t number = address >> PDE_SHIFT;
    const page_t *const first = get_page(address, 0, kernel_directory);
    const uint32_t table = kernel_directory->tables[number];

    if (!first || !is_empty(first))
        return;
    kernel_directory->tables[number] = 0;
    kernel_directory->tablesPhysical[number] = 0;
    hw_invlpg(address);
    (void)kfree(table);
}

/* Of the tables of these pages, give back those that map nothing. */
static void drop_tables(uint32_t linear, uint32_t pages)
{
    const uint64_t end = linear + ((uint64_t)pages << PAGE_SHIFT);

    for (uint64_t at = linear & ~(DIRECTORY_SPAN - 1); at < end; at += DIRECTORY_SPAN)
        drop_table((uint32_t)at);
}

static int make_tables(uint32_t linear, uint32_t pages)
{
    const uint64_t end = linear + ((uint64_t)pages << PAGE_SHIFT);

    for (uint64_t at = linear & ~(DIRECTORY_SPAN - 1); at < end; at += DIRECTORY_SPAN)
        if (!get_page((uint32_t)at, 1, kernel_directory)) {
            drop_tables(linear, pages);
            return JSLK_NO_MEMORY;
        }
    return JSLK_OK;
}

/* ---- what may be asked ---- */

static bool meets(uint32_t start, uint64_t end, const struct memory_range *range)
{
    return start < range->end && range->start < end;
}

static int check_range(uint32_t linear, uint32_t pages)
{
    const struct memory_range kernel[] = {{0, paging_identity_end()}, {JSLK_KHEAP_START, JSLK_KHEAP_MAX}};
    const uint64_t end = linear + ((uint64_t)pages << PAGE_SHIFT);

    if (linear & PAGE_OFFSET || end > (uint64_t)1 << 32)
        return JSLK_INVALID;
    return meets(linear, end, &kernel[0]) || meets(linear, end, &kernel[1]) ? JSLK_TAKEN : JSLK_OK;
}

/* ---- mapping ---- */

int paging_map(const struct mapping *mapping)
{
    const uint64_t frames_end = mapping->physical + ((uint64_t)mapping->pages << PAGE_SHIFT);
    int status = check_range(mapping->linear, mapping->pages);

    if (mapping->physical & PAGE_OFFSET || frames_end > (uint64_t)1 << 32 ||
        mapping->rights & ~(PAGE_WRITEABLE | PAGE_USER))
        status = JSLK_INVALID;
    if (status == JSLK_OK)
        status = make_tables(mapping->linear, mapping->pages);
    for (uint32_t i = 0; status == JSLK_OK && i < mapping->pages; i++) {
        const uint32_t linear = mapping->linear + (i << PAGE_SHIFT);

        page_set(get_page(linear, 0, kernel_directory), (mapping->physical >> PAGE_SHIFT) + i,
                 mapping->rights);
        hw_invlpg(linear);
    }
    return status;
}

int paging_unmap(uint32_t linear, uint32_t pages)
{
    const int status = check_range(linear, pages);

    for (uint32_t i = 0; status == JSLK_OK && i < pages; i++) {
        const uint32_t at = linear + (i << PAGE_SHIFT);
        page_t *const page = get_page(at, 0, kernel_directory);

        if (!page || !page_present(page))
            continue;
        free_frame(page);
        hw_invlpg(at);
    }
    if (status == JSLK_OK)
        drop_tables(linear, pages);
    return status;
}
