/*
 * kmalloc_block.h - blocks of the arena, for kmalloc's own files.
 *
 *   block                                                next block
 *   +------+-------+------------------------------+------+---+------+--
 *   | room | state | room bytes                   | room |   | room |      room: a multiple of 8
 *   +------+-------+------------------------------+------+---+------+--
 *     header (8)                                    footer (8)
 *
 *   with canaries, the room of a block that is handed out:
 *   | asked (8) | canary (16) | the memory, asked bytes | canary up to the end of the room, at least 16 |
 *
 * Blocks are named by their offset in the arena; offset 0 is no block. Invariants:
 *   - blocks follow each other without a gap from KMALLOC_FIRST to the end of the arena, footers equal headers;
 *   - a block is USED, CACHED or FREE, and its state says so for its own offset, so that no other bytes look like it;
 *   - no two neighbours are both FREE; a FREE block is in the list of its size's bin, once;
 *   - a CACHED block is in the list of exactly its room, once. It is free memory that is kept as it is for the next
 *     request of its size, and joined with its neighbours when a search finds nothing.
 */
#ifndef XELIX_MEM_KMALLOC_BLOCK_H
#define XELIX_MEM_KMALLOC_BLOCK_H

#include <kernel/sanitize.h>

#include "../../lib/bits.h"
#include "../config.h"
#include "kmalloc.h"

#define KMALLOC_UNIT   8u
#define KMALLOC_HEADER 8u
#define KMALLOC_FOOTER 8u
#define KMALLOC_ENDS   (KMALLOC_HEADER + KMALLOC_FOOTER)
#define KMALLOC_FIRST  KMALLOC_UNIT
#define KMALLOC_END    (XELIX_ARENA_PAGES * 4096u)

/* States, each exclusive-or the block's offset. */
#define KMALLOC_USED   0x05edb10cu
#define KMALLOC_FREE   0xf4eeb10cu
#define KMALLOC_CACHED 0xcac8b10cu

/* What canaries take of the room: before the memory, and at least after it. */
#define KMALLOC_FRONT (XELIX_KMALLOC_CANARIES ? KMALLOC_UNIT + KMALLOC_CANARY : 0u)
#define KMALLOC_BACK  (XELIX_KMALLOC_CANARIES ? KMALLOC_CANARY : 0u)

/* Rooms up to this are cached, a list for each. */
#define KMALLOC_CACHED_MAX (2048u + KMALLOC_FRONT + KMALLOC_BACK)
#define KMALLOC_CACHES     (KMALLOC_CACHED_MAX / KMALLOC_UNIT + 1)

/* Four bins for each power of two from 8 on. */
#define KMALLOC_BINS 128u

struct kmalloc_arena {
    unsigned char *memory; /* NULL before kmalloc_init() */
    uint32_t address;      /* in the kernel's context */
    uint64_t bin_map[KMALLOC_BINS / 64];
    uint32_t bins[KMALLOC_BINS];
    uint32_t caches[KMALLOC_CACHES];
    struct kmalloc_work work;
    struct kmalloc_damage damage;
};
extern struct kmalloc_arena kmalloc_arena;

/* ---- words of the arena, which is closed to the sanitizers but for what is handed out ---- */

static inline uint32_t kmalloc_get(uint32_t offset)
{
    return kernel_peek((const uint32_t *)(void *)(kmalloc_arena.memory + offset));
}

static inline void kmalloc_set(uint32_t offset, uint32_t word)
{
    unsigned char *const unit = kmalloc_arena.memory + offset / KMALLOC_UNIT * KMALLOC_UNIT;

    kernel_mark_known(unit, KMALLOC_UNIT);
    *(uint32_t *)(void *)(kmalloc_arena.memory + offset) = word;
    kernel_mark_closed(unit, KMALLOC_UNIT);
}

/* ---- a block ---- */

static inline uint32_t block_room(uint32_t block)
{
    return kmalloc_get(block);
}

static inline bool block_is(uint32_t block, uint32_t state)
{
    return kmalloc_get(block + 4) == (state ^ block);
}

static inline uint32_t block_next(uint32_t block)
{
    return block + KMALLOC_ENDS + block_room(block);
}

/* The block before, by its footer; KMALLOC_FIRST has none. */
static inline uint32_t block_before(uint32_t block)
{
    return block - KMALLOC_ENDS - kmalloc_get(block - KMALLOC_FOOTER);
}

static inline uint32_t block_footer(uint32_t block, uint32_t room)
{
    return block + KMALLOC_HEADER + room;
}

/* Links of a FREE block; a CACHED one has the first only. */
static inline uint32_t block_link(uint32_t block)
{
    return block + KMALLOC_HEADER;
}

static inline uint32_t block_back_link(uint32_t block)
{
    return block + KMALLOC_HEADER + 4;
}

static inline unsigned bin_of(uint32_t room)
{
    const unsigned log = 31u - (unsigned)__builtin_clz(room);

    return (log - 3) * 4 + (room >> (log - 2) & 3u);
}

/* Whether an offset can be that of a block with its room and both ends inside the arena. */
static inline bool block_fits(uint32_t block)
{
    uint32_t room;

    if (block < KMALLOC_FIRST || block > KMALLOC_END - KMALLOC_ENDS || block % KMALLOC_UNIT)
        return false;
    room = block_room(block);
    return room >= KMALLOC_UNIT && room % KMALLOC_UNIT == 0 && room <= KMALLOC_END - KMALLOC_ENDS - block;
}

/* ---- writing blocks, which is counted ---- */

static inline void kmalloc_write(uint32_t offset, uint32_t word)
{
    kmalloc_set(offset, word);
    kmalloc_arena.work.written++;
}

/* Header and footer. */
static inline void block_write(uint32_t block, uint32_t room, uint32_t state)
{
    kmalloc_write(block, room);
    kmalloc_write(block + 4, state ^ block);
    kmalloc_write(block_footer(block, room), room);
}

/* ---- kmalloc_bins.c: the lists of FREE blocks, a bin for each span of sizes ---- */

void bins_put(uint32_t block, uint32_t room);
/* The same, joined with its neighbours, as far as they are free. */
void bins_join(uint32_t block, uint32_t room);
void bins_remove(uint32_t block);
/* A block with at least that much room, still in its list; 0: none. */
uint32_t bins_find(uint32_t room);

/* ---- kmalloc_canary.c; without canaries nothing of it is called ---- */

/* Write the canaries of a block that is handed out; look at them. */
void canary_write(uint32_t block, uint32_t asked);
/* Bytes asked for, or 0 if that word is damaged too. */
uint32_t canary_asked(uint32_t block);
struct kmalloc_damage canary_look(uint32_t block);
/* Look, count, and say it on the console. */
void canary_report(uint32_t block);

#endif
