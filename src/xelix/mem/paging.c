#include "paging.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../../lib/memory.h"
#include "../config.h"
#include "../image.h"
#include "palloc.h"
#include "valloc.h"

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US) /* the entries below decide */

struct vm_ctx vm_kernel;

static uint64_t tables_made;

static bool is_early(uint32_t address)
{
    return address >= XELIX_KERNEL_ADDRESS && address < XELIX_EARLY_END;
}

/* ---- finding entries ---- */

static uint32_t kernel_table(uint32_t index)
{
    return XELIX_PAGING_AREA + PAGE_SIZE + index * PAGE_SIZE;
}

static uint32_t table_address(const struct vm_ctx *ctx, uint32_t index)
{
    const uint32_t *addresses;

    if (ctx == &vm_kernel)
        return kernel_table(index);
    addresses = vm_ptr(ctx->table_addresses);
    return addresses[index];
}

/* NULL where there is no table. */
static uint32_t *entry_of(const struct vm_ctx *ctx, uint32_t page)
{
    const uint32_t table = table_address(ctx, page / TABLE_ENTRIES);
    uint32_t *const entries = table ? vm_ptr(table) : NULL;

    return entries ? &entries[page % TABLE_ENTRIES] : NULL;
}

uint32_t paging_get(const struct vm_ctx *ctx, uint32_t page)
{
    const uint32_t *const entry = entry_of(ctx, page);

    return entry ? *entry : 0;
}

bool paging_all(const struct vm_ctx *ctx, uint32_t page, uint32_t pages, uint32_t mask, uint32_t bits)
{
    for (uint32_t i = 0; i < pages; i++)
        if ((paging_get(ctx, page + i) & mask) != bits)
            return false;
    return true;
}

int vm_translate(const struct vm_ctx *ctx, uint32_t address, uint32_t *physical)
{
    const uint32_t entry = paging_get(ctx, address / PAGE_SIZE);

    if (!(entry & PTE_P))
        return -EFAULT;
    *physical = (entry & PAGE_FRAME) | (address & PAGE_OFFSET);
    return XELIX_OK;
}

void *vm_ptr(uint32_t address)
{
    uint32_t physical;

    if (is_early(address) || hw_ptr_translates())
        return hw_ptr(address);
    if (vm_translate(&vm_kernel, address, &physical) != XELIX_OK)
        hw_panic("the kernel uses an address that it has not mapped");
    return hw_ptr(physical);
}

/* ---- tables on demand ---- */

static void invalidate(const struct vm_ctx *ctx, uint32_t page)
{
    if ((hw_read_cr3() & PAGE_FRAME) == ctx->directory)
        hw_invlpg(page * PAGE_SIZE);
}

static int make_table(struct vm_ctx *ctx, uint32_t index)
{
    uint32_t *const directory = vm_ptr(ctx->directory_address);
    uint32_t *const addresses = vm_ptr(ctx->table_addresses);
    uint32_t physical;
    const uint32_t address = vm_address(pvalloc(1, &vm_kernel));

    if (!address || vm_translate(&vm_kernel, address, &physical) != XELIX_OK)
        return -ENOMEM;
    memset(vm_ptr(address), 0, PAGE_SIZE);
    addresses[index] = address;
    directory[index] = physical | TABLE_FLAGS;
    tables_made++;
    return XELIX_OK;
}

static bool is_empty(const struct vm_ctx *ctx, uint32_t index)
{
    return paging_all(ctx, index * TABLE_ENTRIES, TABLE_ENTRIES, UINT32_MAX, 0);
}

/* A task keeps no table in which nothing is mapped. */
static void drop_empty_tables(struct vm_ctx *ctx, uint32_t page, uint32_t pages)
{
    uint32_t *const directory = vm_ptr(ctx->directory_address);
    uint32_t *const addresses = ctx == &vm_kernel ? NULL : vm_ptr(ctx->table_addresses);

    for (uint32_t i = page / TABLE_ENTRIES; addresses && i <= (page + pages - 1) / TABLE_ENTRIES; i++) {
        if (!addresses[i] || !is_empty(ctx, i))
            continue;
        directory[i] = 0;
        invalidate(ctx, i * TABLE_ENTRIES);
        (void)pvfree(addresses[i] / PAGE_SIZE, 1, &vm_kernel);
        addresses[i] = 0;
    }
}

int paging_need_tables(struct vm_ctx *ctx, uint32_t page, uint32_t pages)
{
    int status = XELIX_OK;

    for (uint32_t i = page / TABLE_ENTRIES; !status && i <= (page + pages - 1) / TABLE_ENTRIES; i++)
        if (!table_address(ctx, i))
            status = make_table(ctx, i);
    if (status)
        drop_empty_tables(ctx, page, pages);
    return status;
}

