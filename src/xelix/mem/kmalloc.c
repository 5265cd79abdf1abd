#include "kmalloc.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../../lib/memory.h"
#include "kmalloc_block.h"
#include "valloc.h"

#define CARVED_MIN 0x100u /* bytes before an aligned block that are worth a block */

/* What is rare stays out of kmalloc() and kfree(), which then save no registers on their short ways. */
#define RARE __attribute__((noinline))

struct kmalloc_arena kmalloc_arena;

/* ---- blocks that are kept for the next request of their size ---- */

static void push_cached(uint32_t block, uint32_t room)
{
    uint32_t *const head = &kmalloc_arena.caches[room / KMALLOC_UNIT];

    kmalloc_set(block + 4, KMALLOC_CACHED ^ block);
    kmalloc_set(block_link(block), *head);
    kmalloc_arena.work.written += 2;
    *head = block;
}

static uint32_t pop_cached(uint32_t room)
{
    uint32_t *const head = &kmalloc_arena.caches[room / KMALLOC_UNIT];
    const uint32_t block = *head;

    *head = kmalloc_get(block_link(block));
    return block;
}

/* Whether there was any. */
static bool release_cached(void)
{
    bool any = false;

    for (uint32_t room = KMALLOC_UNIT; room <= KMALLOC_CACHED_MAX; room += KMALLOC_UNIT)
        for (; kmalloc_arena.caches[room / KMALLOC_UNIT]; any = true)
            bins_join(pop_cached(room), room);
    return any;
}

/* A free block with that much room, out of its list; 0: none. */
static uint32_t take_free(uint32_t room)
{
    uint32_t block = bins_find(room);

    if (!block && release_cached())
        block = bins_find(room);
    if (block)
        bins_remove(block);
    return block;
}

/* The end of a block beyond the room that is needed, if it is worth a block. */
static uint32_t cut_end(uint32_t block, uint32_t has, uint32_t room)
{
    if (has - room < KMALLOC_ENDS + KMALLOC_UNIT)
        return has;
    bins_put(block + KMALLOC_ENDS + room, has - room - KMALLOC_ENDS);
    return room;
}

RARE static uint32_t cut_block(uint32_t room)
{
    const uint32_t block = take_free(room);

    if (block)
        block_write(block, cut_end(block, block_room(block), room), KMALLOC_USED);
    return block;
}

static uint32_t take_block(uint32_t room)
{
    uint32_t block;

    if (room > KMALLOC_CACHED_MAX || !kmalloc_arena.caches[room / KMALLOC_UNIT])
        return cut_block(room);
    block = pop_cached(room);
    kmalloc_write(block + 4, KMALLOC_USED ^ block);
    return block;
}

/* ---- aligned blocks ---- */

/* How far into a free block an aligned block begins. */
static uint32_t carved(uint32_t block)
{
    const uint32_t memory = block + KMALLOC_HEADER + KMALLOC_FRONT;
    const uint32_t gap = (PAGE_SIZE - memory % PAGE_SIZE) % PAGE_SIZE;

    return gap == 0 || gap >= CARVED_MIN ? gap : gap + PAGE_SIZE;
}

static uint32_t take_aligned(uint32_t room)
{
    uint32_t block = take_free(room + PAGE_SIZE + CARVED_MIN);
    uint32_t has, gap;

    if (!block)
        return 0;
    has = block_room(block);
    gap = carved(block);
    if (gap) {
        bins_put(block, gap - KMALLOC_ENDS);
        block += gap;
        has -= gap;
    }
    block_write(block, cut_end(block, has, room), KMALLOC_USED);
    return block;
}

/* ---- the document's functions ---- */

int kmalloc_init(void)
{
    const uint32_t address = vm_address(pvalloc(XELIX_ARENA_PAGES, &vm_kernel));

    kmalloc_arena = (struct kmalloc_arena){0};
    if (!address)
        return -ENOMEM;
    kmalloc_arena.address = address;
    kmalloc_arena.memory = vm_ptr(address);
    kernel_pool_opened(kmalloc_arena.memory, KMALLOC_END);
    bins_put(KMALLOC_FIRST, KMALLOC_END - KMALLOC_FIRST - KMALLOC_ENDS);
    return XELIX_OK;
}

