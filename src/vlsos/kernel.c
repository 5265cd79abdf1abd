#include "kernel.h"

#include <stddef.h>

#include "../lib/last_fault.h"
#include "kmem.h"
#include "layout.h"
#include "memory.h"
#include "pages.h"
#include "paging.h"
#include "process.h"
#include "slab.h"

static struct last_fault last_fault;
static kernel_fault_repairer repair;

static bool on_page_fault(const struct hw_page_fault *fault)
{
    struct guest_fault seen = {fault->address, fault->error, -1};

    if (repair && repair(&seen))
        return true;
    last_fault_keep(&last_fault, &seen);
    return false;
}

void kernel_set_fault_repairer(kernel_fault_repairer repairer)
{
    repair = repairer;
}

int kernel_take_fault(struct guest_fault *fault)
{
    return last_fault_take(&last_fault, fault);
}

int kernel_main(void)
{
    int status;

    last_fault.is_there = false;
    repair = NULL;
    hw_set_page_fault_handler(on_page_fault);
    if (layout_check())
        return VLSOS_ECORRUPT;
    memory_init();
    status = pages_init();
    if (status == VLSOS_OK)
        status = kmem_init();
    if (status == VLSOS_OK)
        status = paging_start();
    if (status == VLSOS_OK)
        paging_enable();
    process_init();
    return status;
}

const char *kernel_check(void)
{
    const char *broken = layout_check();

    if (!broken)
        broken = memory_check();
    if (!broken)
        broken = buddy_check(&kernel_pages);
    if (!broken)
        broken = slab_check_all();
    if (!broken)
        broken = kmem_check();
    if (!broken)
        broken = paging_check(&paging_kernel);
    return broken ? broken : process_check();
}

uint32_t kernel_report(uint32_t since, zone_teller tell, void *context)
{
    return memory_report(since, tell, context) + kmem_report(since, tell, context);
}
