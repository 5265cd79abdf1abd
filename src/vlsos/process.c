#include "process.h"

#include <stddef.h>

#include "kernel/x86.h"

#include "kernel.h"
#include "pages.h"
#include "paging.h"
#include "program.h"
#include "vm_books.h"

static const struct table_range user_range = {VLSOS_PROGRAM_TEXT, VLSOS_USER_END};

static struct process *processes; /* VLSOS_PROCESSES of them, NULL before the books are made */
static int current;
static int16_t ends[VLSOS_PROCESSES]; /* why each number's last process was ended */

/* ---- numbers ---- */

static struct process *process_at(int id)
{
    return processes && id >= 0 && id < VLSOS_PROCESSES && processes[id].lives ? &processes[id] : NULL;
}

static int free_number(void)
{
    for (int id = 0; id < VLSOS_PROCESSES; id++)
        if (!processes[id].lives)
            return id;
    return VLSOS_EBUSY;
}

int process_current(void)
{
    return current;
}

int process_end(int id)
{
    return id >= 0 && id < VLSOS_PROCESSES ? ends[id] : VLSOS_EINVAL;
}

struct vm *process_vm(void)
{
    if (!processes && books_make())
        processes = books.processes;
    return processes ? &books.vm : NULL;
}

/* ---- starting ---- */

static struct tables kernel_tables(void)
{
    return (struct tables){TABLES_PAE, paging_kernel.root};
}

static uint32_t round_up(uint32_t size)
{
    return (size + PAGE_SIZE - 1) & PAGE_FRAME;
}

/* They do not overlap and there are fewer than VM_AREAS: nothing can be refused. */
static void add_areas(struct process *process, uint32_t size)
{
    const uint32_t data_end = VLSOS_PROGRAM_DATA + round_up(size) + VLSOS_BSS_PAGES * PAGE_SIZE;
    const struct area areas[] = {
        {.start = VLSOS_PROGRAM_TEXT,
         .end = VLSOS_PROGRAM_TEXT + round_up(size),
         .flags = AREA_EXECUTE,
         .image = process->program,
         .image_size = size},
        {.start = VLSOS_PROGRAM_DATA,
         .end = data_end,
         .flags = AREA_WRITE,
         .image = process->program,
         .image_size = size},
        {.start = VLSOS_PROGRAM_STACK_TOP - VLSOS_PROGRAM_STACK_MOST,
         .end = VLSOS_PROGRAM_STACK_TOP,
         .flags = AREA_WRITE | AREA_STACK},
    };

    for (unsigned i = 0; i < sizeof areas / sizeof areas[0]; i++)
        (void)space_add_area(&process->space, &areas[i]);
}

static int create_space(struct process *process)
{
    const struct tables kernel = kernel_tables();

    return books_status(space_create(&books.vm, &process->space, &kernel, &user_range));
}

static int start_process(int id, const void *program, uint32_t size)
{
    struct process *const process = &processes[id];
    int status = program_keep(program, size, &process->program);

    if (status != VLSOS_OK)
        return status;
    status = create_space(process);
    if (status != VLSOS_OK) {
        program_release(process->program);
        return status;
    }
    add_areas(process, size);
    process->lives = true;
    ends[id] = VLSOS_OK;
    return id;
}

int process_create(const void *program, uint32_t size)
{
    int id;

    if (!program || size == 0 || size > VLSOS_PROGRAM_MOST)
        return VLSOS_EINVAL;
    if (!process_vm())
        return VLSOS_ENOMEM;
    id = free_number();
    return id < 0 ? id : start_process(id, program, size);
}

static int fill_duplicate(struct process *parent, struct process *child)
{
    int status = create_space(child);

    if (status != VLSOS_OK)
        return status;
    status = books_status(space_duplicate(&books.vm, &parent->space, &child->space));
    if (status != VLSOS_OK)
        space_destroy(&books.vm, &child->space);
    return status;
}

int process_duplicate(int id)
{
    struct process *const parent = process_at(id);
    const int child = parent ? free_number() : VLSOS_EINVAL;
    int status;

    if (child < 0)
        return child;
    status = fill_duplicate(parent, &processes[child]);
    if (status != VLSOS_OK)
        return status;
    processes[child].program = parent->program;
    processes[child].lives = true;
    program_hold(parent->program);
    ends[child] = VLSOS_OK;
    return child;
}

/* ---- running and ending ---- */

