#include "paging.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "config.h"
#include "kheap.h"
#include "layout.h"

#define PAGING_FLAGS                                                                                         \
    (PAGING_CACHE_DISABLED | PAGING_WRITE_THROUGH | PAGING_ACCESS_FROM_ALL | PAGING_IS_WRITEABLE |           \
     PAGING_IS_PRESENT)
#define USER_WRITES (PAGING_IS_PRESENT | PAGING_IS_WRITEABLE | PAGING_ACCESS_FROM_ALL)

static uint64_t tables_made;

/* ---- addresses ---- */

static bool exists(const void *address)
{
    return (uintptr_t)address <= UINT32_MAX;
}

static uint32_t value_of(const void *address)
{
    return (uint32_t)(uintptr_t)address;
}

bool paging_is_aligned(void *address)
{
    return exists(address) && (value_of(address) & PAGE_OFFSET) == 0;
}

void *paging_align_address(void *address)
{
    return PAGING_ADDRESS((value_of(address) + PAGE_OFFSET) & PAGE_FRAME);
}

void *paging_align_to_lower_page(void *address)
{
    return PAGING_ADDRESS(value_of(address) & PAGE_FRAME);
}

int paging_get_indexes(void *virt, uint32_t *directory_index, uint32_t *table_index)
{
    if (!paging_is_aligned(virt))
        return -EINVARG;
    *directory_index = value_of(virt) >> PDE_SHIFT;
    *table_index = (value_of(virt) >> PAGE_SHIFT) % TABLE_ENTRIES;
    return VANA_ALL_OK;
}

/* ---- directories ---- */

static bool is_heap_page(uint32_t address)
{
    return vana_in_heap(address) && (address & PAGE_OFFSET) == 0;
}

static bool is_directory(uint32_t *directory)
{
    return directory && is_heap_page(hw_linear(directory));
}

static bool is_current(uint32_t *directory)
{
    return (hw_read_cr3() & PAGE_FRAME) == hw_linear(directory);
}

/* The table behind a directory entry. The entry may lack P, which paging_new_4gb() does when asked. */
static uint32_t *table_at(const uint32_t *directory, uint32_t index)
{
    const uint32_t frame = directory[index] & PAGE_FRAME;

    return vana_in_heap(frame) ? hw_ptr(frame) : NULL;
}

static uint32_t *entry_at(const uint32_t *directory, uint32_t linear)
{
    uint32_t *const table = table_at(directory, linear >> PDE_SHIFT);

    return table ? &table[(linear >> PAGE_SHIFT) % TABLE_ENTRIES] : NULL;
}

static void fill_identity(uint32_t *table, uint32_t first_entry)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        table[i] = first_entry + i * PAGE_SIZE;
}

static void free_tables(uint32_t *directory, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        kfree(table_at(directory, i));
    kfree(directory);
}

/* Every entry of a table and of the directory is written here, so nothing is zeroed first. */
static uint32_t *new_identity(uint32_t flags)
{
    uint32_t *const directory = kmalloc(PAGE_SIZE);

    if (!directory)
        return NULL;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        uint32_t *const table = kmalloc(PAGE_SIZE);

        if (!table) {
            free_tables(directory, i);
            return NULL;
        }
        fill_identity(table, i * DIRECTORY_SPAN | flags);
        directory[i] = hw_linear(table) | flags | PAGING_IS_WRITEABLE;
    }
    return directory;
}

struct paging_4gb_chunk *paging_new_4gb(uint8_t flags)
{
    uint32_t *const directory = new_identity(flags & PAGING_FLAGS);
    struct paging_4gb_chunk *chunk;

    if (!directory)
        return NULL;
    chunk = kzalloc(sizeof *chunk);
    if (!chunk) {
        free_tables(directory, TABLE_ENTRIES);
        return NULL;
    }
    chunk->directory_entry = hw_linear(directory);
    tables_made += TABLE_ENTRIES + 1;
    return chunk;
}

uint32_t *paging_4gb_chunk_get_directory(const struct paging_4gb_chunk *chunk)
{
    if (!chunk || !is_heap_page(hw_linear(chunk)) || !is_heap_page(chunk->directory_entry))
        return NULL;
    return hw_ptr(chunk->directory_entry);
}

int paging_free_4gb(struct paging_4gb_chunk *chunk)
{
    uint32_t *const directory = paging_4gb_chunk_get_directory(chunk);

    if (!directory)
        return -EINVARG;
    if (is_current(directory))
        return -EISTKN;
    free_tables(directory, TABLE_ENTRIES);
    kfree(chunk);
    return VANA_ALL_OK;
}

void paging_load_directory(uint32_t *directory)
{
    hw_write_cr3(hw_linear(directory));
}

int paging_switch(struct paging_4gb_chunk *chunk)
{
    uint32_t *const directory = paging_4gb_chunk_get_directory(chunk);

    if (!directory)
        return -EINVARG;
    paging_load_directory(directory);
    return VANA_ALL_OK;
}

int enable_paging(void)
{
    if (!is_heap_page(hw_read_cr3()))
        return -EINVARG;
    hw_write_cr0(hw_read_cr0() | CR0_PG);
    return VANA_ALL_OK;
}

uint64_t paging_tables_made(void)
{
    return tables_made;
}

/* ---- mappings ---- */

static bool lets_users_write(uint32_t entry)
{
    return (entry & USER_WRITES) == USER_WRITES;
}

