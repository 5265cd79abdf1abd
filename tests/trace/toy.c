/*
 * toy.c - the smallest kernel that a run can be tried on: 64 units of 4 KiB from 0x10000, no paging.
 *
 * Asking for TOY_BREAK bytes breaks an invariant that check() then names; asking for TOY_PANIC bytes panics.
 */
#include <kernel/guest.h>
#include <kernel/hw.h>

#include <stddef.h>

enum { UNITS = 64, UNIT = 4096, HEAP = 0x10000, TOY_RAM = 0x80000, TOY_BREAK = 666, TOY_PANIC = 667 };
enum { TOY_OK = 0, TOY_EBAD = -1 };

static unsigned char units[UNITS]; /* 0 free, 1 first of a block, 2 continuation */
static uint32_t failing;           /* the n-th allocation from now */
static bool broken;
static struct guest_work work_done;

static int toy_boot(void)
{
    for (unsigned i = 0; i < UNITS; i++)
        units[i] = 0;
    return TOY_OK;
}

static bool injected(void)
{
    return failing != 0 && --failing == 0;
}

static unsigned free_run_from(unsigned first)
{
    unsigned end = first;
    while (end < UNITS && units[end] == 0)
        end++;
    return end - first;
}

static guest_addr toy_alloc(uint64_t size, uint32_t flags)
{
    const uint64_t wanted = (size + UNIT - 1) / UNIT;
    (void)flags;
    if (size == TOY_PANIC)
        hw_panic("the toy cannot go on");
    broken = broken || size == TOY_BREAK;
    if (wanted == 0 || wanted > UNITS || injected())
        return 0;
    for (unsigned first = 0; first < UNITS; first++) {
        work_done.entries_scanned++;
        if (free_run_from(first) < wanted)
            continue;
        for (unsigned i = 0; i < wanted; i++)
            units[first + i] = i == 0 ? 1 : 2;
        return HEAP + first * UNIT;
    }
    return 0;
}

static int toy_unit(guest_addr address)
{
    return address >= HEAP && address < HEAP + UNITS * UNIT ? units[(address - HEAP) / UNIT] : TOY_EBAD;
}

static int toy_free(guest_addr address)
{
    if (address % UNIT != 0 || toy_unit(address) != 1)
        return TOY_EBAD;
    unsigned i = (unsigned)(address - HEAP) / UNIT;
    do
        units[i++] = 0;
    while (i < UNITS && units[i] == 2);
    return TOY_OK;
}

static int toy_heap_info(struct guest_heap_info *info)
{
    *info = (struct guest_heap_info){.start = HEAP, .size = UNITS * UNIT, .unit = UNIT};
    for (unsigned i = 0; i < UNITS; i++) {
        unsigned run = free_run_from(i);
        info->used_units += units[i] != 0;
        info->longest_free_units = run > info->longest_free_units ? run : info->longest_free_units;
    }
    return TOY_OK;
}

static int toy_physical(guest_addr linear, guest_addr *physical)
{
    *physical = linear;
    return linear < TOY_RAM ? TOY_OK : TOY_EBAD;
}

static void toy_fail(uint32_t n)
{
    failing = n;
}

static const char *toy_check(void)
{
    return broken ? "the toy is broken" : NULL;
}

static const char *toy_status_name(int status)
{
    return status == TOY_OK ? "OK" : status == TOY_EBAD ? "EBAD" : "unknown";
}

static void toy_work(struct guest_work *work)
{
    *work = work_done;
}

const struct guest_ops toy_guest = {
    .abi = GUEST_ABI,
    .name = "toy",
    .title = "64 units, for tests of the runner",
    .ram_size = TOY_RAM,
    .boot = toy_boot,
    .alloc = toy_alloc,
    .free = toy_free,
    .heap_info = toy_heap_info,
    .heap_unit = toy_unit,
    .physical = toy_physical,
    .fail_allocation = toy_fail,
    .check = toy_check,
    .status_name = toy_status_name,
    .work = toy_work,
};
