#include "shadow.h"

#include <string.h>

#define STATIC_DATA (2 * UNIT)

/* Root, tables at the top, in Sv39 one for the lowest GiB; and one for each piece that the heap reaches. */
#if KERNEL_XLEN == 64
#define TABLES     4u
#define TABLE_SPAN (512u * PAGE)
#else
#define TABLES     2u
#define TABLE_SPAN (1024u * PAGE)
#endif

static uint64_t up(uint64_t number, uint64_t unit)
{
    return (number + unit - 1) / unit * unit;
}

void shadow_create(struct shadow_process *process, uint32_t size)
{
    const int id = process->id;

    memset(process, 0, sizeof *process);
    process->id = id;
    process->alive = true;
    process->size = size;
    process->heap_begin = process->heap_end = up(PROGRAM + size, 16) + STATIC_DATA;
    process->stack_pages = 1;
    process->pointer = STACK_HIGH;
}

uint64_t shadow_pages(const struct shadow_process *process)
{
    const uint64_t tables = TABLES + (process->heap_end - 1) / TABLE_SPAN + 1;

    return process->alive ? 1 + tables + up(process->heap_end - PROGRAM, PAGE) / PAGE + process->stack_pages
                          : 0;
}

void shadow_switch(struct shadow_process *process)
{
    const uint64_t used =
        process->pointer >= STACK_HIGH ? 1 : (STACK_HIGH - process->pointer + PAGE - 1) / PAGE;

    if (process->pointer <= STACK_HIGH && used < process->stack_pages)
        process->stack_pages = (unsigned)used;
}

static bool grows(const struct shadow_process *process, uint64_t address)
{
    const uint64_t low = STACK_HIGH - (uint64_t)process->stack_pages * PAGE;

    return process->stack_pages < STACK_PAGES && address < low && address >= process->pointer &&
           process->pointer + PAGE >= low;
}

bool shadow_reaches(struct shadow_process *process, uint64_t address)
{
    if (address >= PROGRAM && address < up(process->heap_end, PAGE))
        return true;
    if (address >= STACK_HIGH)
        return false;
    if (address >= STACK_HIGH - (uint64_t)process->stack_pages * PAGE)
        return true;
    if (!grows(process, address))
        return false;
    process->stack_pages++;
    return true;
}

bool shadow_is_room(const struct shadow_process *process, uint64_t address, uint32_t size)
{
    if (address % UNIT || address < process->heap_begin + UNIT || address + size > process->heap_end)
        return false;
    for (unsigned i = 0; i < BLOCKS; i++) {
        const struct block *const block = &process->blocks[i];

        if (block->address && address < block->address + block->size + UNIT &&
            block->address < address + size + UNIT)
            return false;
    }
    return true;
}
