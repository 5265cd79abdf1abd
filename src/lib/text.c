#include "text.h"

struct text text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){.start = buffer, .size = size};
}

void text_char(struct text *text, char c)
{
    if (text->used + 1 >= text->size)
        return;
    text->start[text->used++] = c;
    text->start[text->used] = '\0';
}

void text_put(struct text *text, const char *words)
{
    while (*words)
        text_char(text, *words++);
}

/*
 * Numbers of 64 bits are divided by hand: on a 32-bit machine the compiler would call its runtime library,
 * which a kernel is linked without. Shift-and-subtract gives the quotient and the remainder by ten.
 */
static unsigned divide_by_ten(uint64_t *number)
{
    uint64_t quotient = 0;
    uint64_t rest = 0;

    for (unsigned bit = 64; bit-- > 0;) {
        rest = rest << 1 | (*number >> bit & 1);
        quotient <<= 1;
        if (rest >= 10) {
            rest -= 10;
            quotient |= 1;
        }
    }
    *number = quotient;
    return (unsigned)rest;
}

static unsigned last_digit(uint64_t *number)
{
    const uint32_t small = (uint32_t)*number;

    if (*number > UINT32_MAX)
        return divide_by_ten(number);
    *number = small / 10;
    return small % 10;
}

void text_decimal(struct text *text, uint64_t number)
{
    char digits[20];
    unsigned count = 0;

    do
        digits[count++] = (char)('0' + last_digit(&number));
    while (number);
    while (count > 0)
        text_char(text, digits[--count]);
}

void text_signed(struct text *text, int64_t number)
{
    if (number < 0)
        text_char(text, '-');
    text_decimal(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void text_hex(struct text *text, uint64_t number, unsigned digits)
{
    unsigned width = 16;

    while (width > 1 && width > digits && number >> (4 * (width - 1)) == 0)
        width--;
    text_put(text, "0x");
    while (width-- > 0)
        text_char(text, "0123456789abcdef"[number >> (4 * width) & 0xf]);
}
