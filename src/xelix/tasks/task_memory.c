#include "task_memory.h"

#include <kernel/x86.h>

#include "../../lib/memory.h"
#include "../config.h"
#include "../mem/kmalloc.h"
#include "../mem/valloc.h"
#include "../mem/vm_map.h"

#define STACK_END   (XELIX_TASK_STACK_TOP / PAGE_SIZE)
#define STACK_LIMIT (STACK_END - XELIX_TASK_STACK_PAGES_MAX)

static uint32_t pages_for(uint32_t bytes)
{
    return bytes / PAGE_SIZE + (bytes % PAGE_SIZE ? 1 : 0);
}

/* ---- zeroed pages ---- */

/* Through a window in the kernel: the kernel reaches no other memory of a task's. */
static int zero(struct task *task, uint32_t page, uint32_t pages)
{
    const struct vm_lending lending = {&vm_kernel, &task->ctx, page * PAGE_SIZE, pages * PAGE_SIZE, PTE_RW};
    uint32_t address;
    const int status = vm_map(&lending, &address);

    if (status)
        return status;
    for (uint32_t i = 0; i < pages; i++)
        memset(vm_ptr(address + i * PAGE_SIZE), 0, PAGE_SIZE);
    return vm_unmap(&vm_kernel, address);
}

int task_give(struct task *task, uint32_t page, uint32_t pages)
{
    int status = pvalloc_at(page, pages, &task->ctx);

    if (status)
        return status;
    status = zero(task, page, pages);
    if (status)
        (void)pvfree(page, pages, &task->ctx);
    return status;
}

/* ---- the break ---- */

uint32_t task_sbrk(struct task *task, int32_t len)
{
    const uint32_t old = task->brk;
    uint32_t pages;

    if (len <= 0)
        return old;
    pages = pages_for((uint32_t)len);
    if (pages > STACK_LIMIT - old / PAGE_SIZE || task_give(task, old / PAGE_SIZE, pages))
        return 0;
    task->brk = old + pages * PAGE_SIZE;
    return old;
}

/* ---- runs of pages ---- */

/* Zeroed before anybody can see them. */
static uint32_t give_anywhere(struct task *task, uint32_t pages)
{
    const uint32_t page = vm_address(pvalloc(pages, &task->ctx)) / PAGE_SIZE;

    if (page && zero(task, page, pages)) {
        (void)pvfree(page, pages, &task->ctx);
        return 0;
    }
    return page;
}

uint32_t task_mmap(struct task *task, uint32_t bytes)
{
    struct task_run *const run = bytes ? kmalloc(sizeof *run) : NULL;

    if (!run)
        return 0;
    *run = (struct task_run){.next = task->runs, .pages = pages_for(bytes)};
    run->page = give_anywhere(task, run->pages);
    if (!run->page) {
        (void)kfree(run);
        return 0;
    }
    task->runs = kmalloc_address(run);
    return run->page * PAGE_SIZE;
}

int task_munmap(struct task *task, uint32_t address)
{
    for (uint32_t *link = &task->runs; *link;) {
        struct task_run *const run = kmalloc_pointer(*link);
        int status;

        if (run->page * PAGE_SIZE != address) {
            link = &run->next;
            continue;
        }
        status = pvfree(run->page, run->pages, &task->ctx);
        if (status)
            return status;
        *link = run->next;
        return kfree(run);
    }
    return -EINVAL;
}

void task_forget_runs(struct task *task)
{
    while (task->runs) {
        struct task_run *const run = kmalloc_pointer(task->runs);

        task->runs = run->next;
        (void)kfree(run);
    }
}

/* ---- the stack ---- */

int task_page_fault(struct task *task, uint32_t address)
{
    const uint32_t page = address / PAGE_SIZE;
    int status;

    if (page >= task->stack_low || page < STACK_LIMIT)
        return -EFAULT;
    status = task_give(task, page, task->stack_low - page);
    if (!status)
        task->stack_low = page;
    return status;
}
