#include "shadow.h"

#include <stddef.h>
#include <string.h>

static void set_region(struct shadow_process *process, unsigned slot, uint32_t linear, uint32_t pages)
{
    struct region *const region = &process->regions[slot];

    region->linear = linear;
    region->pages = pages;
    memset(region->bytes, 0, pages * PAGE);
}

void shadow_create(struct shadow_process *process, uint32_t program_size)
{
    for (unsigned slot = 0; slot < REGIONS; slot++)
        process->regions[slot].pages = 0;
    process->hole_count = 0;
    process->alive = true;
    set_region(process, IMAGE, 0x00400000, (program_size + PAGE - 1) / PAGE);
    set_region(process, STACK, 0x003fb000, 4);
    for (uint32_t i = 0; i < program_size; i++) /* the program that operations start, see src/lib/replay.h */
        process->regions[IMAGE].bytes[i] = (uint8_t)(0x40 | ((i ^ i >> 4 ^ i >> 12) & 0xf));
}

static void forget_hole(struct shadow_process *process, uint32_t page)
{
    for (unsigned i = 0; i < process->hole_count; i++) {
        if (process->holes[i] == page)
            process->holes[i--] = process->holes[--process->hole_count];
    }
}

void shadow_gain(struct shadow_process *process, unsigned slot, const struct region *place)
{
    set_region(process, slot, place->linear, place->pages);
    process->regions[slot].handle = place->handle;
    for (uint32_t i = 0; i < place->pages; i++)
        forget_hole(process, place->linear + i * PAGE);
}

void shadow_give_back(struct shadow_process *process, unsigned slot)
{
    struct region *const region = &process->regions[slot];

    for (uint32_t i = 0; i < region->pages && process->hole_count < HOLES; i++)
        process->holes[process->hole_count++] = region->linear + i * PAGE;
    region->pages = 0;
}

unsigned shadow_free_slot(const struct shadow_process *process)
{
    unsigned slot = FIRST_ASKED;

    while (slot < REGIONS && process->regions[slot].pages)
        slot++;
    return slot;
}

struct region *shadow_region(struct shadow_process *process, uint32_t linear)
{
    for (unsigned slot = 0; slot < REGIONS; slot++) {
        struct region *const region = &process->regions[slot];

        if (linear - region->linear < region->pages * PAGE)
            return region;
    }
    return NULL;
}

static bool is_hole(const struct shadow_process *process, uint32_t linear)
{
    for (unsigned i = 0; i < process->hole_count; i++) {
        if (process->holes[i] == linear / PAGE * PAGE)
            return true;
    }
    return false;
}

int shadow_fault(struct shadow_process *process, uint32_t linear, bool write)
{
    const int kind = 0x4 | (write ? 0x2 : 0); /* U/S and W/R of the error code */

    if (is_hole(process, linear))
        return kind;
    return write && !shadow_region(process, linear) ? kind | 0x1 : -1;
}

unsigned shadow_blocks(const struct shadow_process *processes)
{
    unsigned blocks = 1026;

    for (unsigned i = 0; i < PROCESSES; i++) {
        if (!processes[i].alive)
            continue;
        blocks += 3 + 1 + 1026; /* descriptor, task, directory */
        for (unsigned slot = 0; slot < REGIONS; slot++)
            blocks += processes[i].regions[slot].pages;
    }
    return blocks;
}
