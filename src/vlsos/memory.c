#include "memory.h"

#include "../lib/bytes.h"
#include "kernel/hw.h"
#include "kernel/sanitize.h"

#include "config.h"
#include "layout.h"
#include "memory_zone.h"
#include "pages.h"

static uint32_t heap_ptr = HEAP_END; /* the next byte, by address; no heap yet */
static uint32_t calls_until_failure;
static uint64_t calls, failures;
static size_t peak_request;

void memory_init(void)
{
    heap_ptr = HEAP_START;
    calls_until_failure = 0;
    calls = failures = 0;
    peak_request = 0;
    zone_init();
    if (MEMORY_DEBUG)
        memory_zone_init();
    else
        kernel_pool_opened(hw_ptr(HEAP_START), HEAP_SIZE);
}

void memory_fail_at(uint32_t n)
{
    calls_until_failure = n;
}

static uint32_t next_block(void)
{
    return (heap_ptr + HEAP_ALIGN - 1u) & ~(HEAP_ALIGN - 1u);
}

/* The document's `heap_ptr + size >= HEAP_END`, where nothing wraps. */
static size_t bytes_left(void)
{
    const uint32_t block = next_block() + MEMORY_LEAD + MEMORY_TAIL;

    return block < HEAP_END ? HEAP_END - block - 1u : 0;
}

static bool may_have(size_t size)
{
    calls++;
    if (size > peak_request)
        peak_request = size;
    if (calls_until_failure > 0 && --calls_until_failure == 0)
        return false;
    return size > 0 && size <= bytes_left();
}

static void open_block(uint32_t block, size_t size, const char *owner)
{
    if (MEMORY_DEBUG)
        memory_zone_take(block, next_block(), (uint32_t)size, owner);
    else
        kernel_block_handed_out(hw_ptr(HEAP_START), hw_ptr(block), size);
}

void *malloc_by(size_t size, const char *owner)
{
    const uint32_t block = next_block();

    if (!may_have(size)) {
        failures++;
        return NULL;
    }
    heap_ptr = block + MEMORY_LEAD + (uint32_t)size + MEMORY_TAIL;
    open_block(block, size, owner);
    return hw_ptr(block + MEMORY_LEAD);
}

void free_by(void *ptr, const char *owner)
{
    if (MEMORY_DEBUG && ptr)
        memory_zone_free(hw_linear(ptr), owner);
}

/* In parentheses, for they may be macros. */
void *(malloc)(size_t size)
{
    return malloc_by(size, "malloc");
}

void(free)(void *ptr)
{
    free_by(ptr, "free");
}

const char *memory_check(void)
{
    return MEMORY_DEBUG ? memory_zone_check(heap_ptr) : NULL;
}

uint32_t memory_report(uint32_t since, zone_teller tell, void *context)
{
    return MEMORY_DEBUG ? memory_zone_report(heap_ptr, since, tell, context) : 0;
}

void *memcpy(void *dest, const void *src, size_t size)
{
    bytes_copy(dest, src, size);
    return dest;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const size_t equal = bytes_equal(a, b, size);

    return equal == size ? 0 : ((const unsigned char *)a)[equal] - ((const unsigned char *)b)[equal];
}

void *memset(void *ptr, int value, size_t size)
{
    bytes_set(ptr, (unsigned char)value, size);
    return ptr;
}

void memory_measure(struct memory_usage *usage)
{
    const uint64_t pool_pages = (kernel_pages.end - kernel_pages.start) / BUDDY_FRAME_SIZE;

    *usage = (struct memory_usage){
        .ram = layout_end(),
        .image = VLSOS_DATA - VLSOS_TEXT,
        .static_data = VLSOS_IMAGE_END - VLSOS_DATA,
        .stack = VLSOS_STACK_SIZE,
        .heap_used = heap_ptr - (uint32_t)HEAP_START,
        .heap_left = bytes_left(),
        .heap_peak_request = peak_request,
        .heap_calls = calls,
        .heap_failures = failures,
        .pages_used = pool_pages - kernel_pages.free_frames,
        .pages_free = kernel_pages.free_frames,
    };
}
