#include "syscall.h"

#include "kernel/hw.h"

#include "layout.h"
#include "process.h"

static uint32_t isr80h_command4_malloc(struct process *process, uint32_t size)
{
    void *const ptr = process_malloc(process, size);

    return ptr ? hw_linear(ptr) : 0;
}

/* A program's number becomes a pointer only where the kernel has memory for programs. */
static uint32_t isr80h_command5_free(struct process *process, uint32_t address)
{
    return (uint32_t)(vana_in_heap(address) ? process_free(process, hw_ptr(address)) : -EINVARG);
}

static uint32_t isr80h_handle_command(uint32_t command, uint32_t arg)
{
    struct process *const process = process_current();

    if (!process)
        return (uint32_t)-EINVARG;
    switch (command) {
    case SYSTEM_COMMAND4_MALLOC: return isr80h_command4_malloc(process, arg);
    case SYSTEM_COMMAND5_FREE: return isr80h_command5_free(process, arg);
    default: return (uint32_t)-EUNIMP;
    }
}

uint32_t isr80h_handler(uint32_t command, uint32_t arg1, uint32_t arg2)
{
    uint32_t result;

    (void)arg2; /* no command of memory takes a second argument */
    kernel_page();
    result = isr80h_handle_command(command, arg1);
    task_page();
    return result;
}
