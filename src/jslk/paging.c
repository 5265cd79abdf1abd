#include "paging.h"

#include <kernel/hw.h>
#include <stddef.h>

#include "config.h"
#include "kmalloc.h"
#include "pmm.h"
#include "reach.h"
#include "status.h"
#include "watch.h"

/* Rights are the pages' business. */
#define TABLE_BITS (PTE_P | PTE_RW | PTE_US)

/* More frames than there are never fill more tables than these. */
#define HEAP_TABLES_END (JSLK_KHEAP_START + JSLK_MEMORY_SIZE)

page_directory_t *kernel_directory;

static uint32_t identity_end;
static uint64_t tables_made;

uint64_t paging_tables_made(void)
{
    return tables_made;
}

uint32_t paging_identity_end(void)
{
    return identity_end;
}

/* ---- walking ---- */

static uint32_t table_number(uint32_t address)
{
    return address >> PDE_SHIFT;
}

static page_t *page_in(page_table_t *table, uint32_t address)
{
    return &table->pages[(address >> PAGE_SHIFT) % TABLE_ENTRIES];
}

/* Tables of placement memory are where their addresses say; those of the heap are reached as it is. */
static page_table_t *table_of(const page_directory_t *directory, uint32_t address)
{
    const uint32_t table = directory->tables[table_number(address)];

    if (!table)
        return NULL;
    return table < JSLK_KHEAP_START ? hw_ptr(table) : reach(table);
}

int paging_physical(uint32_t address, uint32_t *physical)
{
    page_table_t *table;
    const page_t *page;

    *physical = address;
    if (!kernel_directory)
        return JSLK_OK;
    table = table_of(kernel_directory, address);
    page = table ? page_in(table, address) : NULL;
    if (!page || !page_present(page))
        return JSLK_INVALID;
    *physical = page_frame(page) << PAGE_SHIFT | (address & PAGE_OFFSET);
    return JSLK_OK;
}

/* ---- tables ---- */

static page_table_t *make_table(page_directory_t *directory, uint32_t address)
{
    const uint32_t number = table_number(address);
    uint32_t physical = 0;
    const uint32_t linear = kmalloc_ap(sizeof(page_table_t), &physical);
    page_table_t *table;

    if (!linear)
        return NULL;
    table = linear < JSLK_KHEAP_START ? hw_ptr(linear) : reach(linear);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        table->pages[i].entry = 0;
    directory->tables[number] = linear;
    directory->tablesPhysical[number] = physical | TABLE_BITS;
    tables_made++;
    return table;
}

page_t *get_page(uint32_t address, int make, page_directory_t *directory)
{
    page_table_t *table = table_of(directory, address);

    if (!table && make)
        table = make_table(directory, address);
    return table ? page_in(table, address) : NULL;
}

/* ---- frames of pages ---- */

int alloc_frame(page_t *page, uint32_t rights)
{
    uint32_t frame;

    if (page_present(page))
        return JSLK_OK;
    frame = frames_take(1);
    if (frame == PMM_NO_FRAME)
        return JSLK_NO_MEMORY;
    page_set(page, frame, rights | PAGE_OWNS_FRAME);
    return JSLK_OK;
}

void free_frame(page_t *page)
{
    const page_t before = *page;

    page->entry = 0;
    if (page_owns_frame(&before))
        (void)frame_give(page_frame(&before));
}

/* ---- the heap's pages ---- */

static uint32_t heap_rights(const heap_t *heap)
{
    return (heap->readonly ? 0 : PAGE_WRITEABLE) | (heap->supervisor ? 0 : PAGE_USER);
}

static void unmap_heap_pages(uint32_t start, uint32_t end)
{
    for (; start < end; start += PAGE_SIZE) {
        free_frame(get_page(start, 0, kernel_directory));
        hw_invlpg(start);
    }
}

