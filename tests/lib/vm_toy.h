/*
 * vm_toy.h - the least kernel that has virtual memory: an identity map of its 4 MiB, a bump allocator of frames with
 * a free list, and spaces that a test makes. Either width of entries.
 */
#ifndef TESTS_VM_TOY_H
#define TESTS_VM_TOY_H

#include "../../src/lib/vm.h"

#define TOY_RAM    0x00400000u
#define TOY_TABLES 0x00010000u /* the kernel's own */
#define TOY_BOOKS  0x00040000u
#define TOY_POOL   0x00100000u
#define TOY_FRAMES ((TOY_RAM - TOY_POOL) / 4096u)
#define TOY_SLOTS  64u
#define TOY_USER   0x40000000u
#define TOY_END    0x80000000u

struct toy {
    struct vm vm;
    struct tables kernel;
    struct space spaces[4];
    struct space *current;
    uint32_t next, last; /* frames not handed out yet */
    uint32_t free;       /* those that came back: each holds the next one's address */
    uint32_t out;        /* handed out now */
    uint32_t calls_until_failure;
    enum vm_status status; /* of the latest fault */
    uint32_t image_reads;
    uint64_t faults;
};

extern struct toy toy;

/* Byte n of every image is n / 16; this one cannot be read. */
#define TOY_BROKEN_IMAGE 13u

/* Paging on, with so many frames for everything. */
void toy_start(enum table_format format, uint32_t frames);

/* Spaces by number; created ones have tables of their own and no areas. */
enum vm_status toy_create(unsigned number);
void toy_destroy(unsigned number);
void toy_switch(unsigned number);
/* Back to the kernel's own tables. */
void toy_leave(void);

/* The same as vm_check(), and frames handed out are those that pages and tables have. */
const char *toy_check(void);

#endif
