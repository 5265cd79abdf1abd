#include "status.h"

#include <stddef.h>

const char *vana_status_name(int status)
{
    static const char *const names[] = {
        [VANA_ALL_OK] = "VANA_ALL_OK", [EIO] = "EIO",           [EINVARG] = "EINVARG",
        [ENOMEM] = "ENOMEM",           [EBADPATH] = "EBADPATH", [EFSNOTUS] = "EFSNOTUS",
        [ERDONLY] = "ERDONLY",         [EUNIMP] = "EUNIMP",     [EISTKN] = "EISTKN",
        [EINFORMAT] = "EINFORMAT",
    };
    const size_t number = status < 0 ? 0u - (size_t)status : (size_t)status;

    return number < sizeof names / sizeof names[0] ? names[number] : "unknown";
}
