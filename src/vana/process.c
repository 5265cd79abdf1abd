#include "process.h"

#include "kernel/hw.h"

#include "../lib/memory.h"
#include "kheap.h"
#include "layout.h"

#define PROGRAM_MAX  (VANA_RING0_STACK - VANA_PROGRAM_VIRTUAL_ADDRESS)
#define USER_RIGHTS  (PAGING_IS_PRESENT | PAGING_IS_WRITEABLE | PAGING_ACCESS_FROM_ALL)
#define USER_NOTHING 0

static struct process *processes[VANA_MAX_PROCESSES];

void process_init(void)
{
    for (int i = 0; i < VANA_MAX_PROCESSES; i++)
        processes[i] = NULL;
}

static uint32_t round_up(uint32_t size)
{
    return (size + (PAGING_PAGE_SIZE - 1)) & ~(uint32_t)(PAGING_PAGE_SIZE - 1);
}

static struct task *task_of(const struct process *process)
{
    return process->task ? hw_ptr(process->task) : NULL;
}

/* ---- starting ---- */

static int free_slot(void)
{
    for (int i = 0; i < VANA_MAX_PROCESSES; i++)
        if (!processes[i])
            return i;
    return -EISTKN;
}

static void name_process(struct process *process, const char *filename)
{
    for (unsigned i = 0; filename && filename[i] && i < VANA_MAX_PATH - 1; i++)
        process->filename[i] = filename[i];
}

/* What of a start exists so far is given back, whichever step it failed at. */
static void release(struct process *process)
{
    if (process->task)
        task_free(task_of(process));
    if (process->stack)
        kfree(hw_ptr(process->stack));
    if (process->ptr)
        kfree(hw_ptr(process->ptr));
    kfree(process);
}

static int load_image(struct process *process, const struct process_program *program)
{
    void *const image = kzalloc(round_up(program->memory_size));

    if (!image)
        return -ENOMEM;
    memcpy(image, program->file, (int)program->file_size);
    process->ptr = hw_linear(image);
    process->size = program->memory_size;
    return VANA_ALL_OK;
}

static int make_stack(struct process *process)
{
    void *const stack = kzalloc(VANA_USER_PROGRAM_STACK_SIZE);

    if (!stack)
        return -ENOMEM;
    process->stack = hw_linear(stack);
    return VANA_ALL_OK;
}

static int make_task(struct process *process)
{
    struct task *const task = task_new(process);

    if (!task)
        return -ENOMEM;
    process->task = hw_linear(task);
    return VANA_ALL_OK;
}

static int map_memory(struct process *process)
{
    struct paging_4gb_chunk *const chunk = task_chunk(task_of(process));
    const int status =
        paging_map_to(chunk, PAGING_ADDRESS(VANA_PROGRAM_VIRTUAL_ADDRESS), PAGING_ADDRESS(process->ptr),
                      PAGING_ADDRESS(process->ptr + round_up(process->size)), USER_RIGHTS);

    if (status != VANA_ALL_OK)
        return status;
    return paging_map_to(chunk, PAGING_ADDRESS(VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_END),
                         PAGING_ADDRESS(process->stack),
                         PAGING_ADDRESS(process->stack + VANA_USER_PROGRAM_STACK_SIZE), USER_RIGHTS);
}

static int build(struct process *process, const struct process_program *program)
{
    int status = load_image(process, program);

    if (status == VANA_ALL_OK)
        status = make_stack(process);
    if (status == VANA_ALL_OK)
        status = make_task(process);
    if (status == VANA_ALL_OK)
        status = map_memory(process);
    return status;
}

