#include "log_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *log_after(const char *line, const char *key)
{
    for (const char *found = line; (found = strstr(found, key)); found++) {
        if (found == line || !isalnum((unsigned char)found[-1]))
            return found + strlen(key);
    }
    return NULL;
}

unsigned log_number(const char *line, const char *key, int base, uint64_t *value)
{
    const char *text = log_after(line, key);
    char *end;
    if (!text || !isxdigit((unsigned char)*text))
        return 0;
    const uint64_t number = strtoull(text, &end, base);
    if (end != text)
        *value = number;
    return (unsigned)(end - text);
}
