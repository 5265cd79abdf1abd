/*
 * status.h - what VlsOs functions return: VLSOS_OK, or one of the negative statuses.
 *
 * The document knows NULL for "out of memory" and nothing else; these are for the functions that it does not list.
 */
#ifndef VLSOS_STATUS_H
#define VLSOS_STATUS_H

enum vlsos_status {
    VLSOS_OK = 0,
    VLSOS_EINVAL = -1,   /* an argument that can never be right, or memory that was not handed out */
    VLSOS_ENOMEM = -2,   /* not enough memory now */
    VLSOS_EBUSY = -3,    /* already taken, or still in use */
    VLSOS_EFAULT = -4,   /* an address that nothing is mapped at */
    VLSOS_EIO = -5,      /* a device failed */
    VLSOS_ECORRUPT = -6, /* memory was overwritten: what was asked cannot be done, and nothing was */
    VLSOS_EACCES = -7,   /* a right that is missing */
    VLSOS_ENOSPC = -8,   /* the backing store is full */
};

/* The status in one word ("VLSOS_ENOMEM"); "unknown" for a number that is none. */
const char *vlsos_status_name(int status);

#endif
