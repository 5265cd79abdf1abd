#include "trace/grammar.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line being put together: `length` goes on counting when `line` is full. */
struct output {
    char *line;
    size_t size, length;
    struct kms_trace_reader *names;
};

__attribute__((format(printf, 2, 3))) static void put(struct output *out, const char *format, ...)
{
    va_list arguments;
    bool full = out->length >= out->size;
    va_start(arguments, format);
    int length = vsnprintf(full ? NULL : out->line + out->length, full ? 0 : out->size - out->length, format,
                           arguments);
    va_end(arguments);
    out->length += (size_t)length;
}

static void put_handle(struct output *out, uint32_t handle)
{
    if (out->names)
        put(out, "%s", kms_trace_handle_name(out->names, handle));
    else
        put(out, "@%" PRIu32, handle);
}

static void put_process(struct output *out, uint32_t process)
{
    if (out->names)
        put(out, "%s", kms_trace_process_name(out->names, process));
    else
        put(out, "p%" PRIu32, process);
}

static void put_address(struct output *out, const struct kms_trace_address *address)
{
    if (address->handle == KMS_TRACE_NO_HANDLE) {
        put(out, "0x%" PRIx64, address->offset);
        return;
    }
    put_handle(out, address->handle);
    if (address->offset > INT64_MAX)
        put(out, "-0x%" PRIx64, 0 - address->offset);
    else if (address->offset != 0)
        put(out, "+0x%" PRIx64, address->offset);
}

static void put_operand(struct output *out, char operand, const struct kms_trace_op *op)
{
    put(out, " ");
    switch (operand) {
    case 'h':
    case 'r': put_handle(out, op->handle); break;
    case 'a': put_address(out, &op->address); break;
    case 't': put_address(out, &op->target); break;
    case 's':
    case 'p':
    case 'g':
    case 'n': put(out, "%" PRIu64, op->number); break;
    case 'd': put(out, "%" PRId64, (int64_t)op->number); break;
    case 'v':
    case 'e': put(out, "0x%" PRIx64, op->number); break;
    case 'w': put(out, "%u", op->width); break;
    case 'c':
    case 'q': put_process(out, op->process); break;
    case 'y': put_process(out, op->child); break;
    case 'k':
    case 'x': put(out, "%.*s", (int)op->text_length, op->text); break;
    default: put(out, "at"); break;
    }
}

size_t kms_trace_write(const struct kms_trace_op *op, struct kms_trace_reader *names, char *line, size_t size)
{
    struct output out = {.line = line, .size = size, .names = names};
    const struct trace_rule *rule = &trace_rules[op->kind];
    put(&out, "%s%s%s", rule->group ? rule->group : "", rule->group ? " " : "", rule->name);
    for (const char *operand = rule->operands; *operand; operand++)
        put_operand(&out, *operand, op);
    for (size_t i = 0; i < TRACE_WORDS; i++) {
        if (op->words & trace_words[i].bit)
            put(&out, " %s", trace_words[i].text);
    }
    put(&out, "\n");
    return out.length;
}
