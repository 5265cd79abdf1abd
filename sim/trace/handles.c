/* Names, handles, the addresses made from them, and processes. */
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

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
        trace_fail_wanted(reader, what);
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

/* ---- handles and addresses ---- */

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
    if (!trace_read_ranged(reader, "a handle's number", 0, KMS_TRACE_NUMBER_MAX, &number))
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
bool trace_read_made_handle(struct kms_trace_reader *reader, bool again, uint32_t *handle)
{
    const char *start = reader->cursor;
    struct trace_spelling spelling;
    struct trace_thing *thing = read_handle(reader, &spelling);
    if (!thing)
        return false;
    if (!token_ends(reader)) {
        reader->cursor = start;
        return trace_fail_wanted(reader, "a handle (@1 or a name)");
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
    if (!trace_read_number(reader, "an offset", offset))
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

bool trace_read_address(struct kms_trace_reader *reader, struct kms_trace_address *address)
{
    static const char what[] = "an address (a number, @1, a name, or one of these with an offset)";
    const char *start = reader->cursor;
    if (trace_at_end(reader))
        return trace_fail_wanted(reader, what);
    bool read = trace_is_digit(*start) ? trace_read_number(reader, what, &address->offset)
                                       : read_handle_address(reader, address);
    if (!read || token_ends(reader))
        return read;
    reader->cursor = start;
    return trace_fail_wanted(reader, what);
}

static struct trace_name *read_process_name(struct kms_trace_reader *reader)
{
    struct trace_name *name = read_name(reader, "a process's name");
    if (!name || name->use != TRACE_HANDLE)
        return name;
    trace_fail(reader, reader->cursor, "%s is a handle, not a process", name->text);
    return NULL;
}

bool trace_read_new_process(struct kms_trace_reader *reader, uint32_t *process)
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

bool trace_read_process(struct kms_trace_reader *reader, uint32_t *process)
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
