#include "trace/reader.h"

bool trace_fail_wanted(struct kms_trace_reader *reader, const char *what)
{
    if (trace_at_end(reader))
        return trace_fail(reader, reader->cursor, "%s is missing here", what);
    return trace_fail(reader, reader->cursor, "\"%.*s\" is not %s", TRACE_SHOWN(reader), what);
}

static int digit_value(char c)
{
    if (trace_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

bool trace_read_number(struct kms_trace_reader *reader, const char *what, uint64_t *value)
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
        return trace_fail_wanted(reader, what);
    if (!fits)
        return trace_fail(reader, reader->cursor, "\"%.*s\" does not fit in 64 bits", TRACE_SHOWN(reader));
    reader->cursor = at;
    *value = sum;
    return true;
}

bool trace_read_ranged(struct kms_trace_reader *reader, const char *what, uint64_t least, uint64_t most,
                       uint64_t *value)
{
    const char *start = reader->cursor;
    if (!trace_read_number(reader, what, value))
        return false;
    if (*value >= least && *value <= most)
        return true;
    reader->cursor = start;
    return trace_fail(reader, start, "%s must be %llu to %llu, not \"%.*s\"", what, (unsigned long long)least,
                      (unsigned long long)most, TRACE_SHOWN(reader));
}
