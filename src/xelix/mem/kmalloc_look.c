/*
 * kmalloc_look.c - the arena as it is: statistics, the state of each unit, and what is broken in it.
 */
#include "../../lib/text.h"
#include "kmalloc_block.h"

/* ---- statistics ---- */

static bool is_used(uint32_t block)
{
    return block_is(block, KMALLOC_USED);
}

struct kmalloc_stats kmalloc_get_stats(void)
{
    struct kmalloc_stats stats = {.total = KMALLOC_END};
    uint32_t run = 0;

    for (uint32_t block = KMALLOC_FIRST; block < KMALLOC_END; block = block_next(block)) {
        const uint32_t size = KMALLOC_ENDS + block_room(block);

        stats.used += is_used(block) ? size : 0;
        run = is_used(block) ? 0 : run + size;
        stats.longest = run > stats.longest ? run : stats.longest;
    }
    return stats;
}

/* The block that holds an offset. Units are asked for in order, so the search goes on where the last one ended, if no
 * header was written since. */
static uint32_t block_around(uint32_t offset)
{
    static uint32_t last;
    static uint64_t written;
    uint32_t block = last;

    if (written != kmalloc_arena.work.written || block > offset || block < KMALLOC_FIRST)
        block = KMALLOC_FIRST;
    while (offset >= block_next(block))
        block = block_next(block);
    last = block;
    written = kmalloc_arena.work.written;
    return block;
}

int kmalloc_unit(uint32_t address)
{
    const uint32_t offset = address - kmalloc_arena.address;
    uint32_t block;

    if (!kmalloc_arena.memory || offset >= KMALLOC_END)
        return -EINVAL;
    if (offset < KMALLOC_FIRST)
        return 0;
    block = block_around(offset);
    if (!is_used(block))
        return 0;
    return offset < block + KMALLOC_UNIT ? 1 : 2;
}

uint32_t kmalloc_arena_address(void)
{
    return kmalloc_arena.address;
}

struct kmalloc_damage kmalloc_damage(void)
{
    return kmalloc_arena.damage;
}

struct kmalloc_work kmalloc_work(void)
{
    return kmalloc_arena.work;
}

/* ---- the checker ---- */

struct count {
    uint32_t free, cached;
};

static char words[128];

static const char *about(uint32_t block, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, "kmalloc block at ");
    text_hex(&text, kmalloc_arena.address + block, 8);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

static const char *check_canaries(uint32_t block)
{
    const struct kmalloc_damage damage = canary_look(block);

    if (damage.before)
        return "the canary before it was overwritten";
    return damage.after ? "the canary after it was overwritten" : NULL;
}

static const char *check_free(uint32_t block, struct count *count)
{
    const uint32_t next = block_next(block);

    count->free++;
    return next < KMALLOC_END && block_is(next, KMALLOC_FREE) ? "it and the next block are both free" : NULL;
}

static const char *check_block(uint32_t block, struct count *count)
{
    if (!block_fits(block))
        return "its room is not one that fits";
    if (kmalloc_get(block_footer(block, block_room(block))) != block_room(block))
        return "its footer differs from its header";
    if (block_is(block, KMALLOC_USED))
        return XELIX_KMALLOC_CANARIES ? check_canaries(block) : NULL;
    if (block_is(block, KMALLOC_FREE))
        return check_free(block, count);
    if (!block_is(block, KMALLOC_CACHED))
        return "its state is none";
    count->cached++;
    return block_room(block) > KMALLOC_CACHED_MAX ? "it is cached, and larger than what is" : NULL;
}

static const char *check_blocks(struct count *count)
{
    for (uint32_t block = KMALLOC_FIRST; block < KMALLOC_END; block = block_next(block)) {
        const char *const broken = check_block(block, count);

        if (broken)
            return about(block, broken);
    }
    return NULL;
}

/* Every node is what its list is for; with as many nodes as there are such blocks, each is in its list once. */
static const char *check_bin(unsigned bin, uint32_t *left)
{
    uint32_t before = 0;

    for (uint32_t block = kmalloc_arena.bins[bin]; block; block = kmalloc_get(block_link(block))) {
        if (!block_fits(block) || !block_is(block, KMALLOC_FREE) || bin_of(block_room(block)) != bin)
            return "a list of free blocks holds what is none of its size";
        if (kmalloc_get(block_back_link(block)) != before)
            return "a list of free blocks is broken backwards";
        if ((*left)-- == 0)
            return "a list of free blocks goes round";
        before = block;
    }
    if (!kmalloc_arena.bins[bin] != !(kmalloc_arena.bin_map[bin / 64] >> bin % 64 & 1))
        return "the map of the lists of free blocks is wrong";
    return NULL;
}

static const char *check_cache(uint32_t room, uint32_t *left)
{
    for (uint32_t block = kmalloc_arena.caches[room / KMALLOC_UNIT]; block;
         block = kmalloc_get(block_link(block))) {
        if (!block_fits(block) || !block_is(block, KMALLOC_CACHED) || block_room(block) != room)
            return "a list of cached blocks holds what is none of its size";
        if ((*left)-- == 0)
            return "a list of cached blocks goes round";
    }
    return NULL;
}

static const char *check_lists(const struct count *count)
{
    uint32_t free = count->free;
    uint32_t cached = count->cached;
    const char *broken = NULL;

    for (unsigned bin = 0; bin < KMALLOC_BINS && !broken; bin++)
        broken = check_bin(bin, &free);
    for (uint32_t room = KMALLOC_UNIT; room <= KMALLOC_CACHED_MAX && !broken; room += KMALLOC_UNIT)
        broken = check_cache(room, &cached);
    if (!broken && free)
        broken = "a free block is in no list";
    return !broken && cached ? "a cached block is in no list" : broken;
}

const char *kmalloc_check(void)
{
    struct count count = {0};
    const char *broken;

    if (!kmalloc_arena.memory)
        return "kmalloc has no arena";
    broken = check_blocks(&count);
    return broken ? broken : check_lists(&count);
}
