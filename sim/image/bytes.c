/* Files as bytes: mapped, and unpacked where zstd packed them. */
#include "image_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

bool image_fail(struct kms_image_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool check_file(int fd, const char *path, uint64_t *size, struct kms_image_error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return image_fail(error, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return image_fail(error, "%s: is a directory, not an image", path);
    if (!S_ISREG(status.st_mode))
        return image_fail(error, "%s: is not a regular file", path);
    if (status.st_size <= 0)
        return image_fail(error, "%s: the file is empty", path);
    *size = (uint64_t)status.st_size;
    if (*size > SIZE_MAX)
        return image_fail(error, "%s: too large for this host", path);
    return true;
}

static bool map_file(int fd, const char *path, struct image_bytes *bytes, struct kms_image_error *error)
{
    uint64_t size = 0;
    if (!check_file(fd, path, &size, error))
        return false;
    void *mapped = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED)
        return image_fail(error, "%s: cannot be mapped: %s", path, strerror(errno));
    *bytes = (struct image_bytes){mapped, size, mapped, (size_t)size, NULL};
    return true;
}

bool image_bytes_open(const char *path, struct image_bytes *bytes, struct kms_image_error *error)
{
    /* Without O_NONBLOCK, opening a FIFO would wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return image_fail(error, "%s: %s", path, strerror(errno));
    bool mapped = map_file(fd, path, bytes, error);
    close(fd);
    return mapped && image_bytes_unpack(path, bytes, error);
}

void image_bytes_close(struct image_bytes *bytes)
{
    if (bytes->mapped)
        munmap(bytes->mapped, bytes->mapped_size);
    free(bytes->allocated);
    *bytes = (struct image_bytes){0};
}

/* ---- zstd ---- */

struct unpacking {
    uint8_t *data;
    size_t size, capacity;
};

static bool make_room(struct unpacking *out)
{
    if (out->size < out->capacity)
        return true;
    size_t capacity = out->capacity ? 2 * out->capacity : 1u << 20;
    if (capacity > KMS_IMAGE_UNPACKED_MAX)
        return false;
    uint8_t *data = realloc(out->data, capacity);
    if (!data)
        return false;
    out->data = data;
    out->capacity = capacity;
    return true;
}

/* Frame after frame until the input ends; false with a word for what is wrong. */
static bool unpack_all(ZSTD_DStream *stream, const struct image_bytes *packed, struct unpacking *out,
                       const char **problem)
{
    ZSTD_inBuffer input = {packed->data, (size_t)packed->size, 0};
    size_t wanted = 1;
    while (input.pos < input.size || wanted > 0) {
        *problem = "too large to unpack";
        if (!make_room(out))
            return false;
        ZSTD_outBuffer output = {out->data, out->capacity, out->size};
        size_t before = input.pos;
        wanted = ZSTD_decompressStream(stream, &output, &input);
        *problem = "the zstd data is corrupt";
        if (ZSTD_isError(wanted))
            return false;
        *problem = "the zstd data is truncated";
        if (wanted > 0 && input.pos == before && output.pos == out->size)
            return false;
        out->size = output.pos;
    }
    return true;
}

bool image_bytes_unpack(const char *name, struct image_bytes *bytes, struct kms_image_error *error)
{
    static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd}; /* ZSTD_MAGICNUMBER, little-endian */
    if (bytes->size < sizeof magic || memcmp(bytes->data, magic, sizeof magic) != 0)
        return true;
    struct unpacking out = {0};
    const char *problem = "no memory";
    ZSTD_DStream *stream = ZSTD_createDStream();
    bool unpacked = stream && unpack_all(stream, bytes, &out, &problem);
    ZSTD_freeDStream(stream);
    image_bytes_close(bytes);
    if (unpacked && out.size == 0) {
        problem = "the file is empty once unpacked";
        unpacked = false;
    }
    if (!unpacked) {
        free(out.data);
        return image_fail(error, "%s: %s", name, problem);
    }
    *bytes = (struct image_bytes){out.data, out.size, NULL, 0, out.data};
    return true;
}
