#include "mapping.h"

#include <stdbool.h>
#include <stddef.h>

#include "kernel/x86.h"

#include "pages.h"
#include "paging.h"

static bool is_process_running(void)
{
    return !paging_space_is_current(&paging_kernel);
}

/* Pages from here on that end at 4 GiB at most. */
static bool is_range(uint32_t address, uint32_t pages)
{
    return address % PAGE_SIZE == 0 && pages <= (UINT32_MAX - address) / PAGE_SIZE + 1;
}

static bool is_mapped(uint32_t linear)
{
    const paging_entry *const entry = paging_entry_at(&paging_kernel, linear);

    return entry && (*entry & PTE_P);
}

static int may_add(const struct mapping *mapping)
{
    if (is_process_running())
        return VLSOS_EBUSY;
    if (mapping->linear < PAGING_USER_START || !is_range(mapping->linear, mapping->pages) ||
        !is_range(mapping->physical, mapping->pages))
        return VLSOS_EINVAL;
    for (uint32_t i = 0; i < mapping->pages; i++) {
        const unsigned tag = pages_tag_at(mapping->physical + i * PAGE_SIZE);

        if (tag != PAGES_TAG_KMEM && tag != PAGES_TAG_KMEM_MAPPED)
            return VLSOS_EINVAL;
        if (tag == PAGES_TAG_KMEM_MAPPED || is_mapped(mapping->linear + i * PAGE_SIZE))
            return VLSOS_EBUSY;
    }
    return VLSOS_OK;
}

static void remove_page(uint32_t linear)
{
    const uint32_t physical = paging_entry_frame(*paging_entry_at(&paging_kernel, linear));

    pages_tag(physical, 0, PAGES_TAG_KMEM);
    (void)paging_unmap(&paging_kernel, linear);
}

int mapping_add(const struct mapping *mapping)
{
    int status = may_add(mapping);
    uint32_t done = 0;

    while (status == VLSOS_OK && done < mapping->pages) {
        const uint32_t physical = mapping->physical + done * PAGE_SIZE;

        status = paging_map(&paging_kernel, mapping->linear + done * PAGE_SIZE, physical, mapping->rights);
        if (status == VLSOS_OK) {
            pages_tag(physical, 0, PAGES_TAG_KMEM_MAPPED);
            done++;
        }
    }
    while (status != VLSOS_OK && done > 0)
        remove_page(mapping->linear + --done * PAGE_SIZE);
    return status;
}

static int may_remove(uint32_t linear, uint32_t pages)
{
    if (is_process_running())
        return VLSOS_EBUSY;
    if (linear < PAGING_USER_START || !is_range(linear, pages))
        return VLSOS_EINVAL;
    for (uint32_t i = 0; i < pages; i++)
        if (!is_mapped(linear + i * PAGE_SIZE))
            return VLSOS_EFAULT;
    return VLSOS_OK;
}

int mapping_remove(uint32_t linear, uint32_t pages)
{
    const int status = may_remove(linear, pages);

    for (uint32_t i = 0; status == VLSOS_OK && i < pages; i++)
        remove_page(linear + i * PAGE_SIZE);
    return status;
}
