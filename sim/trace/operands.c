#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

/* Quoting what stands at the cursor, cut to a readable length: two arguments for "%.*s". */
#define SHOWN(reader) shown_length(reader), (reader)->cursor

static int shown_length(const struct kms_trace_reader *reader)
{
    int length = trace_token_length(reader);
    return length > 40 ? 40 : length;
}

/* Something else stands where `what` should, or nothing does. */
static bool fail_wanted(struct kms_trace_reader *reader, const char *what)
{
    if (trace_at_end(reader))
        return trace_fail(reader, reader->cursor, "%s is missing here", what);
    return trace_fail(reader, reader->cursor, "\"%.*s\" is not %s", SHOWN(reader), what);
}

static int digit_value(char c)
{
    if (trace_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* A decimal number, or a hexadecimal one after 0x, at the cursor. */
static bool read_number(struct kms_trace_reader *reader, const char *what, uint64_t *value)
{
    const char *at = reader->cursor, *end = reader->line_end;
    unsigned base = 10;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    const char *first = at;
    uint64_t sum = 0;
    bool fits = true;
    for (unsigned digit; at < end && (digit = (unsigned)digit_value(*at)) < base; at++) {
        fits = fits && sum <= (UINT64_MAX - digit) / base;
        sum = sum * base + digit;
    }
    if (at == first || (at < end && (trace_is_letter(*at) || trace_is_digit(*at))))
        return fail_wanted(reader, what);
    if (!fits)
        return trace_fail(reader, reader->cursor, "\"%.*s\" does not fit in 64 bits", SHOWN(reader));
    reader->cursor = at;
    *value = sum;
    return true;
}

static bool read_ranged(struct kms_trace_reader *reader, const char *what, uint64_t least, uint64_t most,
                        uint64_t *value)
{
    const char *start = reader->cursor;
    if (!read_number(reader, what, value))
        return false;
    if (*value >= least && *value <= most)
        return true;
    reader->cursor = start;
    return trace_fail(reader, start, "%s must be %llu to %llu, not \"%.*s\"", what, (unsigned long long)least,
                      (unsigned long long)most, SHOWN(reader));
}

/* ---- names -----------------------------------------------------------------------------------------------
 */

/* What may follow a name, a number or a handle: a blank, a comment, the end; for an address also an offset.
 */
static bool token_ends(const struct kms_trace_reader *reader)
{
    return trace_at_end(reader) || trace_is_blank(*reader->cursor);
}

static size_t name_length(const struct kms_trace_reader *reader)
{
    const char *at = reader->cursor;
    if (at < reader->line_end && trace_is_letter(*at)) {
        while (at < reader->line_end && (trace_is_letter(*at) || trace_is_digit(*at)))
            at++;
    }
    return (size_t)(at - reader->cursor);
}

/* The name at the cursor, added if it is new. NULL: it failed. */
static struct trace_name *read_name(struct kms_trace_reader *reader, const char *what)
{
    size_t length = name_length(reader);
    if (length == 0) {
        fail_wanted(reader, what);
        return NULL;
    }
    if (length > KMS_TRACE_NAME_MAX) {
        trace_fail(reader, reader->cursor, "a name has at most %u characters", KMS_TRACE_NAME_MAX);
        return NULL;
    }
    struct trace_name *name = trace_names_find(&reader->names, reader->cursor, length);
    if (!name)
        name = trace_names_add(&reader->names, reader->cursor, length);
    if (!name)
        trace_fail(reader, reader->cursor, "no memory for more names");
    return name;
}

/* A place for a handle that is made for the first time. */
static bool add_handle(struct kms_trace_reader *reader, struct trace_thing *thing,
                       struct trace_spelling spelling)
{
    if (reader->handle_count == KMS_TRACE_HANDLES_MAX)
        return trace_fail(reader, reader->cursor, "a file has at most %u handles", KMS_TRACE_HANDLES_MAX);
    if (reader->handle_count == reader->handle_capacity) {
        uint32_t capacity = reader->handle_capacity ? reader->handle_capacity * 2 : 64;
        struct trace_spelling *handles = realloc(reader->handles, capacity * sizeof *handles);
        if (!handles)
            return trace_fail(reader, reader->cursor, "no memory for more handles");
        reader->handles = handles;
        reader->handle_capacity = capacity;
    }
    thing->place = reader->handle_count & (KMS_TRACE_HANDLES_MAX - 1);
    reader->handles[reader->handle_count++] = spelling;
    return true;
}

static bool add_process(struct kms_trace_reader *reader, struct trace_name *name)
{
    if (reader->process_count == KMS_TRACE_PROCESSES_MAX)
        return trace_fail(reader, reader->cursor, "a file has at most %u processes", KMS_TRACE_PROCESSES_MAX);
    name->use = TRACE_PROCESS;
    name->thing.place = reader->process_count & (KMS_TRACE_PROCESSES_MAX - 1);
    reader->processes[reader->process_count++] = name;
    return true;
}

/* ---- handles and addresses -------------------------------------------------------------------------------
 */

/* So that a file with small numbers needs little memory. */
static bool reach_number(struct kms_trace_reader *reader, uint64_t number)
{
    uint32_t count = reader->numbered_count ? reader->numbered_count : 1024;
    while (count <= number)
        count *= 2;
    struct trace_thing *numbered = realloc(reader->numbered, count * sizeof *numbered);
    if (!numbered)
        return trace_fail(reader, reader->cursor, "no memory for more handles");
    memset(numbered + reader->numbered_count, 0, (count - reader->numbered_count) * sizeof *numbered);
    reader->numbered = numbered;
    reader->numbered_count = count;
    return true;
}

static struct trace_thing *read_numbered(struct kms_trace_reader *reader, struct trace_spelling *spelling)
{
    uint64_t number;
    reader->cursor++;
    if (!read_ranged(reader, "a handle's number", 0, KMS_TRACE_NUMBER_MAX, &number))
        return NULL;
    if (number >= reader->numbered_count && !reach_number(reader, number))
        return NULL;
    spelling->number = (uint32_t)number;
    return &reader->numbered[number];
}

static struct trace_thing *read_named(struct kms_trace_reader *reader, struct trace_spelling *spelling)
{
    struct trace_name *name = read_name(reader, "a handle (@1 or a name)");
    if (!name)
        return NULL;
    if (name->use == TRACE_PROCESS) {
        trace_fail(reader, reader->cursor, "%s is a process, not a handle", name->text);
        return NULL;
    }
    name->use = TRACE_HANDLE;
    reader->cursor += name->length;
    spelling->name = name;
    return &name->thing;
}

/* The handle at the cursor, made or not; the cursor moves behind it. NULL: it failed. */
static struct trace_thing *read_handle(struct kms_trace_reader *reader, struct trace_spelling *spelling)
{
    *spelling = (struct trace_spelling){0};
    bool numbered = reader->cursor < reader->line_end && *reader->cursor == '@';
    return numbered ? read_numbered(reader, spelling) : read_named(reader, spelling);
}

/* With `again`, a handle that is in use is taken over. */
static bool read_made_handle(struct kms_trace_reader *reader, bool again, uint32_t *handle)
{
    const char *start = reader->cursor;
    struct trace_spelling spelling;
    struct trace_thing *thing = read_handle(reader, &spelling);
    if (!thing)
        return false;
    if (!token_ends(reader)) {
        reader->cursor = start;
        return fail_wanted(reader, "a handle (@1 or a name)");
    }
    if (thing->life == TRACE_LIVE && !again)
        return trace_fail(reader, start, "%.*s is already in use: free it first, or take another handle",
                          (int)(reader->cursor - start), start);
    if (thing->life == TRACE_UNKNOWN && !add_handle(reader, thing, spelling))
        return false;
    thing->life = TRACE_LIVE;
    *handle = thing->place;
    return true;
}

static bool read_offset(struct kms_trace_reader *reader, uint64_t *offset)
{
    bool minus = *reader->cursor == '-';
    reader->cursor++;
    if (!read_number(reader, "an offset", offset))
        return false;
    if (minus)
        *offset = 0 - *offset;
    return true;
}

static bool read_handle_address(struct kms_trace_reader *reader, struct kms_trace_address *address)
{
    const char *start = reader->cursor;
    struct trace_spelling spelling;
    const struct trace_thing *thing = read_handle(reader, &spelling);
    if (!thing)
        return false;
    if (thing->life == TRACE_UNKNOWN)
        return trace_fail(reader, start, "%.*s has not been made in this file", (int)(reader->cursor - start),
                          start);
    address->handle = thing->place;
    bool offset = reader->cursor < reader->line_end && (*reader->cursor == '+' || *reader->cursor == '-');
    return !offset || read_offset(reader, &address->offset);
}

static bool read_address(struct kms_trace_reader *reader, struct kms_trace_address *address)
{
    static const char what[] = "an address (a number, @1, a name, or one of these with an offset)";
    const char *start = reader->cursor;
    if (trace_at_end(reader))
        return fail_wanted(reader, what);
    bool read = trace_is_digit(*start) ? read_number(reader, what, &address->offset)
                                       : read_handle_address(reader, address);
    if (!read || token_ends(reader))
        return read;
    reader->cursor = start;
    return fail_wanted(reader, what);
}

static struct trace_name *read_process_name(struct kms_trace_reader *reader)
{
    struct trace_name *name = read_name(reader, "a process's name");
    if (!name || name->use != TRACE_HANDLE)
        return name;
    trace_fail(reader, reader->cursor, "%s is a handle, not a process", name->text);
    return NULL;
}

static bool read_new_process(struct kms_trace_reader *reader, uint32_t *process)
{
    struct trace_name *name = read_process_name(reader);
    if (!name)
        return false;
    if (name->thing.life == TRACE_LIVE)
        return trace_fail(reader, reader->cursor, "%s is already running: it must exit first", name->text);
    if (name->thing.life == TRACE_UNKNOWN && !add_process(reader, name))
        return false;
    name->thing.life = TRACE_LIVE;
    reader->cursor += name->length;
    *process = name->thing.place;
    return true;
}

static bool read_process(struct kms_trace_reader *reader, uint32_t *process)
{
    const struct trace_name *name = read_process_name(reader);
    if (!name)
        return false;
    if (name->thing.life == TRACE_UNKNOWN)
        return trace_fail(reader, reader->cursor, "%s has not been created in this file", name->text);
    reader->cursor += name->length;
    *process = name->thing.place;
    return true;
}

/* ---- the rest --------------------------------------------------------------------------------------------
 */

static bool read_width(struct kms_trace_reader *reader, unsigned *width)
{
    uint64_t number;
    const char *start = reader->cursor;
    if (!read_number(reader, "a width in bytes (1, 2 or 4)", &number))
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
    if (!read_number(reader, "a value", &op->number))
        return false;
    return op->number <= most || trace_fail(reader, start, "the value does not fit in %u byte%s", op->width,
                                            op->width > 1 ? "s" : "");
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
        return fail_wanted(reader, "a status (a word such as EINVARG, or a number)");
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
    return op->text_length > 0 || fail_wanted(reader, "a text");
}

static bool read_at(struct kms_trace_reader *reader)
{
    if (trace_token_length(reader) != 2 || memcmp(reader->cursor, "at", 2) != 0)
        return fail_wanted(reader, "the word \"at\"");
    reader->cursor += 2;
    return true;
}

static bool read_operand(struct kms_trace_reader *reader, char operand, struct kms_trace_op *op)
{
    switch (operand) {
    case 'h': return read_made_handle(reader, false, &op->handle);
    case 'r': return read_made_handle(reader, true, &op->handle);
    case 'a': return read_address(reader, &op->address);
    case 't': return read_address(reader, &op->target);
    case 's': return read_number(reader, "a size in bytes", &op->number);
    case 'p': return read_ranged(reader, "a count of pages", 1, KMS_TRACE_PAGES_MAX, &op->number);
    case 'g': return read_ranged(reader, "a program's size", 1, KMS_TRACE_PROGRAM_MAX, &op->number);
    case 'n': return read_ranged(reader, "a count", 0, UINT32_MAX, &op->number);
    case 'v': return read_value(reader, op);
    case 'e': return read_ranged(reader, "an error code", 0, UINT32_MAX, &op->number);
    case 'w': return read_width(reader, &op->width);
    case 'c': return read_new_process(reader, &op->process);
    case 'q': return read_process(reader, &op->process);
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
                      SHOWN(reader));
}

/* The replay's record has room for one of them. */
static bool answer_has_room(struct kms_trace_reader *reader, const struct kms_trace_op *op)
{
    bool clash = op->kind == KMS_TRACE_SYSCALL && op->address.handle != KMS_TRACE_NO_HANDLE &&
                 op->address.handle != op->handle;
    return !clash || trace_fail(reader, reader->cursor,
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
