#include "kernel.h"

#include <stddef.h>

#include "kmem.h"
#include "layout.h"
#include "memory.h"
#include "pages.h"
#include "paging.h"
#include "process.h"
#include "slab.h"

static struct kernel_fault last_fault;
static bool faulted;
static kernel_fault_repairer repair;

static bool on_page_fault(const struct hw_page_fault *fault)
{
    struct kernel_fault seen = {fault->address, fault->error, -1};

    if (repair && repair(&seen))
        return true;
    last_fault = seen;
    faulted = true;
    return false;
}

void kernel_set_fault_repairer(kernel_fault_repairer repairer)
{
    repair = repairer;
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
    int status;

    faulted = false;
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
        broken = buddy_check(&kernel_pages);
    if (!broken)
        broken = slab_check_all();
    if (!broken)
        broken = kmem_check();
    if (!broken)
        broken = paging_check(&paging_kernel);
    return broken ? broken : process_check();
}
