#include "status.h"

const char *xelix_status_name(int status)
{
    switch (status) {
    case XELIX_OK: return "ok";
    case -ESRCH: return "ESRCH";
    case -ENOMEM: return "ENOMEM";
    case -EFAULT: return "EFAULT";
    case -EBUSY: return "EBUSY";
    case -EINVAL: return "EINVAL";
    default: return "unknown status";
    }
}
