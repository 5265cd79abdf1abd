/* file.h - operations from a file, plain or compressed with zstd (told apart by its first bytes). */
#ifndef KMS_TRACE_FILE_H
#define KMS_TRACE_FILE_H

#include <kmemsim/trace.h>

#include <signal.h>

struct trace_file;

/* Opens `path`, or standard input for "-". NULL: errno says why. */
struct trace_file *trace_file_open(const char *path);
void trace_file_close(struct trace_file *file);

/* Once this is set, by a signal while waiting for input for instance, reading ends with an error. */
void trace_file_cancel(struct trace_file *file, const volatile sig_atomic_t *cancel);

/* The text in it, for kms_trace_reader_new(). Damaged compressed data ends the reading with an error. */
struct kms_trace_source trace_file_source(struct trace_file *file);

/* How far reading got in the file as it is stored, from 0 to 1; negative where its size is not known. */
double trace_file_position(const struct trace_file *file);

#endif
