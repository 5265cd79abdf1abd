/* lower.h - operations of the text format as records of the replay core, which is what runs them everywhere.
 */
#ifndef KMS_TRACE_LOWER_H
#define KMS_TRACE_LOWER_H

#include <kmemsim/trace.h>

#include "../src/lib/replay.h"

enum trace_lowered {
    TRACE_LOWERED,
    TRACE_NO_RECORD,  /* a note: nothing that a kernel would see */
    TRACE_NO_STATUS,  /* an expected status that this kernel has no word for */
    TRACE_NO_SUBJECT, /* an expectation with no operation before it */
    TRACE_UNFIT,      /* the replay cannot express it: `unfit` says why */
};

struct trace_lowering {
    const char *(*status_name)(int status); /* the kernel's; may be NULL */
    uint32_t arch;                          /* the kernel's, enum guest_arch */
    enum kms_trace_kind subject;            /* the last operation that was no expectation and no note */
    bool has_subject;
    const char *unfit;
};

#define TRACE_ERROR_MAX 640u

/* The line "FILE:LINE:1: sentence" for an operation that did not become a record; text has TRACE_ERROR_MAX
 * bytes. */
void trace_lower_error(const struct trace_lowering *lowering, enum trace_lowered why,
                       const struct kms_trace_op *op, const char *file, char *text);

enum trace_lowered trace_lower(struct trace_lowering *lowering, const struct kms_trace_op *op,
                               struct replay_op *record);

#endif
