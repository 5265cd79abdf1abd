#include "process.h"

#include "kernel/hw.h"
#include "kernel/x86.h"

#include "../lib/text.h"
#include "kheap.h"
#include "layout.h"

#define USER_RIGHTS (PAGING_IS_PRESENT | PAGING_IS_WRITEABLE | PAGING_ACCESS_FROM_ALL)

static char words[160];

static const char *say(const struct process *process, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, "process ");
    text_decimal(&text, process->id);
    text_put(&text, ": ");
    text_put(&text, broken);
    return words;
}

static const char *say_slot(const struct process *process, unsigned slot, const char *broken)
{
    struct text text = text_in(words, sizeof words);

    text_put(&text, "slot ");
    text_decimal(&text, slot);
    text_put(&text, " of process ");
    text_decimal(&text, process->id);
    text_char(&text, ' ');
    text_put(&text, broken);
    return words;
}

static uint32_t pages_of(uint32_t size)
{
    return (size + (PAGE_SIZE - 1)) / PAGE_SIZE;
}

/* A run of exactly these pages, taken, begins here. */
static bool is_block(uint32_t address, uint32_t pages)
{
    const HEAP_BLOCK_TABLE_ENTRY *entry;

    if (!vana_in_heap(address) || (address & PAGE_OFFSET) || pages == 0 ||
        pages > (VANA_HEAP_ADDRESS + VANA_HEAP_SIZE_BYTES - address) / PAGE_SIZE)
        return false;
    entry = &kernel_heap_table.entries[(address - VANA_HEAP_ADDRESS) / VANA_HEAP_BLOCK_SIZE];
    for (uint32_t i = 0; i < pages; i++) {
        const unsigned expected = HEAP_BLOCK_TABLE_ENTRY_TAKEN | (i == 0 ? HEAP_BLOCK_IS_FIRST : 0) |
                                  (i + 1 < pages ? HEAP_BLOCK_HAS_NEXT : 0);

        // cppcheck-suppress objectIndex // entries is a table, not one object
        if (entry[i] != expected)
            return false;
    }
    return true;
}

static bool is_mapped(const struct process *process, uint32_t linear, uint32_t physical, uint32_t pages)
{
    const struct task *const task = hw_ptr(process->task);
    uint32_t *const directory = paging_4gb_chunk_get_directory(task_chunk(task));

    for (uint32_t i = 0; i < pages; i++) {
        const uint32_t entry = paging_get(directory, PAGING_ADDRESS(linear + i * PAGE_SIZE));

        if ((entry & PAGE_FRAME) != physical + i * PAGE_SIZE || (entry & USER_RIGHTS) != USER_RIGHTS)
            return false;
    }
    return true;
}

static bool has_twin(const struct process *process, unsigned slot)
{
    for (unsigned i = 0; i < slot; i++)
        if (process->allocations[i].ptr == process->allocations[slot].ptr)
            return true;
    return false;
}

static const char *check_slot(const struct process *process, unsigned slot)
{
    const struct process_allocation *const allocation = &process->allocations[slot];

    if (!allocation->ptr)
        return allocation->size ? say_slot(process, slot, "has a size and no address") : NULL;
    if (allocation->size == 0 || allocation->size > VANA_HEAP_SIZE_BYTES)
        return say_slot(process, slot, "has a size that no allocation has");
    if (!is_block(allocation->ptr, pages_of(allocation->size)))
        return say_slot(process, slot, "is not a taken block of its size in the heap table");
    if (has_twin(process, slot))
        return say_slot(process, slot, "holds an address that another slot holds");
    if (!is_mapped(process, allocation->ptr, allocation->ptr, pages_of(allocation->size)))
        return say_slot(process, slot, "is not mapped user writable at its own address");
    return NULL;
}

static const char *check_task(const struct process *process)
{
    const struct task *const task = process->task ? hw_ptr(process->task) : NULL;

    if (!task || !is_block(process->task, 1))
        return say(process, "its task is not a taken block");
    if (task->process != hw_linear(process))
        return say(process, "its task names another process");
    return paging_check(task_chunk(task));
}

static const char *check_memory(const struct process *process)
{
    if (!is_block(process->ptr, pages_of(process->size)))
        return say(process, "its image is not a taken block of its size");
    if (!is_block(process->stack, pages_of(VANA_USER_PROGRAM_STACK_SIZE)))
        return say(process, "its stack is not a taken block of its size");
    if (!is_mapped(process, VANA_PROGRAM_VIRTUAL_ADDRESS, process->ptr, pages_of(process->size)))
        return say(process, "its image is not mapped user writable");
    if (!is_mapped(process, VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_END, process->stack,
                   pages_of(VANA_USER_PROGRAM_STACK_SIZE)))
        return say(process, "its stack is not mapped user writable");
    return NULL;
}

static const char *check_process(const struct process *process, int id)
{
    const char *broken;

    if (!is_block(hw_linear(process), pages_of(sizeof *process)))
        return "a process is not a taken block of its size";
    if (process->id != id)
        return say(process, "it stands in the slot of another number");
    broken = check_task(process);
    if (!broken)
        broken = check_memory(process);
    for (unsigned slot = 0; slot < VANA_MAX_PROGRAM_ALLOCATIONS && !broken; slot++)
        broken = check_slot(process, slot);
    return broken;
}

/* The list of tasks holds each process's task once, both ways, and nothing else. */
static const char *check_list(unsigned processes)
{
    uint32_t before = 0;
    unsigned length = 0;

    for (const struct task *task = task_get_head(); task; task = task_get_next(task)) {
        if (task->prev != before || ++length > processes)
            return "the list of tasks is broken";
        before = hw_linear(task);
    }
    return length == processes ? NULL : "the list of tasks misses one";
}

const char *process_check(void)
{
    const char *broken = NULL;
    unsigned count = 0;

    for (int id = 0; id < VANA_MAX_PROCESSES && !broken; id++) {
        const struct process *const process = process_get(id);

        if (!process)
            continue;
        count++;
        broken = check_process(process, id);
    }
    return broken ? broken : check_list(count);
}
