/*
 * model.h - Xelix's pages as plain arrays, searched from end to end: which frames and which pages of four address spaces
 * are taken, what each page leads to, which tables a task has, which windows there are, what stands in a frame's first
 * and last word.
 *
 * Every function does what the kernel's of its name promises, with its status, and counts allocations as the
 * kernel does, so that an ordered failure hits the same one. Pages and frames are numbers: addresses / 4096.
 */
#ifndef FUZZ_XELIX_PAGES_MODEL_H
#define FUZZ_XELIX_PAGES_MODEL_H

#include <kernel/x86.h>
#include <stdbool.h>
#include <stdint.h>

#include "xelix_small.h"

#include "config.h"
#include "mem/paging.h"

#define MODEL_FRAMES  (XELIX_RAM_BYTES / PAGE_SIZE)
#define MODEL_FIRST   (XELIX_EARLY_END / PAGE_SIZE) /* the first frame that is handed out */
#define MODEL_LOW     6144u /* pages of a space that are known, from its first on: more than an input can take */
#define MODEL_STACK   512u /* and below a task's end of the stack */
#define MODEL_TASKS   3u
#define MODEL_SPACES  (1 + MODEL_TASKS) /* the kernel's is the first */
#define MODEL_WINDOWS 24u
#define MODEL_WORDS   2u /* of a frame: the first and the last */

/* What a test may do with pages that are taken. */
enum model_keeper {
    MODEL_OPEN,   /* everything */
    MODEL_KEPT,   /* not free them: they are a task's image or stack */
    MODEL_HIDDEN, /* nothing: tables, contexts, kmalloc's arena */
};

struct model_page {
    uint32_t entry; /* without A and D; 0: not mapped */
    bool taken;
    enum model_keeper keeper;
};

struct model_frame {
    bool taken, mapped; /* by an entry that owns it */
    bool known[MODEL_WORDS];
    uint32_t words[MODEL_WORDS];
};

struct model_space {
    bool exists;
    uint32_t first;
    struct model_page low[MODEL_LOW], stack[MODEL_STACK];
    uint32_t tables[TABLE_ENTRIES]; /* the kernel's page of each; 0: none */
    uint32_t own;                   /* the kernel's first page of its directory and bitmap */
};

struct model_window {
    unsigned to, from; /* spaces */
    uint32_t to_page, from_page, pages;
};

struct model {
    struct model_frame frames[MODEL_FRAMES];
    struct model_space spaces[MODEL_SPACES];
    struct model_window windows[MODEL_WINDOWS + 1]; /* one more for a copy under way */
    unsigned window_count;
    uint32_t until_failure; /* 0: none is ordered */
    int current;            /* task, or -1 */
};

extern struct model model;

/* As Xelix has booted. */
void model_reset(void);

struct model_page model_look(unsigned space, uint32_t page);
uint32_t model_rights(unsigned space);
uint32_t model_taken_frames(void);
uint32_t model_taken_pages(unsigned space); /* of those known */

/* A page's number, or 0. */
uint32_t model_palloc(uint32_t pages);
uint32_t model_valloc(unsigned space, uint32_t pages);
uint32_t model_pvalloc(unsigned space, uint32_t pages);

/* 0 or a status. */
int model_pfree(uint32_t frame, uint32_t pages);
int model_vfree(unsigned space, uint32_t page, uint32_t pages);
int model_pvfree(unsigned space, uint32_t page, uint32_t pages);
int model_map_at(unsigned space, uint32_t page, uint32_t pages, uint32_t entry);
int model_unmap_at(unsigned space, uint32_t page, uint32_t pages);

struct model_lending {
    unsigned to, from;
    uint32_t address, bytes, rights;
};
int model_map(const struct model_lending *lending, uint32_t *address);
int model_unmap(unsigned space, uint32_t page);
/* The same and back at once, as a copy does it. */
int model_pass(const struct model_lending *lending);

/* A task whose image is so many bytes, each word of it `word`: its number, or a status. */
int model_task_new(uint32_t size, uint32_t word);
int model_task_exit(unsigned task);

/* Whether any page of these is not the test's to free, or not to lend. */
bool model_is_kept(unsigned space, uint32_t page, uint32_t pages);
bool model_is_hidden(unsigned space, uint32_t page, uint32_t pages);

#endif
