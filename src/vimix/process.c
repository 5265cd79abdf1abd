#include "process.h"

#include <kernel/hw_riscv.h>

#include "../lib/memory.h"
#include "kalloc.h"
#include "kvm.h"
#include "mmu.h"
#include "status.h"
#include "umalloc.h"
#include "uvm.h"

#define HEAP_ALIGNMENT 16u
#define PROGRAM        (PTE_R | PTE_W | PTE_X)
#define DATA           (PTE_R | PTE_W)

static struct process processes[MAX_PROCS];
static struct process *running[MAX_HARTS];

void process_init(void)
{
    for (unsigned i = 0; i < MAX_PROCS; i++)
        processes[i] = (struct process){.id = (int)i};
    for (unsigned hart = 0; hart < MAX_HARTS; hart++)
        running[hart] = NULL;
}

struct process *process_get(int id)
{
    if (id < 0 || (unsigned)id >= MAX_PROCS || !processes[id].used)
        return NULL;
    return &processes[id];
}

static struct process *find_unused(void)
{
    for (unsigned i = 0; i < MAX_PROCS; i++) {
        if (!processes[i].used)
            return &processes[i];
    }
    return NULL;
}

/* ---- making ---- */

static reg_t align_heap(reg_t address)
{
    return (address + HEAP_ALIGNMENT - 1) & ~(reg_t)(HEAP_ALIGNMENT - 1);
}

static int fill_space(struct process *process, const void *image, reg_t size)
{
    const reg_t low = USER_STACK_HIGH - PAGE_SIZE;
    int status =
        uvm_alloc_heap(process->pagetable, USER_TEXT_START, process->heap_end - USER_TEXT_START, PROGRAM);

    if (status == VIMIX_OK)
        status = uvm_alloc_heap(process->pagetable, low, PAGE_SIZE, DATA);
    if (status == VIMIX_OK)
        status = uvm_copy_out(process->pagetable, USER_TEXT_START, image, size);
    process->stack_low = low;
    return status;
}

static int make_space(struct process *process, const void *image, reg_t size)
{
    int status;

    process->trapframe = kalloc();
    if (!process->trapframe)
        return -ENOMEM;
    memset(process->trapframe, 0, PAGE_SIZE);
    process->pagetable = uvm_create(process->trapframe);
    status = process->pagetable ? fill_space(process, image, size) : -ENOMEM;
    if (status == VIMIX_OK)
        return status;
    if (process->pagetable)
        uvm_free_pagetable(process->pagetable);
    (void)kfree(process->trapframe);
    return status;
}

static void begin_registers(struct process *process)
{
    process->trapframe->kernel_satp = mmu_make_satp(kvm_page_table(), MMU_ASID);
    process->trapframe->kernel_sp = KERNEL_STACK(process->id) + PAGE_SIZE;
    process->trapframe->epc = USER_TEXT_START;
    process_set_stack(process, USER_STACK_HIGH);
}

int process_create(const void *image, reg_t size)
{
    struct process *const process = find_unused();
    int status;

    if (size == 0 || size > USER_HEAP_LIMIT - USER_TEXT_START - PAGE_SIZE)
        return -EINVAL;
    if (!process)
        return -ENOMEM;
    process->libc_data = align_heap(USER_TEXT_START + size);
    process->heap_begin = process->heap_end = align_heap(process->libc_data + UMALLOC_STATIC_SIZE);
    status = make_space(process, image, size);
    if (status != VIMIX_OK)
        return status;
    process->used = true;
    begin_registers(process);
    return process->id;
}

/* ---- running ---- */

struct process *process_current(void)
{
    return running[hw_hart()];
}

static void shrink_stack(struct process *process)
{
    const reg_t highest = USER_STACK_HIGH - PAGE_SIZE;
    const reg_t wanted = page_round_down(process->trapframe->registers[TRAPFRAME_SP]);
    const reg_t low = wanted < highest ? wanted : highest;

    if (wanted > USER_STACK_HIGH || low <= process->stack_low)
        return;
    (void)uvm_unmap(process->pagetable, process->stack_low, (low - process->stack_low) >> PAGE_SHIFT);
    mmu_flush(process->stack_low, (low - process->stack_low) >> PAGE_SHIFT);
    process->stack_low = low;
}

void process_switch(struct process *process)
{
    running[hw_hart()] = process;
    if (process)
        shrink_stack(process);
    hw_set_user_satp(mmu_make_satp(process ? process->pagetable : kvm_page_table(), MMU_ASID));
}

