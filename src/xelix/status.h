/*
 * status.h - what Xelix's functions answer: 0, or one of these negated. A status other than 0 means that nothing
 * was changed.
 */
#ifndef XELIX_STATUS_H
#define XELIX_STATUS_H

#define XELIX_OK 0

enum xelix_status {
    ESRCH = 3,   /* no such task */
    ENOMEM = 12, /* no memory, frames or addresses */
    EFAULT = 14, /* an address that is not mapped, or not with the rights that are needed */
    EBUSY = 16,  /* in use: mapped, lent to another context, reserved */
    EINVAL = 22, /* an argument that can never be right, or memory that was not handed out */
};

/* A status in a word. */
const char *xelix_status_name(int status);

#endif
