#include "kmalloc.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../../lib/memory.h"
#include "kmalloc_block.h"
#include "valloc.h"

#define LOOKS_IN_BIN 4u     /* before a larger block is divided */
#define CARVED_MIN   0x100u /* bytes before an aligned block that are worth a block */

struct kmalloc_arena kmalloc_arena;

/* ---- writing blocks ---- */

static void set(uint32_t offset, uint32_t word)
{
    kmalloc_set(offset, word);
    kmalloc_arena.work.written++;
}

static void write_block(uint32_t block, uint32_t room, uint32_t state)
{
    set(block, room);
    set(block + 4, state ^ block);
    set(block_footer(block, room), room);
}

/* ---- lists of free blocks ---- */

static void push_free(uint32_t block, uint32_t room)
{
    const unsigned bin = bin_of(room);
    const uint32_t head = kmalloc_arena.bins[bin];

    write_block(block, room, KMALLOC_FREE);
    set(block_link(block), head);
    set(block_back_link(block), 0);
    if (head)
        set(block_back_link(head), block);
    kmalloc_arena.bins[bin] = block;
    kmalloc_arena.bin_map[bin / 64] |= UINT64_C(1) << bin % 64;
}

static void remove_free(uint32_t block)
{
    const unsigned bin = bin_of(block_room(block));
    const uint32_t next = kmalloc_get(block_link(block));
    const uint32_t before = kmalloc_get(block_back_link(block));

    if (next)
        set(block_back_link(next), before);
    if (before)
        set(block_link(before), next);
    else
        kmalloc_arena.bins[bin] = next;
    if (!kmalloc_arena.bins[bin])
        kmalloc_arena.bin_map[bin / 64] &= ~(UINT64_C(1) << bin % 64);
}

/* Joined with its neighbours, as far as they are free. */
static void release_block(uint32_t block, uint32_t room)
{
    const uint32_t next = block + KMALLOC_ENDS + room;

    if (next < KMALLOC_END && block_is(next, KMALLOC_FREE)) {
        room += KMALLOC_ENDS + block_room(next);
        remove_free(next);
    }
    if (block > KMALLOC_FIRST) {
        const uint32_t before = block_before(block);

        if (block_fits(before) && block_is(before, KMALLOC_FREE) && block_next(before) == block) {
            set(block + 4, KMALLOC_FREE ^ block); /* no header of a used block stays behind */
            remove_free(before);
            room += KMALLOC_ENDS + block_room(before);
            block = before;
        }
    }
    push_free(block, room);
}

/* ---- blocks that are kept for the next request of their size ---- */

static void push_cached(uint32_t block, uint32_t room)
{
    uint32_t *const head = &kmalloc_arena.caches[room / KMALLOC_UNIT];

    set(block + 4, KMALLOC_CACHED ^ block);
    set(block_link(block), *head);
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
            release_block(pop_cached(room), room);
    return any;
}

/* ---- finding ---- */

/* A block of this bin that is long enough, among so many; 0: none. */
static uint32_t look_in_bin(unsigned bin, uint32_t room, uint32_t looks)
{
    uint32_t block = kmalloc_arena.bins[bin];

    for (; block && looks > 0; looks--) {
        kmalloc_arena.work.scanned++;
        if (block_room(block) >= room)
            return block;
        block = kmalloc_get(block_link(block));
    }
    return 0;
}

/* Any block of a higher bin is long enough. */
static uint32_t look_above(unsigned bin)
{
    uint64_t map = bin % 64 == 63 ? 0 : kmalloc_arena.bin_map[bin / 64] & UINT64_MAX << (bin % 64 + 1);

    for (unsigned word = bin / 64;;) {
        if (map)
            return kmalloc_arena.bins[word * 64 + lowest_bit(map)];
        if (++word == KMALLOC_BINS / 64)
            return 0;
        map = kmalloc_arena.bin_map[word];
    }
}

static uint32_t find_free(uint32_t room)
{
    const unsigned bin = bin_of(room);
    uint32_t block = look_in_bin(bin, room, LOOKS_IN_BIN);

    if (!block)
        block = look_above(bin);
    return block ? block : look_in_bin(bin, room, UINT32_MAX);
}

/* A free block with that much room, out of its list; 0: none. */
static uint32_t take_free(uint32_t room)
{
    uint32_t block = find_free(room);

    if (!block && release_cached())
        block = find_free(room);
    if (block)
        remove_free(block);
    return block;
}

/* The end of a block beyond the room that is needed, if it is worth a block. */
static uint32_t cut_end(uint32_t block, uint32_t has, uint32_t room)
{
    if (has - room < KMALLOC_ENDS + KMALLOC_UNIT)
        return has;
    push_free(block + KMALLOC_ENDS + room, has - room - KMALLOC_ENDS);
    return room;
}

static uint32_t take_block(uint32_t room)
{
    uint32_t block;

    if (room <= KMALLOC_CACHED_MAX && kmalloc_arena.caches[room / KMALLOC_UNIT]) {
        block = pop_cached(room);
        set(block + 4, KMALLOC_USED ^ block);
        return block;
    }
    block = take_free(room);
    if (block)
        write_block(block, cut_end(block, block_room(block), room), KMALLOC_USED);
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
        push_free(block, gap - KMALLOC_ENDS);
        block += gap;
        has -= gap;
    }
    write_block(block, cut_end(block, has, room), KMALLOC_USED);
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
    push_free(KMALLOC_FIRST, KMALLOC_END - KMALLOC_FIRST - KMALLOC_ENDS);
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

/* Of a block that is cached the footer is not looked at: that would be one more line of the cache for each kfree(), and
 * it is looked at when the block is joined. */
static bool has_its_footer(uint32_t block)
{
    const uint32_t room = block_room(block);

    return room <= KMALLOC_CACHED_MAX || kmalloc_get(block_footer(block, room)) == room;
}

/* The block whose memory begins at mem, handed out now; 0: none. */
static uint32_t used_block(const void *mem)
{
    const uintptr_t offset = (uintptr_t)mem - (uintptr_t)kmalloc_arena.memory;
    uint32_t block;

    if (!kmalloc_arena.memory || offset < KMALLOC_FIRST + KMALLOC_HEADER + KMALLOC_FRONT ||
        offset >= KMALLOC_END)
        return 0;
    block = (uint32_t)offset - KMALLOC_HEADER - KMALLOC_FRONT;
    if (block % KMALLOC_UNIT || !block_is(block, KMALLOC_USED) || !block_fits(block))
        return 0;
    return has_its_footer(block) ? block : 0;
}

int kfree(void *mem)
{
    const uint32_t block = mem ? used_block(mem) : 0;
    uint32_t room;

    if (!block)
        return mem ? -EINVAL : XELIX_OK;
    if (XELIX_KMALLOC_CANARIES)
        canary_report(block);
    room = block_room(block);
    kernel_block_taken_back(kmalloc_arena.memory, memory_of(block), room - KMALLOC_FRONT);
    if (room <= KMALLOC_CACHED_MAX)
        push_cached(block, room);
    else
        release_block(block, room);
    return XELIX_OK;
}

uint32_t kmalloc_address(const void *mem)
{
    return mem ? kmalloc_arena.address + (uint32_t)((const unsigned char *)mem - kmalloc_arena.memory) : 0;
}

void *kmalloc_pointer(uint32_t address)
{
    return address ? kmalloc_arena.memory + (address - kmalloc_arena.address) : NULL;
}
