#include "vm_map.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../../lib/memory.h"
#include "../tasks/task.h"
#include "kmalloc.h"
#include "valloc.h"

/* In kmalloc's memory, in a list. */
struct window {
    uint32_t next;     /* address; 0: none */
    uint32_t to, from; /* ids of contexts */
    uint32_t to_page, from_page, pages;
};

static uint32_t windows;

void vm_map_init(void)
{
    windows = 0;
}

/* ---- which pages ---- */

struct pages {
    uint32_t first, count;
};

static bool find_pages(uint32_t address, uint32_t bytes, struct pages *pages)
{
    const uint32_t last = address + (bytes - 1);

    if (bytes == 0 || last < address)
        return false;
    pages->first = address / PAGE_SIZE;
    pages->count = last / PAGE_SIZE - pages->first + 1;
    return mem_page_exist(pages->first, pages->count);
}

/* A task gives what its program can use; the kernel gives what pvalloc() gave it. */
static bool may_lend(const struct vm_lending *lending, const struct pages *pages)
{
    const uint32_t needed =
        PTE_P | PAGING_OWNED | (lending->from->rights & PTE_US) | (lending->rights & PTE_RW);

    return paging_all(lending->from, pages->first, pages->count, needed, needed);
}

/* ---- windows ---- */

static void map_frames(const struct vm_lending *lending, const struct window *window)
{
    for (uint32_t i = 0; i < window->pages; i++) {
        const uint32_t frame = paging_get(lending->from, window->from_page + i) & PAGE_FRAME;

        (void)paging_set_range(lending->to, window->to_page + i, 1, frame | lending->rights | PTE_P);
    }
}

/* Tables first, so that nothing can fail half-way. */
static int open_window(const struct vm_lending *lending, const struct pages *pages, struct window *window)
{
    const uint32_t page = vm_address(valloc(pages->count, lending->to)) / PAGE_SIZE;

    if (!page)
        return -ENOMEM;
    if (paging_need_tables(lending->to, page, pages->count) != XELIX_OK) {
        (void)mem_page_free(&lending->to->addresses, page, pages->count);
        return -ENOMEM;
    }
    *window = (struct window){windows, lending->to->id, lending->from->id, page, pages->first, pages->count};
    windows = kmalloc_address(window);
    map_frames(lending, window);
    return XELIX_OK;
}

int vm_map(const struct vm_lending *lending, uint32_t *address)
{
    struct pages pages;
    struct window *window;
    int status;

    if (!find_pages(lending->address, lending->bytes, &pages) || (lending->rights & ~PAGING_RIGHTS))
        return -EINVAL;
    if (lending->to == lending->from || !may_lend(lending, &pages))
        return -EFAULT;
    window = kmalloc(sizeof *window);
    if (!window)
        return -ENOMEM;
    status = open_window(lending, &pages, window);
    if (status)
        (void)kfree(window);
    else
        *address = window->to_page * PAGE_SIZE + lending->address % PAGE_SIZE;
    return status;
}

/* Out of the list, addresses and tables; `link` is what leads to it. */
static void close_window(struct vm_ctx *to, uint32_t *link)
{
    struct window *const window = kmalloc_pointer(*link);

    *link = window->next;
    paging_clear_range(to, window->to_page, window->pages);
    (void)mem_page_free(&to->addresses, window->to_page, window->pages);
    (void)kfree(window);
}

static uint32_t *next_link(const uint32_t *link)
{
    struct window *const window = kmalloc_pointer(*link);

    return &window->next;
}

int vm_unmap(struct vm_ctx *to, uint32_t address)
{
    for (uint32_t *link = &windows; *link; link = next_link(link)) {
        const struct window *const window = kmalloc_pointer(*link);

        if (window->to == to->id && window->to_page == address / PAGE_SIZE) {
            close_window(to, link);
            return XELIX_OK;
        }
    }
    return -EINVAL;
}

void vm_unmap_all(struct vm_ctx *to)
{
    for (uint32_t *link = &windows; *link;) {
        const struct window *const window = kmalloc_pointer(*link);

        if (window->to == to->id)
            close_window(to, link);
        else
            link = next_link(link);
    }
}

static bool meets(const struct window *window, uint32_t page, uint32_t pages)
{
    return window->from_page < page + pages && page < window->from_page + window->pages;
}

bool vm_is_lent(const struct vm_ctx *from, uint32_t page, uint32_t pages)
{
    for (const uint32_t *link = &windows; *link; link = next_link(link)) {
        const struct window *const window = kmalloc_pointer(*link);

        if (window->from == from->id && meets(window, page, pages))
            return true;
    }
    return false;
}

bool vm_lends(const struct vm_ctx *from)
{
    return vm_is_lent(from, 0, UINT32_MAX);
}

/* ---- copies ---- */

/* Page by page: in direct mode the pointers of two pages of a window have nothing to do with each other. */
static void copy_window(uint32_t address, uint32_t bytes, unsigned char *to, const unsigned char *from)
{
    for (uint32_t done = 0; done < bytes;) {
        const uint32_t room = PAGE_SIZE - (address + done) % PAGE_SIZE;
        const uint32_t part = bytes - done < room ? bytes - done : room;

        if (from)
            memcpy(vm_ptr(address + done), from + done, (int)part);
        else
            memcpy(to + done, vm_ptr(address + done), (int)part);
        done += part;
    }
}

static int copy(const struct vm_copy *copy, unsigned char *to, const unsigned char *from)
{
    const struct vm_lending lending = {.to = &vm_kernel,
                                       .from = copy->ctx,
                                       .address = copy->address,
                                       .bytes = copy->bytes,
                                       .rights = from ? PTE_RW : 0};
    uint32_t address;
    const int status = vm_map(&lending, &address);

    if (status)
        return status;
    copy_window(address, copy->bytes, to, from);
    return vm_unmap(&vm_kernel, address);
}

int vm_write(const struct vm_copy *range, const void *from)
{
    return copy(range, NULL, from);
}

int vm_read(const struct vm_copy *range, void *to)
{
    return copy(range, to, NULL);
}

/* ---- the checker ---- */

static const char *check_window(const struct window *window)
{
    const struct vm_ctx *const to = task_context(window->to);
    const struct vm_ctx *const from = task_context(window->from);

    if (!to || !from)
        return "a window is between contexts that are gone";
    for (uint32_t i = 0; i < window->pages; i++) {
        const uint32_t here = paging_get(to, window->to_page + i);
        const uint32_t there = paging_get(from, window->from_page + i);

        if (!(here & PTE_P) || (here & PAGING_OWNED))
            return "a window's page is not mapped as one";
        if (!(there & PAGING_OWNED) || ((here ^ there) & PAGE_FRAME))
            return "a window shows another frame than the lender's";
    }
    return NULL;
}

const char *vm_map_check(void)
{
    const char *broken = NULL;

    for (const uint32_t *link = &windows; *link && !broken; link = next_link(link))
        broken = check_window(kmalloc_pointer(*link));
    return broken;
}