static int map_any_frames(const heap_t *heap, uint32_t start, uint32_t end)
{
    for (uint32_t at = start; at < end; at += PAGE_SIZE)
        if (alloc_frame(get_page(at, 0, kernel_directory), heap_rights(heap)) != JSLK_OK) {
            unmap_heap_pages(start, at);
            return JSLK_NO_MEMORY;
        }
    return JSLK_OK;
}

static int map_run_of_frames(const heap_t *heap, uint32_t start, uint32_t end)
{
    uint32_t frame = frames_take((end - start) / PAGE_SIZE);

    if (frame == PMM_NO_FRAME)
        return JSLK_NO_MEMORY;
    for (uint32_t at = start; at < end; at += PAGE_SIZE)
        page_set(get_page(at, 0, kernel_directory), frame++, heap_rights(heap) | PAGE_OWNS_FRAME);
    return JSLK_OK;
}

static int more_pages(const heap_t *heap, uint32_t start, uint32_t end, bool contiguous)
{
    int status;

    if (end > HEAP_TABLES_END)
        return JSLK_NO_MEMORY;
    status = contiguous ? map_run_of_frames(heap, start, end) : map_any_frames(heap, start, end);
    if (status == JSLK_OK)
        watch_closed(start, end);
    return status;
}

static void less_pages(const heap_t *heap, uint32_t start, uint32_t end)
{
    (void)heap;
    watch_open(start, end);
    unmap_heap_pages(start, end);
}

static uint32_t break_after(uint32_t start, uint32_t end)
{
    uint32_t page = start & PAGE_FRAME;

    for (; end - page > PAGE_SIZE; page += PAGE_SIZE)
        if (page_frame(get_page(page, 0, kernel_directory)) + 1 !=
            page_frame(get_page(page + PAGE_SIZE, 0, kernel_directory)))
            return page + PAGE_SIZE;
    return end;
}

const struct heap_pages paging_heap_pages = {more_pages, less_pages, break_after};

/* ---- turning it on ---- */

static page_directory_t *make_directory(void)
{
    uint32_t physical = 0;
    const uint32_t linear = kmalloc_ap(sizeof(page_directory_t), &physical);
    page_directory_t *directory;

    if (!linear)
        return NULL;
    directory = hw_ptr(linear);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        directory->tables[i] = directory->tablesPhysical[i] = 0;
    directory->physicalAddr = physical + (uint32_t)offsetof(page_directory_t, tablesPhysical);
    tables_made++;
    return directory;
}

/* Placement memory grows by a table now and then while it is mapped. */
static bool map_identity(page_directory_t *directory)
{
    uint32_t address = 0;

    for (; address < placement_address() + PAGE_SIZE; address += PAGE_SIZE) {
        page_t *const page = get_page(address, 1, directory);

        if (!page)
            return false;
        page_set(page, address >> PAGE_SHIFT, PAGE_WRITEABLE);
    }
    identity_end = address;
    placement_end_at(identity_end);
    frames_claim(0, identity_end);
    return true;
}

static bool make_heap_tables(page_directory_t *directory)
{
    for (uint32_t address = JSLK_KHEAP_START; address < HEAP_TABLES_END; address += DIRECTORY_SPAN)
        if (!get_page(address, 1, directory))
            return false;
    return true;
}

static const heap_t first_pages = {.supervisor = 1};

int initialise_paging(void)
{
    page_directory_t *const directory = make_directory();

    if (!directory || !make_heap_tables(directory) || !map_identity(directory))
        return JSLK_NO_MEMORY;
    kernel_directory = directory;
    if (map_any_frames(&first_pages, JSLK_KHEAP_START, JSLK_KHEAP_START + JSLK_KHEAP_INITIAL_SIZE) !=
        JSLK_OK) {
        kernel_directory = NULL;
        return JSLK_NO_MEMORY;
    }
    switch_page_directory(directory);
    return JSLK_OK;
}

void switch_page_directory(const page_directory_t *directory)
{
    hw_write_cr3(directory->physicalAddr);
    hw_write_cr0(hw_read_cr0() | CR0_PG);
}

void paging_forget(void)
{
    kernel_directory = NULL;
    identity_end = 0;
    tables_made = 0;
}
