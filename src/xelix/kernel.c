#include "kernel.h"

#include <kernel/hw.h>
#include <kernel/x86.h>

#include "../lib/last_fault.h"
#include "interrupts.h"
#include "mem/kmalloc.h"
#include "mem/palloc.h"
#include "mem/vm_map.h"
#include "syscall.h"
#include "tasks/task.h"

static struct last_fault last_fault;

/* A program's stack grows; any other fault of its own ends the task, if nothing of it is in use elsewhere. */
static bool repair(const struct hw_page_fault *fault)
{
    return !(fault->error & PFERR_P) && task_page_fault(task_current(), fault->address) == XELIX_OK;
}

static int end_current(void)
{
    const int id = task_current_id();

    if (task_exit(id) == XELIX_OK)
        return id;
    (void)task_switch(-1);
    return -1;
}

static bool on_page_fault(const struct hw_page_fault *fault)
{
    const bool is_user = fault->error & PFERR_US;

    if (is_user && task_current() && repair(fault))
        return true;
    last_fault_keep(&last_fault,
                    &(struct guest_fault){fault->address, fault->error, is_user ? end_current() : -1});
    return false;
}

int kernel_take_fault(struct guest_fault *fault)
{
    return last_fault_take(&last_fault, fault);
}

int kernel_main(void)
{
    int status;

    last_fault.is_there = false;
    mem_fail_at(0);
    status = palloc_init();
    if (status)
        return status;
    paging_init();
    interrupts_init();
    status = kmalloc_init();
    if (status)
        return status;
    vm_map_init();
    task_init();
    hw_set_page_fault_handler(on_page_fault);
    hw_set_syscall_handler(syscall_handle);
    return XELIX_OK;
}

const char *kernel_check(void)
{
    const char *broken = palloc_check();

    paging_check_start();
    if (!broken)
        broken = paging_check(&vm_kernel);
    if (!broken)
        broken = kmalloc_check();
    if (!broken)
        broken = task_check();
    return broken ? broken : vm_map_check();
}
