/*
 * The lines that nearly all of a recording consists of, read without the grammar:
 *
 *     alloc @12 4096
 *     alloc @12 4096 zeroed
 *     free @12
 *
 * with single blanks and nothing more. Any other line, and any of these that is wrong, is left to the grammar.
 */
#include "trace/reader.h"

#include <string.h>

enum { LINE_ROOM = 64 }; /* more than the longest common line */

/* A decimal number of at most `digits` digits without leading zeros. NULL: there is none. */
static inline const char *read_decimal(const char *at, unsigned digits, uint64_t *number)
{
    unsigned digit = (unsigned)(*at - '0');
    if (digit > 9 || (digit == 0 && trace_is_digit(at[1])))
        return NULL;
    uint64_t sum = digit;
    const char *end = at + digits;
    for (at++; (digit = (unsigned)(*at - '0')) <= 9; at++) {
        if (at == end)
            return NULL;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return at;
}

static inline const char *read_number(struct kms_trace_reader *reader, const char *at,
                                      struct trace_thing **thing)
{
    uint64_t number;
    at = read_decimal(at, 7, &number);
    if (!at || number >= reader->numbered_count)
        return NULL;
    *thing = &reader->numbered[number];
    return at;
}

static inline bool finish(struct kms_trace_reader *reader, const char *newline, struct kms_trace_op *op)
{
    reader->line_number++;
    reader->at += newline + 1 - reader->at;
    op->line = reader->line_number;
    return true;
}

/* The end of an allocation's line, and the word before it if there is one. */
static inline const char *read_zeroed(const char *at, unsigned *words)
{
    static const char zeroed[] = " zeroed\n";
    *words = 0;
    if (memcmp(at, zeroed, sizeof zeroed - 1) == 0) {
        *words = KMS_TRACE_ZEROED;
        at += sizeof zeroed - 2;
    }
    return *at == '\n' ? at : NULL;
}

/* A number that is made for the first time needs a place, which the grammar gives it. */
static bool read_alloc(struct kms_trace_reader *reader, const char *at, struct kms_trace_op *op)
{
    struct trace_thing *thing;
    uint64_t size;
    at = read_number(reader, at, &thing);
    if (!at || *at != ' ' || thing->life != TRACE_ENDED)
        return false;
    at = read_decimal(at + 1, 18, &size);
    unsigned words = 0;
    at = at ? read_zeroed(at, &words) : NULL;
    if (!at)
        return false;
    thing->life = TRACE_LIVE;
    *op = (struct kms_trace_op){
        .kind = KMS_TRACE_ALLOC,
        .words = words,
        .handle = thing->place,
        .address.handle = KMS_TRACE_NO_HANDLE,
        .target.handle = KMS_TRACE_NO_HANDLE,
        .number = size,
    };
    return finish(reader, at, op);
}

static bool read_free(struct kms_trace_reader *reader, const char *at, struct kms_trace_op *op)
{
    struct trace_thing *thing;
    at = read_number(reader, at, &thing);
    if (!at || *at != '\n' || thing->life == TRACE_UNKNOWN)
        return false;
    thing->life = TRACE_ENDED;
    *op = (struct kms_trace_op){
        .kind = KMS_TRACE_FREE,
        .handle = KMS_TRACE_NO_HANDLE,
        .address.handle = thing->place,
        .target.handle = KMS_TRACE_NO_HANDLE,
    };
    return finish(reader, at, op);
}

bool trace_read_common(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    static const char alloc[] = "alloc @", free[] = "free @";
    const char *at = reader->at;
    if (reader->end - at < LINE_ROOM || reader->line_number == 0)
        return false;
    if (memcmp(at, free, sizeof free - 1) == 0)
        return read_free(reader, at + sizeof free - 1, op);
    if (memcmp(at, alloc, sizeof alloc - 1) == 0)
        return read_alloc(reader, at + sizeof alloc - 1, op);
    return false;
}
