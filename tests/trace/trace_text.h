/* trace_text.h - operations from a string, for the tests of the reader and the writer. */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <kmemsim/trace.h>

struct trace_text {
    const char *at;
    size_t left;
    size_t piece; /* the most bytes given at a time; 0: as many as asked for */
    bool fails;   /* answer with an error at the end */
    struct kms_trace_reader *reader;
};

/* A reader of `length` bytes that it calls "ops.kmt". */
void trace_text_open(struct trace_text *text, const char *bytes, size_t length);
void trace_text_close(struct trace_text *text);

/* Reads all of it; returns the number of operations. The error, if any, is the reader's. */
size_t trace_text_read_all(struct trace_text *text);

#endif
