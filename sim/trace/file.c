#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { STORED_BYTES = 128 * 1024, MAGIC_BYTES = 4 };

struct trace_file {
    int fd;
    uint64_t size; /* of a regular file, else 0 */
    uint64_t taken;
    const volatile sig_atomic_t *cancel;
    ZSTD_DStream *zstd;  /* NULL: plain text */
    size_t frame_left;   /* nonzero inside a compressed frame */
    ZSTD_inBuffer input; /* of `stored`: bytes that were read from the file and not yet passed on */
    char stored[STORED_BYTES];
};

/* read() that goes on after signals. Returns SIZE_MAX on an error. */
static size_t read_some(const struct trace_file *file, void *to, size_t size)
{
    while (!file->cancel || !*file->cancel) {
        ssize_t got = read(file->fd, to, size);
        if (got >= 0)
            return (size_t)got;
        if (errno != EINTR)
            break;
    }
    return SIZE_MAX;
}

static size_t store_more(struct trace_file *file)
{
    size_t got = read_some(file, file->stored, STORED_BYTES);
    if (got != SIZE_MAX) {
        file->taken += got;
        file->input = (ZSTD_inBuffer){.src = file->stored, .size = got};
    }
    return got;
}

/* Reads the first bytes, and sets decompression up if they ask for it. */
static bool look_inside(struct trace_file *file)
{
    static const unsigned char magic[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    while (file->input.size < MAGIC_BYTES) {
        size_t got = read_some(file, file->stored + file->input.size, STORED_BYTES - file->input.size);
        if (got == SIZE_MAX)
            return false;
        if (got == 0)
            break;
        file->input.size += got;
    }
    file->taken = file->input.size;
    file->input.src = file->stored;
    if (file->input.size < MAGIC_BYTES || memcmp(file->stored, magic, MAGIC_BYTES) != 0)
        return true;
    file->zstd = ZSTD_createDStream();
    errno = ENOMEM;
    return file->zstd != NULL;
}

struct trace_file *trace_file_open(const char *path)
{
    struct trace_file *file = calloc(1, sizeof *file);
    struct stat status;
    if (!file)
        return NULL;
    file->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd >= 0 && fstat(file->fd, &status) == 0 && look_inside(file)) {
        file->size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
        return file;
    }
    int error = errno;
    trace_file_close(file);
    errno = error;
    return NULL;
}

void trace_file_close(struct trace_file *file)
{
    if (!file)
        return;
    ZSTD_freeDStream(file->zstd);
    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

void trace_file_cancel(struct trace_file *file, const volatile sig_atomic_t *cancel)
{
    file->cancel = cancel;
}

static size_t read_plain(struct trace_file *file, void *to, size_t size)
{
    size_t left = file->input.size - file->input.pos;
    if (left == 0) {
        size_t got = read_some(file, to, size);
        file->taken += got == SIZE_MAX ? 0 : got;
        return got;
    }
    size_t passed = left < size ? left : size;
    memcpy(to, file->stored + file->input.pos, passed);
    file->input.pos += passed;
    return passed;
}

static size_t read_compressed(struct trace_file *file, void *to, size_t size)
{
    ZSTD_outBuffer output = {.dst = to, .size = size};
    while (output.pos == 0) {
        if (file->input.pos == file->input.size) {
            size_t got = store_more(file);
            if (got == SIZE_MAX || (got == 0 && file->frame_left != 0))
                return SIZE_MAX;
            if (got == 0)
                return 0;
        }
        file->frame_left = ZSTD_decompressStream(file->zstd, &output, &file->input);
        if (ZSTD_isError(file->frame_left))
            return SIZE_MAX;
    }
    return output.pos;
}

static size_t read_file(void *context, void *to, size_t size)
{
    struct trace_file *file = context;
    return file->zstd ? read_compressed(file, to, size) : read_plain(file, to, size);
}

struct kms_trace_source trace_file_source(struct trace_file *file)
{
    return (struct kms_trace_source){.read = read_file, .context = file};
}

double trace_file_position(const struct trace_file *file)
{
    return file->size == 0 ? -1.0 : (double)file->taken / (double)file->size;
}
