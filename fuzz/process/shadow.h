/*
 * shadow.h - what each process must see: a plain array for each piece of memory that is its own, and the pages that it
 * gave back. By the kernel's document: everything else is there to read and not to write. Nothing here is the kernel's.
 */
#ifndef PROCESS_SHADOW_H
#define PROCESS_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE 4096u

#define PROCESSES    6u  /* of one input, two of them alive at a time */
#define REGIONS      10u /* of a process: image, stack, and what it asked for */
#define IMAGE        0u
#define STACK        1u
#define FIRST_ASKED  2u
#define HOLES        64u
#define REGION_PAGES 4u

struct region {
    uint32_t linear; /* where the process sees it */
    uint32_t pages;  /* 0: there is none */
    uint32_t handle; /* of the operation that asked for it */
    uint8_t bytes[REGION_PAGES * PAGE];
};

struct shadow_process {
    bool alive;
    int id; /* the kernel's number */
    struct region regions[REGIONS];
    uint32_t holes[HOLES]; /* pages that it gave back and has not got again */
    unsigned hole_count;
};

/* A process with its program's bytes, and zeros behind them and on its stack. */
void shadow_create(struct shadow_process *process, uint32_t program_size);

/* Memory asked for, zeroed; and given back. */
void shadow_gain(struct shadow_process *process, unsigned slot, const struct region *place);
void shadow_give_back(struct shadow_process *process, unsigned slot);

/* The number of a slot that holds nothing, or REGIONS. */
unsigned shadow_free_slot(const struct shadow_process *process);

/* The piece that holds this address, or NULL. */
struct region *shadow_region(struct shadow_process *process, uint32_t linear);

/* The page-fault error code of this process's access to any address, or -1. */
int shadow_fault(struct shadow_process *process, uint32_t linear, bool write);

/* Heap blocks that are taken: the kernel's directory, and each process with what it owns. */
unsigned shadow_blocks(const struct shadow_process *processes);

#endif
