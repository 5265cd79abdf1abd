#include "status.h"

#include <stddef.h>

const char *jslk_status_name(int status)
{
    static const char *const names[] = {"JSLK_OK", "JSLK_NO_MEMORY", "JSLK_INVALID", "JSLK_CORRUPT",
                                        "JSLK_TAKEN"};
    const size_t number = 0u - (size_t)status;

    return number < sizeof names / sizeof names[0] ? names[number] : "unknown";
}
