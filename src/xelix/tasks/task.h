/*
 * task.h - programs: a context each, an image, a stack that grows, memory behind a break, runs of pages.
 *
 *   0x00000000 .. 0x004fffff   nothing, but the section UL_VISIBLE, which the program cannot reach
 *   0x00500000 ..              the image, then what task_mmap() gives: the lowest addresses that are free
 *   0x0f000000 .. break        task_sbrk()
 *   .. 0xc0000000              the stack: 2 pages, up to 512
 *
 * The kernel is not mapped in a task. It runs in its own context (vm_kernel) whenever it runs; the current task's
 * context is the one that user mode has (hw_set_user_cr3()).
 */
#ifndef XELIX_TASKS_TASK_H
#define XELIX_TASKS_TASK_H

#include "../mem/paging.h"

/* A run of task_mmap()'s; in kmalloc's memory, in a list. */
struct task_run {
    uint32_t next; /* address; 0: none */
    uint32_t page, pages;
};

struct task {
    struct vm_ctx ctx;
    uint32_t image_pages;
    uint32_t brk;       /* the first byte that task_sbrk() has not given, page-aligned */
    uint32_t stack_low; /* the lowest page of the stack */
    uint32_t runs;      /* address of the first; 0: none */
};

void task_init(void);

/* A program of so many bytes, in the lowest free place: its number, or -EINVAL for none or one that is too large,
 * -ENOMEM, also when all places are taken. */
int task_new(const void *image, uint32_t size);
/* End it: everything it has is free again. -ESRCH, or -EBUSY while memory of it is lent to another context. */
int task_exit(int id);

/* The task with this number, or NULL; the current one, or NULL; its number, or -1. */
struct task *task_get(int id);
struct task *task_current(void);
int task_current_id(void);

/* User mode runs in this task from now on; -1: in none. -ESRCH. */
int task_switch(int id);

/* The context with an id as in struct vm_ctx, or NULL. */
struct vm_ctx *task_context(uint32_t id);

/*
 * Move the break up by len bytes, rounded up to pages: the old break, or 0 without memory or addresses. len <= 0 tells
 * the break and moves nothing.
 */
uint32_t task_sbrk(struct task *task, int32_t len);

/* A run of zeroed pages, user and writable, for so many bytes: its address or 0. */
uint32_t task_mmap(struct task *task, uint32_t bytes);
/* Give back exactly a run that task_mmap() gave: -EINVAL, or -EBUSY while any of it is lent. */
int task_munmap(struct task *task, uint32_t address);

/* An access below the stack and within its limit makes it grow to there: 0, or -EFAULT or -ENOMEM. */
int task_page_fault(struct task *task, uint32_t address);

/* The first broken invariant of any task in words, or NULL. The words last until the next call. */
const char *task_check(void);

#endif
