#include "layout.h"

#include <stddef.h>

#include "config.h"

const struct vana_range vana_kernel_ranges[VANA_KERNEL_RANGES] = {
    {0, VANA_KERNEL_ADDRESS, "low memory"},
    {VANA_KERNEL_ADDRESS, VANA_KERNEL_STACK_TOP, "the kernel's image"},
    {VANA_RING0_STACK, VANA_RING0_STACK_TOP, "the ring-0 stack"},
};

const struct vana_range *vana_kernel_range(uint32_t address)
{
    for (unsigned i = 0; i < VANA_KERNEL_RANGES; i++)
        if (address >= vana_kernel_ranges[i].start && address < vana_kernel_ranges[i].end)
            return &vana_kernel_ranges[i];
    return NULL;
}

bool vana_in_heap(uint32_t address)
{
    return address - VANA_HEAP_ADDRESS < VANA_HEAP_SIZE_BYTES;
}
