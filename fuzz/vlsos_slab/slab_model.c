#include "slab_model.h"

#include <string.h>

void model_reset(struct model *model)
{
    model->count = 0;
    model->made = 0;
}

static bool overlaps(const struct model_block *block, const unsigned char *start, size_t size)
{
    return start < block->start + block->size && block->start < start + size;
}

/* Of a large block the two ends say enough. */
static size_t end_size(const struct model_block *block)
{
    return block->size < 2 * MODEL_END ? block->size : MODEL_END;
}

bool model_add(struct model *model, unsigned char *start, size_t size, unsigned owner)
{
    struct model_block *const block = &model->blocks[model->count];

    for (size_t i = 0; i < model->count; i++)
        if (overlaps(&model->blocks[i], start, size))
            return false;
    *block = (struct model_block){start, size, owner, model->made, (unsigned char)(model->made * 37 + 1)};
    memset(start, block->fill, end_size(block));
    memset(start + size - end_size(block), block->fill, end_size(block));
    model->count++;
    model->made++;
    return true;
}

static bool is_whole(const struct model_block *block)
{
    const unsigned char *const tail = block->start + block->size - end_size(block);

    for (size_t i = 0; i < end_size(block); i++)
        if (block->start[i] != block->fill || tail[i] != block->fill)
            return false;
    return true;
}

const struct model_block *model_take(struct model *model, unsigned choice, bool *whole)
{
    static struct model_block taken;

    if (model->count == 0)
        return NULL;
    taken = model->blocks[choice % model->count];
    model->blocks[choice % model->count] = model->blocks[model->count - 1];
    model->count--;
    *whole = is_whole(&taken);
    return &taken;
}

bool model_has(const struct model *model, const unsigned char *start)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->blocks[i].start == start)
            return true;
    return false;
}

size_t model_count(const struct model *model, unsigned owner)
{
    size_t count = 0;

    for (size_t i = 0; i < model->count; i++)
        count += model->blocks[i].owner == owner;
    return count;
}
