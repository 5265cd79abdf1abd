/*
 * bare.c - kernels with next to nothing in their table, built once for each kind:
 *
 *   BARE_BARE    memory is handed out and never taken back; everything optional is left out
 *   BARE_REFUSES boot() answers with a status
 *   BARE_PANICS  boot() panics
 *   BARE_LOST    it says that it has a heap, but looking at the heap panics
 *   BARE_FAULTS  it counts page faults, names no replacement policy and sets none; nobody has a page, and its heap
 *                says that it has no size
 *   BARE_STIFF   it has one replacement policy, and sets neither it nor a limit
 */
#include <kernel/guest.h>
#include <kernel/hw.h>

enum { BARE_RAM = 0x10000, BARE_HEAP = 0x1000 };

static uint32_t next_free = BARE_HEAP;

static int bare_boot(void)
{
#if defined(BARE_REFUSES)
    return -7;
#elif defined(BARE_PANICS)
    hw_panic("the bare kernel has nothing to boot");
#else
    return 0;
#endif
}

static guest_addr bare_alloc(uint64_t size, uint32_t flags)
{
    const uint32_t address = next_free;
    (void)flags;
    if (size > BARE_RAM - next_free)
        return 0;
    next_free += (uint32_t)size;
    return address;
}

#ifdef BARE_LOST
static int bare_heap_info(struct guest_heap_info *info)
{
    (void)info;
    hw_panic("the heap is lost");
}
#endif

#ifdef BARE_FAULTS
static int bare_heap_info(struct guest_heap_info *info)
{
    *info = (struct guest_heap_info){0};
    return 0;
}
#endif

#if defined(BARE_FAULTS) || defined(BARE_STIFF)
static void bare_vm_info(struct guest_vm_info *info)
{
    static uint64_t faults;
    *info = (struct guest_vm_info){.faults = faults++};
}
#endif

#ifdef BARE_STIFF
static const char *bare_vm_policy_name(uint32_t number)
{
    return number == 0 ? "rigid" : 0;
}

static int bare_vm_policy(uint32_t number)
{
    (void)number;
    return -1;
}

static int bare_vm_limit(uint32_t what, uint32_t most)
{
    (void)what;
    (void)most;
    return -1;
}
#endif

const struct guest_ops bare_guest = {
    .abi = GUEST_ABI,
    .name = BARE_NAME,
    .title = "next to nothing",
    .ram_size = BARE_RAM,
    .boot = bare_boot,
    .alloc = bare_alloc,
#if defined(BARE_LOST) || defined(BARE_FAULTS)
    .heap_info = bare_heap_info,
#endif
#if defined(BARE_FAULTS) || defined(BARE_STIFF)
    .vm_info = bare_vm_info,
#endif
#ifdef BARE_STIFF
    .vm_policy_name = bare_vm_policy_name,
    .vm_policy = bare_vm_policy,
    .vm_limit = bare_vm_limit,
#endif
};
