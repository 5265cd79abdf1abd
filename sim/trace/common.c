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

#include <endian.h>
#include <string.h>

enum { LINE_ROOM = 64 }; /* more than the longest common line */

#define EACH_BYTE(value) ((value)*UINT64_C(0x0101010101010101))

/*
 * The decimal number at `at`, of 1 to 7 digits, and the byte behind it. NULL: there is none, or it is longer.
 *
 * Eight bytes at a time and without a branch for each digit: lengths vary from line to line, and a loop would be
 * guessed wrong on most of them. The digits' values are moved to the end of the eight, zeros before them; then pairs,
 * and from these the four pairs, are put together by multiplication.
 */
static inline const char *read_decimal(const char *at, uint64_t *number)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    const uint64_t values = le64toh(bytes) ^ EACH_BYTE('0');
    const uint64_t no_digit = ((values + EACH_BYTE(0x80 - 10)) | values) & EACH_BYTE(0x80);
    if (no_digit == 0)
        return NULL;
    const unsigned bits = (unsigned)__builtin_ctzll(no_digit) & ~7u;
    if (bits == 0)
        return NULL;
    uint64_t pairs = values << (64 - bits);
    pairs = pairs * 10 + (pairs >> 8); /* in every second byte, from the first */
    const uint64_t every_fourth = UINT64_C(0x000000ff000000ff);
    *number = ((pairs & every_fourth) * (100 + (UINT64_C(1000000) << 32)) +
               (pairs >> 16 & every_fourth) * (1 + (UINT64_C(10000) << 32))) >>
              32;
    return at + bits / 8;
}

static inline const char *read_number(struct kms_trace_reader *reader, const char *at,
                                      struct trace_thing **thing)
{
    uint64_t number = 0;
    at = read_decimal(at, &number);
    if (!at || number >= reader->numbered_count)
        return NULL;
    *thing = &reader->numbered[number];
    return at;
}

/* Returns its place. Place and life share a word, which a processor does not like to read when a part was just written. */
static inline uint32_t set_life(struct trace_thing *thing, enum trace_life life)
{
    const uint32_t place = thing->place;
    *thing = (struct trace_thing){.place = place & (KMS_TRACE_HANDLES_MAX - 1), .life = (unsigned)life & 3};
    return place;
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
    uint64_t size = 0;
    at = read_number(reader, at, &thing);
    if (!at || *at != ' ' || thing->life != TRACE_ENDED)
        return false;
    at = read_decimal(at + 1, &size);
    unsigned words = 0;
    at = at ? read_zeroed(at, &words) : NULL;
    if (!at)
        return false;
    trace_op_clear(op);
    op->kind = KMS_TRACE_ALLOC;
    op->words = words;
    op->handle = set_life(thing, TRACE_LIVE);
    op->number = size;
    return finish(reader, at, op);
}

static bool read_free(struct kms_trace_reader *reader, const char *at, struct kms_trace_op *op)
{
    struct trace_thing *thing;
    at = read_number(reader, at, &thing);
    if (!at || *at != '\n' || thing->life == TRACE_UNKNOWN)
        return false;
    trace_op_clear(op);
    op->kind = KMS_TRACE_FREE;
    op->address.handle = set_life(thing, TRACE_ENDED);
    return finish(reader, at, op);
}

/* An operation of the kind that recordings consist of. False: it is another line, and nothing has happened. */
static inline bool read_common(struct kms_trace_reader *reader, struct kms_trace_op *op)
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

enum kms_trace_result kms_trace_read(struct kms_trace_reader *reader, struct kms_trace_op *op)
{
    if (reader->ended == KMS_TRACE_OP && read_common(reader, op))
        return KMS_TRACE_OP;
    return trace_read_any(reader, op);
}
