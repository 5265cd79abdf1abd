/*
 * identity_bench.c - VanaOS's 4 GiB identity map (1,048,576 entries) beside memset of the same bytes, and the cost of
 * finding its memory.
 */
#include "bench.h"

#include <kernel/hw.h>
#include <kmemsim/guest.h>
#include <vana/kheap.h>
#include <vana/paging.h>

#include <stdio.h>
#include <string.h>

#define BLOCKS 1025u /* the directory and its tables */
#define BYTES  (BLOCKS * 4096u)
#define ROUNDS 21u

static size_t build(void *state)
{
    struct paging_4gb_chunk **chunk = state;
    *chunk = paging_new_4gb(PAGING_IS_PRESENT | PAGING_IS_WRITEABLE | PAGING_ACCESS_FROM_ALL);
    return 1;
}

static void give_back(void *state)
{
    struct paging_4gb_chunk **chunk = state;
    if (*chunk)
        paging_free_4gb(*chunk);
    *chunk = NULL;
}

/* The same bytes, where the map's tables stand. */
static size_t fill(void *state)
{
    memset(state, 0x5a, BYTES);
    bench_keep(state);
    return 1;
}

static void compare(void *context)
{
    int *missed = context;
    struct paging_4gb_chunk *chunk = NULL;
    void *blocks = kmalloc(BYTES);
    struct bench_alternative way[2] = {
        {.name = "memset", .run = fill, .state = blocks},
        {.name = "paging_new_4gb", .prepare = give_back, .run = build, .state = &chunk},
    };
    bench_compare(way, 2, ROUNDS);
    printf("4 GiB identity map, 1,026 allocations: memset of its bytes %.0f ns\n", way[0].nanoseconds);
    *missed = bench_report("paging_new_4gb against memset", way[1].nanoseconds / way[0].nanoseconds, 1.05);
}

int main(void)
{
    struct kms_guest *guest;
    struct kms_guest_stop stop;
    int missed = 0;
    if (kms_guest_new(&(struct kms_guest_options){.kernel = "vana", .plain = true}, &guest) != KMS_OK ||
        kms_guest_boot(guest, &stop) != KMS_GUEST_RETURNED ||
        kms_guest_call(guest, compare, &missed, &stop) != KMS_GUEST_RETURNED) {
        fprintf(stderr, "bench_identity: the guest did not run\n");
        return 2;
    }
    kms_guest_free(guest);
    printf("%d rows short of what is to be reached\n", missed);
    return 0;
}
