/*
 * task_memory.h - what tasks/'s own files share.
 */
#ifndef XELIX_TASKS_TASK_MEMORY_H
#define XELIX_TASKS_TASK_MEMORY_H

#include "task.h"

/* Zeroed pages at these addresses: as pvalloc_at(). */
int task_give(struct task *task, uint32_t page, uint32_t pages);

/* Forget what task_mmap() gave; the pages are freed with the context. */
void task_forget_runs(struct task *task);

#endif
