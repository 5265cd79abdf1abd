/*
 * sanitize_probe - one wrong use of JSLK's heap, chosen by the argument, for a sanitizer to report by this file's lines.
 * Without an argument: right uses only, which nobody may report. Memory is mapped where its addresses say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jslk/kmalloc.h"
#include "jslk/paging.h"
#include "jslk/reach.h"
#include "jslk/status.h"
#include "jslk/watch.h"
#include "kernel/hw.h"

/* ---- the machine and the pages below the heap ---- */

bool hw_ptr_translates(void)
{
    return true;
}

bool hw_memory_range(uint32_t index, struct hw_memory_range *range)
{
    (void)index;
    (void)range;
    return false;
}

void hw_panic(const char *reason)
{
    fputs(reason, stderr);
    exit(1);
}

int paging_physical(uint32_t address, uint32_t *physical)
{
    *physical = address;
    return JSLK_OK;
}

static int more(const heap_t *heap, uint32_t start, uint32_t end, bool contiguous)
{
    (void)heap;
    (void)contiguous;
    watch_closed(start, end);
    return JSLK_OK;
}

static void less(const heap_t *heap, uint32_t start, uint32_t end)
{
    (void)heap;
    watch_open(start, end);
}

static uint32_t no_break(uint32_t start, uint32_t end)
{
    (void)start;
    return end;
}

const struct heap_pages paging_heap_pages = {more, less, no_break};

/* ---- uses ---- */

static char *block_of(uint32_t size)
{
    return reach(kmalloc(size));
}

static void overflow(void)
{
    char *const block = block_of(10);

    block[10] = 1;
}

static void underflow(void)
{
    char *const block = block_of(10);

    block[-5] = 1; /* AddressSanitizer marks words of 8 bytes, and the block begins in the middle of one */
}

static void just_before(void)
{
    char *const block = block_of(10);

    block[-1] = 1;
}

static void use_after_free(void)
{
    const uint32_t address = kmalloc(10);
    char *const block = reach(address);

    kfree(address);
    block[3] = 1;
}

static void never_handed_out(void)
{
    char *const block = block_of(10);

    block[5000] = 1;
}

static void uninitialised(void)
{
    const char *const block = block_of(10);

    if (block[9] == 'x')
        puts("x");
}

static void stale_content(void)
{
    const uint32_t address = kmalloc(10);

    memset(reach(address), 0, 10);
    kfree(address);
    uninitialised();
}

/* Growing and shrinking included. */
static void right_uses(void)
{
    for (uint32_t size = 1; size < 100000; size = size * 3 + 1) {
        const uint32_t one = kmalloc(size);
        const uint32_t other = kmalloc_a(size);

        memset(reach(one), 1, size);
        memset(reach(other), 2, size);
        kfree(one);
        kfree(one);
        if (((char *)reach(other))[size - 1] != 2)
            puts("x");
        kfree(other);
    }
    if (heap_check(&kheap))
        puts(heap_check(&kheap));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*wrong)(void);
    } uses[] = {
        {"overflow", overflow},
        {"underflow", underflow},
        {"just_before", just_before},
        {"use_after_free", use_after_free},
        {"never_handed_out", never_handed_out},
        {"uninitialised", uninitialised},
        {"stale_content", stale_content},
    };

    reach_init();
    if (kheap_init() != JSLK_OK)
        return 1;
    for (size_t i = 0; argc > 1 && i < sizeof uses / sizeof uses[0]; i++) {
        if (strcmp(argv[1], uses[i].name) == 0)
            uses[i].wrong();
    }
    right_uses();
    puts("all right");
    return 0;
}
