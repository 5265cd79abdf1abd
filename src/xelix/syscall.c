#include "syscall.h"

#include "tasks/task.h"

uint32_t syscall_handle(uint32_t command, uint32_t arg1, uint32_t arg2)
{
    struct task *const task = task_current();

    (void)arg2;
    if (!task)
        return (uint32_t)-ESRCH;
    switch (command) {
    case SYSCALL_SBRK: return task_sbrk(task, (int32_t)arg1);
    case SYSCALL_MMAP: return task_mmap(task, arg1);
    case SYSCALL_MUNMAP: return (uint32_t)task_munmap(task, arg1);
    default: return (uint32_t)-EINVAL;
    }
}
