#include "model.h"

#include <string.h>

void model_reset(struct model *model)
{
    memset(model, 0, sizeof *model);
    model->current = -1;
}

/* The place that `choice` falls on, or the next after it, going round. */
#define FIND(array, count, choice, condition)                                                                \
    for (unsigned find_step = 0; find_step < (count); find_step++) {                                         \
        unsigned i = ((choice) + find_step) % (count);                                                       \
        if ((array)[i].condition)                                                                            \
            return &(array)[i];                                                                              \
    }                                                                                                        \
    return NULL

struct model_block *model_live_block(struct model *model, unsigned choice)
{
    FIND(model->blocks, MODEL_BLOCKS, choice, live);
}

struct model_block *model_free_block(struct model *model)
{
    FIND(model->blocks, MODEL_BLOCKS, 0u, live == false);
}

struct model_task *model_live_task(struct model *model, unsigned choice)
{
    FIND(model->tasks, MODEL_TASKS, choice, alive);
}

struct model_task *model_free_task(struct model *model)
{
    FIND(model->tasks, MODEL_TASKS, 0u, alive == false);
}

struct model_run *model_live_run(struct model_task *task, unsigned choice)
{
    FIND(task->runs, MODEL_RUNS, choice, live);
}

struct model_run *model_free_run(struct model_task *task)
{
    FIND(task->runs, MODEL_RUNS, 0u, live == false);
}

static bool meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

bool model_meets_block(const struct model *model, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < MODEL_BLOCKS; i++)
        if (model->blocks[i].live && meet(address, size, model->blocks[i].address, model->blocks[i].size))
            return true;
    return false;
}

bool model_meets_run(const struct model_task *task, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < MODEL_RUNS; i++)
        if (task->runs[i].live && meet(address, size, task->runs[i].address, task->runs[i].size))
            return true;
    return false;
}

bool model_is_block(const struct model *model, uint64_t address)
{
    for (unsigned i = 0; i < MODEL_BLOCKS; i++)
        if (model->blocks[i].live && model->blocks[i].address == address)
            return true;
    return false;
}

void model_forget(struct model_task *task, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < task->count;) {
        if (meet(task->words[i].address, 4, address, size))
            task->words[i] = task->words[--task->count];
        else
            i++;
    }
}

bool model_write(struct model_task *task, uint64_t address, uint32_t value)
{
    model_forget(task, address, 4);
    if (task->count == MODEL_WORDS)
        return false;
    task->words[task->count++] = (struct model_word){address, value};
    return true;
}
