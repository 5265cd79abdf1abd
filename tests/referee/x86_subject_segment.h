/* x86_subject_segment.h - REF_SEGMENT on the machine. */
#ifndef REFEREE_X86_SUBJECT_SEGMENT_H
#define REFEREE_X86_SUBJECT_SEGMENT_H

#include <kmemsim/kmemsim.h>

#include "protocol.h"

void subject_segment(struct kms_cpu *cpu, const struct ref_op *op, struct ref_result *result);

#endif
