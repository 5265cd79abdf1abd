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

struct count {
    const struct task *task;
    uint32_t pages; /* that its ranges have */
};

static bool is_whole(struct count *count, uint32_t page, uint32_t pages)
{
    count->pages += pages;
    return paging_all(&count->task->ctx, page, pages, OWNED_BY_USER, OWNED_BY_USER);
}

static bool runs_are_whole(struct count *count)
{
    for (uint32_t at = count->task->runs; at;) {
        const struct task_run *const run = kmalloc_pointer(at);

        if (!is_whole(count, run->page, run->pages))
            return false;
        at = run->next;
    }
    return true;
}

/* Ranges that overlapped would have more pages than the context owns. */
static const char *check_ranges(const struct task *task)
{
    struct count count = {.task = task};
    const uint32_t stack_end = XELIX_TASK_STACK_TOP / PAGE_SIZE;

    if (!is_whole(&count, XELIX_TASK_IMAGE / PAGE_SIZE, task->image_pages))
        return "its image is not mapped user writable";
    if (!is_whole(&count, XELIX_TASK_SBRK / PAGE_SIZE, (task->brk - XELIX_TASK_SBRK) / PAGE_SIZE))
        return "its memory below the break is not mapped user writable";
    if (!is_whole(&count, task->stack_low, stack_end - task->stack_low))
        return "its stack is not mapped user writable";
    if (!runs_are_whole(&count))
        return "a run that it was given is not mapped user writable";
    return count.pages > paging_count_owned(&task->ctx) ? "its ranges overlap" : NULL;
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
