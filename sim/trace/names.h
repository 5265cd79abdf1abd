/* names.h - the names of one file, each given once and found by its bytes. */
#ifndef KMS_TRACE_NAMES_H
#define KMS_TRACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a handle or a process. */
enum trace_life {
    TRACE_UNKNOWN, /* never made */
    TRACE_LIVE,
    TRACE_ENDED, /* freed or exited; may still be named, and made again */
};

/* A handle's or a process's place in the order of appearance, and its life, which every operation looks at.
 */
struct trace_thing {
    uint32_t place : 30;
    uint32_t life : 2; /* enum trace_life */
};

enum trace_name_use {
    TRACE_NEW, /* just added */
    TRACE_HANDLE,
    TRACE_PROCESS,
};

struct trace_name {
    const char *text; /* ended by a zero; stays in place until trace_names_free() */
    uint32_t length;
    uint32_t hash;
    struct trace_thing thing;
    enum trace_name_use use;
};

struct trace_chunk;

struct trace_names {
    struct trace_name **slots; /* open addressing, a power of two of them, at most half full */
    size_t capacity, count;
    struct trace_chunk *chunks;
};

void trace_names_free(struct trace_names *names);

/* The name, or NULL if it is new. */
struct trace_name *trace_names_find(const struct trace_names *names, const char *text, size_t length);

/* Adds a name that is not there yet, as TRACE_NEW. NULL without memory. */
struct trace_name *trace_names_add(struct trace_names *names, const char *text, size_t length);

#endif
