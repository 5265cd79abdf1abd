/*
 * task.h - what runs: a directory, registers, and the process that they belong to.
 *
 * The kernel does its work in its own directory, because a program's directory may lack heap pages
 * (process_free unmaps them): kernel_page() on every entry, task_page() on the way back.
 */
#ifndef VANA_TASK_H
#define VANA_TASK_H

#include <stdint.h>

#include "paging.h"

#define KERNEL_CODE_SELECTOR 0x08u
#define KERNEL_DATA_SELECTOR 0x10u
#define USER_CODE_SEGMENT    0x1bu
#define USER_DATA_SEGMENT    0x23u

struct registers {
    uint32_t edi, esi, ebp, ebx, edx, ecx, eax;
    uint32_t ip, cs, flags, esp, ss;
};

/* In guest memory: addresses are 32-bit linear addresses, 0 for none. */
struct task {
    uint32_t page_directory; /* struct paging_4gb_chunk */
    struct registers registers;
    uint32_t process; /* struct process */
    uint32_t next;    /* the list of all tasks, oldest first */
    uint32_t prev;
};

_Static_assert(sizeof(struct task) == 64, "a task has one layout everywhere");

struct process;

/* Begin without tasks, with this directory as the kernel's own. */
void task_init(struct paging_4gb_chunk *kernel);

/* A task that will start the process's program, with a directory of its own; NULL without memory. */
struct task *task_new(struct process *process);

/* Give the task and its directory back. The directory must not be in use. */
void task_free(struct task *task);

/* Run in this task's directory; NULL leaves the kernel alone in its own. */
int task_switch(struct task *task);
struct task *task_current(void);

/* The oldest task and the one after a task; NULL at the end. */
struct task *task_get_head(void);
struct task *task_get_next(const struct task *task);

struct paging_4gb_chunk *task_chunk(const struct task *task);
struct paging_4gb_chunk *kernel_chunk(void);

/* Into the kernel's directory, and back into that of the current task. */
void kernel_page(void);
void task_page(void);

#endif
