#include "kernel.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "kheap.h"
#include "paging.h"
#include "process.h"
#include "syscall.h"

#define KERNEL_FLAGS (PAGING_IS_WRITEABLE | PAGING_IS_PRESENT | PAGING_ACCESS_FROM_ALL)

static struct kernel_fault last_fault;
static bool faulted;

/* The process that made the access ends; it is gone before the access is answered. */
static int end_current(void)
{
    struct process *const process = process_current();
    const int id = process ? process->id : -1;

    if (process) {
        kernel_page();
        (void)process_terminate(process);
    }
    return id;
}

static bool on_page_fault(const struct hw_page_fault *fault)
{
    last_fault.address = fault->address;
    last_fault.error = fault->error;
    last_fault.process = fault->error & PFERR_US ? end_current() : -1;
    faulted = true;
    return false;
}

bool kernel_take_fault(struct kernel_fault *fault)
{
    const bool any = faulted;

    if (any)
        *fault = last_fault;
    faulted = false;
    return any;
}

int kernel_main(void)
{
    struct paging_4gb_chunk *chunk;

    faulted = false;
    kheap_init();
    chunk = paging_new_4gb(KERNEL_FLAGS);
    if (!chunk)
        return -ENOMEM;
    task_init(chunk);
    process_init();
    (void)paging_switch(chunk);
    (void)enable_paging();
    hw_set_page_fault_handler(on_page_fault);
    hw_set_syscall_handler(isr80h_handler);
    return VANA_ALL_OK;
}

const char *kernel_check(void)
{
    const char *broken = heap_check(&kernel_heap);

    if (!broken)
        broken = paging_check(kernel_chunk());
    return broken ? broken : process_check();
}