static void stop_everywhere(const struct process *process)
{
    const unsigned acting = hw_hart();

    for (unsigned hart = 0; hart < hw_harts(); hart++) {
        if (running[hart] != process)
            continue;
        hw_use_hart(hart);
        process_switch(NULL);
    }
    hw_use_hart(acting);
}

void process_exit(struct process *process)
{
    stop_everywhere(process);
    uvm_free_pagetable(process->pagetable);
    (void)kfree(process->trapframe);
    *process = (struct process){.id = process->id};
}

/* ---- memory ---- */

static int grow_heap(struct process *process, reg_t size)
{
    if (size > USER_HEAP_LIMIT - process->heap_end)
        return -EINVAL;
    return uvm_alloc_heap(process->pagetable, process->heap_end, size, DATA);
}

static int shrink_heap(struct process *process, reg_t size)
{
    const reg_t before = page_round_up(process->heap_end);
    int status;

    if (size > process->heap_end - process->heap_begin)
        return -EINVAL;
    status = uvm_dealloc_heap(process->pagetable, process->heap_end, size);
    if (status == VIMIX_OK) {
        const reg_t first = page_round_up(process->heap_end - size);

        mmu_flush(first, (before - first) >> PAGE_SHIFT);
    }
    return status;
}

int process_sbrk(struct process *process, sreg_t change, reg_t *before)
{
    const reg_t size = change < 0 ? 0 - (reg_t)change : (reg_t)change;
    const int status = change < 0 ? shrink_heap(process, size) : grow_heap(process, size);

    if (status != VIMIX_OK)
        return status;
    *before = process->heap_end;
    process->heap_end += (reg_t)change;
    return status;
}

void process_set_stack(struct process *process, reg_t pointer)
{
    process->trapframe->registers[TRAPFRAME_SP] = pointer;
}

bool process_grow_stack(struct process *process, reg_t address)
{
    const reg_t pointer = process->trapframe->registers[TRAPFRAME_SP];
    const reg_t low = process->stack_low;

    if (address < pointer || address >= low || low - pointer > PAGE_SIZE || low <= USER_STACK_LOWEST)
        return false;
    if (uvm_alloc_heap(process->pagetable, low - PAGE_SIZE, PAGE_SIZE, DATA) != VIMIX_OK)
        return false;
    process->stack_low = low - PAGE_SIZE;
    return true;
}

bool process_uses(const struct process *process, reg_t va, reg_t pages)
{
    const reg_t heap_end = page_round_up(process->heap_end);

    return va < heap_end || va >= USER_STACK_LOWEST || pages > (USER_STACK_LOWEST - va) >> PAGE_SHIFT;
}

/* ---- the checker ---- */

static bool is_mapped(const struct process *process, reg_t va)
{
    const pte_t *const entry = vm_walk(process->pagetable, va, NULL, false);
    const pte_t expected = PTE_V | PTE_R | PTE_W | PTE_U | PTE_OWNED;

    return entry && (*entry & expected) == expected;
}

static bool all_mapped(const struct process *process, reg_t start, reg_t end)
{
    for (reg_t va = start; va < end; va += PAGE_SIZE) {
        if (!is_mapped(process, va))
            return false;
    }
    return true;
}

static const char *check_process(const struct process *process, bool (*owns)(reg_t page))
{
    const char *broken = vm_check(process->pagetable, owns);

    if (broken)
        return broken;
    if (!owns(kalloc_physical(process->trapframe)))
        return "a trapframe has two owners";
    if (process->heap_end < process->heap_begin || process->heap_end > USER_HEAP_LIMIT)
        return "a break is outside of what the heap may be";
    if (process->stack_low < USER_STACK_LOWEST || process->stack_low > USER_STACK_HIGH - PAGE_SIZE)
        return "a stack is larger or smaller than it may be";
    if (!all_mapped(process, USER_TEXT_START, process->heap_end))
        return "a page below the break is not mapped";
    if (is_mapped(process, 0) || is_mapped(process, page_round_up(process->heap_end)))
        return "a page at 0 or above the break is mapped";
    if (!all_mapped(process, process->stack_low, USER_STACK_HIGH))
        return "a page of a stack is not mapped";
    if (is_mapped(process, process->stack_low - PAGE_SIZE) || is_mapped(process, USER_STACK_HIGH))
        return "a page beside a stack is mapped";
    return umalloc_check(process);
}

const char *process_check(bool (*owns)(reg_t page))
{
    const char *broken = NULL;

    for (unsigned i = 0; i < MAX_PROCS && !broken; i++) {
        if (processes[i].used)
            broken = check_process(&processes[i], owns);
    }
    return broken;
}
