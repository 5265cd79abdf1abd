/* reader.h - what the reader's files share: reader.c cuts lines, the others understand them. */
#ifndef KMS_TRACE_READER_H
#define KMS_TRACE_READER_H

#include "trace/grammar.h"
#include "trace/names.h"

#include <stdbool.h>

/* How the file calls a handle: by a name, or without one by @number. */
struct trace_spelling {
    struct trace_name *name;
    uint32_t number;
};

struct kms_trace_reader {
    struct kms_trace_source source;
    char *file; /* what errors call it */
    char *error;
    enum kms_trace_result ended; /* KMS_TRACE_OP while reading goes on */

    char *window; /* the part of the input that is here */
    char *at;     /* the next line in it */
    char *end;
    bool source_ended;
    uint64_t bytes;

    const char *line; /* the line being read */
    const char *cursor;
    const char *line_end; /* its '\n', or where the input ends */
    uint32_t line_number;

    struct trace_names names;
    struct trace_thing *numbered; /* the handles @0 to @numbered_count - 1; higher ones are unknown */
    uint32_t numbered_count;
    struct trace_spelling *handles; /* every handle, by its place */
    uint32_t handle_count, handle_capacity;
    struct trace_name *processes[KMS_TRACE_PROCESSES_MAX];
    uint32_t process_count;
    char spelled[16]; /* the last "@12" that was asked for */
};

/*
 * An operation without operands. Field by field: compilers clear a struct of this size by an instruction that takes
 * longer than reading the whole line.
 */
static inline void trace_op_clear(struct kms_trace_op *op)
{
    op->words = op->width = op->line = 0;
    op->handle = op->address.handle = op->target.handle = KMS_TRACE_NO_HANDLE;
    op->process = op->child = 0;
    op->address.offset = op->target.offset = 0;
    op->number = 0;
    op->text = NULL;
    op->text_length = 0;
}

/* Ends the reading with a sentence about the byte at `at`. Always false. */
bool trace_fail(struct kms_trace_reader *reader, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rest of the line after the rule's name, into *op. False: it failed. */
bool trace_read_operands(struct kms_trace_reader *reader, const struct trace_rule *rule,
                         struct kms_trace_op *op);

/* The next operation, by the grammar: what kms_trace_read() answers for all but the commonest lines. */
enum kms_trace_result trace_read_any(struct kms_trace_reader *reader, struct kms_trace_op *op);

static inline bool trace_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline bool trace_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool trace_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline void trace_skip_blanks(struct kms_trace_reader *reader)
{
    while (reader->cursor < reader->line_end && trace_is_blank(*reader->cursor))
        reader->cursor++;
}

/* The line has nothing more to say: its end, or a comment. */
static inline bool trace_at_end(const struct kms_trace_reader *reader)
{
    return reader->cursor == reader->line_end || *reader->cursor == '#';
}

/* The length of the run of bytes up to a blank, a comment or the end; what a message quotes. */
static inline int trace_token_length(const struct kms_trace_reader *reader)
{
    const char *at = reader->cursor;
    while (at < reader->line_end && !trace_is_blank(*at) && *at != '#')
        at++;
    return (int)(at - reader->cursor);
}

/* What a message quotes of the token at the cursor: two arguments for "%.*s". */
#define TRACE_SHOWN(reader) trace_shown_length(reader), (reader)->cursor

static inline int trace_shown_length(const struct kms_trace_reader *reader)
{
    int length = trace_token_length(reader);
    return length > 40 ? 40 : length;
}

/* ---- parts of a line at the cursor; each moves it behind itself, or fails and is false ---- */

/* Something else stands where `what` should, or nothing does. Always false. */
bool trace_fail_wanted(struct kms_trace_reader *reader, const char *what);

/* A decimal number, or a hexadecimal one after 0x. */
bool trace_read_number(struct kms_trace_reader *reader, const char *what, uint64_t *value);
bool trace_read_ranged(struct kms_trace_reader *reader, const char *what, uint64_t least, uint64_t most,
                       uint64_t *value);

/* A handle that the operation makes. With `again`, one that is in use is taken over. */
bool trace_read_made_handle(struct kms_trace_reader *reader, bool again, uint32_t *handle);
bool trace_read_address(struct kms_trace_reader *reader, struct kms_trace_address *address);
bool trace_read_new_process(struct kms_trace_reader *reader, uint32_t *process);
bool trace_read_process(struct kms_trace_reader *reader, uint32_t *process);

#endif
