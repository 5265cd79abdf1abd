#include "trace/reader.h"

#include <string.h>

static bool read_width(struct kms_trace_reader *reader, unsigned *width)
{
    uint64_t number;
    const char *start = reader->cursor;
    if (!trace_read_number(reader, "a width in bytes (1, 2 or 4)", &number))
        return false;
    if (number != 1 && number != 2 && number != 4)
        return trace_fail(reader, start, "a width is 1, 2 or 4 bytes");
    *width = (unsigned)number;
    return true;
}

/* A value must fit the access that it belongs to. */
static bool read_value(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    uint64_t most = (UINT64_C(1) << (op->width * 8)) - 1;
    const char *start = reader->cursor;
    if (!trace_read_number(reader, "a value", &op->number))
        return false;
    if (op->number <= most)
        return true;
    return trace_fail(reader, start, "the value does not fit in %u byte%s", op->width,
                      op->width > 1 ? "s" : "");
}

/* A number of 63 bits with or without a sign, in two's complement. */
static bool read_change(struct kms_trace_reader *reader, uint64_t *number)
{
    const char *start = reader->cursor;
    const bool negative = start < reader->line_end && *start == '-';
    reader->cursor += negative;
    if (!trace_read_number(reader, "a change in bytes", number))
        return false;
    if (*number > (uint64_t)INT64_MAX + negative)
        return trace_fail(reader, start, "a change is at most %lld bytes", (long long)INT64_MAX);
    if (negative)
        *number = 0 - *number;
    return true;
}

static bool read_status(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    const char *at = reader->cursor;
    if (at < reader->line_end && *at == '-')
        at++;
    const char *first = at;
    while (at < reader->line_end && (trace_is_letter(*at) || trace_is_digit(*at)))
        at++;
    if (at == first || at - reader->cursor > (ptrdiff_t)KMS_TRACE_NAME_MAX)
        return trace_fail_wanted(reader, "a status (a word such as EINVARG, or a number)");
    op->text = reader->cursor;
    op->text_length = (size_t)(at - reader->cursor);
    reader->cursor = at;
    return true;
}

static bool read_text(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    const char *end = reader->line_end;
    while (end > reader->cursor && trace_is_blank(end[-1]))
        end--;
    op->text = reader->cursor;
    op->text_length = (size_t)(end - reader->cursor);
    const char *nul = memchr(op->text, '\0', op->text_length);
    if (nul)
        return trace_fail(reader, nul, "a NUL byte has no place in a text file");
    reader->cursor = reader->line_end;
    if (op->text_length > 0)
        return true;
    return trace_fail_wanted(reader, "a text");
}

static bool read_at(struct kms_trace_reader *reader)
{
    if (trace_token_length(reader) != 2 || memcmp(reader->cursor, "at", 2) != 0)
        return trace_fail_wanted(reader, "the word \"at\"");
    reader->cursor += 2;
    return true;
}

static bool read_operand(struct kms_trace_reader *reader, char operand, struct kms_trace_op *op)
{
    switch (operand) {
    case 'h': return trace_read_made_handle(reader, false, &op->handle);
    case 'r': return trace_read_made_handle(reader, true, &op->handle);
    case 'a': return trace_read_address(reader, &op->address);
    case 't': return trace_read_address(reader, &op->target);
    case 's': return trace_read_number(reader, "a size in bytes", &op->number);
    case 'p': return trace_read_ranged(reader, "a count of pages", 1, KMS_TRACE_PAGES_MAX, &op->number);
    case 'g': return trace_read_ranged(reader, "a program's size", 1, KMS_TRACE_PROGRAM_MAX, &op->number);
    case 'd': return read_change(reader, &op->number);
    case 'n': return trace_read_ranged(reader, "a count", 0, UINT32_MAX, &op->number);
    case 'v': return read_value(reader, op);
    case 'e': return trace_read_ranged(reader, "an error code", 0, UINT32_MAX, &op->number);
    case 'w': return read_width(reader, &op->width);
    case 'c': return trace_read_new_process(reader, &op->process);
    case 'y': return trace_read_new_process(reader, &op->child);
    case 'q': return trace_read_process(reader, &op->process);
    case 'k': return read_status(reader, op);
    case 'x': return read_text(reader, op);
    default: return read_at(reader);
    }
}

static bool read_word(struct kms_trace_reader *reader, unsigned allowed, unsigned *words)
{
    int length = trace_token_length(reader);
    for (size_t i = 0; i < TRACE_WORDS; i++) {
        const struct trace_word *word = &trace_words[i];
        if (!(allowed & word->bit) || strlen(word->text) != (size_t)length ||
            memcmp(word->text, reader->cursor, (size_t)length) != 0)
            continue;
        if (*words & word->bit)
            return trace_fail(reader, reader->cursor, "\"%s\" stands here twice", word->text);
        *words |= word->bit;
        reader->cursor += length;
        return true;
    }
    return trace_fail(reader, reader->cursor, "\"%.*s\" is one thing too many for this operation",
                      TRACE_SHOWN(reader));
}

/* The replay's record has room for one of them. */
static bool answer_has_room(struct kms_trace_reader *reader, const struct kms_trace_op *op)
{
    bool answers = op->kind == KMS_TRACE_SYSCALL || op->kind == KMS_TRACE_PROCESS_REALLOC;
    bool clash = answers && op->address.handle != KMS_TRACE_NO_HANDLE && op->address.handle != op->handle;
    if (!clash)
        return true;
    return trace_fail(reader, reader->cursor,
                      "a first argument with a handle gets the answer: name that handle for it");
}

/* A freed handle may still be named: freeing twice is worth trying on a kernel. */
static void end_life(struct kms_trace_reader *reader, const struct kms_trace_op *op)
{
    if (op->kind == KMS_TRACE_PROCESS_EXIT) {
        reader->processes[op->process]->thing.life = TRACE_ENDED;
        return;
    }
    bool frees = op->kind == KMS_TRACE_FREE || op->kind == KMS_TRACE_PROCESS_FREE;
    if (!frees || op->address.handle == KMS_TRACE_NO_HANDLE || op->address.offset != 0)
        return;
    const struct trace_spelling *spelling = &reader->handles[op->address.handle];
    struct trace_thing *thing = spelling->name ? &spelling->name->thing : &reader->numbered[spelling->number];
    thing->life = TRACE_ENDED;
}

bool trace_read_operands(struct kms_trace_reader *reader, const struct trace_rule *rule,
                         struct kms_trace_op *op)
{
    for (const char *operand = rule->operands; *operand; operand++) {
        trace_skip_blanks(reader);
        if (!read_operand(reader, *operand, op))
            return false;
    }
    for (trace_skip_blanks(reader); !trace_at_end(reader); trace_skip_blanks(reader)) {
        if (!read_word(reader, rule->words, &op->words))
            return false;
    }
    if (!answer_has_room(reader, op))
        return false;
    end_life(reader, op);
    return true;
}
