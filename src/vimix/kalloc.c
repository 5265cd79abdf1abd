#include "kalloc.h"

#include <kernel/hw_riscv.h>
#include <kernel/sanitize.h>

#include "status.h"

#define WORD_BITS 32u

static struct {
    unsigned char *bytes; /* of RAM */
    reg_t start, end;     /* of what may be managed: KALLOC_PAGES_MAX pages from the first usable one */
    reg_t head;           /* physical address of the first free page, 0 if there is none */
    size_t free, managed;
    size_t handed_out, taken_back;
    unsigned fail_in;
    uint32_t taken[KALLOC_PAGES_MAX / WORD_BITS];
    uint32_t owned[KALLOC_PAGES_MAX / WORD_BITS]; /* managed: not reserved */
} kmem;

/* ---- pages by number ---- */

static size_t page_of(reg_t physical)
{
    return (size_t)((physical - kmem.start) >> PAGE_SHIFT);
}

static bool has_bit(const uint32_t *bits, size_t page)
{
    return bits[page / WORD_BITS] >> page % WORD_BITS & 1u;
}

static void flip_bit(uint32_t *bits, size_t page)
{
    bits[page / WORD_BITS] ^= (uint32_t)1 << page % WORD_BITS;
}

void *kalloc_pointer(reg_t physical)
{
    /* Any address may be asked for, and one outside is no offset of a pointer. */
    return (void *)((uintptr_t)kmem.bytes + (uintptr_t)(physical - kmem.start));
}

reg_t kalloc_physical(const void *page)
{
    return (reg_t)((const unsigned char *)page - kmem.bytes) + kmem.start;
}

static bool is_managed(reg_t physical)
{
    return physical >= kmem.start && physical < kmem.end && has_bit(kmem.owned, page_of(physical));
}

enum kalloc_state kalloc_state(reg_t physical)
{
    if (!is_managed(physical))
        return KALLOC_UNMANAGED;
    return has_bit(kmem.taken, page_of(physical)) ? KALLOC_TAKEN : KALLOC_FREE;
}

/* ---- the list ---- */

static void push(reg_t physical)
{
    reg_t *const link = kalloc_pointer(physical);

    *link = kmem.head;
    kmem.head = physical;
    kmem.free++;
}

void *kalloc(void)
{
    const reg_t physical = kmem.head;
    reg_t *page;

    if (physical == 0 || (kmem.fail_in > 0 && --kmem.fail_in == 0))
        return NULL;
    page = kalloc_pointer(physical);
    kmem.head = *page;
    kmem.free--;
    kmem.handed_out++;
    flip_bit(kmem.taken, page_of(physical));
    kernel_block_handed_out(kmem.bytes, page + 1, PAGE_SIZE - sizeof *page);
    return page;
}

int kfree(void *pa)
{
    const uintptr_t offset = (uintptr_t)pa - (uintptr_t)kmem.bytes;
    const size_t page = offset >> PAGE_SHIFT;

    if (offset & PAGE_OFFSET || offset >= kmem.end - kmem.start || !has_bit(kmem.taken, page))
        return -EINVAL;
    flip_bit(kmem.taken, page);
    kmem.taken_back++;
    push(kmem.start + (reg_t)offset);
    kernel_block_taken_back(kmem.bytes, (reg_t *)pa + 1, PAGE_SIZE - sizeof(reg_t));
    return VIMIX_OK;
}

/* ---- the beginning ---- */

static void forget(void)
{
    kmem.head = 0;
    kmem.free = kmem.managed = kmem.handed_out = kmem.taken_back = 0;
    kmem.fail_in = 0;
    for (size_t i = 0; i < KALLOC_PAGES_MAX / WORD_BITS; i++)
        kmem.taken[i] = kmem.owned[i] = 0;
}

static void take_over(reg_t page)
{
    flip_bit(kmem.owned, page_of(page));
    kmem.managed++;
    push(page);
    kernel_mark_closed((reg_t *)kalloc_pointer(page) + 1, PAGE_SIZE - sizeof(reg_t));
}

static void take_over_run(const struct memory_range *run)
{
    for (uint64_t page = run->start; page < run->end && page < kmem.end; page += PAGE_SIZE)
        take_over((reg_t)page);
}

int kalloc_init(const struct memory_map *map)
{
    const uint64_t reach = (uint64_t)KALLOC_PAGES_MAX * PAGE_SIZE;
    struct memory_range run;

    if (!memory_map_next(map, 0, &run) || run.start == 0 || run.start > UINT32_MAX - reach)
        return -EINVAL;
    forget();
    kmem.start = (reg_t)run.start;
    kmem.end = (reg_t)(run.start + reach);
    kmem.bytes = hw_ptr((uint32_t)run.start);
    kernel_pool_made(kmem.bytes);
    do
        take_over_run(&run);
    while (memory_map_next(map, run.end, &run));
    return VIMIX_OK;
}

/* ---- for others ---- */

reg_t kalloc_get_free_memory(void)
{
    return (reg_t)kmem.free * PAGE_SIZE;
}

void kalloc_fail_at(unsigned n)
{
    kmem.fail_in = n;
}

void kalloc_measure(struct kalloc_usage *usage)
{
    *usage = (struct kalloc_usage){kmem.managed, kmem.free,       kmem.start,
                                   kmem.end,     kmem.handed_out, kmem.taken_back};
}

/* ---- the checker ---- */

static size_t count_taken(void)
{
    size_t count = 0;

    for (reg_t page = kmem.start; page != kmem.end; page += PAGE_SIZE)
        count += kalloc_state(page) == KALLOC_TAKEN;
    return count;
}

/* A list that comes back to itself is longer than there are pages. */
const char *kalloc_check(void)
{
    size_t length = 0;

    for (reg_t page = kmem.head; page != 0; page = *(const reg_t *)kalloc_pointer(page)) {
        if ((page & PAGE_OFFSET) || !is_managed(page))
            return "the free list leads to what is no page of the allocator's";
        if (kalloc_state(page) == KALLOC_TAKEN)
            return "a page on the free list is handed out";
        if (++length > kmem.free)
            return "the free list is longer than there are free pages";
    }
    if (length != kmem.free)
        return "the free list is shorter than there are free pages";
    if (length + count_taken() != kmem.managed)
        return "a page is neither free nor handed out";
    return NULL;
}
