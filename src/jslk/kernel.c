#include "kernel.h"

#include <kernel/hw.h>

#include "fail.h"
#include "gdt.h"
#include "kmalloc.h"
#include "paging.h"
#include "pmm.h"
#include "reach.h"
#include "status.h"

static struct memory_map memory;
static struct kernel_fault last_fault;
static bool faulted;

static bool on_page_fault(const struct hw_page_fault *fault)
{
    last_fault = (struct kernel_fault){fault->address, fault->error};
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

int kernel_early(void)
{
    faulted = false;
    fail_at(0);
    kheap_forget();
    paging_forget();
    reach_init();
    if (!memory_map_of_machine(&memory))
        return JSLK_INVALID;
    placement_init(&memory);
    return gdt_init();
}

int kernel_main(void)
{
    int status = kernel_early();

    if (status == JSLK_OK)
        status = start_pmm(&memory);
    hw_set_page_fault_handler(on_page_fault);
    if (status == JSLK_OK)
        status = initialise_paging();
    if (status != JSLK_OK)
        return status;
    gdt_open();
    return kheap_init();
}

const char *kernel_check(void)
{
    const char *broken = pmm_check();

    if (!broken)
        broken = paging_check(&kheap);
    return broken ? broken : heap_check(&kheap);
}
