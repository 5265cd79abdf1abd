/*
 * subject.h - the machine under judgement, answering the same operations as the emulators.
 *
 * Values read from where no memory is are 0. Implicit accesses read the bytes that the CPU would: of the table
 * below the tested page, as the ROM's handlers need them, and then of the tested page.
 */
#ifndef REFEREE_SUBJECT_H
#define REFEREE_SUBJECT_H

#include <stddef.h>

#include "protocol.h"

struct subject;

struct subject_options {
    struct ref_cpu cpu; /* the CPU to be: features and MAXPHYADDR */
    uint64_t ram_bytes;
    int accessed_on_walk; /* KMS_ACCESSED_ON_WALK, else KMS_ACCESSED_ON_SUCCESS */
};

/* NULL if the host has no memory. */
struct subject *subject_new(const struct subject_options *options);
void subject_free(struct subject *subject);
void subject_run(struct subject *subject, const struct ref_op *ops, struct ref_result *results, size_t count);

#endif