int process_load(const struct process_program *program, struct process **process)
{
    const int slot = free_slot();
    struct process *made;
    int status;

    if (program->memory_size == 0 || program->memory_size > PROGRAM_MAX ||
        program->file_size > program->memory_size)
        return -EINVARG;
    if (slot < 0)
        return slot;
    made = kzalloc(sizeof *made);
    if (!made)
        return -ENOMEM;
    made->id = (uint16_t)slot;
    name_process(made, program->filename);
    status = build(made, program);
    if (status != VANA_ALL_OK) {
        release(made);
        return status;
    }
    processes[slot] = made;
    *process = made;
    return VANA_ALL_OK;
}

/* ---- running and ending ---- */

struct process *process_get(int id)
{
    return id >= 0 && id < VANA_MAX_PROCESSES ? processes[id] : NULL;
}

struct process *process_current(void)
{
    const struct task *const task = task_current();

    return task ? hw_ptr(task->process) : NULL;
}

int process_switch(struct process *process)
{
    return process ? task_switch(task_of(process)) : -EINVARG;
}

int process_terminate(struct process *process)
{
    if (!process)
        return -EINVARG;
    if (process == process_current())
        (void)task_switch(NULL);
    for (unsigned i = 0; i < VANA_MAX_PROGRAM_ALLOCATIONS; i++)
        if (process->allocations[i].ptr)
            kfree(hw_ptr(process->allocations[i].ptr));
    processes[process->id] = NULL;
    release(process);
    return VANA_ALL_OK;
}

/* ---- its memory ---- */

static struct process_allocation *find_allocation(struct process *process, uint32_t ptr)
{
    for (unsigned i = 0; i < VANA_MAX_PROGRAM_ALLOCATIONS; i++)
        if (process->allocations[i].ptr == ptr)
            return &process->allocations[i];
    return NULL;
}

static int map_allocation(struct process *process, const struct process_allocation *allocation, int rights)
{
    void *const start = PAGING_ADDRESS(allocation->ptr);

    return paging_map_to(task_chunk(task_of(process)), start, start,
                         PAGING_ADDRESS(allocation->ptr + round_up(allocation->size)), rights);
}

void *process_malloc(struct process *process, size_t size)
{
    struct process_allocation *const slot = process ? find_allocation(process, 0) : NULL;
    void *const ptr = slot && size <= VANA_HEAP_SIZE_BYTES ? kzalloc(round_up((uint32_t)size)) : NULL;

    if (!ptr)
        return NULL;
    *slot = (struct process_allocation){hw_linear(ptr), (uint32_t)size};
    if (map_allocation(process, slot, USER_RIGHTS) != VANA_ALL_OK) {
        *slot = (struct process_allocation){0};
        kfree(ptr);
        return NULL;
    }
    return ptr;
}

int process_free(struct process *process, void *ptr)
{
    struct process_allocation *const slot = process && ptr ? find_allocation(process, hw_linear(ptr)) : NULL;
    int status;

    if (!slot)
        return -EINVARG;
    status = map_allocation(process, slot, USER_NOTHING);
    if (status != VANA_ALL_OK)
        return status;
    *slot = (struct process_allocation){0};
    return kheap_release(ptr);
}

/* Sums in 64 bits: the pages asked about may end at 4 GiB. */
static bool meets(uint32_t start, uint32_t size, uint32_t linear, uint32_t pages)
{
    const uint64_t end = (uint64_t)linear + (uint64_t)pages * PAGING_PAGE_SIZE;

    return size > 0 && linear < (uint64_t)start + round_up(size) && start < end;
}

bool process_uses(struct process *process, uint32_t linear, uint32_t pages)
{
    if (meets(VANA_PROGRAM_VIRTUAL_ADDRESS, process->size, linear, pages) ||
        meets(VANA_PROGRAM_VIRTUAL_STACK_ADDRESS_END, VANA_USER_PROGRAM_STACK_SIZE, linear, pages))
        return true;
    for (unsigned i = 0; i < VANA_MAX_PROGRAM_ALLOCATIONS; i++)
        if (meets(process->allocations[i].ptr, process->allocations[i].size, linear, pages))
            return true;
    return false;
}
