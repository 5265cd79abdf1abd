/*
 * guest.h - Xelix as tools see it.
 */
#ifndef XELIX_GUEST_H
#define XELIX_GUEST_H

#include <kernel/guest.h>

extern const struct guest_ops xelix_guest;

#endif
