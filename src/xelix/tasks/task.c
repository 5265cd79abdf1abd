#include "task.h"
#include "task_memory.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../config.h"
#include "../mem/kmalloc.h"
#include "../mem/valloc.h"
#include "../mem/vm_map.h"

#define NOBODY (-1)

static struct task tasks[XELIX_MAX_TASKS];
static int current = NOBODY;

void task_init(void)
{
    for (unsigned i = 0; i < XELIX_MAX_TASKS; i++)
        tasks[i] = (struct task){0};
    current = NOBODY;
    hw_set_user_cr3(0);
}

/* ---- finding ---- */

struct task *task_get(int id)
{
    return id >= 0 && id < (int)XELIX_MAX_TASKS && tasks[id].ctx.directory ? &tasks[id] : NULL;
}

int task_current_id(void)
{
    return current;
}

struct task *task_current(void)
{
    return task_get(current);
}

struct vm_ctx *task_context(uint32_t id)
{
    struct task *const task = id ? task_get((int)id - 1) : NULL;

    if (id == 0)
        return &vm_kernel;
    return task ? &task->ctx : NULL;
}

int task_switch(int id)
{
    const struct task *const task = task_get(id);

    if (!task && id != NOBODY)
        return -ESRCH;
    current = id;
    hw_set_user_cr3(task ? task->ctx.directory : 0);
    return XELIX_OK;
}

/* ---- beginning ---- */

static int find_place(void)
{
    for (int id = 0; id < (int)XELIX_MAX_TASKS; id++)
        if (!tasks[id].ctx.directory)
            return id;
    return -ENOMEM;
}

/* The last page of the image is zeroed behind the program. */
static int load_image(struct task *task, const void *image, uint32_t size)
{
    const struct vm_copy copy = {&task->ctx, XELIX_TASK_IMAGE, size};
    int status;

    task->image_pages = (size + (PAGE_SIZE - 1)) / PAGE_SIZE;
    status = task_give(task, XELIX_TASK_IMAGE / PAGE_SIZE, task->image_pages);
    return status ? status : vm_write(&copy, image);
}

static int make_stack(struct task *task)
{
    task->stack_low = XELIX_TASK_STACK_TOP / PAGE_SIZE - XELIX_TASK_STACK_PAGES;
    return task_give(task, task->stack_low, XELIX_TASK_STACK_PAGES);
}

int task_new(const void *image, uint32_t size)
{
    const int id = find_place();
    struct task *task;
    int status;

    if (size == 0 || size > XELIX_TASK_SBRK - XELIX_TASK_IMAGE)
        return -EINVAL;
    if (id < 0)
        return id;
    task = &tasks[id];
    status = vm_new(&task->ctx, (uint32_t)id + 1);
    if (status)
        return status;
    task->brk = XELIX_TASK_SBRK;
    status = load_image(task, image, size);
    if (!status)
        status = make_stack(task);
    if (status)
        vm_free(&task->ctx);
    return status ? status : id;
}

/* ---- ending ---- */

int task_exit(int id)
{
    struct task *const task = task_get(id);

    if (!task)
        return -ESRCH;
    if (vm_lends(&task->ctx))
        return -EBUSY;
    if (id == current)
        (void)task_switch(NOBODY);
    vm_unmap_all(&task->ctx);
    task_forget_runs(task);
    vm_free(&task->ctx);
    return XELIX_OK;
}
