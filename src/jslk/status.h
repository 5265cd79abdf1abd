/*
 * status.h - what JSLK's functions return where the original panics.
 */
#ifndef JSLK_STATUS_H
#define JSLK_STATUS_H

#define JSLK_OK        0
#define JSLK_NO_MEMORY (-1) /* no frame, no room in the address space, or no room for another block */
#define JSLK_INVALID                                                                                         \
    (-2) /* an argument that is wrong: not a block that was handed out, an address not aligned */
#define JSLK_CORRUPT (-3) /* a header or footer beside the block is not what the kernel wrote */
#define JSLK_TAKEN   (-4) /* memory in use */

/* The status in one word ("JSLK_INVALID"); "unknown" for a number that is none. */
const char *jslk_status_name(int status);

#endif
