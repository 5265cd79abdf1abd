/*
 * process.h - programs with memory of their own.
 *
 * A process owns, in the order in which a start allocates them: its descriptor, its image, its stack, its
 * task and the task's directory; later, the memory that it asked for, in a ledger of
 * VANA_MAX_PROGRAM_ALLOCATIONS slots. Its directory maps everything to itself, readable by users (the
 * document's design), and user-writable besides:
 *
 *   0x003fb000 .. 0x003ff000   its stack
 *   0x00400000 ..              its image, up to the ring-0 stack at 0x005fc000 at most
 *   a block's own address      each block in its ledger
 *
 * Memory that a program gets is zeroed to the end of its last page, so nothing of anyone else shows.
 * Calls run in the kernel's directory (kernel_page()); a status is that of status.h and means that nothing
 * changed.
 */
#ifndef VANA_PROCESS_H
#define VANA_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "status.h"
#include "task.h"

#define VANA_MAX_PATH             108
#define VANA_KEYBOARD_BUFFER_SIZE 1024

/* A slot of the ledger: linear address and size in bytes as asked; both 0 when the slot is free. */
struct process_allocation {
    uint32_t ptr;
    uint32_t size;
};

/* In guest memory: addresses are 32-bit linear addresses, 0 for none. */
struct process {
    uint16_t id;
    char filename[VANA_MAX_PATH];
    uint32_t task; /* struct task */
    struct process_allocation allocations[VANA_MAX_PROGRAM_ALLOCATIONS];
    uint32_t filetype; /* 0: a flat binary */
    uint32_t ptr;      /* the image, in kernel memory */
    uint32_t stack;    /* likewise */
    uint32_t size;     /* bytes of the image, BSS included */
    struct keyboard_buffer {
        char buffer[VANA_KEYBOARD_BUFFER_SIZE];
        int32_t tail;
        int32_t head;
    } keyboard; /* the keyboard driver's; this part of the kernel leaves it zeroed */
    struct process_arguments {
        int32_t argc;
        uint32_t argv;
    } arguments; /* the loader's; zeroed likewise */
};

_Static_assert(sizeof(struct process_allocation) == 8, "a ledger slot has one layout everywhere");
_Static_assert(sizeof(struct process) == 9364, "a process has one layout everywhere: three blocks");

/* A flat binary: file_size bytes, followed in memory by zeroed BSS up to memory_size bytes. */
struct process_program {
    const char *filename; /* cut to VANA_MAX_PATH - 1 characters */
    const void *file;
    uint32_t file_size;
    uint32_t memory_size;
};

void process_init(void);

/*
 * Start a program in the lowest free slot. -EINVARG for an empty program, one with more file than memory, or
 * one that reaches the ring-0 stack; -EISTKN when all slots are taken; -ENOMEM.
 */
int process_load(const struct process_program *program, struct process **process);

/* The process in a slot, or NULL. */
struct process *process_get(int id);
/* The process whose task is current, or NULL. */
struct process *process_current(void);

/* Run in its directory from the next task_page() on. */
int process_switch(struct process *process);

/* End it: everything that it owns is free again. If it was current, the kernel is alone afterwards. */
int process_terminate(struct process *process);

/* Zeroed memory, mapped for the process to read and write at its own address; NULL without memory or free
 * slot. */
void *process_malloc(struct process *process, size_t size);

/*
 * Give back exactly what process_malloc() gave to this process: -EINVARG for any other address. Its pages are
 * no longer present for the process.
 */
int process_free(struct process *process, void *ptr);

/* Any of these pages is the process's image, stack or allocated memory at the addresses where it uses them.
 */
bool process_uses(struct process *process, uint32_t linear, uint32_t pages);

/* The first broken invariant of any process in words, or NULL. The words last until the next call. */
const char *process_check(void);

#endif
