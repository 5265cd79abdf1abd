/*
 * sanitize_probe - one wrong use of kmalloc's memory, chosen by the argument, for a sanitizer to report by this file's
 * lines. Without an argument: right uses only, which nobody may report.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "mem/kmalloc.h"
#include "mem/valloc.h"

/* ---- what kmalloc wants of the kernel below it: one run of pages ---- */

struct vm_ctx vm_kernel;
static unsigned char arena[XELIX_ARENA_PAGES * 4096] __attribute__((aligned(4096)));

void *pvalloc(uint32_t pages, struct vm_ctx *context)
{
    (void)pages;
    (void)context;
    return (void *)(uintptr_t)XELIX_KERNEL_SPACE;
}

void *vm_ptr(uint32_t address)
{
    return arena + (address - XELIX_KERNEL_SPACE);
}

/* ---- wrong uses ---- */

static void overflow(void)
{
    char *const block = kmalloc(13);

    block[13] = 1;
}

static void underflow(void)
{
    char *const block = kmalloc_a(10);

    block[-1] = 1;
}

static void use_after_free(void)
{
    char *const block = zmalloc(10);

    (void)kfree(block);
    block[3] = 1;
}

static void never_handed_out(void)
{
    char *const block = kmalloc(100);

    block[4096] = 1;
}

static void uninitialised(void)
{
    const char *const block = kmalloc(10);

    if (block[9] == 'x')
        puts("x");
}

static void stale_content(void)
{
    char *block = zmalloc(10);

    (void)kfree(block);
    block = kmalloc(10);
    if (block[9] == 'x')
        puts("x");
}

/* Joining, carving, refusing: the allocator's own words lie in memory that is closed. */
static void right_uses(void)
{
    char *blocks[40];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
            const size_t size = (size_t)i * 150 + 1;

            blocks[i] = i % 5 == 0 ? zmalloc_a(size) : kmalloc(size);
            memset(blocks[i], i, size);
            (void)kfree(blocks[i] + 8);
        }
        for (int i = 0; i < 40; i++) {
            (void)kfree(blocks[(i * 7) % 40]);
            (void)kfree(blocks[(i * 7) % 40]);
        }
    }
    puts(kmalloc_check() ? kmalloc_check() : "all right");
}

static const struct {
    const char *name;
    void (*run)(void);
} uses[] = {
    {"overflow", overflow},
    {"underflow", underflow},
    {"use_after_free", use_after_free},
    {"never_handed_out", never_handed_out},
    {"uninitialised", uninitialised},
    {"stale_content", stale_content},
    {"right", right_uses},
};

int main(int argc, char **argv)
{
    if (kmalloc_init() != XELIX_OK)
        return 2;
    for (size_t i = 0; argc > 1 && i < sizeof uses / sizeof uses[0]; i++)
        if (strcmp(argv[1], uses[i].name) == 0)
            uses[i].run();
    return 0;
}
