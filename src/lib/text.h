/*
 * text.h - words into a buffer, for kernels that have no printf.
 *
 * A text never writes beyond its buffer: what does not fit is dropped, and the buffer always holds a string.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *start;
    size_t size; /* of the buffer, at least 1 */
    size_t used; /* characters so far, without the NUL */
};

/* An empty text in a buffer of size bytes, at least 1. */
struct text text_in(char *buffer, size_t size);

void text_char(struct text *text, char c);
void text_put(struct text *text, const char *words);
void text_decimal(struct text *text, uint64_t number);
void text_signed(struct text *text, int64_t number);
/* 0x and at least digits hexadecimal digits. */
void text_hex(struct text *text, uint64_t number, unsigned digits);

#endif
