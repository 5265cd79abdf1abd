/*
 * slab_model.h - what an allocator promises, written down: blocks that do not overlap and keep their bytes.
 *
 * A list of blocks that is searched from the start. Every block is filled with a byte of its own (a large one at
 * both ends), which it must still hold when it is given back.
 */
#ifndef SLAB_MODEL_H
#define SLAB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_BLOCKS 512u
#define MODEL_END    2048u /* bytes at each end of a large block that are filled */

struct model_block {
    unsigned char *start;
    size_t size;
    unsigned owner;  /* whom the caller says it belongs to */
    uint32_t handle; /* in the file of operations */
    unsigned char fill;
};

struct model {
    struct model_block blocks[MODEL_BLOCKS];
    size_t count;
    uint32_t made;
};

void model_reset(struct model *model);

/* A block was handed out: filled and noted. False: it overlaps another one. */
bool model_add(struct model *model, unsigned char *start, size_t size, unsigned owner);

/* A block to give back, taken from the list; NULL if there is none. False in *whole: its bytes have changed. */
const struct model_block *model_take(struct model *model, unsigned choice, bool *whole);

/* Whether a block starts here. */
bool model_has(const struct model *model, const unsigned char *start);

size_t model_count(const struct model *model, unsigned owner);

#endif
