#include "status.h"

const char *vimix_status_name(int status)
{
    switch (status) {
    case VIMIX_OK: return "ok";
    case -ESRCH: return "ESRCH";
    case -ENOMEM: return "ENOMEM";
    case -EFAULT: return "EFAULT";
    case -EEXIST: return "EEXIST";
    case -EINVAL: return "EINVAL";
    case -ENOSYS: return "ENOSYS";
    default: return "?";
    }
}
