/*
 * window_pages.c - what is mapped in a window: the host's mappings and the list of them.
 *
 * A host mapping that cannot be made means that this process is out of mappings or memory. The access that
 * needs it has no way to fail, so half of the pages are given up (a TLB may forget anything) and it is tried
 * once more.
 */
#define _GNU_SOURCE
#include "window.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(start, size) ((void)(start), (void)(size))
#endif

#define MEMCHECK_PIECE (UINT64_C(4) << 30)

static uint8_t *host_page(const struct kms_window *window, uint32_t number)
{
    return window->base + ((size_t)number << KMS_PAGE_SHIFT);
}

bool window_paging(const struct kms_window *window)
{
    return kms_cpu_mode(window->cpu) != KMS_PAGING_NONE;
}

bool window_is_ram(const struct kms_window *window, kms_phys frame)
{
    int fd;
    uint64_t offset;
    return kms_ram_file(window->ram, frame, &fd, &offset) && kms_ram_ptr(window->ram, frame, KMS_PAGE_SIZE);
}

struct window_page *window_find(const struct kms_window *window, kms_linear linear)
{
    if (linear >= window->size)
        return NULL;
    const uint32_t slot = window->slot[linear >> KMS_PAGE_SHIFT];
    return slot ? &window->pages[slot - 1] : NULL;
}

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "kmemsim: the linear window: %s: ", what);
    perror(NULL);
    abort();
}

/* ---- the list ---- */

static void unlist(struct kms_window *window, struct window_page *page)
{
    window->slot[page->number] = 0;
    const struct window_page *last = &window->pages[--window->count];
    if (page != last) {
        *page = *last;
        window->slot[page->number] = (uint32_t)(page - window->pages) + 1;
    }
}

static void list(struct kms_window *window, const struct window_page *page)
{
    assert(window->pages);
    if (page->shift > KMS_PAGE_SHIFT)
        window->large = true;
    window->pages[window->count++] = *page;
    window->slot[page->number] = window->count;
}

static void evict_one(struct kms_window *window)
{
    assert(window->pages && window->count > 0);
    if (window->hand >= window->count)
        window->hand = 0;
    window_drop(window, &window->pages[window->hand++]);
    window->counts.evicted++;
}

/* ---- the host's mappings ---- */

static bool map_host(struct kms_window *window, const struct window_page *page)
{
    int fd;
    uint64_t offset;
    if (!kms_ram_file(window->ram, page->frame, &fd, &offset))
        return false;
    const int rights = page->flags & PAGE_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
    return mmap(host_page(window, page->number), KMS_PAGE_SIZE, rights, MAP_SHARED | MAP_FIXED, fd,
                (off_t)offset) != MAP_FAILED;
}

/*
 * Memcheck would report the accesses that are about to fault; the guest's page tables answer for them. It keeps books
 * for each 64 KiB, so of a wider window it hears of both ends only, where kernels are.
 */
static void tell_memcheck(uint8_t *start, uint64_t size)
{
    const uint64_t piece = size < MEMCHECK_PIECE ? size : MEMCHECK_PIECE;
    VALGRIND_MAKE_MEM_DEFINED(start, (size_t)piece);
    if (size > piece)
        VALGRIND_MAKE_MEM_DEFINED(start + (size - piece), (size_t)piece);
}

static bool unmap_host(struct kms_window *window, kms_linear linear, uint64_t size)
{
    void *const start = window->base + linear;
    const bool done = mmap(start, (size_t)size, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
    tell_memcheck(start, size);
    return done;
}

void window_map(struct kms_window *window, const struct window_page *page)
{
    if (page->flags & PAGE_WRITE)
        kms_ram_touch(window->ram, page->frame, KMS_PAGE_SIZE);
    struct window_page *there = window_find(window, (kms_linear)page->number << KMS_PAGE_SHIFT);
    if (there)
        unlist(window, there);
    if (window->count == window->room)
        evict_one(window);
    if (!map_host(window, page)) {
        for (uint32_t half = window->count / 2; half > 0; half--)
            evict_one(window);
        if (!map_host(window, page))
            give_up("a page cannot be mapped");
    }
    list(window, page);
}

void window_set_write(struct kms_window *window, struct window_page *page, bool write)
{
    if (write)
        kms_ram_touch(window->ram, page->frame, KMS_PAGE_SIZE);
    if (mprotect(host_page(window, page->number), KMS_PAGE_SIZE,
                 write ? PROT_READ | PROT_WRITE : PROT_READ) != 0)
        give_up("a page's rights cannot be changed");
    page->flags = (uint8_t)(write ? page->flags | PAGE_WRITE : page->flags & ~PAGE_WRITE);
}

void window_drop(struct kms_window *window, struct window_page *page)
{
    if (window->identity)
        window_set_write(window, page, false);
    else if (!unmap_host(window, (kms_linear)page->number << KMS_PAGE_SHIFT, KMS_PAGE_SIZE))
        give_up("a page cannot be unmapped");
    unlist(window, page);
}

void window_drop_run(struct kms_window *window, struct window_run *run)
{
    const kms_linear linear = (kms_linear)run->first << KMS_PAGE_SHIFT;
    if (run->count && !unmap_host(window, linear, (uint64_t)run->count << KMS_PAGE_SHIFT))
        give_up("pages cannot be unmapped");
    run->count = 0;
}

void window_drop_later(struct kms_window *window, struct window_page *page, struct window_run *run)
{
    const uint32_t number = page->number;
    unlist(window, page);
    if (run->count && number + 1 == run->first) {
        run->first = number;
    } else if (!run->count || number != run->first + run->count) {
        window_drop_run(window, run);
        run->first = number;
    }
    run->count++;
}

void window_drop_all(struct kms_window *window)
{
    if (!unmap_host(window, 0, window->size))
        give_up("the window cannot be emptied");
    for (uint32_t i = 0; i < window->count; i++)
        window->slot[window->pages[i].number] = 0;
    window->count = 0;
    window->hand = 0;
    window->large = false;
    window->identity = false;
}

static void map_region(struct kms_window *window, const struct kms_region *region)
{
    int fd;
    uint64_t offset;
    const uint64_t room = region->base < window->reach ? window->reach - region->base : 0;
    const uint64_t size = region->size < room ? region->size : room;
    if (region->kind != KMS_REGION_RAM || size == 0 || !kms_ram_ptr(window->ram, region->base, size) ||
        !kms_ram_file(window->ram, region->base, &fd, &offset))
        return;
    if (mmap(window->base + region->base, (size_t)size, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
             (off_t)offset) == MAP_FAILED)
        give_up("RAM cannot be mapped");
}

void window_map_identity(struct kms_window *window)
{
    window_drop_all(window);
    struct kms_region region;
    for (kms_phys phys = 0; phys < kms_ram_end(window->ram); phys = region.base + region.size) {
        region = kms_ram_region(window->ram, phys);
        map_region(window, &region);
    }
    window->identity = true;
}
