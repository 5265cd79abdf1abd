#include "kmem.h"

#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "memory.h"
#include "pages.h"
#include "slab_inside.h"
#include "zone.h"

#define LEAST_SHIFT 4u /* of the first class: 16 bytes */

static struct slab_cache classes[KMEM_CLASSES]; /* the first caches: their numbers are their places */
static uint32_t calls_until_failure;

static const char *const names[KMEM_CLASSES] = {"kmem-16",  "kmem-32",  "kmem-64",   "kmem-128",
                                                "kmem-256", "kmem-512", "kmem-1024", "kmem-2048"};

static bool reclaim_slabs(void)
{
    return slab_reclaim_all() > 0;
}

int kmem_init(void)
{
    int status = VLSOS_OK;

    slab_init();
    calls_until_failure = 0;
    for (unsigned i = 0; i < KMEM_CLASSES && status == VLSOS_OK; i++)
        status = slab_cache_create(
            &classes[i],
            &(struct slab_options){.name = names[i], .size = 1u << (LEAST_SHIFT + i), .align = KMEM_ALIGN});
    pages_add_reclaimer(reclaim_slabs);
    return status;
}

void kmem_fail_at(uint32_t n)
{
    calls_until_failure = n;
}

static bool must_fail(void)
{
    return calls_until_failure > 0 && --calls_until_failure == 0;
}

/* The class of a small request. */
static struct slab_cache *class_for(size_t size)
{
    const unsigned bits = 32u - (unsigned)__builtin_clz(((uint32_t)size - 1u) | 1u);

    return &classes[bits > LEAST_SHIFT ? bits - LEAST_SHIFT : 0];
}

/* With VLSOS_MEMORY_DEBUG, books and left zone take a page before a large block, so that it still begins on one. */
#define LARGE_LEAD (MEMORY_DEBUG ? BUDDY_FRAME_SIZE : 0u)
#define LARGE_TAIL (MEMORY_DEBUG ? ZONE_BYTES : 0u)

static struct zone_block large_block(uint32_t start, unsigned order)
{
    return (struct zone_block){"large block ", start, LARGE_LEAD, start + (BUDDY_FRAME_SIZE << order)};
}

static void open_large(uint32_t start, unsigned order, const struct zone_record *record)
{
    const struct zone_block block = large_block(start, order);

    pages_tag(start, order, PAGES_TAG_KMEM);
    if (MEMORY_DEBUG) {
        pages_tag(start, 0, PAGES_TAG_KMEM_BOOKS);
        zone_block_take(&block, record->size, record->owner);
    } else {
        kernel_mark_closed((char *)hw_ptr(start) + record->size, block.end - start - record->size);
    }
}

__attribute__((noinline)) static void *alloc_large(size_t size, const char *owner)
{
    const unsigned order = buddy_order_for((uint64_t)size + LARGE_LEAD + LARGE_TAIL);
    const uint32_t start = pages_alloc(order);

    if (start == PAGES_NONE)
        return NULL;
    open_large(start, order, &(struct zone_record){.size = (uint32_t)size, .owner = owner});
    return hw_ptr(start + LARGE_LEAD);
}

void *kmem_alloc_by(size_t size, const char *owner)
{
    if (size == 0 || must_fail())
        return NULL;
    return size <= KMEM_SMALL ? slab_take(class_for(size), (uint32_t)size, owner) : alloc_large(size, owner);
}

void *kmem_zalloc_by(size_t size, const char *owner)
{
    void *const ptr = kmem_alloc_by(size, owner);

    return ptr ? memset(ptr, 0, size) : NULL;
}

void *kmem_alloc_pages_by(size_t size, const char *owner)
{
    return size == 0 || must_fail() ? NULL : alloc_large(size, owner);
}

static bool is_large(uint32_t address)
{
    return pages_tag_at(address) == PAGES_TAG_KMEM || pages_tag_at(address) == PAGES_TAG_KMEM_MAPPED;
}

