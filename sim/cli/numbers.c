#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool all_of(const char *text, const char *accepted)
{
    return text[0] && text[strspn(text, accepted)] == '\0';
}

static bool in_base(const char *digits, uint64_t base, uint64_t *number)
{
    *number = 0;
    for (; *digits; digits++) {
        unsigned digit = isdigit((unsigned char)*digits)
                             ? (unsigned)(*digits - '0')
                             : (unsigned)(tolower((unsigned char)*digits) - 'a' + 10);
        if (*number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return true;
}

bool cli_number(const char *text, uint64_t *number)
{
    static const char decimal[] = "0123456789", hexadecimal[] = "0123456789abcdefABCDEF";
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return all_of(text + 2, hexadecimal) && in_base(text + 2, 16, number);
    size_t length = strlen(text);
    if (!all_of(text, hexadecimal))
        return false;
    bool is_decimal = all_of(text, decimal) && length != 8 && length != 16;
    return in_base(text, is_decimal ? 10 : 16, number);
}

bool cli_size(const char *text, uint64_t *size)
{
    static const char units[] = "KMGT";
    char digits[32];
    size_t length = strlen(text);
    if (length == 0 || length >= sizeof digits)
        return false;
    const char *unit = strchr(units, toupper((unsigned char)text[length - 1]));
    unsigned shift = unit ? 10u * (unsigned)(unit - units + 1) : 0;
    memcpy(digits, text, length + 1);
    if (unit)
        digits[length - 1] = '\0';
    if (!cli_number(digits, size) || *size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}

bool cli_address(const struct cli *cli, const char *text, kms_linear *linear)
{
    char name[256];
    const char *plus = strchr(text, '+');
    size_t length = plus ? (size_t)(plus - text) : strlen(text);
    uint64_t offset = 0;
    if (cli_number(text, linear))
        return true;
    if (!cli->symbols || length >= sizeof name || (plus && !cli_number(plus + 1, &offset)))
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    if (!kms_symbols_find(cli->symbols, name, linear))
        return false;
    *linear += offset;
    return true;
}
