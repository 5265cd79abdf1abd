#include "operations.h"

#include <stdlib.h>
#include <string.h>

bool operations_count(const char *text, uint64_t most, uint64_t *number)
{
    if (text[strspn(text, "0123456789")] != '\0')
        return false;
    *number = strtoull(text, NULL, 10); /* 0 of an empty text, the largest there is where it overflows */
    return *number >= 1 && *number <= most;
}