/* What the CPU writes by itself is no change. */
static bool changes(uint32_t old, uint32_t entry)
{
    return ((old ^ entry) & ~(PTE_A | PTE_D)) != 0;
}

/* The rules of paging_set(): the kernel keeps its ground, and its frames stay out of users' reach. */
static bool takes_kernel_ground(uint32_t linear, uint32_t old, uint32_t entry, bool in_use)
{
    if (vana_kernel_range(linear))
        return changes(old, entry);
    if (vana_in_heap(linear) && ((entry & PAGE_FRAME) != linear || (in_use && !(entry & PAGING_IS_PRESENT))))
        return true;
    return lets_users_write(entry) && vana_kernel_range(entry & PAGE_FRAME);
}

/* What writing this entry would be answered, without writing it. */
static int may_set(uint32_t *directory, uint32_t linear, uint32_t entry)
{
    const uint32_t *const old = entry_at(directory, linear);

    if (!old)
        return -EINVARG;
    return takes_kernel_ground(linear, *old, entry, is_current(directory)) ? -EISTKN : VANA_ALL_OK;
}

/*
 * Rights are those of both levels together: a user's page needs a directory entry that lets users through.
 * Only a translation that was present can be cached.
 */
static void set_entry(uint32_t *directory, uint32_t linear, uint32_t entry)
{
    uint32_t *const slot = entry_at(directory, linear);
    uint32_t *const above = &directory[linear >> PDE_SHIFT];
    const uint32_t missing = entry & (PAGING_IS_PRESENT | PAGING_ACCESS_FROM_ALL) & ~*above;
    const uint32_t old = *slot;

    *slot = entry;
    if (missing)
        *above |= missing;
    if ((old & PAGING_IS_PRESENT) && is_current(directory))
        hw_invlpg(linear);
}

int paging_set(uint32_t *directory, void *virt, uint32_t val)
{
    int status;

    if (!is_directory(directory) || !paging_is_aligned(virt))
        return -EINVARG;
    status = may_set(directory, value_of(virt), val);
    if (status == VANA_ALL_OK)
        set_entry(directory, value_of(virt), val);
    return status;
}

uint32_t paging_get(uint32_t *directory, void *virt)
{
    const uint32_t *const entry =
        is_directory(directory) && exists(virt) ? entry_at(directory, value_of(virt)) : NULL;

    return entry ? *entry : 0;
}

struct mapping {
    uint32_t linear;
    uint32_t physical;
    uint32_t pages;
    uint32_t flags;
};

static bool wraps(uint32_t start, uint32_t pages)
{
    return pages > (UINT32_MAX - start) / PAGE_SIZE + 1;
}

static int check_mapping(uint32_t *directory, const struct mapping *mapping)
{
    int status = VANA_ALL_OK;

    if (!directory || (mapping->flags & ~PAGING_FLAGS) || wraps(mapping->linear, mapping->pages) ||
        wraps(mapping->physical, mapping->pages))
        return -EINVARG;
    for (uint32_t i = 0; i < mapping->pages && status == VANA_ALL_OK; i++)
        status = may_set(directory, mapping->linear + i * PAGE_SIZE,
                         (mapping->physical + i * PAGE_SIZE) | mapping->flags);
    return status;
}

static int map_pages(struct paging_4gb_chunk *chunk, const struct mapping *mapping)
{
    uint32_t *const directory = paging_4gb_chunk_get_directory(chunk);
    const int status = check_mapping(directory, mapping);

    if (status != VANA_ALL_OK)
        return status;
    for (uint32_t i = 0; i < mapping->pages; i++)
        set_entry(directory, mapping->linear + i * PAGE_SIZE,
                  (mapping->physical + i * PAGE_SIZE) | mapping->flags);
    return VANA_ALL_OK;
}

int paging_map_range(struct paging_4gb_chunk *chunk, void *virt, void *phys, int count, int flags)
{
    if (count < 0 || !paging_is_aligned(virt) || !paging_is_aligned(phys))
        return -EINVARG;
    return map_pages(chunk,
                     &(struct mapping){value_of(virt), value_of(phys), (uint32_t)count, (uint32_t)flags});
}

int paging_map(struct paging_4gb_chunk *chunk, void *virt, void *phys, int flags)
{
    return paging_map_range(chunk, virt, phys, 1, flags);
}

int paging_map_to(struct paging_4gb_chunk *chunk, void *virt, void *phys, void *phys_end, int flags)
{
    if (!paging_is_aligned(phys) || !paging_is_aligned(phys_end) || phys_end < phys)
        return -EINVARG;
    return paging_map_range(chunk, virt, phys, (int)((value_of(phys_end) - value_of(phys)) / PAGE_SIZE),
                            flags);
}

int paging_translate(uint32_t *directory, void *virt, uint32_t *physical)
{
    const uint32_t entry = paging_get(directory, virt);

    if (!(entry & PAGING_IS_PRESENT) || !(directory[value_of(virt) >> PDE_SHIFT] & PAGING_IS_PRESENT))
        return -EINVARG;
    *physical = (entry & PAGE_FRAME) | (value_of(virt) & PAGE_OFFSET);
    return VANA_ALL_OK;
}

void *paging_get_physical_address(uint32_t *directory, void *virt)
{
    uint32_t physical = 0;

    (void)paging_translate(directory, virt, &physical);
    return PAGING_ADDRESS(physical);
}
