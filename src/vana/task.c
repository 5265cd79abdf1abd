#include "task.h"

#include "kernel/hw.h"

#include "config.h"
#include "kheap.h"

#define TASK_FLAGS        (PAGING_IS_PRESENT | PAGING_ACCESS_FROM_ALL)
#define EFLAGS_INTERRUPTS 0x200u
#define EFLAGS_ALWAYS_ONE 0x002u

static struct paging_4gb_chunk *kernel_directory;
static struct task *current, *head, *tail;

void task_init(struct paging_4gb_chunk *kernel)
{
    kernel_directory = kernel;
    current = head = tail = NULL;
}

static uint32_t linear_of(const void *ptr)
{
    return ptr ? hw_linear(ptr) : 0;
}

static struct task *task_at(uint32_t linear)
{
    return linear ? hw_ptr(linear) : NULL;
}

static void append(struct task *task)
{
    task->prev = linear_of(tail);
    if (tail)
        tail->next = hw_linear(task);
    else
        head = task;
    tail = task;
}

static void unlink_task(struct task *task)
{
    struct task *const before = task_at(task->prev);
    struct task *const after = task_at(task->next);

    if (before)
        before->next = task->next;
    else
        head = after;
    if (after)
        after->prev = task->prev;
    else
        tail = before;
}

struct task *task_new(struct process *process)
{
    struct task *const task = kzalloc(sizeof *task);
    struct paging_4gb_chunk *const chunk = task ? paging_new_4gb(TASK_FLAGS) : NULL;

    if (!chunk) {
        kfree(task);
        return NULL;
    }
    task->page_directory = hw_linear(chunk);
    task->process = hw_linear(process);
    task->registers.ip = VANA_PROGRAM_VIRTUAL_ADDRESS;
    task->registers.cs = USER_CODE_SEGMENT;
    task->registers.flags = EFLAGS_INTERRUPTS | EFLAGS_ALWAYS_ONE;
    task->registers.esp = VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_START;
    task->registers.ss = USER_DATA_SEGMENT;
    append(task);
    return task;
}

void task_free(struct task *task)
{
    unlink_task(task);
    (void)paging_free_4gb(task_chunk(task));
    kfree(task);
}

int task_switch(struct task *task)
{
    const int status = paging_switch(task ? task_chunk(task) : kernel_directory);

    if (status == VANA_ALL_OK)
        current = task;
    return status;
}

struct task *task_current(void)
{
    return current;
}

struct task *task_get_head(void)
{
    return head;
}

struct task *task_get_next(const struct task *task)
{
    return task_at(task->next);
}

struct paging_4gb_chunk *task_chunk(const struct task *task)
{
    return hw_ptr(task->page_directory);
}

struct paging_4gb_chunk *kernel_chunk(void)
{
    return kernel_directory;
}

void kernel_page(void)
{
    if (current)
        (void)paging_switch(kernel_directory);
}

void task_page(void)
{
    if (current)
        (void)paging_switch(task_chunk(current));
}