static void run_in(int id)
{
    current = id;
    hw_write_cr3(id < 0 ? paging_kernel.root : processes[id].space.tables.root);
}

int process_switch(int id)
{
    if (id != -1 && !process_at(id))
        return VLSOS_EINVAL;
    if (id != current) /* a load of CR3 costs all translations */
        run_in(id);
    return VLSOS_OK;
}

int process_exit(int id)
{
    struct process *const process = process_at(id);

    if (!process)
        return VLSOS_EINVAL;
    if (id == current)
        run_in(-1);
    space_destroy(&books.vm, &process->space);
    program_release(process->program);
    process->lives = false;
    return VLSOS_OK;
}

/* ---- its memory ---- */

uint32_t process_alloc(int id, uint32_t size)
{
    static const struct table_range heap = {VLSOS_PROGRAM_HEAP, VLSOS_PROGRAM_HEAP_END};
    struct process *const process = process_at(id);
    uint32_t start;

    if (!process || size == 0 || size > heap.end - heap.start)
        return 0;
    start = space_find_room(&process->space, &heap, round_up(size) / PAGE_SIZE);
    if (!start || space_add_area(&process->space, &(struct area){.start = start,
                                                                 .end = start + round_up(size),
                                                                 .flags = AREA_WRITE}) != VM_OK)
        return 0;
    return start;
}

int process_free(int id, uint32_t address)
{
    struct process *const process = process_at(id);

    if (!process || address < VLSOS_PROGRAM_HEAP || address >= VLSOS_PROGRAM_HEAP_END)
        return VLSOS_EINVAL;
    return space_remove_area(&books.vm, &process->space, address) == VM_OK ? VLSOS_OK : VLSOS_EINVAL;
}

/* ---- from below: faults and system calls ---- */

static enum vm_status serve(const struct guest_fault *fault)
{
    const struct hw_page_fault seen = {(uint32_t)fault->address, fault->error};

    if (fault->address < VLSOS_PROGRAM_TEXT)
        return fault->error & PFERR_P ? VM_DENIED : VM_NOT_MAPPED;
    return vm_fault(&books.vm, &processes[current].space, &seen);
}

/* The kernel's own access, on behalf of nobody, ends no process. */
static bool repair(struct guest_fault *fault)
{
    enum vm_status status;

    if (current < 0)
        return false;
    status = serve(fault);
    if (status != VM_OK && (fault->error & PFERR_US)) {
        fault->process = current;
        ends[current] = (int16_t)books_status(status);
        (void)process_exit(current);
    }
    return status == VM_OK;
}

static uint32_t on_syscall(uint32_t command, uint32_t first, uint32_t second)
{
    (void)second;
    switch (command) {
    case VLSOS_CALL_ALLOC: return process_alloc(current, first);
    case VLSOS_CALL_FREE: return (uint32_t)process_free(current, first);
    case VLSOS_CALL_DUPLICATE: return (uint32_t)process_duplicate(current);
    case VLSOS_CALL_EXIT: return (uint32_t)process_exit(current);
    default: return (uint32_t)VLSOS_EINVAL;
    }
}

void process_init(void)
{
    processes = NULL;
    current = -1;
    books_init();
    for (int id = 0; id < VLSOS_PROCESSES; id++)
        ends[id] = VLSOS_OK;
    kernel_set_fault_repairer(repair);
    hw_set_syscall_handler(on_syscall);
}

/* ---- all of them ---- */

static uint32_t at_most(uint32_t most, uint32_t there_are)
{
    return most && most < there_are ? most : there_are;
}

int process_limit_frames(uint32_t most)
{
    struct vm *const vm = process_vm();

    if (!vm)
        return VLSOS_ENOMEM;
    vm->frames.limit = at_most(most, vm->frames.count);
    return VLSOS_OK;
}

int process_limit_slots(uint32_t most)
{
    struct vm *const vm = process_vm();

    if (!vm)
        return VLSOS_ENOMEM;
    vm->slots.limit = at_most(most, vm->slots.count);
    return VLSOS_OK;
}

static const char *check_program(int id)
{
    return program_is_kept(processes[id].program) ? NULL : "a process lives without its program";
}

const char *process_check(void)
{
    const char *broken = processes ? books_check() : NULL;

    for (int id = 0; id < VLSOS_PROCESSES && processes && !broken; id++) {
        if (!processes[id].lives)
            continue;
        broken = check_program(id);
        if (!broken)
            broken = paging_check(&(struct paging_space){processes[id].space.tables.root});
    }
    return broken;
}
