/*
 * sanitize_probe - one wrong use of VlsOs's memory, chosen by the argument, for a sanitizer to report by this file's
 * lines. Without an argument: right uses only, which nobody may report.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/hw.h"
#include "vlsos/kmem.h"
#include "vlsos/memory.h"
#include "vlsos/pages.h"
#include "vlsos/slab.h"

static struct slab_cache cache;

static void overflow(void)
{
    char *const block = kmem_alloc(100); /* of a class of 128 */

    block[100] = 1;
}

static void use_after_free(void)
{
    char *const object = slab_alloc(&cache);

    (void)slab_free(&cache, object);
    object[3] = 1;
}

static void large_overflow(void)
{
    char *const block = kmem_alloc(5000);

    block[5000] = 1;
}

static void heap_overflow(void)
{
    char *const block = vmalloc(9);

    block[9] = 1;
}

static void never_handed_out(void)
{
    char *const page = hw_ptr(pages_alloc(0));

    page[4096] = 1;
}

static void uninitialised(void)
{
    const char *const block = kmem_alloc(10);

    if (block[9] == 'x')
        puts("x");
}

static void stale_content(void)
{
    char *object = slab_alloc(&cache);

    memset(object, 0, 24);
    (void)slab_free(&cache, object);
    object = slab_alloc(&cache);
    if (object[9] == 'x')
        puts("x");
}

static void right_uses(void)
{
    for (size_t size = 1; size < 3 * 4096; size += 511) {
        char *const block = kmem_alloc(size);
        char *const zeroed = kmem_zalloc(size);

        memset(block, 1, size);
        if (zeroed[size - 1] == 'x' || block[size - 1] != 1)
            puts("x");
        (void)kmem_free(block);
        (void)kmem_free(zeroed);
        (void)kmem_free(zeroed);
    }
    (void)slab_reclaim_all();
    memset(hw_ptr(pages_alloc(3)), 0, 8 * 4096);
    memset(vmalloc(100), 0, 100);
    (void)pages_init();
    (void)kmem_init();
    memset(kmem_alloc(64), 0, 64);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*wrong)(void);
    } uses[] = {
        {"overflow", overflow},
        {"use_after_free", use_after_free},
        {"large_overflow", large_overflow},
        {"heap_overflow", heap_overflow},
        {"never_handed_out", never_handed_out},
        {"uninitialised", uninitialised},
        {"stale_content", stale_content},
    };

    memory_init();
    if (pages_init() != VLSOS_OK || kmem_init() != VLSOS_OK ||
        slab_cache_create(&cache, &(struct slab_options){.name = "probe", .size = 24}) != VLSOS_OK)
        return 2;
    for (size_t i = 0; argc > 1 && i < sizeof uses / sizeof uses[0]; i++)
        if (strcmp(argv[1], uses[i].name) == 0)
            uses[i].wrong();
    if (argc == 1 || strcmp(argv[1], "right") == 0) {
        right_uses();
        puts("all right");
    }
    return 0;
}
