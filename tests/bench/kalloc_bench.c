/*
 * kalloc_bench.c - VIMIX's kalloc() and kfree() beside the two memory accesses that either cannot do without: the link in
 * the page, and a word of the allocator's own. Pages come and go in the same order for both.
 */
#include "bench.h"

#include <kernel/riscv.h>
#include <kmemsim/guest.h>
#include <vimix/kalloc.h>

#include <stdint.h>
#include <stdio.h>

#define ROUNDS 21u
#define PAGES  8192u

static struct pages {
    void *page[PAGES]; /* in an order without order */
    uint64_t words[PAGES / 64];
    void *head;
} pages;

static void shuffle(void)
{
    uint32_t state = 1;

    for (uint32_t i = PAGES - 1; i > 0; i--) {
        state = state * 1664525u + 1013904223u;
        const uint32_t k = (uint32_t)((uint64_t)state * (i + 1) >> 32);
        void *const other = pages.page[k];
        pages.page[k] = pages.page[i];
        pages.page[i] = other;
    }
}

/* ---- the floor: a list through the pages, and a word beside it ---- */

static size_t push_all(void *state)
{
    (void)state;
    pages.head = NULL;
    for (uint32_t i = 0; i < PAGES; i++) {
        *(void **)pages.page[i] = pages.head;
        pages.head = pages.page[i];
        pages.words[i / 64] ^= UINT64_C(1) << i % 64;
    }
    bench_keep(pages.head);
    return PAGES;
}

static size_t pop_all(void *state)
{
    (void)state;
    for (uint32_t i = 0; i < PAGES; i++) {
        pages.head = *(void **)pages.head;
        pages.words[i / 64] ^= UINT64_C(1) << i % 64;
    }
    bench_keep(pages.head);
    return PAGES;
}

static void push_before(void *state)
{
    (void)push_all(state);
}

/* ---- the kernel ---- */

static size_t free_all(void *state)
{
    (void)state;
    for (uint32_t i = 0; i < PAGES; i++)
        (void)kfree(pages.page[i]);
    return PAGES;
}

static size_t take_all(void *state)
{
    (void)state;
    for (uint32_t i = PAGES; i-- > 0;)
        pages.page[i] = kalloc();
    return PAGES;
}

static void free_before(void *state)
{
    (void)free_all(state);
}

static void take_before(void *state)
{
    (void)take_all(state);
}

/* ---- a few pages, always the same: in the processor's cache ---- */

#define HOT_PAGES 64u
#define REPEATS   200u

static size_t push_and_pop(void *state)
{
    (void)state;
    for (uint32_t repeat = 0; repeat < REPEATS; repeat++) {
        for (uint32_t i = 0; i < HOT_PAGES; i++) {
            *(void **)pages.page[i] = pages.head;
            pages.head = pages.page[i];
            pages.words[i / 64] ^= UINT64_C(1) << i % 64;
        }
        for (uint32_t i = HOT_PAGES; i-- > 0;) {
            pages.page[i] = pages.head;
            pages.head = *(void **)pages.head;
            pages.words[i / 64] ^= UINT64_C(1) << i % 64;
        }
        bench_keep(pages.head);
    }
    return 2 * REPEATS * HOT_PAGES;
}

static size_t free_and_take(void *state)
{
    (void)state;
    for (uint32_t repeat = 0; repeat < REPEATS; repeat++) {
        for (uint32_t i = 0; i < HOT_PAGES; i++)
            (void)kfree(pages.page[i]);
        for (uint32_t i = HOT_PAGES; i-- > 0;)
            pages.page[i] = kalloc();
    }
    return 2 * REPEATS * HOT_PAGES;
}

static int compare_two(struct bench_alternative *way, const char *what)
{
    bench_compare(way, 2, ROUNDS);
    printf("%s: %.2f ns, two memory accesses %.2f ns\n", what, way[1].nanoseconds, way[0].nanoseconds);
    return bench_report(what, way[1].nanoseconds / way[0].nanoseconds, 3.0);
}

/* Pages are in hand whenever the floor uses them: it runs before the kernel takes them back. */
static void compare(void *context)
{
    int *const missed = context;
    struct bench_alternative freeing[2] = {
        {.name = "push", .prepare = take_before, .run = push_all}, /* and kfree gives back what this took */
        {.name = "kfree", .run = free_all},
    };
    struct bench_alternative taking[2] = {
        {.name = "pop", .prepare = push_before, .run = pop_all},
        {.name = "kalloc", .prepare = free_before, .run = take_all},
    };

    struct bench_alternative both[2] = {
        {.name = "push and pop", .run = push_and_pop},
        {.name = "kfree and kalloc", .run = free_and_take},
    };

    take_before(NULL);
    shuffle();
    *missed += compare_two(both, "kfree and kalloc of 64 pages, cached");
    *missed += compare_two(taking, "kalloc of 32 MiB, scattered");
    free_before(NULL);
    *missed += compare_two(freeing, "kfree of 32 MiB, scattered");
}

int main(void)
{
    struct kms_guest *guest;
    struct kms_guest_stop stop;
    int missed = 0;

    if (kms_guest_new(&(struct kms_guest_options){.kernel = "vimix", .plain = true}, &guest) != KMS_OK ||
        kms_guest_boot(guest, &stop) != KMS_GUEST_RETURNED ||
        kms_guest_call(guest, compare, &missed, &stop) != KMS_GUEST_RETURNED) {
        fprintf(stderr, "bench_kalloc: the guest did not run\n");
        return 2;
    }
    kms_guest_free(guest);
    printf("%d rows short of what is to be reached\n", missed);
    return 0;
}
