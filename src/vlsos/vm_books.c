#include "vm_books.h"

#include <stddef.h>

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "memory.h"
#include "pages.h"
#include "paging.h"
#include "process.h"
#include "program.h"
#include "status.h"

/* Of the pool, for the table of slots: a large store on a small machine is not used to its end. */
#define SLOTS_SHARE 8u

struct vm_books books;

/* ---- frames ---- */

static bool is_in_reach(uint32_t address)
{
    return frames_number(&books.vm.frames, address) < books.vm.frames.count;
}

uint32_t books_take_pages(unsigned order)
{
    if (books.calls_until_failure && --books.calls_until_failure == 0)
        return PAGES_NONE;
    return pages_alloc(order);
}

void books_fail_at(uint32_t n)
{
    books.calls_until_failure = n;
}

static uint32_t take_page(void)
{
    uint32_t address;

    if (kernel_pages.free_frames <= VLSOS_RESERVE)
        return PAGES_NONE;
    books.taking = true;
    address = books_take_pages(0);
    books.taking = false;
    return address;
}

static uint32_t take(void *context)
{
    const uint32_t address = take_page();

    (void)context;
    if (address == PAGES_NONE)
        return 0;
    if (is_in_reach(address))
        return address;
    (void)pages_free(address, 0);
    return 0;
}

static void give(void *context, uint32_t address)
{
    (void)context;
    (void)pages_free(address, 0);
}

/* The kernel has no page left: one of a process makes room. */
static bool make_room(void)
{
    return books.processes && !books.taking && swap_evict(&books.vm) == VM_OK;
}

/* ---- the books ---- */

static void *take_cleared(size_t size)
{
    const unsigned order = buddy_order_for(size);
    const uint32_t address = books_take_pages(order);

    if (address == PAGES_NONE)
        return NULL;
    books.pages += 1u << order;
    return memset(hw_ptr(address), 0, (size_t)PAGE_SIZE << order);
}

static void give_back(const void *ptr, size_t size)
{
    if (!ptr)
        return;
    books.pages -= 1u << buddy_order_for(size);
    (void)pages_free(hw_linear(ptr), buddy_order_for(size));
}

/* Sizes of the three tables, each within one block of the top order. */
struct sizes {
    size_t frames, slots, processes;
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct sizes choose_sizes(void)
{
    const uint32_t pool = kernel_pages.end - kernel_pages.start;
    const uint32_t slots_bytes = least(pool / SLOTS_SHARE, BUDDY_TOP_SIZE);
    const uint32_t slots = least(hw_store_pages(), slots_bytes / (uint32_t)sizeof(struct slot));
    const uint32_t frames = least(pool / PAGE_SIZE, BUDDY_TOP_SIZE / (uint32_t)sizeof(struct frame));

    return (struct sizes){frames * sizeof(struct frame), slots * sizeof(struct slot),
                          VLSOS_PROCESSES * sizeof(struct process)};
}

static void open_books(const struct sizes *sizes, struct frame *frames, struct slot *slots)
{
    vm_init(&books.vm, &(struct vm_parts){.source = {take, give, NULL},
                                          .frames = frames,
                                          .first_frame = kernel_pages.start,
                                          .frame_count = (uint32_t)(sizes->frames / sizeof(struct frame)),
                                          .slots = slots,
                                          .slot_count = (uint32_t)(sizes->slots / sizeof(struct slot)),
                                          .read_image = program_read,
                                          .no_execute = paging_has_nx()});
}

void books_init(void)
{
    books = (struct vm_books){0};
    program_init();
    pages_add_reclaimer(make_room);
}

bool books_make(void)
{
    const struct sizes sizes = choose_sizes();
    void *const frames = take_cleared(sizes.frames);
    void *const slots = sizes.slots ? take_cleared(sizes.slots) : NULL;

    books.processes = take_cleared(sizes.processes);
    if (frames && (slots || !sizes.slots) && books.processes) {
        open_books(&sizes, frames, slots);
        return true;
    }
    give_back(frames, sizes.frames);
    give_back(slots, sizes.slots);
    give_back(books.processes, sizes.processes);
    books.processes = NULL;
    return false;
}

int books_status(enum vm_status status)
{
    static const int statuses[VM_STATUSES] = {
        [VM_OK] = VLSOS_OK,
        [VM_NOT_MAPPED] = VLSOS_EFAULT,
        [VM_DENIED] = VLSOS_EACCES,
        [VM_NO_MEMORY] = VLSOS_ENOMEM,
        [VM_STORE_FULL] = VLSOS_ENOSPC,
        [VM_STORE_FAILED] = VLSOS_EIO,
        [VM_IMAGE_FAILED] = VLSOS_EIO,
        [VM_TAKEN] = VLSOS_EBUSY,
        [VM_BAD_RANGE] = VLSOS_EINVAL,
        [VM_FULL] = VLSOS_ENOMEM,
    };

    return statuses[status];
}

/* ---- checking ---- */

const char *books_check(void)
{
    const char *const broken = vm_check(&books.vm);
    uint32_t number = books.vm.frames.oldest;

    if (broken)
        return broken;
    while (number != FRAMES_NONE) {
        if (buddy_order_at(&kernel_pages, frames_address(&books.vm.frames, number)) != 0)
            return "a frame of a process is no page that was handed out";
        number = books.vm.frames.table[number].newer;
    }
    return NULL;
}
