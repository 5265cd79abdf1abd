#include "kernel.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "../lib/last_fault.h"
#include "kheap.h"
#include "paging.h"
#include "process.h"
#include "syscall.h"

#define KERNEL_FLAGS (PAGING_IS_WRITEABLE | PAGING_IS_PRESENT | PAGING_ACCESS_FROM_ALL)

static struct last_fault last_fault;

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
    const int ended = fault->error & PFERR_US ? end_current() : -1;

    last_fault_keep(&last_fault, &(struct guest_fault){fault->address, fault->error, ended});
    return false;
}

int kernel_take_fault(struct guest_fault *fault)
{
    return last_fault_take(&last_fault, fault);
}

int kernel_main(void)
{
    struct paging_4gb_chunk *chunk;

    last_fault.is_there = false;
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