static bool is_mapped_anywhere(uint32_t address, unsigned order)
{
    bool found = false;

    for (uint32_t i = 0; i < 1u << order && !found; i++)
        found = pages_tag_at(address + i * BUDDY_FRAME_SIZE) == PAGES_TAG_KMEM_MAPPED;
    return found;
}

/* Objects of other caches are no business of kmem_free(). */
static int free_small(const struct slab_return *back)
{
    const unsigned number = pages_mark_tag(back->mark) - PAGES_TAG_SLAB;

    return number < KMEM_CLASSES ? slab_free_at(&classes[number], back) : VLSOS_EINVAL;
}

__attribute__((noinline)) static int free_large(uint32_t address)
{
    const uint32_t start = address - LARGE_LEAD;
    const int order = buddy_order_at(&kernel_pages, start);
    struct zone_block block;

    if (order < 0 || !is_large(address))
        return VLSOS_EINVAL;
    if (is_mapped_anywhere(start, (unsigned)order))
        return VLSOS_EBUSY;
    block = large_block(start, (unsigned)order);
    if (MEMORY_DEBUG && zone_block_check(&block))
        return VLSOS_ECORRUPT;
    return pages_free(start, (unsigned)order);
}

int kmem_free_by(void *ptr, const char *owner)
{
    const uint32_t address = ptr ? hw_linear(ptr) : 0;
    const unsigned mark = pages_mark_at(address);

    if (pages_mark_tag(mark) < PAGES_TAG_SLAB)
        return free_large(address);
    return free_small(&(struct slab_return){ptr, address, mark, owner});
}

/* ---- what it costs ---- */

#define SPARE      sizeof(struct slab_spare)
#define LINK       sizeof(uint16_t)
#define FREE_BYTES (2 + 2 * LINK + SPARE) /* tag and colour, link read and written, spare */
#define BETWEEN_BOTH                                                                                         \
    (5 * LINK + SPARE) /* first free and number taken, read and written, a link, and a spare */

void kmem_measure(struct kmem_work *work)
{
    const uint64_t between = slab_work.refilled + slab_work.put_back;
    uint64_t given = 0, back = 0;

    for (unsigned i = 0; i < KMEM_CLASSES; i++) {
        given += classes[i].statistics.allocations;
        back += classes[i].statistics.allocations - slab_objects(&classes[i]);
    }
    work->scanned = given + back + between + slab_work.moved;
    work->written = given + 2 * back + between + slab_work.moved + slab_work.made;
    work->bytes = given * (SPARE + LINK) + back * FREE_BYTES + between * BETWEEN_BOTH +
                  slab_work.moved * 2 * SPARE + slab_work.list_words * sizeof(uint32_t) +
                  slab_work.made_bytes;
}

/* ---- large blocks, with VLSOS_MEMORY_DEBUG ---- */

/* The next large block from this page on; false if none is left. */
static bool next_large(uint32_t page, struct zone_block *block)
{
    while (pages_has(page) && pages_tag_at(page) != PAGES_TAG_KMEM_BOOKS)
        page += BUDDY_FRAME_SIZE;
    if (!pages_has(page))
        return false;
    *block = large_block(page, (unsigned)buddy_order_at(&kernel_pages, page));
    return true;
}

const char *kmem_check(void)
{
    struct zone_block block = {.end = kernel_pages.start};
    const char *broken = NULL;

    while (MEMORY_DEBUG && !broken && next_large(block.end, &block))
        broken = zone_block_check(&block);
    return broken;
}

static uint32_t report_large(uint32_t since, zone_teller tell, void *context)
{
    struct zone_block block = {.end = kernel_pages.start};
    struct zone_record record;
    uint32_t count = 0;

    while (next_large(block.end, &block)) {
        if (zone_block_read(&block, &record) != ZONE_TAKEN || record.when <= since)
            continue;
        tell(context, &record);
        count++;
    }
    return count;
}

uint32_t kmem_report(uint32_t since, zone_teller tell, void *context)
{
    return slab_report(since, tell, context) + (MEMORY_DEBUG ? report_large(since, tell, context) : 0);
}
