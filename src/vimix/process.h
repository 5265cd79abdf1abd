/*
 * process.h - processes, as far as memory goes: an address space each, a break, a stack that grows.
 *
 * A process's memory map is in memlayout.h. heap_begin is where its break starts, a multiple of 16 behind the program
 * and the static data of its C library; heap_end is the break. The stack has its lowest page at stack_low and grows by
 * a page when a load or store faults between the stack pointer and stack_low, the pointer being no more than a page
 * below stack_low; what lies below the pointer is given back when the process is switched to.
 */
#ifndef VIMIX_PROCESS_H
#define VIMIX_PROCESS_H

#include "memlayout.h"
#include "vm.h"

/* What the trampoline keeps for a process in the page at TRAPFRAME; the registers are x1 to x31. */
struct trapframe {
    reg_t kernel_satp, kernel_sp, handler, epc, hartid;
    reg_t registers[31];
};

#define TRAPFRAME_SP 1u /* x2 in registers[] */

struct process {
    bool used;
    int id; /* its place in the table, from 0 */
    pagetable_t pagetable;
    struct trapframe *trapframe;
    reg_t libc_data; /* static data of the C library: umalloc.h */
    reg_t heap_begin, heap_end;
    reg_t stack_low;
};

/* Forget all processes. */
void process_init(void);

/* The process of this number, or NULL. */
struct process *process_get(int id);

/*
 * A process with a program: size bytes from `image`, which appear at USER_TEXT_START; its break right behind, a page of
 * stack. Its number, or -EINVAL: size 0 or no room below the stack; -ENOMEM: no memory, or no place in the table. After
 * an error nothing is left of it.
 */
int process_create(const void *image, reg_t size);

/* The acting hart runs this process from now on; NULL: none. Gives back stack that is not in use. */
void process_switch(struct process *process);
/* What the acting hart runs, or NULL. */
struct process *process_current(void);

/* Free all that it has; harts that run it run nothing. */
void process_exit(struct process *process);

/* Move the break. -EINVAL: below heap_begin or into the stack's room; -ENOMEM; -EEXIST: something else is mapped there. The
 * break before goes to *before. */
int process_sbrk(struct process *process, sreg_t change, reg_t *before);

/* The program's stack pointer. */
void process_set_stack(struct process *process, reg_t pointer);

/* A load or store of the process faulted there. True: the stack has grown and the access is good now. */
bool process_grow_stack(struct process *process, reg_t address);

/* Whether this range meets what a process has been given, or may be given as its stack. */
bool process_uses(const struct process *process, reg_t va, reg_t pages);

/* The first broken invariant of the processes' memory in words, or NULL; `owns` as for vm_check(). */
const char *process_check(bool (*owns)(reg_t page));

#endif
