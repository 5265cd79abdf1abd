/* --emit-binary: the records of a file, for the replay of a kernel that was booted. */
#include "operations.h"

#include "record_output.h"

#include "trace/reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct emission {
    const struct run_options *options;
    struct kms_trace_reader *reader;
    FILE *out;
    struct trace_lowering lowering;
    uint32_t count;
};

/* False after a line on stderr. */
static bool emit_one(struct emission *emission, const struct kms_trace_op *op)
{
    struct replay_op record;
    char error[TRACE_ERROR_MAX];
    enum trace_lowered lowered = trace_lower(&emission->lowering, op, &record);
    if (lowered == TRACE_NO_RECORD)
        return true;
    if (lowered == TRACE_LOWERED) {
        emission->count++;
        return fwrite(&record, sizeof record, 1, emission->out) == 1;
    }
    trace_lower_error(&emission->lowering, lowered, op, emission->options->file, error);
    fprintf(stderr, "%s\n", error);
    return false;
}

static bool emit_all(struct emission *emission)
{
    struct kms_trace_op op;
    enum kms_trace_result result;
    struct replay_header header = {.magic = REPLAY_MAGIC, .version = REPLAY_VERSION};
    if (fwrite(&header, sizeof header, 1, emission->out) != 1)
        return false;
    while ((result = kms_trace_read(emission->reader, &op)) == KMS_TRACE_OP) {
        if (!emit_one(emission, &op))
            return false;
    }
    if (result == KMS_TRACE_BAD) {
        fprintf(stderr, "%s\n", kms_trace_reader_error(emission->reader));
        return false;
    }
    header.count = emission->count;
    header.handles = emission->reader->handle_count;
    rewind(emission->out);
    return fwrite(&header, sizeof header, 1, emission->out) == 1;
}

static int emit_to(const struct run_options *options, struct run_input *input, const struct guest_ops *ops)
{
    struct emission emission = {
        .options = options, .reader = input->reader, .out = fopen(options->binary, "wb")};
    emission.lowering.status_name = ops->status_name;
    emission.lowering.arch = ops->arch;
    if (!emission.out) {
        run_complain("%s: %s", options->binary, strerror(errno));
        return OPERATIONS_USAGE;
    }
    bool written = emit_all(&emission);
    bool failed = ferror(emission.out) != 0;
    failed = fclose(emission.out) != 0 || failed;
    if (failed)
        run_complain("%s could not be written", options->binary);
    if (written && !failed)
        return OPERATIONS_CLEAN;
    record_output_discard(options->binary);
    return OPERATIONS_USAGE;
}

int run_emit_binary(const struct run_options *options)
{
    struct run_input input;
    const struct kms_guest_module *module = kms_guest_find(options->kernel);
    if (!module) {
        run_complain("there is no kernel \"%s\"", options->kernel);
        return OPERATIONS_USAGE;
    }
    if (!run_open(options->file, &input))
        return OPERATIONS_USAGE;
    int status = emit_to(options, &input, module->ops);
    run_close(&input);
    return status;
}
