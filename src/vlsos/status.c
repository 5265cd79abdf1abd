#include "status.h"

#include <stddef.h>

const char *vlsos_status_name(int status)
{
    static const char *const names[] = {
        [VLSOS_OK] = "VLSOS_OK",
        [-VLSOS_EINVAL] = "VLSOS_EINVAL",
        [-VLSOS_ENOMEM] = "VLSOS_ENOMEM",
        [-VLSOS_EBUSY] = "VLSOS_EBUSY",
        [-VLSOS_EFAULT] = "VLSOS_EFAULT",
        [-VLSOS_EIO] = "VLSOS_EIO",
        [-VLSOS_ECORRUPT] = "VLSOS_ECORRUPT",
        [-VLSOS_EACCES] = "VLSOS_EACCES",
        [-VLSOS_ENOSPC] = "VLSOS_ENOSPC",
    };
    const size_t number = 0u - (size_t)status;

    return number < sizeof names / sizeof names[0] ? names[number] : "unknown";
}
