#include "trace/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_BYTES = 128 * 1024, ERROR_MAX = 512 };

_Static_assert(WINDOW_BYTES >= 2 * KMS_TRACE_LINE_MAX, "a line fits beside what is read next");

enum kms_status kms_trace_reader_new(const char *name, const struct kms_trace_source *source,
                                     struct kms_trace_reader **out)
{
    struct kms_trace_reader *reader = calloc(1, sizeof *reader);
    *out = reader;
    if (!reader)
        return KMS_NO_MEMORY;
    reader->source = *source;
    reader->file = strdup(name);
    reader->error = calloc(1, ERROR_MAX);
    reader->window = malloc(WINDOW_BYTES);
    reader->at = reader->end = reader->window;
    if (reader->file && reader->error && reader->window)
        return KMS_OK;
    kms_trace_reader_free(reader);
    *out = NULL;
    return KMS_NO_MEMORY;
}

void kms_trace_reader_free(struct kms_trace_reader *reader)
{
    if (!reader)
        return;
    trace_names_free(&reader->names);
    free(reader->handles);
    free(reader->numbered);
    free(reader->window);
    free(reader->error);
    free(reader->file);
    free(reader);
}

const char *kms_trace_reader_error(const struct kms_trace_reader *reader)
{
    return reader->error;
}

uint64_t kms_trace_reader_bytes(const struct kms_trace_reader *reader)
{
    return reader->bytes;
}

const char *kms_trace_handle_name(struct kms_trace_reader *reader, uint32_t handle)
{
    if (handle >= reader->handle_count)
        return NULL;
    const struct trace_spelling *spelling = &reader->handles[handle];
    if (spelling->name)
        return spelling->name->text;
    snprintf(reader->spelled, sizeof reader->spelled, "@%u", spelling->number);
    return reader->spelled;
}

const char *kms_trace_process_name(struct kms_trace_reader *reader, uint32_t process)
{
    return process < reader->process_count ? reader->processes[process]->text : NULL;
}

/* A message is one line of plain characters, whatever the file holds. */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

bool trace_fail(struct kms_trace_reader *reader, const char *at, const char *format, ...)
{
    va_list arguments;
    int length = snprintf(reader->error, ERROR_MAX / 2, "%s:%u:%zu: ", reader->file, reader->line_number,
                          (size_t)(at - reader->line) + 1);
    if (length >= ERROR_MAX / 2)
        length = ERROR_MAX / 2 - 1;
    va_start(arguments, format);
    vsnprintf(reader->error + length, ERROR_MAX - (size_t)length, format, arguments);
    va_end(arguments);
    make_printable(reader->error);
    reader->ended = KMS_TRACE_BAD;
    return false;
}

static bool refill(struct kms_trace_reader *reader)
{
    size_t kept = (size_t)(reader->end - reader->at);
    memmove(reader->window, reader->at, kept);
    reader->at = reader->window;
    reader->end = reader->window + kept;
    while (!reader->source_ended && reader->end < reader->window + WINDOW_BYTES) {
        size_t room = (size_t)(reader->window + WINDOW_BYTES - reader->end);
        size_t got = reader->source.read(reader->source.context, reader->end, room);
        if (got == SIZE_MAX || got > room) {
            reader->line = reader->at;
            reader->line_number++;
            return trace_fail(reader, reader->at, "the file cannot be read beyond this line");
        }
        reader->source_ended = got == 0;
        reader->end += got;
        reader->bytes += got;
    }
    return true;
}

/* Finds the next line. False at the end of the input and after an error, as reader->ended says. */
static bool next_line(struct kms_trace_reader *reader)
{
    if (reader->end - reader->at < (ptrdiff_t)KMS_TRACE_LINE_MAX && !reader->source_ended && !refill(reader))
        return false;
    size_t left = (size_t)(reader->end - reader->at);
    if (left == 0) {
        reader->ended = KMS_TRACE_END;
        return false;
    }
    reader->line = reader->cursor = reader->at;
    reader->line_number++;
    char *newline = memchr(reader->at, '\n', left < KMS_TRACE_LINE_MAX ? left : KMS_TRACE_LINE_MAX);
    if (!newline && left >= KMS_TRACE_LINE_MAX)
        return trace_fail(reader, reader->line + KMS_TRACE_LINE_MAX, "the line is longer than %u bytes",
                          KMS_TRACE_LINE_MAX);
    reader->line_end = newline ? newline : reader->end;
    reader->at = newline ? newline + 1 : reader->end;
    return true;
}