static unsigned char *memory_of(uint32_t block)
{
    return kmalloc_arena.memory + block + KMALLOC_HEADER + KMALLOC_FRONT;
}

/* Room for so many bytes; 0 for none, and for more than there can be. */
static uint32_t room_for(size_t size)
{
    if (size == 0 || size > KMALLOC_END)
        return 0;
    return ((uint32_t)size + KMALLOC_FRONT + KMALLOC_BACK + (KMALLOC_UNIT - 1)) & ~(KMALLOC_UNIT - 1);
}

static void *hand_out(uint32_t block, size_t size)
{
    if (!block)
        return NULL;
    if (XELIX_KMALLOC_CANARIES)
        canary_write(block, (uint32_t)size);
    kernel_block_handed_out(kmalloc_arena.memory, memory_of(block), size);
    return memory_of(block);
}

void *kmalloc(size_t size)
{
    const uint32_t room = room_for(size);

    return room && !mem_must_fail() ? hand_out(take_block(room), size) : NULL;
}

void *kmalloc_a(size_t size)
{
    const uint32_t room = room_for(size);

    return room && !mem_must_fail() ? hand_out(take_aligned(room), size) : NULL;
}

void *zmalloc(size_t size)
{
    void *const mem = kmalloc(size);

    return mem ? memset(mem, 0, size) : NULL;
}

void *zmalloc_a(size_t size)
{
    void *const mem = kmalloc_a(size);

    return mem ? memset(mem, 0, size) : NULL;
}

static uint32_t block_of(const void *mem)
{
    return (uint32_t)((uintptr_t)mem - (uintptr_t)kmalloc_arena.memory) - KMALLOC_HEADER - KMALLOC_FRONT;
}

static bool in_arena(const void *mem)
{
    return kmalloc_arena.memory && (uintptr_t)mem - (uintptr_t)kmalloc_arena.memory < KMALLOC_END;
}

/*
 * The block whose memory begins at mem, if it is handed out and of a size that is cached; by few questions, as this is
 * on the way of nearly every kfree(). Its footer is not looked at: that would be one more line of the cache, and it is
 * looked at when the block is joined. 0: another, or none.
 */
static uint32_t small_block(const void *mem)
{
    const uint32_t block = block_of(mem);
    uint32_t room;

    if (!in_arena(mem) ||
        block - KMALLOC_FIRST > KMALLOC_END - KMALLOC_ENDS - KMALLOC_CACHED_MAX - KMALLOC_FIRST)
        return 0; /* near the end of the arena its room is to be compared with what is left */
    if (block % KMALLOC_UNIT || !block_is(block, KMALLOC_USED))
        return 0;
    room = block_room(block);
    return room >= KMALLOC_UNIT && room <= KMALLOC_CACHED_MAX && room % KMALLOC_UNIT == 0 ? block : 0;
}

/* The block whose memory begins at mem, handed out now, of any size; 0: none. */
static uint32_t used_block(const void *mem)
{
    const uint32_t block = block_of(mem);

    if (!in_arena(mem) || !block_fits(block) || !block_is(block, KMALLOC_USED))
        return 0;
    return kmalloc_get(block_footer(block, block_room(block))) == block_room(block) ? block : 0;
}

static int give_back(uint32_t block)
{
    const uint32_t room = block_room(block);

    if (XELIX_KMALLOC_CANARIES)
        canary_report(block);
    kernel_block_taken_back(kmalloc_arena.memory, memory_of(block), room - KMALLOC_FRONT);
    if (room <= KMALLOC_CACHED_MAX)
        push_cached(block, room);
    else
        bins_join(block, room);
    return XELIX_OK;
}

RARE static int free_other(const void *mem)
{
    const uint32_t block = mem ? used_block(mem) : 0;

    if (!block)
        return mem ? -EINVAL : XELIX_OK;
    return give_back(block);
}

int kfree(void *mem)
{
    const uint32_t block = small_block(mem);

    return block ? give_back(block) : free_other(mem);
}

uint32_t kmalloc_address(const void *mem)
{
    return mem ? kmalloc_arena.address + (uint32_t)((const unsigned char *)mem - kmalloc_arena.memory) : 0;
}

void *kmalloc_pointer(uint32_t address)
{
    return address ? kmalloc_arena.memory + (address - kmalloc_arena.address) : NULL;
}
