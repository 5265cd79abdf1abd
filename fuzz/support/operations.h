/*
 * operations.h - what a fuzz target did to a kernel, kept as operations, and written as a file when something is wrong.
 *
 * The file stands beside libFuzzer's reproducer (-artifact_prefix) and is called TARGET-HASH.kmt, HASH being of the
 * input. `kmemsim run` replays it, and with --emit-binary a booted kernel does. With KMEMSIM_OPERATIONS=FILE in the
 * environment, FILE receives each operation before it runs: for an input that hangs, or one of the corpus.
 */
#ifndef FUZZ_OPERATIONS_H
#define FUZZ_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include <kmemsim/trace.h>

struct operations_input {
    const char *target;
    const uint8_t *bytes; /* the caller's; they last until the next input */
    size_t size;
    size_t
        kept; /* operations that every input begins with: the first so many stay, the others are forgotten */
};

void operations_begin(const struct operations_input *input);
size_t operations_count(void);
/* A number made of the input's bytes. */
uint64_t operations_hash(void);

/* One more. `text` must be a string that lasts. Beyond the room for them, the file ends early. */
void operations_add(const struct kms_trace_op *op);

/*
 * For a target that adds nothing while it runs: called once when the operations are about to be written, to add them.
 */
void operations_describe_with(void (*describe)(void));

/* Something is wrong: say it, write the file, abort(). A sanitizer's own report writes the file too. */
_Noreturn void operations_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The word for an address that no handle is part of. */
static inline struct kms_trace_address operations_at(uint64_t address)
{
    return (struct kms_trace_address){KMS_TRACE_NO_HANDLE, address};
}

#endif
