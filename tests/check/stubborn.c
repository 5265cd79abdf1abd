/* stubborn.c - a heap that breaks its own promises where a test orders it to; everything else is as simple as can be. */
#include "stubborn.h"

#include <kernel/guest.h>

enum { RAM = 0x10000, HEAP = 0x1000 };

enum stubborn_order stubborn_order;
static uint32_t next = HEAP;

static int boot(void)
{
    return 0;
}

static guest_addr take(uint64_t size)
{
    const uint32_t address = next;
    if (stubborn_order == STUBBORN_HAS_NOTHING)
        return 0;
    if (stubborn_order == STUBBORN_GIVES_NO_RAM)
        return 16 * RAM;
    if (stubborn_order == STUBBORN_GIVES_THE_LAST_RAM)
        return RAM - (uint32_t)size + 4;
    if (size > RAM - next)
        return 0;
    next += (uint32_t)size;
    return address;
}

static int answer(void)
{
    return stubborn_order == STUBBORN_REFUSES ? -1 : 0;
}

static guest_addr heap_alloc(uint64_t size, uint32_t flags)
{
    (void)flags;
    return take(size);
}

static int heap_free(guest_addr address)
{
    return address ? answer() : -1;
}

static guest_addr process_alloc(int process, uint64_t size)
{
    (void)process;
    return take(size);
}

static int process_free(int process, guest_addr address)
{
    (void)process;
    (void)address;
    return answer();
}

static guest_addr process_realloc(int process, guest_addr address, uint64_t size)
{
    (void)process;
    (void)address;
    return take(size);
}

static int process_exit(int process)
{
    (void)process;
    return answer();
}

const struct guest_ops stubborn_guest = {
    .abi = GUEST_ABI,
    .name = "stubborn",
    .title = "breaks its promises when told to",
    .ram_size = RAM,
    .boot = boot,
    .alloc = heap_alloc,
    .free = heap_free,
    .process_alloc = process_alloc,
    .process_free = process_free,
    .process_realloc = process_realloc,
    .process_exit = process_exit,
};
