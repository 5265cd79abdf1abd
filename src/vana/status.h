/*
 * status.h - what VanaOS functions return: VANA_ALL_OK, or one of the others negated (-EINVARG).
 *
 * Some names are those of <errno.h> with other numbers: kernel sources never include that header.
 */
#ifndef VANA_STATUS_H
#define VANA_STATUS_H

#define VANA_ALL_OK 0
#define EIO         1 /* a device failed */
#define EINVARG     2 /* an argument that can never be right */
#define ENOMEM      3 /* not enough memory now */
#define EBADPATH    4 /* a path that names nothing */
#define EFSNOTUS    5 /* a file system that is not ours */
#define ERDONLY     6 /* read-only */
#define EUNIMP      7 /* not implemented */
#define EISTKN      8 /* already taken */
#define EINFORMAT   9 /* data that break their own format */

/* The status in one word ("ENOMEM"), whichever its sign; "unknown" for a number that is none. */
const char *vana_status_name(int status);

#endif
