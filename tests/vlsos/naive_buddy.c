#include "naive_buddy.h"

#include <stdbool.h>
#include <string.h>

#define TOP (NAIVE_ORDERS - 1)

static unsigned order_of(uint32_t node)
{
    unsigned depth = 0;

    while (node > 1) {
        node /= 2;
        depth++;
    }
    return TOP - depth;
}

static uint32_t first_frame(uint32_t tree, uint32_t node)
{
    const unsigned order = order_of(node);
    const uint32_t place = node - (1u << (TOP - order));

    return (tree << TOP) + (place << order);
}

static uint32_t node_at(uint32_t frame, unsigned order)
{
    return (1u << (TOP - order)) + (frame % (1u << TOP) >> order);
}

/* ---- making one: whatever lies wholly inside is free, whatever lies partly inside has halves ---- */

struct span {
    uint32_t first, end;
};

static void mark(struct naive_buddy *naive, uint32_t tree, uint32_t node, struct span region)
{
    const uint32_t start = first_frame(tree, node);
    const uint32_t end = start + (1u << order_of(node));
    unsigned char *const state = &naive->nodes[tree][node];

    if (end <= region.first || start >= region.end) {
        *state = NAIVE_OUTSIDE;
    } else if (start >= region.first && end <= region.end) {
        *state = NAIVE_FREE;
    } else {
        *state = NAIVE_HALVES;
        mark(naive, tree, 2 * node, region);
        mark(naive, tree, 2 * node + 1, region);
    }
}

void naive_create(struct naive_buddy *naive, uint32_t first, uint32_t end)
{
    memset(naive->nodes, NAIVE_UNUSED, sizeof naive->nodes);
    for (uint32_t tree = 0; tree < NAIVE_TREES; tree++)
        mark(naive, tree, 1, (struct span){first, end});
}

/* ---- taking ---- */

struct place {
    uint32_t tree, node;
    bool found;
};

static struct place find_free(const struct naive_buddy *naive, unsigned order)
{
    const uint32_t first = 1u << (TOP - order);

    for (uint32_t tree = 0; tree < NAIVE_TREES; tree++)
        for (uint32_t node = first; node < 2 * first; node++)
            if (naive->nodes[tree][node] == NAIVE_FREE)
                return (struct place){tree, node, true};
    return (struct place){0, 0, false};
}

static struct place smallest_free(const struct naive_buddy *naive, unsigned order)
{
    struct place place = {0, 0, false};

    for (unsigned large = order; large < NAIVE_ORDERS && !place.found; large++)
        place = find_free(naive, large);
    return place;
}

long naive_alloc(struct naive_buddy *naive, unsigned order)
{
    struct place place = smallest_free(naive, order);

    if (!place.found)
        return NAIVE_NONE;
    while (order_of(place.node) > order) {
        naive->nodes[place.tree][place.node] = NAIVE_HALVES;
        place.node *= 2;
        naive->nodes[place.tree][place.node] = NAIVE_FREE;
        naive->nodes[place.tree][place.node + 1] = NAIVE_FREE;
    }
    naive->nodes[place.tree][place.node] = NAIVE_TAKEN;
    return first_frame(place.tree, place.node);
}

/* ---- giving back ---- */

int naive_free(struct naive_buddy *naive, uint32_t frame, unsigned order)
{
    unsigned char *const nodes = naive->nodes[frame >> TOP];
    uint32_t node = node_at(frame, order);

    if (frame % (1u << order) != 0 || nodes[node] != NAIVE_TAKEN)
        return -1;
    nodes[node] = NAIVE_FREE;
    while (node > 1 && nodes[node ^ 1] == NAIVE_FREE) {
        nodes[node] = nodes[node ^ 1] = NAIVE_UNUSED;
        node /= 2;
        nodes[node] = NAIVE_FREE;
    }
    return 0;
}

size_t naive_count(const struct naive_buddy *naive, unsigned order, enum naive_state state)
{
    const uint32_t first = 1u << (TOP - order);
    size_t count = 0;

    for (uint32_t tree = 0; tree < NAIVE_TREES; tree++)
        for (uint32_t node = first; node < 2 * first; node++)
            count += naive->nodes[tree][node] == state;
    return count;
}
