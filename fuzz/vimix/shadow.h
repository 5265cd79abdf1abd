/*
 * shadow.h - what VIMIX's processes must look like, in plain arrays and by counting: written from the document, without any
 * of the kernel's code.
 */
#ifndef FUZZ_VIMIX_SHADOW_H
#define FUZZ_VIMIX_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE        4096u
#define PROGRAM     0x1000u
#define STACK_PAGES 16u
#if KERNEL_XLEN == 64
#define STACK_HIGH UINT64_C(0x3fffff1000)
#define TRAPFRAME  UINT64_C(0x3fffffe000)
#define UNIT       16u
#else
#define STACK_HIGH UINT64_C(0xffff1000)
#define TRAPFRAME  UINT64_C(0xffffe000)
#define UNIT       8u
#endif
#define PROCESSES 3u
#define BLOCKS    12u

/* A block of malloc()'s: its bytes are all `fill`, those of its first and last 16 that were written. */
struct block {
    uint64_t address; /* 0: none */
    uint32_t size, handle;
    uint8_t fill;
};

struct shadow_process {
    bool alive;
    int id;
    uint32_t size; /* of the program */
    uint8_t first; /* its first byte */
    uint64_t heap_begin, heap_end;
    uint32_t own; /* bytes at the end of the heap that the program asked for itself */
    unsigned stack_pages;
    uint64_t pointer;
    struct block blocks[BLOCKS];
};

/* A new process with a program of so many bytes. */
void shadow_create(struct shadow_process *process, uint32_t size);

/* Pages that it takes: trapframe, tables, program and heap, stack. */
uint64_t shadow_pages(const struct shadow_process *process);

/* What a switch does to a stack that is not in use. */
void shadow_switch(struct shadow_process *process);

/* Whether a load or store there is good, and grows the stack if that is what makes it so. */
bool shadow_reaches(struct shadow_process *process, uint64_t address);

/* Whether a block may lie there: inside the heap, on a unit, over no other block. */
bool shadow_is_room(const struct shadow_process *process, uint64_t address, uint32_t size);

#endif
