#include "record_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

/* A small window: whoever unpacks it stays in the cache. */
enum { BUFFER = 128 * 1024, PACKED = 64 * 1024, LEVEL = 19, WINDOW_LOG = 17 };

static bool ends_in_zst(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".zst") == 0;
}

bool record_output_open(struct record_output *output, const char *path)
{
    *output = (struct record_output){.buffer = malloc(BUFFER)};
    if (ends_in_zst(path)) {
        output->zstd = ZSTD_createCCtx();
        if (output->zstd) {
            ZSTD_CCtx_setParameter(output->zstd, ZSTD_c_compressionLevel, LEVEL);
            ZSTD_CCtx_setParameter(output->zstd, ZSTD_c_windowLog, WINDOW_LOG);
        }
    }
    bool memory = output->buffer && (output->zstd || !ends_in_zst(path));
    errno = ENOMEM;
    output->file = memory ? fopen(path, "wb") : NULL;
    if (output->file)
        return true;
    ZSTD_freeCCtx(output->zstd);
    free(output->buffer);
    return false;
}

static void pack(struct record_output *output, ZSTD_EndDirective end)
{
    static char packed[PACKED];
    ZSTD_inBuffer input = {.src = output->buffer, .size = output->used};
    size_t left;
    do {
        ZSTD_outBuffer space = {.dst = packed, .size = sizeof packed};
        left = ZSTD_compressStream2(output->zstd, &space, &input, end);
        if (ZSTD_isError(left) || fwrite(packed, 1, space.pos, output->file) != space.pos) {
            output->failed = true;
            return;
        }
    } while (end == ZSTD_e_end ? left != 0 : input.pos < input.size);
}

static void drain(struct record_output *output, ZSTD_EndDirective end)
{
    if (output->zstd)
        pack(output, end);
    else if (fwrite(output->buffer, 1, output->used, output->file) != output->used)
        output->failed = true;
    output->used = 0;
}

bool record_output_put(struct record_output *output, const char *text, size_t length)
{
    while (length > 0 && !output->failed) {
        size_t room = BUFFER - output->used;
        size_t part = length < room ? length : room;
        memcpy(output->buffer + output->used, text, part);
        output->used += part;
        text += part;
        length -= part;
        if (output->used == BUFFER)
            drain(output, ZSTD_e_continue);
    }
    return !output->failed;
}

bool record_output_close(struct record_output *output)
{
    if (!output->failed)
        drain(output, ZSTD_e_end);
    bool closed = fclose(output->file) == 0;
    ZSTD_freeCCtx(output->zstd);
    free(output->buffer);
    return closed && !output->failed;
}

void record_output_discard(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
        remove(path);
}