/* ---- mapping ---- */

int paging_set_range(struct vm_ctx *ctx, uint32_t page, uint32_t pages, uint32_t entry)
{
    const int status = paging_need_tables(ctx, page, pages);

    for (uint32_t i = 0; !status && i < pages; i++) {
        *entry_of(ctx, page + i) = entry + i * PAGE_SIZE;
        invalidate(ctx, page + i);
    }
    return status;
}

void paging_clear_range(struct vm_ctx *ctx, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t *const entry = entry_of(ctx, page + i);

        if (!entry || !*entry)
            continue;
        *entry = 0;
        invalidate(ctx, page + i);
    }
    drop_empty_tables(ctx, page, pages);
}

/* ---- contexts ---- */

static void identity(uint32_t start, uint32_t end)
{
    (void)paging_set_range(&vm_kernel, start / PAGE_SIZE, (end - start) / PAGE_SIZE, start | PTE_P | PTE_RW);
}

void paging_init(void)
{
    uint32_t *const directory = hw_ptr(XELIX_PAGING_AREA);

    vm_kernel = (struct vm_ctx){
        .first_page = XELIX_KERNEL_SPACE / PAGE_SIZE,
        .directory = XELIX_PAGING_AREA,
        .directory_address = XELIX_PAGING_AREA,
        .bitmap_address = XELIX_KERNEL_BITMAP,
        .rights = PTE_RW,
    };
    memset(directory, 0, XELIX_PAGING_BYTES);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        directory[i] = kernel_table(i) | PTE_P | PTE_RW;
    tables_made = TABLE_ENTRIES + 1;
    mem_page_alloc_new(&vm_kernel.addresses, hw_ptr(XELIX_KERNEL_BITMAP));
    mem_page_reserve(&vm_kernel.addresses, 0, vm_kernel.first_page);
    identity(XELIX_KERNEL_ADDRESS, XELIX_EARLY_END);
    mem_page_alloc_index(&vm_kernel.addresses, hw_ptr(XELIX_KERNEL_INDEX));
    hw_write_cr3(vm_kernel.directory);
    hw_write_cr0(hw_read_cr0() | CR0_PG);
}

/* ---- a task's context ---- */

/* Its directory, the list of its tables and its bitmap: one run. */
#define OWN_PAGES (2u + XELIX_BITMAP_BYTES / PAGE_SIZE)

static int map_ul_visible(struct vm_ctx *ctx)
{
    const uint32_t start = IMAGE_UL_VISIBLE;
    const uint32_t pages = (IMAGE_UL_VISIBLE_END - start) / PAGE_SIZE;

    if (!XELIX_MAP_UL_VISIBLE)
        return XELIX_OK;
    return paging_set_range(ctx, start / PAGE_SIZE, pages, start | PTE_P | PTE_RW);
}

int vm_new(struct vm_ctx *ctx, uint32_t id)
{
    const uint32_t address = vm_address(pvalloc(OWN_PAGES, &vm_kernel));
    int status;

    if (!address)
        return -ENOMEM;
    *ctx = (struct vm_ctx){
        .first_page = XELIX_TASK_IMAGE / PAGE_SIZE,
        .id = id,
        .directory_address = address,
        .table_addresses = address + PAGE_SIZE,
        .bitmap_address = address + 2 * PAGE_SIZE,
        .rights = PTE_RW | PTE_US,
    };
    (void)vm_translate(&vm_kernel, address, &ctx->directory);
    memset(vm_ptr(address), 0, 2 * (size_t)PAGE_SIZE);
    tables_made++;
    mem_page_alloc_new(&ctx->addresses, vm_ptr(ctx->bitmap_address));
    mem_page_reserve(&ctx->addresses, 0, ctx->first_page);
    status = map_ul_visible(ctx);
    if (status)
        vm_free(ctx);
    return status;
}

/* Frames are freed with the mapping that owns them. */
static void free_page(struct vm_ctx *ctx, uint32_t page)
{
    const uint32_t entry = paging_get(ctx, page);

    if (entry & PAGING_OWNED)
        (void)pfree(entry / PAGE_SIZE, 1);
}

void vm_free(struct vm_ctx *ctx)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        const uint32_t first = i * TABLE_ENTRIES;

        if (!table_address(ctx, i))
            continue;
        for (uint32_t page = first; page < first + TABLE_ENTRIES; page++)
            free_page(ctx, page);
        paging_clear_range(ctx, first, TABLE_ENTRIES);
    }
    (void)pvfree(ctx->directory_address / PAGE_SIZE, OWN_PAGES, &vm_kernel);
    *ctx = (struct vm_ctx){0};
}

uint64_t paging_tables_made(void)
{
    return tables_made;
}
