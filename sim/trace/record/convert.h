/* convert.h - from what the recorded program wrote (raw.h) to operations. */
#ifndef KMS_RECORD_CONVERT_H
#define KMS_RECORD_CONVERT_H

#include "trace/record/raw.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct convert_counts {
    uint64_t operations;
    uint64_t allocations;
    uint64_t processes;
    uint64_t most_held; /* blocks at a time, of all processes */
    uint64_t
        strangers; /* frees of what no recorded operation had made: inherited by a fork, or freed twice */
    uint64_t lost; /* events for which the file had no room */
};

/* Takes the next line; false if it cannot be written. */
typedef bool (*convert_sink)(void *context, const char *line, size_t length);

/* Writes the whole operations file but for the comments at its head. False: the sink failed, no
 * memory, or more than KMS_TRACE_NUMBER_MAX blocks held at a time. */
bool convert_recording(const struct raw_file *file, convert_sink sink, void *context,
                       struct convert_counts *counts);

#endif