static bool comment_is_text(struct kms_trace_reader *reader)
{
    if (reader->cursor == reader->line_end)
        return true;
    const char *nul = memchr(reader->cursor, '\0', (size_t)(reader->line_end - reader->cursor));
    if (!nul)
        return true;
    return trace_fail(reader, nul, "a NUL byte has no place in a text file");
}

static bool read_header(struct kms_trace_reader *reader)
{
    static const char magic[] = "kmt ";
    size_t length = (size_t)(reader->line_end - reader->line);
    if (length < sizeof magic || memcmp(reader->line, magic, sizeof magic - 1) != 0)
        return trace_fail(reader, reader->line, "not an operations file: its first line must be \"kmt %u\"",
                          KMS_TRACE_VERSION);
    reader->cursor += sizeof magic - 1;
    int digits = trace_token_length(reader);
    if (digits != 1 || *reader->cursor != '0' + (char)KMS_TRACE_VERSION)
        return trace_fail(reader, reader->cursor, "version \"%.*s\" is not known here, only %u",
                          digits > 20 ? 20 : digits, reader->cursor, KMS_TRACE_VERSION);
    reader->cursor += digits;
    trace_skip_blanks(reader);
    if (!trace_at_end(reader))
        return trace_fail(reader, reader->cursor, "nothing may follow the version");
    return comment_is_text(reader);
}

/* One word of an operation's name; what stands there if it is none. */
static size_t take_word(struct kms_trace_reader *reader, const char **word)
{
    trace_skip_blanks(reader);
    *word = reader->cursor;
    while (reader->cursor < reader->line_end && trace_is_letter(*reader->cursor))
        reader->cursor++;
    if (reader->cursor < reader->line_end && !trace_is_blank(*reader->cursor) && *reader->cursor != '#')
        reader->cursor = *word;
    return (size_t)(reader->cursor - *word);
}

static const struct trace_rule *read_name(struct kms_trace_reader *reader)
{
    const char *word;
    size_t length = take_word(reader, &word);
    const struct trace_rule *rule = trace_find_rule(NULL, word, length);
    if (rule)
        return rule;
    const char *group = trace_find_group(word, length);
    if (group) {
        length = take_word(reader, &word);
        rule = trace_find_rule(group, word, length);
    }
    if (!rule) {
        reader->cursor = word;
        int shown = trace_token_length(reader);
        trace_fail(reader, word, "\"%.*s\" is no operation%s%s", shown > 32 ? 32 : shown, word,
                   group ? " after " : "", group ? group : "");
    }
    return rule;
}

/* An operation's line into *op. False: the line holds none, or failed. */
static bool read_line(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    trace_skip_blanks(reader);
    if (trace_at_end(reader)) {
        comment_is_text(reader);
        return false;
    }
    const struct trace_rule *rule = read_name(reader);
    if (!rule)
        return false;
    trace_op_clear(op);
    op->kind = (enum kms_trace_kind)(rule - trace_rules);
    op->line = reader->line_number;
    return trace_read_operands(reader, rule, op) && comment_is_text(reader);
}

enum kms_trace_result trace_read_any(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    while (reader->ended == KMS_TRACE_OP && next_line(reader)) {
        if (reader->line_number == 1)
            read_header(reader);
        else if (read_line(reader, op))
            return KMS_TRACE_OP;
    }
    if (reader->line_number == 0 && reader->ended == KMS_TRACE_END) {
        reader->line = reader->at;
        reader->line_number = 1;
        trace_fail(reader, reader->line, "the file is empty: its first line must be \"kmt %u\"",
                   KMS_TRACE_VERSION);
    }
    return reader->ended;
}
