/*
 * vm_books.h - the one struct vm of VlsOs: its frames are the buddy allocator's pages, its books stand in such pages
 * too, made with the first process.
 */
#ifndef VLSOS_VM_BOOKS_H
#define VLSOS_VM_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/vm.h"

/* Pages that processes leave to the kernel. */
#define VLSOS_RESERVE 64u

/* In guest memory: no pointers. */
struct process {
    struct space space;
    uint32_t program;
    bool lives;
};

struct vm_books {
    struct vm vm;
    struct process *processes; /* VLSOS_PROCESSES */
    uint32_t pages;            /* that the books themselves take */
    uint32_t calls_until_failure;
    bool taking; /* a frame for a process: who comes for one must not evict for the kernel meanwhile */
};

extern struct vm_books books;

/* There are none. Memory of earlier ones is not given back. */
void books_init(void);

/* Pages for processes, their programs and the books: PAGES_NONE if there are none, or if this failure was ordered. */
uint32_t books_take_pages(unsigned order);

/* Fail the n-th of these requests from now, 1 being the next, and that one only; 0 takes the order back. */
void books_fail_at(uint32_t n);

/* False without memory, and nothing was taken. */
bool books_make(void);

/* The kernel's word for what became of a page. */
int books_status(enum vm_status status);

/* The first broken invariant in words, or NULL: vm_check(), and that the frames are the buddy allocator's. */
const char *books_check(void);

#endif
