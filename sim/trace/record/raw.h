/*
 * raw.h - what the recorded program writes: one file, mapped and shared by all of its processes.
 *
 * A writer reserves the next place by one atomic addition and fills it in; the order of the places is the order of
 * what happened, across threads and processes. An allocation takes its place after the allocator answered and a
 * free before the allocator hears of it, so that an address never seems to be in use twice. A writer that dies in
 * between leaves a place whose kind is RAW_NOTHING. Nothing has to be flushed, and no lock is ever held.
 */
#ifndef KMS_RECORD_RAW_H
#define KMS_RECORD_RAW_H

#include <stdint.h>

#define RAW_ENVIRONMENT "KMEMSIM_RECORD" /* names the file */
#define RAW_MAGIC       UINT64_C(0x6b6d74207261770a)

enum raw_kind {
    RAW_NOTHING,
    RAW_START, /* a program begins in this process: whatever it held before is gone */
    RAW_FORK,  /* address: the parent's pid; said at the child's first operation */
    RAW_EXIT,
    RAW_ALLOC,  /* address, size, flags */
    RAW_FREE,   /* address */
    RAW_MOVE,   /* address: a realloc of it begins */
    RAW_MOVED,  /* address, size: where it went; token: the place of its RAW_MOVE */
    RAW_STAYED, /* token: the realloc failed */
    RAW_MAP,    /* address, size */
    RAW_UNMAP,  /* address, size */
};

#define RAW_ZEROED  0x1u
#define RAW_ALIGNED 0x2u /* to a page at least */

struct raw_event {
    uint32_t kind; /* written last */
    uint32_t pid;
    uint64_t address;
    uint64_t size;
    uint32_t token;
    uint32_t flags;
};

struct raw_file {
    uint64_t magic;
    uint64_t capacity; /* events that fit; further ones are only counted */
    uint64_t next;     /* atomic */
    uint64_t unused;
    struct raw_event events[];
};

_Static_assert(sizeof(struct raw_event) == 32, "one layout in both programs");

#endif
