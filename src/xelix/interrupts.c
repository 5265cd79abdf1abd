#include "interrupts.h"

#include <kernel/hw.h>

#include "image.h"
#include "mem/paging.h"

static uint32_t seen;

/*
 * Begins on the task's tables. The directory comes from where the entry code has it; nothing else of the kernel's may be
 * touched before it is loaded.
 */
static void on_interrupt(uint32_t vector, uint32_t error)
{
    const uint32_t interrupted = hw_read_cr3();
    uint64_t directory;

    (void)vector;
    (void)error;
    if (!hw_kernel_load(image_directory_address(), 4, &directory))
        hw_panic("an interrupt in a task that has UL_VISIBLE not mapped");
    hw_write_cr3((uint32_t)directory);
    seen++;
    hw_write_cr3(interrupted);
}

void interrupts_init(void)
{
    seen = 0;
    image_load_descriptors(vm_kernel.directory);
    hw_set_interrupt_handler(on_interrupt);
}

uint32_t interrupts_seen(void)
{
    return seen;
}
