/*
 * The operations reader on any bytes: it ends, with operations or one line that says what is wrong; and what it read,
 * written out and read again, is the same.
 *
 * The second reading has a blank before each line, so that it goes through the grammar where the first may have taken
 * the short way for common lines: the two ways are compared as well.
 */
#include <kmemsim/trace.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    const char *at;
    size_t left;
};

static size_t give(void *context, void *to, size_t size)
{
    struct bytes *bytes = context;
    size = size < bytes->left ? size : bytes->left;
    memcpy(to, bytes->at, size);
    bytes->at += size;
    bytes->left -= size;
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static struct kms_trace_reader *reader_of(struct bytes *bytes)
{
    struct kms_trace_reader *reader;
    struct kms_trace_source source = {.read = give, .context = bytes};
    require(kms_trace_reader_new("input", &source, &reader) == KMS_OK, "no memory");
    return reader;
}

static void check_error(const struct kms_trace_reader *reader)
{
    const char *error = kms_trace_reader_error(reader);
    require(strncmp(error, "input:", 6) == 0, "an error names its file");
    require(strchr(error, '\n') == NULL, "an error is one line");
}

/* Reads everything, and writes each operation, with a blank before it, into `copy`. */
static size_t read_and_write(struct bytes *bytes, FILE *copy)
{
    struct kms_trace_reader *reader = reader_of(bytes);
    struct kms_trace_op op;
    char line[KMS_TRACE_LINE_MAX + 1];
    size_t count = 0;
    enum kms_trace_result result;
    for (; (result = kms_trace_read(reader, &op)) == KMS_TRACE_OP; count++) {
        size_t length = kms_trace_write(&op, reader, line, sizeof line);
        require(length < sizeof line, "a line fits");
        fprintf(copy, " %s", line);
    }
    if (result == KMS_TRACE_BAD)
        check_error(reader);
    kms_trace_reader_free(reader);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *first = NULL, *second = NULL;
    size_t first_size, second_size;
    struct bytes input = {(const char *)data, size};
    FILE *copy = open_memstream(&first, &first_size);
    fputs(KMS_TRACE_HEADER, copy);
    size_t count = read_and_write(&input, copy);
    fclose(copy);

    struct bytes again = {first, first_size};
    copy = open_memstream(&second, &second_size);
    fputs(KMS_TRACE_HEADER, copy);
    require(read_and_write(&again, copy) == count, "as many operations");
    fclose(copy);
    require(first_size == second_size && memcmp(first, second, first_size) == 0, "the same operations");
    free(first);
    free(second);
    return 0;
}
