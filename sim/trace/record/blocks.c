#include "trace/record/blocks.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

void blocks_free(struct blocks *blocks)
{
    free(blocks->table);
    free(blocks->spare);
    *blocks = (struct blocks){0};
}

uint32_t blocks_take_handle(struct blocks *blocks)
{
    if (blocks->spare_count > 0)
        return blocks->spare[--blocks->spare_count];
    return blocks->handles++;
}

bool blocks_give_handle(struct blocks *blocks, uint32_t handle)
{
    if (blocks->spare_count == blocks->spare_capacity) {
        size_t capacity = blocks->spare_capacity ? blocks->spare_capacity * 2 : FIRST_CAPACITY;
        uint32_t *spare = realloc(blocks->spare, capacity * sizeof *spare);
        if (!spare)
            return false;
        blocks->spare = spare;
        blocks->spare_capacity = capacity;
    }
    blocks->spare[blocks->spare_count++] = handle;
    return true;
}

static size_t home_of(const struct blocks *blocks, uint32_t pid, uint64_t address)
{
    uint64_t hash = ((address >> 4) ^ ((uint64_t)pid << 40)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (blocks->capacity - 1);
}

/* Where this block is, or the empty place where it would be. */
static struct block *place_of(const struct blocks *blocks, uint32_t pid, uint64_t address)
{
    size_t i = home_of(blocks, pid, address);
    for (;; i = (i + 1) & (blocks->capacity - 1)) {
        struct block *block = &blocks->table[i];
        if (block->handle == BLOCKS_NONE || (block->address == address && block->pid == pid))
            return block;
    }
}

static bool grow(struct blocks *blocks)
{
    struct blocks larger = *blocks;
    larger.capacity = blocks->capacity ? blocks->capacity * 2 : FIRST_CAPACITY;
    larger.table = malloc(larger.capacity * sizeof *larger.table);
    if (!larger.table)
        return false;
    for (size_t i = 0; i < larger.capacity; i++)
        larger.table[i].handle = BLOCKS_NONE;
    for (size_t i = 0; i < blocks->capacity; i++) {
        const struct block *block = &blocks->table[i];
        if (block->handle != BLOCKS_NONE)
            *place_of(&larger, block->pid, block->address) = *block;
    }
    free(blocks->table);
    *blocks = larger;
    return true;
}

bool blocks_add(struct blocks *blocks, const struct block *block)
{
    if (blocks->count * 2 >= blocks->capacity && !grow(blocks))
        return false;
    *place_of(blocks, block->pid, block->address) = *block;
    blocks->count++;
    return true;
}

struct block *blocks_find(struct blocks *blocks, uint32_t pid, uint64_t address)
{
    struct block *block = blocks->capacity ? place_of(blocks, pid, address) : NULL;
    return block && block->handle != BLOCKS_NONE ? block : NULL;
}

/* Moves later members of the chain up, so that no search stops early at the new gap. */
void blocks_remove(struct blocks *blocks, struct block *block)
{
    size_t mask = blocks->capacity - 1;
    size_t gap = (size_t)(block - blocks->table);
    blocks->count--;
    for (size_t i = (gap + 1) & mask; blocks->table[i].handle != BLOCKS_NONE; i = (i + 1) & mask) {
        size_t home = home_of(blocks, blocks->table[i].pid, blocks->table[i].address);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            blocks->table[gap] = blocks->table[i];
            gap = i;
        }
    }
    blocks->table[gap].handle = BLOCKS_NONE;
}
