/*
 * sanitize_probe - one wrong use of kernel memory, chosen by the argument, for a sanitizer to report by this file's
 * lines. Without an argument: right uses only, which nobody may report.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/sanitize.h"
#include "vana/kheap.h"

static void overflow(void)
{
    char *const block = kmalloc(5001);

    block[5001] = 1;
}

static void use_after_free(void)
{
    char *const block = kzalloc(10);

    kfree(block);
    block[3] = 1;
}

static void slack_of_reused_block(void)
{
    char *block = kmalloc(4096);

    kfree(block);
    block = kmalloc(100);
    block[100] = 1;
}

static void never_handed_out(void)
{
    char *const block = kmalloc(4096);

    block[2 * 4096] = 1;
}

static void uninitialised(void)
{
    const char *const block = kmalloc(10);

    if (block[9] == 'x')
        puts("x");
}

static void stale_content(void)
{
    char *block = kzalloc(10);

    kfree(block);
    block = kmalloc(10);
    if (block[9] == 'x')
        puts("x");
}

static void right_uses(void)
{
    for (size_t size = 1; size < 3 * 4096; size += 511) {
        char *const block = kmalloc(size);
        char *const zeroed = kzalloc(size);

        memset(block, 1, size);
        if (zeroed[size - 1] == 'x' || block[size - 1] != 1)
            puts("x");
        kfree(block);
        kfree(zeroed);
        kfree(zeroed);
    }
    kheap_init();
    memset(kmalloc(4096), 0, 4096);
    kernel_pool_closed(kernel_heap.saddr, VANA_HEAP_SIZE_BYTES);
    memset(kernel_heap.saddr, 0, 3 * 4096);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*wrong)(void);
    } uses[] = {
        {"overflow", overflow},
        {"use_after_free", use_after_free},
        {"slack_of_reused_block", slack_of_reused_block},
        {"never_handed_out", never_handed_out},
        {"uninitialised", uninitialised},
        {"stale_content", stale_content},
    };

    kheap_init();
    for (size_t i = 0; argc > 1 && i < sizeof uses / sizeof uses[0]; i++) {
        if (strcmp(argv[1], uses[i].name) == 0)
            uses[i].wrong();
    }
    right_uses();
    puts("all right");
    return 0;
}
