/* record_output.h - a text file that is compressed with zstd if its name ends in .zst. */
#ifndef KMS_CLI_RECORD_OUTPUT_H
#define KMS_CLI_RECORD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct record_output {
    FILE *file;
    struct ZSTD_CCtx_s *zstd; /* NULL: plain */
    char *buffer;
    size_t used;
    bool failed;
};

/* False: errno says why. */
bool record_output_open(struct record_output *output, const char *path);
/* False if this or anything before could not be written. */
bool record_output_put(struct record_output *output, const char *text, size_t length);
bool record_output_close(struct record_output *output);
/* Removes a half-written file; what is no regular file (a device, say) stays. */
void record_output_discard(const char *path);

#endif
