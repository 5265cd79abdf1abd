/*
 * shadow.h - what VanaOS's address spaces must look like, as plain arrays of pages, and what mapping them must be
 * answered, by the rules of the kernel's document and headers. It shares nothing with the kernel that it judges.
 */
#ifndef PAGING_SHADOW_H
#define PAGING_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "places.h"

#define SPACES       3 /* the kernel's own, and two processes' */
#define KERNEL_SPACE 0

struct shadow_page {
    uint32_t frame; /* its address */
    bool present, write, user;
};

struct shadow {
    struct shadow_page pages[SPACES][PLACES];
    bool alive[SPACES];
    int current;
    uint32_t words[FRAMES][FRAME_WORDS]; /* contents of the frames that are nobody's */
};

/* As after boot and the creation of two processes, whose frames are given by the kernel: image and first of the stack. */
struct shadow_process {
    uint32_t image, stack;
};
void shadow_start(struct shadow *shadow, const struct shadow_process processes[SPACES - 1]);

/* Pages at a place and behind it, which are places too, to frames from `frame` on. */
struct shadow_mapping {
    unsigned place, count;
    uint32_t linear_offset, frame; /* the offset is what the address lacks in alignment */
    bool present, write, user;
};

enum shadow_answer { ANSWER_OK, ANSWER_EINVARG, ANSWER_EISTKN, ANSWER_EITHER /* of the two refusals */ };

/* What the kernel must answer; after ANSWER_OK the mapping is done. */
enum shadow_answer shadow_map(struct shadow *shadow, const struct shadow_mapping *mapping);

/* The process of the current space is over, and the kernel is alone. */
void shadow_end_current(struct shadow *shadow);

static inline struct shadow_page *shadow_page(struct shadow *shadow, unsigned place)
{
    return &shadow->pages[shadow->current][place];
}

enum shadow_access { KERNEL_READ, KERNEL_WRITE, USER_READ, USER_WRITE, USER_FETCH, ACCESSES };

/* The page-fault error code of an access to a place, or -1 if there is none. */
int shadow_fault(struct shadow *shadow, unsigned place, enum shadow_access access);

#endif
