/*
 * layout.h - where VanaOS itself stands in memory: what no program may write and no mapping may move.
 *
 * Linear and physical addresses are the same for all of it, in every directory. The heap is not in this list:
 * its blocks are handed to programs.
 *
 *   0x00000000 .. 0x00100000   vectors, heap table, screen, BIOS
 *   0x00100000 .. 0x00200000   the kernel's image, and below 0x00200000 its stack
 *   0x005fc000 .. 0x00600000   the stack of interrupts from ring 3 (ESP0 of the TSS)
 */
#ifndef VANA_LAYOUT_H
#define VANA_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define VANA_KERNEL_ADDRESS   0x00100000u
#define VANA_KERNEL_STACK_TOP 0x00200000u
#define VANA_RING0_STACK      0x005fc000u
#define VANA_RING0_STACK_TOP  0x00600000u /* ESP0 */

struct vana_range {
    uint32_t start;
    uint32_t end; /* exclusive */
    const char *name;
};

#define VANA_KERNEL_RANGES 3u
extern const struct vana_range vana_kernel_ranges[VANA_KERNEL_RANGES];

/* The range of the kernel that holds this address, or NULL. */
const struct vana_range *vana_kernel_range(uint32_t address);

/* The address lies in the kernel heap's pool. */
bool vana_in_heap(uint32_t address);

#endif
