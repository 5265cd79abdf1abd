#include "valloc.h"

#include <kernel/x86.h>

#include "palloc.h"
#include "vm_map.h"

#define OWNED (PTE_P | PAGING_OWNED)

static void *by_value(uint32_t page)
{
    return (void *)((uintptr_t)page * PAGE_SIZE);
}

void *valloc(uint32_t pages, struct vm_ctx *context)
{
    return mem_must_fail() ? NULL : by_value(mem_page_alloc(&context->addresses, pages));
}

/* Pages that this context can have handed out. */
static bool are_its(uint32_t num, uint32_t pages, const struct vm_ctx *context)
{
    return num >= context->first_page && mem_page_exist(num, pages);
}

int vfree(uint32_t num, uint32_t pages, struct vm_ctx *context)
{
    if (!are_its(num, pages, context))
        return -EINVAL;
    if (!paging_all(context, num, pages, UINT32_MAX, 0))
        return -EBUSY;
    return mem_page_free(&context->addresses, num, pages);
}

/* Physical pages behind addresses that are taken already. */
static int fill(uint32_t page, uint32_t pages, struct vm_ctx *context)
{
    const uint32_t physical = vm_address(palloc(pages));
    int status = -ENOMEM;

    if (physical)
        status = paging_set_range(context, page, pages, physical | context->rights | OWNED);
    if (status && physical)
        (void)pfree(physical / PAGE_SIZE, pages);
    return status;
}

void *pvalloc(uint32_t pages, struct vm_ctx *context)
{
    void *const address = valloc(pages, context);
    const uint32_t page = vm_address(address) / PAGE_SIZE;

    if (!address || fill(page, pages, context) == XELIX_OK)
        return address;
    (void)mem_page_free(&context->addresses, page, pages);
    return NULL;
}

int pvalloc_at(uint32_t page, uint32_t pages, struct vm_ctx *context)
{
    int status = mem_must_fail() ? -ENOMEM : mem_page_alloc_at(&context->addresses, page, pages);

    if (status)
        return status;
    status = fill(page, pages, context);
    if (status)
        (void)mem_page_free(&context->addresses, page, pages);
    return status;
}

int pvfree(uint32_t num, uint32_t pages, struct vm_ctx *context)
{
    if (!are_its(num, pages, context) || !paging_all(context, num, pages, OWNED, OWNED))
        return -EINVAL;
    if (vm_is_lent(context, num, pages))
        return -EBUSY;
    for (uint32_t i = 0; i < pages; i++)
        (void)pfree(paging_get(context, num + i) / PAGE_SIZE, 1);
    paging_clear_range(context, num, pages);
    return mem_page_free(&context->addresses, num, pages);
}

int vm_map_at(uint32_t page, uint32_t pages, uint32_t entry, struct vm_ctx *context)
{
    int status = mem_page_alloc_at(&context->addresses, page, pages);

    if (status)
        return status;
    status = paging_set_range(context, page, pages, entry | PTE_P | PAGING_NAMED);
    if (status)
        (void)mem_page_free(&context->addresses, page, pages);
    return status;
}

int vm_unmap_at(uint32_t page, uint32_t pages, struct vm_ctx *context)
{
    const uint32_t named_entry = PTE_P | PAGING_NAMED;

    if (!are_its(page, pages, context) || !paging_all(context, page, pages, named_entry, named_entry))
        return -EINVAL;
    paging_clear_range(context, page, pages);
    return mem_page_free(&context->addresses, page, pages);
}
