#include "kernel.h"

#include <kernel/hw.h>

#include "../lib/last_fault.h"
#include "fail.h"
#include "gdt.h"
#include "kmalloc.h"
#include "paging.h"
#include "pmm.h"
#include "reach.h"
#include "status.h"

static struct memory_map memory;
static struct last_fault last_fault;

static bool on_page_fault(const struct hw_page_fault *fault)
{
    last_fault_keep(&last_fault, &(struct guest_fault){fault->address, fault->error, -1});
    return false;
}

int kernel_take_fault(struct guest_fault *fault)
{
    return last_fault_take(&last_fault, fault);
}

int kernel_early(void)
{
    last_fault.is_there = false;
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
