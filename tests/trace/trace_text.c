#include "trace_text.h"

#include "kms_test.h"

#include <string.h>

static size_t give(void *context, void *to, size_t size)
{
    struct trace_text *text = context;
    if (text->left == 0)
        return text->fails ? SIZE_MAX : 0;
    if (text->piece != 0 && size > text->piece)
        size = text->piece;
    if (size > text->left)
        size = text->left;
    memcpy(to, text->at, size);
    text->at += size;
    text->left -= size;
    return size;
}

void trace_text_open(struct trace_text *text, const char *bytes, size_t length)
{
    *text = (struct trace_text){.at = bytes, .left = length, .piece = text->piece, .fails = text->fails};
    struct kms_trace_source source = {.read = give, .context = text};
    assert_int_equal(kms_trace_reader_new("ops.kmt", &source, &text->reader), KMS_OK);
}

void trace_text_close(struct trace_text *text)
{
    kms_trace_reader_free(text->reader);
}

size_t trace_text_read_all(struct trace_text *text)
{
    struct kms_trace_op op;
    size_t count = 0;
    while (kms_trace_read(text->reader, &op) == KMS_TRACE_OP)
        count++;
    return count;
}
