/*
 * naive_buddy.h - what a buddy allocator is, written as a tree of halves that is searched from the top: slow, and
 * with nothing in common with the one of the kernel.
 *
 * Node 1 of a tree is a block of the top order; the halves of node n are nodes 2n and 2n + 1. A region is a row of trees.
 */
#ifndef NAIVE_BUDDY_H
#define NAIVE_BUDDY_H

#include <stddef.h>
#include <stdint.h>

#define NAIVE_ORDERS 11u
#define NAIVE_NODES  (1u << NAIVE_ORDERS)
#define NAIVE_TREES  8u
#define NAIVE_FRAMES (NAIVE_TREES << (NAIVE_ORDERS - 1))
#define NAIVE_NONE   (-1L)

enum naive_state {
    NAIVE_OUTSIDE, /* no part of the region */
    NAIVE_FREE,
    NAIVE_TAKEN,
    NAIVE_HALVES, /* in use by its halves */
    NAIVE_UNUSED, /* part of a block above */
};

struct naive_buddy {
    unsigned char nodes[NAIVE_TREES][NAIVE_NODES];
};

/* Frames first .. end - 1 of the row are the region, all free. */
void naive_create(struct naive_buddy *naive, uint32_t first, uint32_t end);

/* The first frame of the block handed out, or NAIVE_NONE: the smallest free block that is large enough, the lowest
 * of these. */
long naive_alloc(struct naive_buddy *naive, unsigned order);

/* 0, or -1 if no block of this order was handed out at this frame. */
int naive_free(struct naive_buddy *naive, uint32_t frame, unsigned order);

size_t naive_count(const struct naive_buddy *naive, unsigned order, enum naive_state state);

#endif
