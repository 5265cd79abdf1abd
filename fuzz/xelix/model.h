/*
 * model.h - what Xelix's memory is to those who use it: blocks of the kernel's that never meet, and for each task words at
 * addresses that are its own. Plain arrays, searched from end to end.
 */
#ifndef FUZZ_XELIX_MODEL_H
#define FUZZ_XELIX_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_BLOCKS 48u
#define MODEL_TASKS  4u
#define MODEL_WORDS  16u /* that are known of a task */
#define MODEL_RUNS   6u

struct model_block {
    bool live;
    uint32_t handle;
    uint64_t address, size;
    uint32_t stamp; /* at its first four bytes and its last, where it has so many */
};

struct model_word {
    uint64_t address;
    uint32_t value;
};

struct model_run {
    bool live;
    uint32_t handle;
    uint64_t address, size;
};

struct model_task {
    bool alive;
    uint32_t process; /* the operations' name for it */
    struct model_word words[MODEL_WORDS];
    unsigned count;
    struct model_run runs[MODEL_RUNS];
};

struct model {
    struct model_block blocks[MODEL_BLOCKS];
    struct model_task tasks[MODEL_TASKS];
    int current; /* of tasks[], or -1 */
};

void model_reset(struct model *model);

/* A free place, or NULL; one of those that are taken, or NULL. */
struct model_block *model_free_block(struct model *model);
struct model_block *model_live_block(struct model *model, unsigned choice);
struct model_task *model_free_task(struct model *model);
struct model_task *model_live_task(struct model *model, unsigned choice);
struct model_run *model_free_run(struct model_task *task);
struct model_run *model_live_run(struct model_task *task, unsigned choice);

/* Whether these bytes meet a block, or a run of the task. */
bool model_meets_block(const struct model *model, uint64_t address, uint64_t size);
bool model_meets_run(const struct model_task *task, uint64_t address, uint64_t size);

/* A block begins exactly there. */
bool model_is_block(const struct model *model, uint64_t address);

/* The program wrote a word; without room it is forgotten. Words of a run that is gone are forgotten. */
bool model_write(struct model_task *task, uint64_t address, uint32_t value);
void model_forget(struct model_task *task, uint64_t address, uint64_t size);

#endif
