/* blocks.h - the blocks that recorded processes hold, found by process and address. */
#ifndef KMS_RECORD_BLOCKS_H
#define KMS_RECORD_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKS_NONE UINT32_MAX

struct block {
    uint64_t address;
    uint64_t left; /* of a mapping: bytes not yet unmapped; of an allocation 0 */
    uint32_t pid;
    uint32_t handle; /* BLOCKS_NONE: this place in the table is empty */
};

struct blocks {
    struct block *table; /* open addressing, at most half full */
    size_t capacity, count;
    uint32_t *spare; /* handles that were given back, the last one first */
    size_t spare_count, spare_capacity;
    uint32_t handles; /* ever used at a time */
};

void blocks_free(struct blocks *blocks);

/* A number that no held block has, the lowest given back last. BLOCKS_NONE without memory. */
uint32_t blocks_take_handle(struct blocks *blocks);
bool blocks_give_handle(struct blocks *blocks, uint32_t handle);

/* Puts a block in; one of the same process and address must not be there. False without memory. */
bool blocks_add(struct blocks *blocks, const struct block *block);
/* Valid until the next change; NULL if there is none. */
struct block *blocks_find(struct blocks *blocks, uint32_t pid, uint64_t address);
void blocks_remove(struct blocks *blocks, struct block *block);

#endif
