#include <kernel/x86.h>

#include "../../lib/text.h"
#include "../config.h"
#include "../mem/kmalloc.h"
#include "task.h"

#define OWNED_BY_USER (PTE_P | PTE_RW | PTE_US | PAGING_OWNED)

static char words[96];

static const char *about(const struct task *task, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, "task ");
    text_decimal(&text, task->ctx.id - 1);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

static bool is_whole(const struct task *task, uint32_t page, uint32_t pages)
{
    return paging_all(&task->ctx, page, pages, OWNED_BY_USER, OWNED_BY_USER);
}

static bool meet(const struct task_run *run, uint32_t page, uint32_t pages)
{
    return run->page < page + pages && page < run->page + run->pages;
}

/* A run is its own: no other run, nor the image, which lies beside them. */
static const char *check_run(const struct task *task, const struct task_run *run)
{
    if (!is_whole(task, run->page, run->pages))
        return "a run that it was given is not mapped user writable";
    if (meet(run, XELIX_TASK_IMAGE / PAGE_SIZE, task->image_pages))
        return "a run that it was given meets its image";
    for (uint32_t at = run->next; at;) {
        const struct task_run *const other = kmalloc_pointer(at);

        if (meet(run, other->page, other->pages))
            return "two runs that it was given meet";
        at = other->next;
    }
    return NULL;
}

static const char *check_runs(const struct task *task)
{
    const char *broken = NULL;

    for (uint32_t at = task->runs; at && !broken;) {
        const struct task_run *const run = kmalloc_pointer(at);

        broken = check_run(task, run);
        at = run->next;
    }
    return broken;
}

static const char *check_ranges(const struct task *task)
{
    const uint32_t stack_end = XELIX_TASK_STACK_TOP / PAGE_SIZE;

    if (!is_whole(task, XELIX_TASK_IMAGE / PAGE_SIZE, task->image_pages))
        return "its image is not mapped user writable";
    if (!is_whole(task, XELIX_TASK_SBRK / PAGE_SIZE, (task->brk - XELIX_TASK_SBRK) / PAGE_SIZE))
        return "its memory below the break is not mapped user writable";
    if (!is_whole(task, task->stack_low, stack_end - task->stack_low))
        return "its stack is not mapped user writable";
    return check_runs(task);
}

static const char *check_task(const struct task *task)
{
    const char *broken = paging_check(&task->ctx);

    if (broken)
        return broken;
    broken = check_ranges(task);
    return broken ? about(task, broken) : NULL;
}

const char *task_check(void)
{
    const char *broken = NULL;

    for (int id = 0; id < (int)XELIX_MAX_TASKS && !broken; id++)
        if (task_get(id))
            broken = check_task(task_get(id));
    return broken;
}
