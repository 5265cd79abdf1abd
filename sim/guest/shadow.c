#include "shadow.h"

#include "guest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the sanitizer's runtime; not there in programs without it. */
extern __attribute__((weak)) void __asan_poison_memory_region(const volatile void *address, size_t size);
extern __attribute__((weak)) void __asan_unpoison_memory_region(const volatile void *address, size_t size);
extern __attribute__((weak)) void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

#define SHADOW_SCALE 3u /* eight bytes of memory for one of shadow, wherever the sanitizer exists */
#define SHADOW_BYTES (KMS_PAGE_SIZE >> SHADOW_SCALE)

struct shadow_page {
    uint32_t number;
    bool open; /* all of it, as most pages are: no bytes are kept */
    uint8_t bytes[SHADOW_BYTES];
};

static uint8_t *shadow_of(const struct shadow_range *range, uint64_t page)
{
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    return (uint8_t *)(((uintptr_t)(range->base + (page << KMS_PAGE_SHIFT)) >> scale) + offset);
}

static void *must_have(void *memory)
{
    if (!memory) {
        fputs("kmemsim: no memory to save what AddressSanitizer knows for a snapshot\n", stderr);
        abort();
    }
    return memory;
}

/* Shadow is no memory to the sanitizer: copied by code that it does not see. */
__attribute__((no_sanitize_address)) static void copy_shadow(uint8_t *to, const uint8_t *from)
{
    for (size_t i = 0; i < SHADOW_BYTES; i++)
        *(volatile uint8_t *)&to[i] = from[i];
}

static void save_page(struct shadow_log *log, const struct shadow_range *range, uint64_t page)
{
    static const uint8_t all_open[SHADOW_BYTES];
    if (log->slot[page])
        return;
    if (log->count == log->room) {
        log->room = log->room ? 2 * log->room : 64;
        log->pages = must_have(realloc(log->pages, log->room * sizeof log->pages[0]));
    }
    struct shadow_page *saved = &log->pages[log->count++];
    saved->number = (uint32_t)page;
    copy_shadow(saved->bytes, shadow_of(range, page));
    saved->open = memcmp(saved->bytes, all_open, sizeof all_open) == 0;
    log->slot[page] = log->count;
}

void shadow_log_save(struct shadow_log *log, const struct shadow_range *range, const volatile void *at,
                     size_t size)
{
    const uint64_t start = (uintptr_t)at - (uintptr_t)range->base;
    if (start >= range->size || size == 0 || !__asan_get_shadow_mapping)
        return;
    const uint64_t last = size < range->size - start ? start + size - 1 : range->size - 1;
    if (!log->slot)
        log->slot = must_have(calloc((size_t)(range->size >> KMS_PAGE_SHIFT) + 1, sizeof log->slot[0]));
    for (uint64_t page = start >> KMS_PAGE_SHIFT; page <= last >> KMS_PAGE_SHIFT; page++)
        save_page(log, range, page);
}

void shadow_log_apply(struct shadow_log *log, const struct shadow_range *range)
{
    for (uint32_t i = 0; i < log->count; i++) {
        const struct shadow_page *saved = &log->pages[i];
        if (saved->open)
            __asan_unpoison_memory_region(range->base + ((size_t)saved->number << KMS_PAGE_SHIFT),
                                          KMS_PAGE_SIZE);
        else
            copy_shadow(shadow_of(range, saved->number), saved->bytes);
        log->slot[saved->number] = 0;
    }
    log->count = 0;
}

void shadow_open(const struct shadow_range *range)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(range->base, range->size);
}

void shadow_log_free(struct shadow_log *log)
{
    free(log->slot);
    free(log->pages);
    *log = (struct shadow_log){0};
}

/* ---- what kernel/sanitize.h calls ---- */

void kms_guest_asan_poison(const volatile void *address, size_t size)
{
    guest_marks_change(address, size);
    if (__asan_poison_memory_region)
        __asan_poison_memory_region(address, size);
}

void kms_guest_asan_unpoison(const volatile void *address, size_t size)
{
    guest_marks_change(address, size);
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(address, size);
}
