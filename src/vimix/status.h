/*
 * status.h - VIMIX's errors, by their POSIX names and numbers; functions return them negated.
 */
#ifndef VIMIX_STATUS_H
#define VIMIX_STATUS_H

#define VIMIX_OK 0
#define ESRCH    3  /* no such process */
#define ENOMEM   12 /* no page left */
#define EFAULT   14 /* an address that is not mapped, or not for this */
#define EEXIST   17 /* something else is mapped there */
#define EINVAL   22 /* an argument out of its documented range */
#define ENOSYS   38 /* no such system call */

/* The word for a status as returned, such as "ENOMEM" for -12; "?" for a number that is none. */
const char *vimix_status_name(int status);

#endif
